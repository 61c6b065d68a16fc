//! Every address of the site that code refers to. Redirects inside the site go here and nowhere else.

/// The home page.
pub const HOME: &str = "/";
/// The e-mail step.
pub const START_SIGN_IN: &str = "/users/start-sign-in";
/// The password step.
pub const SIGN_IN: &str = "/users/sign-in";
/// Confirmation of the account.
pub const SELECT_ACCOUNT: &str = "/users/select-account";
/// Names, telephone and position.
pub const PERSONAL_INFORMATION: &str = "/users/personal-information";
/// Choice of the organization to act for.
pub const SELECT_ORGANIZATION: &str = "/users/select-organization";
/// Choice of a password by a single-use link.
pub const CHANGE_PASSWORD: &str = "/users/change-password";
/// Sign-out of the home page.
pub const SIGN_OUT: &str = "/users/sign-out";
/// The mails of a sandbox.
pub const MAILBOX: &str = "/mailbox";
/// Authorization endpoint.
pub const AUTHORIZE: &str = "/oauth/authorize";
/// Token endpoint.
pub const TOKEN: &str = "/oauth/token";
/// UserInfo endpoint.
pub const USERINFO: &str = "/oauth/userinfo";
/// Public keys.
pub const JWKS: &str = "/oauth/jwks";
/// RP-initiated logout.
pub const LOGOUT: &str = "/oauth/logout";
/// OpenID Provider metadata.
pub const DISCOVERY: &str = "/.well-known/openid-configuration";
/// Authorization server metadata: the same document.
pub const SERVER_METADATA: &str = "/.well-known/oauth-authorization-server";

/// A page of a sign-in under way.
pub fn within(path: &str, interaction: Option<&str>) -> String {
    match interaction {
        Some(id) => format!("{path}?interaction={id}"),
        None => path.to_owned(),
    }
}

/// Where a sign-in under way resumes.
pub fn interaction(id: &str) -> String {
    format!("/interaction/{id}")
}

/// The consent page of a sign-in under way.
pub fn consent(id: &str) -> String {
    format!("/interaction/{id}/consent")
}

/// The methods of a path, for the header `Allow` of a 405 (RFC 9110 §10.2.1).
pub fn allowed_methods(path: &str) -> &'static str {
    let path = path.strip_suffix('/').unwrap_or(path);
    match path {
        TOKEN => "POST, OPTIONS",
        USERINFO => "GET, POST, OPTIONS",
        JWKS | DISCOVERY | SERVER_METADATA => "GET, HEAD, OPTIONS",
        AUTHORIZE | LOGOUT => "GET, POST",
        SIGN_OUT => "POST",
        START_SIGN_IN | SIGN_IN | SELECT_ACCOUNT | PERSONAL_INFORMATION | SELECT_ORGANIZATION | CHANGE_PASSWORD => {
            "GET, HEAD, POST"
        }
        _ if path.ends_with("/cancel") => "POST",
        _ if path.ends_with("/consent") => "GET, HEAD, POST",
        // To look at it is to go on with it.
        _ if path.starts_with("/interaction/") => "GET",
        _ if path.starts_with("/_") => allowed_beside_the_service(path),
        _ => "GET, HEAD",
    }
}

/// The same for what is there to try the service with.
fn allowed_beside_the_service(path: &str) -> &'static str {
    let is_one_of = |ends: &[&str]| ends.iter().any(|end| path.ends_with(end));
    if is_one_of(&["/api/reset", "/sign-in"]) {
        "POST"
    } else if is_one_of(&["/client/callback"]) {
        "GET, POST"
    } else if is_one_of(&["/api/clock", "/client", "/another-person"]) {
        "GET, HEAD, POST"
    } else {
        "GET, HEAD"
    }
}
