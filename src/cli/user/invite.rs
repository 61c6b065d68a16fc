//! `moncomptepro user invite`: by address, or by the rows of a file.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::report::{Report, Told};
use super::rows::{Row, Rows};
use crate::admin::Call;
use crate::cli::Ending;
use crate::cli::output::{Column, Output};
use crate::cli::place::{Office, Place};
use crate::cli::spelling::{parse_locale, parse_organization, parse_path};
use crate::domain::Email;
use crate::protocol::Locale;
use crate::web::Method;

pub(super) const COLUMNS: &[Column] = &[
    ("E-MAIL", "email"),
    ("STATE", "state"),
    ("SIRET", "siret"),
    ("EXTERNAL", "is_external"),
    ("INVITED", "invited_at"),
    ("UNTIL", "expires_at"),
    ("BY", "invited_by"),
];

/// What a row may say.
const FIELDS: [&str; 3] = ["email", "siret", "external"];

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Whom to invite.
    #[arg(required_unless_present = "csv", conflicts_with = "csv")]
    email: Option<Email>,
    /// The organization that they will belong to: SIRET or identifier.
    #[arg(long, value_name = "ORG", value_parser = parse_organization, conflicts_with = "csv")]
    organization: Option<String>,
    /// They work for it without belonging to it.
    #[arg(long, requires = "organization", conflicts_with = "csv")]
    external: bool,
    /// The language of the mail: fr or en; without it, French.
    #[arg(long, value_name = "LANGUAGE", value_parser = parse_locale)]
    language: Option<Locale>,
    /// Invite by a file of columns email, siret (may be empty) and external (yes or no); who is invited already stays so.
    #[arg(long, value_name = "FILE", value_parser = parse_path)]
    csv: Option<PathBuf>,
}

pub(super) async fn run(place: &Place, output: &Output, arguments: Arguments) -> Result<(), Ending> {
    if let Some(file) = arguments.csv {
        let rows = Rows::open_with(&file, &["email"], Some(&FIELDS))?;
        return by_file(&place.open().await?, output, (rows, arguments.language), &file).await;
    }
    let document = json!({
        "email": arguments.email,
        "organization": arguments.organization,
        "is_external": arguments.external,
        "language": arguments.language,
    });
    let call = Call::new(Method::POST, &["invitations"]).with_body(&document);
    output.one(&place.open().await?.ask(call).await?);
    Ok(())
}

async fn by_file<R: std::io::BufRead>(
    office: &Office,
    output: &Output,
    (mut rows, language): (Rows<R>, Option<Locale>),
    file: &Path,
) -> Result<(), Ending> {
    let mut report = Report::begin(output, "E-MAIL", "email")?;
    loop {
        let row = rows.next().map_err(|cause| Ending::refused(format!("{}: {cause}", file.display())))?;
        let Some(Row { line, fields }) = row else { return report.end() };
        let asked = fields.map_err(str::to_owned).and_then(|fields| order(&fields, language));
        let (email, outcome) = match asked {
            Ok((email, order)) => (email, invite(office, &order).await?),
            Err(reason) => (String::new(), Err(reason)),
        };
        let (outcome, reason) = match &outcome {
            Ok(outcome) => (*outcome, None),
            Err(reason) => ("refused", Some(reason.as_str())),
        };
        if !report.add(&Told { line, about: &email, outcome, reason, became: None })? {
            return Ok(());
        }
    }
}

/// What a row asks for.
fn order(fields: &serde_json::Map<String, Value>, language: Option<Locale>) -> Result<(String, Value), String> {
    if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(format!("no column {name} is expected: {}", FIELDS.join(", ")));
    }
    let email = fields.get("email").and_then(Value::as_str).ok_or("email is missing")?;
    let external = match fields.get("external") {
        None => false,
        Some(Value::Bool(external)) => *external,
        Some(Value::String(word)) if ["yes", "oui", "true", "1"].contains(&word.as_str()) => true,
        Some(Value::String(word)) if ["no", "non", "false", "0"].contains(&word.as_str()) => false,
        Some(_) => return Err(String::from("external: yes or no is expected")),
    };
    let siret = fields.get("siret");
    let order = json!({
        "email": email, "organization": siret, "is_external": external, "keep_open": true, "language": language,
    });
    Ok((email.to_owned(), order))
}

/// Invites one person; what is refused about that person is told, what is wrong with everything ends the command.
async fn invite(office: &Office, order: &Value) -> Result<Result<&'static str, String>, Ending> {
    match office.ask(Call::new(Method::POST, &["invitations"]).with_body(order)).await {
        Ok(answer) if answer.get("kept").is_some() => Ok(Ok("kept")),
        Ok(_) => Ok(Ok("invited")),
        Err(ending) if ending.is_about_the_question() => Ok(Err(ending.message().to_owned())),
        Err(ending) => Err(ending),
    }
}
