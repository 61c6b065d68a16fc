//! The addresses of this room.

use warp::Filter;

use super::select_organization;
use crate::app::App;
use crate::web::{Routes, page, reading, submission, visit};

/// Every route of this room.
pub fn routes(app: &App) -> Routes {
    let show = warp::path!("users" / "select-organization")
        .and(warp::get())
        .and(visit(app))
        .then(reading(select_organization::show))
        .map(page)
        .boxed();
    let choose = warp::path!("users" / "select-organization")
        .and(warp::post())
        .and(submission(app))
        .then(reading(select_organization::submit))
        .map(page)
        .boxed();
    show.or(choose).unify().boxed()
}
