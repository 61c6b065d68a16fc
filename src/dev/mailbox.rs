//! The mails that this instance sent: nothing leaves the machine.

use serde_json::{Value, json};

use super::control::check_caller;
use super::pages::{MailboxMessage, MailboxPage};
use crate::acts;
use crate::app::App;
use crate::mail::ReceivedMail;
use crate::web::{Error, Request, Response, StatusCode, Visit, json_response, paths};

/// Shows the mails, newest first.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let mails = received(&app, visit.query.get("to")).await?;
    let is_sandbox = visit.request.path == paths::MAILBOX;
    let page = MailboxPage {
        action: visit.request.path.clone(),
        back: (!is_sandbox).then(|| String::from("/_dev/")),
        to: visit.query.get("to").map(|to| to.chars().take(254).collect()),
        messages: mails.into_iter().map(shown).collect(),
    };
    visit.browser.page(&app, &page)
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
        "received_at": mail.received_at.to_iso8601(),
    })
}

fn shown(mail: ReceivedMail) -> MailboxMessage {
    MailboxMessage {
        code: mail.code(),
        link: mail.link().map(str::to_owned),
        to: mail.to,
        subject: mail.subject,
        received_at: mail.received_at.0,
        text: mail.text,
        html: mail.html,
    }
}
