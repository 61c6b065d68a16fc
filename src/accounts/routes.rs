//! The addresses of this room.

use warp::Filter;

use super::{change_password, home, personal_information, select_account, sign_in, sign_out, start_sign_in};
use crate::app::App;
use crate::web::{Routes, page, reading, submission, visit};

/// Every route of this room.
pub fn routes(app: &App) -> Routes {
    let home = warp::path::end().and(warp::get()).and(visit(app)).then(reading(home::show)).map(page).boxed();
    home.or(warp::path("users").and(users(app))).unify().boxed()
}

fn users(app: &App) -> Routes {
    let show_start = warp::path!("start-sign-in")
        .and(warp::get())
        .and(visit(app))
        .then(reading(start_sign_in::show))
        .map(page)
        .boxed();
    let start = warp::path!("start-sign-in")
        .and(warp::post())
        .and(submission(app))
        .then(reading(start_sign_in::submit))
        .map(page)
        .boxed();
    let show_password =
        warp::path!("sign-in").and(warp::get()).and(visit(app)).then(reading(sign_in::show)).map(page).boxed();
    let password =
        warp::path!("sign-in").and(warp::post()).and(submission(app)).then(reading(sign_in::submit)).map(page).boxed();
    let show_account = warp::path!("select-account")
        .and(warp::get())
        .and(visit(app))
        .then(reading(select_account::show))
        .map(page)
        .boxed();
    let account = warp::path!("select-account")
        .and(warp::post())
        .and(submission(app))
        .then(reading(select_account::submit))
        .map(page)
        .boxed();
    let show_information = warp::path!("personal-information")
        .and(warp::get())
        .and(visit(app))
        .then(reading(personal_information::show))
        .map(page)
        .boxed();
    let information = warp::path!("personal-information")
        .and(warp::post())
        .and(submission(app))
        .then(reading(personal_information::submit))
        .map(page)
        .boxed();
    let show_change = warp::path!("change-password")
        .and(warp::get())
        .and(visit(app))
        .then(reading(change_password::show))
        .map(page)
        .boxed();
    let change = warp::path!("change-password")
        .and(warp::post())
        .and(submission(app))
        .then(reading(change_password::submit))
        .map(page)
        .boxed();
    let leave = warp::path!("sign-out")
        .and(warp::post())
        .and(submission(app))
        .then(reading(sign_out::submit))
        .map(page)
        .boxed();
    show_start
        .or(start)
        .unify()
        .or(show_password)
        .unify()
        .or(password)
        .unify()
        .or(show_account)
        .unify()
        .or(account)
        .unify()
        .or(show_information)
        .unify()
        .or(information)
        .unify()
        .or(show_change)
        .unify()
        .or(change)
        .unify()
        .or(leave)
        .unify()
        .boxed()
}
