//! What every endpoint shares, seen from outside.

mod bad_input;
mod census;
mod forgery;
mod guards;
mod headers;
