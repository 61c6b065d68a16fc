//! What every endpoint shares, seen from outside.

mod answers;
mod bad_input;
mod census;
mod forgery;
mod guards;
mod headers;
mod way_back;
