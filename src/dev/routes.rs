//! The addresses of this room.

use warp::Filter;

use super::client::{self, Trials};
use super::{another_person, control, home, listing, mailbox, sign_in};
use crate::app::App;
use crate::web::{Routes, api, call, page, reading, submission, visit};

/// Every route of this room.
pub fn routes(app: &App) -> Routes {
    let trials = Trials::default();
    let home = warp::path::end().and(warp::get()).and(visit(app)).then(reading(home::show)).map(page).boxed();
    let rooms = home
        .or(people(app))
        .unify()
        .or(warp::path("client").and(trial(app, &trials)))
        .unify()
        .or(warp::path("api").and(programs(app, trials)))
        .unify();
    warp::path("_dev").and(rooms).boxed()
}

/// What a shared sandbox has of this room: its mails, as a page and for programs.
pub fn sandbox_routes(app: &App) -> Routes {
    let mails = warp::path!("mailbox").and(warp::get()).and(visit(app)).then(reading(mailbox::show)).map(page).boxed();
    let listed = warp::path!("api" / "mailbox").and(warp::get()).and(call(app)).then(mailbox::list).map(api).boxed();
    mails.or(listed).unify().boxed()
}

fn people(app: &App) -> Routes {
    let sign_in =
        warp::path!("sign-in").and(warp::post()).and(submission(app)).then(reading(sign_in::submit)).map(page).boxed();
    let show_another = warp::path!("another-person")
        .and(warp::get())
        .and(visit(app))
        .then(reading(another_person::show))
        .map(page)
        .boxed();
    let another = warp::path!("another-person")
        .and(warp::post())
        .and(submission(app))
        .then(reading(another_person::submit))
        .map(page)
        .boxed();
    let mailbox =
        warp::path!("mailbox").and(warp::get()).and(visit(app)).then(reading(mailbox::show)).map(page).boxed();
    sign_in.or(show_another).unify().or(another).unify().or(mailbox).unify().boxed()
}

fn trial(app: &App, trials: &Trials) -> Routes {
    let known = trials.clone();
    let show = warp::path::end()
        .and(warp::get())
        .and(visit(app))
        .then(reading(move |app, visit| client::show(app, known.clone(), visit)))
        .map(page)
        .boxed();
    let known = trials.clone();
    let submit = warp::path::end()
        .and(warp::post())
        .and(submission(app))
        .then(reading(move |app, submission| client::submit(app, known.clone(), submission)))
        .map(page)
        .boxed();
    let known = trials.clone();
    let callback = warp::path!("callback")
        .and(warp::get().or(warp::post()).unify())
        .and(call(app))
        .then(move |app, request| client::receive(app, known.clone(), request))
        .map(page)
        .boxed();
    show.or(submit).unify().or(callback).unify().boxed()
}

fn programs(app: &App, trials: Trials) -> Routes {
    let people = warp::path!("people").and(warp::get()).and(call(app)).then(listing::people).map(api).boxed();
    let clients = warp::path!("clients").and(warp::get()).and(call(app)).then(listing::all_clients).map(api).boxed();
    let mails = warp::path!("mailbox").and(warp::get()).and(call(app)).then(mailbox::list).map(api).boxed();
    let time = warp::path!("clock").and(warp::get()).and(call(app)).then(control::show).map(api).boxed();
    let steer = warp::path!("clock").and(warp::post()).and(call(app)).then(control::steer).map(api).boxed();
    let reset = warp::path!("reset")
        .and(warp::post())
        .and(call(app))
        .then(move |app, request| control::reset(app, trials.clone(), request))
        .map(api)
        .boxed();
    people.or(clients).unify().or(mails).unify().or(time).unify().or(steer).unify().or(reset).unify().boxed()
}
