//! The headers of every answer.

use warp::http::{HeaderName, HeaderValue, header};

use super::{Error, Response};

const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)";

/// Sets the policy of a page: nothing from elsewhere, nothing inline, forms to this site and to `form_target`.
///
/// # Errors
/// When the target holds what no header may hold.
pub fn set_content_security_policy(response: &mut Response, form_target: Option<&str>) -> Result<(), Error> {
    let target = form_target.map_or(String::new(), |origin| format!(" {origin}"));
    set_policy(response, "script-src 'self'", &format!("'self'{target}"))
}

/// Sets the policy of the page that posts an answer to a client: one script, known by its hash, one target.
///
/// # Errors
/// When the target holds what no header may hold.
pub fn set_form_post_policy(response: &mut Response, script_hash: &str, form_target: &str) -> Result<(), Error> {
    // Under `same-origin` the client would see the origin `null`; it learns ours, and nothing of the address.
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("origin"));
    set_policy(response, &format!("script-src '{script_hash}'"), form_target)
}

/// Lets a page frame documents of this site.
///
/// # Errors
/// When its policy is no text.
pub fn let_frames_of_this_site(response: &mut Response) -> Result<(), Error> {
    let policy = response.headers().get(header::CONTENT_SECURITY_POLICY).map(HeaderValue::to_str);
    let policy = policy.transpose().map_err(Error::internal)?.unwrap_or_default();
    let value = HeaderValue::from_str(&format!("{policy}; frame-src 'self'")).map_err(Error::internal)?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, value);
    Ok(())
}

/// Sets the policy of a mail that is shown as its reader sees it: its own styles and nothing else, without scripts and
/// forms, within a page of this site. What its links open is a window like any other.
pub fn set_framed_mail_policy(response: &mut Response) {
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; \
                          frame-ancestors 'self'; base-uri 'none'; \
                          sandbox allow-popups allow-popups-to-escape-sandbox";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
}

/// Tells the next site nothing of where somebody comes from. For pages without forms: the origin of a form would be
/// `null`.
pub fn set_no_referrer(response: &mut Response) {
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

fn set_policy(response: &mut Response, script: &str, form_action: &str) -> Result<(), Error> {
    let policy = format!(
        "default-src 'none'; {script}; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         form-action {form_action}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    );
    let value = HeaderValue::from_str(&policy).map_err(Error::internal)?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, value);
    Ok(())
}

/// Completes an answer with what it did not set itself.
pub(super) fn complete(response: &mut Response, path: &str, insists_on_tls: bool) {
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
    );
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::REFERRER_POLICY, "same-origin");
    default(HeaderName::from_static("permissions-policy"), PERMISSIONS);
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("Cookie, Accept-Language, Origin"));
    }
    if !may_be_a_popup(path) {
        headers
            .entry(HeaderName::from_static("cross-origin-opener-policy"))
            .or_insert(HeaderValue::from_static("same-origin"));
    }
    if insists_on_tls {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(HeaderValue::from_static("max-age=31536000"));
    }
}

/// Clients may open the pages of a sign-in in a window of their own, and keep a hold of it.
fn may_be_a_popup(path: &str) -> bool {
    path.starts_with("/users/") || path.starts_with("/interaction/") || path.starts_with("/oauth/")
}
