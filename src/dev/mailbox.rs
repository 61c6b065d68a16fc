//! The mails that this instance sent: nothing leaves the machine.

use serde_json::{Value, json};

use super::control::check_caller;
use super::pages::{MailboxMessage, MailboxPage};
use crate::acts;
use crate::app::App;
use crate::mail::ReceivedMail;
use crate::web::{Error, HeaderValue, Request, Response, StatusCode, Visit, header, headers, json_response, paths};

/// Shows the mails, newest first; or the HTML part of one of them alone, which the page of all of them frames.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    if let Some(id) = visit.query.get("html") {
        let mail = app.mailbox.list(None).into_iter().find(|mail| mail.id.to_string() == id);
        return html_part(&mail.ok_or(Error::NotFound)?.html);
    }
    let mails = received(&app, visit.query.get("to")).await?;
    let is_sandbox = visit.request.path == paths::MAILBOX;
    let page = MailboxPage {
        action: visit.request.path.clone(),
        back: (!is_sandbox).then(|| String::from("/_dev/")),
        to: visit.query.get("to").map(|to| to.chars().take(254).collect()),
        messages: mails.into_iter().map(|mail| shown(mail, &visit.request.path)).collect(),
    };
    let mut response = visit.browser.page(&app, &page)?;
    headers::let_frames_of_this_site(&mut response)?;
    Ok(response)
}

/// What a mail holds is its writer's: it runs nothing and sends nothing, in a frame or without one. Its links open a window, as
/// in the programs of their readers: no page of this site is shown within a frame.
fn html_part(html: &str) -> Result<Response, Error> {
    let html = html.replacen("<head>", "<head>\n<base target=\"_blank\">", 1);
    let mut response = Response::new(html.into());
    let html_type = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, html_type);
    headers::set_framed_mail_policy(&mut response);
    Ok(response)
}

/// Lists the mails, newest first, those to one address if `to` names it.
pub(super) async fn list(app: App, request: Request) -> Result<Response, Error> {
    check_caller(&app, &request)?;
    let query = request.query()?;
    let mails = received(&app, query.get("to")).await?;
    Ok(json_response(StatusCode::OK, &mails.iter().map(described).collect()))
}

/// What waits in the outbox is delivered first, so that whoever asks after an act finds its mail.
async fn received(app: &App, to: Option<&str>) -> Result<Vec<ReceivedMail>, Error> {
    acts::deliver_to_mailbox(app).await.map_err(Error::internal)?;
    Ok(app.mailbox.list(to))
}

fn described(mail: &ReceivedMail) -> Value {
    json!({
        "id": mail.id,
        "to": mail.to,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "code": mail.code(),
        "link": mail.link(),
        "codes": mail.codes(),
        "links": mail.links(),
        "received_at": mail.received_at.to_iso8601(),
    })
}

fn shown(mail: ReceivedMail, page: &str) -> MailboxMessage {
    MailboxMessage {
        codes: mail.codes(),
        links: mail.links().into_iter().map(str::to_owned).collect(),
        rendered_href: format!("{page}?html={}", mail.id),
        to: mail.to,
        subject: mail.subject,
        received_at: mail.received_at.0,
        text: mail.text,
        html: mail.html,
    }
}
