//! What every endpoint shares, seen from outside.

mod answers;
mod bad_fields;
mod bad_input;
mod census;
mod cookies;
mod forged_routes;
mod forgery;
mod guards;
mod headers;
mod mailed_links;
mod markup;
mod mass_assignment;
mod replay;
mod return_places;
mod scenarios;
mod told;
mod way_back;
