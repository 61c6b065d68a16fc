//! The addresses of this room.

use warp::Filter;

use super::discovery::{self, Metadata};
use super::{authorize, consent, interaction, jwks, logout, token, userinfo};
use crate::app::App;
use crate::web::{Routes, call, oauth, page, reading, reading_at, submission, visit};

/// Every route of this room.
pub fn routes(app: &App) -> Routes {
    let oauth = warp::path("oauth").and(oauth_routes(app));
    let interactions = warp::path("interaction").and(interaction_routes(app));
    let well_known = warp::path(".well-known").and(well_known_routes(app));
    oauth.or(interactions).unify().or(well_known).unify().boxed()
}

/// Under `/oauth`.
fn oauth_routes(app: &App) -> Routes {
    let token = warp::path!("token").and(warp::post()).and(call(app)).then(token::respond).map(oauth).boxed();
    let token_options =
        warp::path!("token").and(warp::options()).and(call(app)).then(token::preflight).map(oauth).boxed();
    let userinfo = warp::path!("userinfo").and(warp::get()).and(call(app)).then(userinfo::respond).map(oauth).boxed();
    let userinfo_post =
        warp::path!("userinfo").and(warp::post()).and(call(app)).then(userinfo::respond).map(oauth).boxed();
    let userinfo_options =
        warp::path!("userinfo").and(warp::options()).and(call(app)).then(userinfo::preflight).map(oauth).boxed();
    let authorize =
        warp::path!("authorize").and(warp::get()).and(visit(app)).then(reading(authorize::respond)).map(page).boxed();
    let authorize_post =
        warp::path!("authorize").and(warp::post()).and(call(app)).then(authorize::store).map(page).boxed();
    let jwks = warp::path!("jwks").and(warp::get()).and(call(app)).then(jwks::respond).map(oauth).boxed();
    let jwks_options = warp::path!("jwks").and(warp::options()).and(call(app)).then(jwks::preflight).map(oauth).boxed();
    let logout = warp::path!("logout").and(warp::get()).and(visit(app)).then(reading(logout::show)).map(page).boxed();
    let logout_post = warp::path!("logout").and(warp::post()).and(call(app)).then(logout::submit).map(page).boxed();
    token
        .or(userinfo)
        .unify()
        .or(authorize)
        .unify()
        .or(userinfo_post)
        .unify()
        .or(authorize_post)
        .unify()
        .or(jwks)
        .unify()
        .or(logout)
        .unify()
        .or(logout_post)
        .unify()
        .or(token_options)
        .unify()
        .or(userinfo_options)
        .unify()
        .or(jwks_options)
        .unify()
        .boxed()
}

/// Under `/interaction`.
fn interaction_routes(app: &App) -> Routes {
    let resume =
        warp::path!(String).and(warp::get()).and(visit(app)).then(reading_at(interaction::resume)).map(page).boxed();
    let cancel = warp::path!(String / "cancel")
        .and(warp::post())
        .and(submission(app))
        .then(reading_at(interaction::cancel))
        .map(page)
        .boxed();
    let show_consent = warp::path!(String / "consent")
        .and(warp::get())
        .and(visit(app))
        .then(reading_at(consent::show))
        .map(page)
        .boxed();
    let consent = warp::path!(String / "consent")
        .and(warp::post())
        .and(submission(app))
        .then(reading_at(consent::submit))
        .map(page)
        .boxed();
    resume.or(cancel).unify().or(show_consent).unify().or(consent).unify().boxed()
}

/// Under `/.well-known`.
fn well_known_routes(app: &App) -> Routes {
    let metadata = Metadata::of(app);
    let answer = move |_, _| discovery::respond(metadata.clone());
    let openid = warp::path!("openid-configuration").or(warp::path!("oauth-authorization-server")).unify();
    let document = openid.and(warp::get()).and(call(app)).then(answer).map(oauth).boxed();
    let options = openid.and(warp::options()).and(call(app)).then(discovery::preflight).map(oauth).boxed();
    document.or(options).unify().boxed()
}
