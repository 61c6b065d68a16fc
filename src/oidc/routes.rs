//! The addresses of this room.

use super::discovery::{self, Metadata};
use super::{authorize, consent, interaction, jwks, logout, token, userinfo};
use crate::app::App;
use crate::web::{Guard, Method, Table, oauth, page, paths};

/// Every route of this room.
pub fn routes(app: &App) -> Table {
    let metadata = Metadata::of(app);
    let document = move |_, _| discovery::respond(metadata.clone());
    Table::new(app)
        .call((Method::POST, paths::TOKEN), Guard::Client, oauth, token::respond)
        .call((Method::OPTIONS, paths::TOKEN), Guard::Public, oauth, token::preflight)
        .call((Method::GET, paths::USERINFO), Guard::Bearer, oauth, userinfo::respond)
        .call((Method::POST, paths::USERINFO), Guard::Bearer, oauth, userinfo::respond)
        .call((Method::OPTIONS, paths::USERINFO), Guard::Public, oauth, userinfo::preflight)
        .visit(paths::AUTHORIZE, Guard::ClientRequest, authorize::respond)
        .without_head()
        .call((Method::POST, paths::AUTHORIZE), Guard::ClientRequest, page, authorize::store)
        .visit(paths::LOGOUT, Guard::ClientRequest, logout::show)
        .without_head()
        .call((Method::POST, paths::LOGOUT), Guard::ClientRequest, page, logout::submit)
        .call((Method::GET, paths::JWKS), Guard::Public, oauth, jwks::respond)
        .call((Method::OPTIONS, paths::JWKS), Guard::Public, oauth, jwks::preflight)
        .call((Method::GET, paths::DISCOVERY), Guard::Public, oauth, document.clone())
        .call((Method::OPTIONS, paths::DISCOVERY), Guard::Public, oauth, discovery::preflight)
        .call((Method::GET, paths::SERVER_METADATA), Guard::Public, oauth, document)
        .call((Method::OPTIONS, paths::SERVER_METADATA), Guard::Public, oauth, discovery::preflight)
        .visit_at(paths::INTERACTION, Guard::SignIn, interaction::resume)
        .without_head()
        .submission_at(paths::CANCEL, Guard::SignIn, interaction::cancel)
        .visit_at(paths::CONSENT, Guard::SignIn, consent::show)
        .submission_at(paths::CONSENT, Guard::SignIn, consent::submit)
}
