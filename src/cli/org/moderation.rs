//! `moderation`: requests to join that wait for somebody, and what is decided on them.

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use serde_json::json;

use crate::admin::Call;
use crate::cli::output::{Column, Paging};
use crate::cli::spelling::{parse_line, parse_organization, parse_user};
use crate::cli::{Ending, Noun};
use crate::domain::{EmailDomain, ModerationQuery};
use crate::web::Method;

const COLUMNS: &[Column] = &[
    ("MODERATION", "moderation_id"),
    ("STATUS", "status"),
    ("EMAIL", "email"),
    ("NAME", "name"),
    ("SIRET", "siret"),
    ("LABEL", "label"),
    ("SERVICE", "client_id"),
    ("SINCE", "created_at"),
];

/// The command, and where it is carried out.
pub(in crate::cli) type Arguments = Noun<Command>;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// List the requests that wait, the oldest first, fifty a page.
    List {
        /// What is looked for, in one line: is:pending|processed|any, email:, siret:, service:, -service:, by:, date:.
        #[arg(value_parser = parse_query)]
        query: Option<String>,
        /// Those that are decided too, the last one first.
        #[arg(long)]
        decided: bool,
        /// Of this person only: their address or identifier.
        #[arg(long, value_parser = parse_user)]
        user: Option<String>,
        /// For this organization only: its SIRET or identifier.
        #[arg(long, value_name = "ORG", value_parser = parse_organization)]
        org: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a request with everything that is to be weighed.
    Show {
        /// Its number.
        #[arg(value_name = "MODERATION")]
        id: u64,
    },
    /// Let the person in.
    Accept {
        /// Its number.
        #[arg(value_name = "MODERATION")]
        id: u64,
        /// The person works for the organization without belonging to it.
        #[arg(long)]
        external: bool,
        /// How it was proven: the e-mail domain is the organization's, the address is its own, a proof was received, or the
        /// person stands in the register of enterprises, of associations, or has the domain of a professional order. Without
        /// it, by the domain where that is approved, else by your decision.
        #[arg(long, value_parser = PossibleValuesParser::new(super::PROOFS))]
        verified: Option<String>,
        /// What the person's e-mail domain is for the organization from now on.
        #[arg(long, value_parser = PossibleValuesParser::new(["verified", "external", "refused"]))]
        domain: Option<String>,
        /// The domain of the person's address, as `show` prints it: needed where it is not the one with which they asked.
        #[arg(long, value_name = "DOMAIN")]
        email_domain: Option<EmailDomain>,
        /// Those who wait for the same organization with the same domain, and asked with it, are let in likewise.
        #[arg(long)]
        similar: bool,
        /// The person is not told by mail.
        #[arg(long)]
        quiet: bool,
        /// What is written down about it; the person does not read it.
        #[arg(long, value_name = "TEXT", value_parser = parse_line)]
        note: Option<String>,
    },
    /// Refuse the person.
    Reject {
        /// Its number.
        #[arg(value_name = "MODERATION")]
        id: u64,
        /// What the person reads.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// The person may correct their names, and the request waits again.
        #[arg(long)]
        correctable: bool,
        /// Nobody joins the organization with the person's domain from now on.
        #[arg(long)]
        refuse_domain: bool,
        /// The domain of the person's address, as `show` prints it: needed where it is not the one with which they asked.
        #[arg(long, value_name = "DOMAIN")]
        email_domain: Option<EmailDomain>,
        /// The person is not told by mail.
        #[arg(long)]
        quiet: bool,
        /// What is written down about it; the person does not read it.
        #[arg(long, value_name = "TEXT", value_parser = parse_line)]
        note: Option<String>,
    },
    /// Take a decision back: the request waits again, and the link and the domain that an acceptance made or approved are undone.
    Reopen {
        /// Its number.
        #[arg(value_name = "MODERATION")]
        id: u64,
        /// What is written down about it.
        #[arg(long, value_name = "TEXT", value_parser = parse_line)]
        note: Option<String>,
    },
    /// Write something down about a request; the person does not read it.
    Comment {
        /// Its number.
        #[arg(value_name = "MODERATION")]
        id: u64,
        /// What is written down.
        #[arg(value_name = "TEXT", value_parser = parse_line)]
        note: String,
    },
}

fn parse_query(text: &str) -> Result<String, String> {
    let line = parse_line(text).map_err(|fault| fault.to_string())?;
    line.parse::<ModerationQuery>().map(|query| query.to_string()).map_err(|fault| fault.to_string())
}

pub(in crate::cli) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let Noun { place, output, command } = arguments;
    let on = |id: u64, act: &str| Call::new(Method::POST, &["moderations", &id.to_string(), act]);
    let call = match command {
        Command::List { query, decided, user, org, paging } => {
            let mut call = Call::new(Method::GET, &["moderations"]);
            if decided {
                call = call.with_parameter("decided", "true");
            }
            for (name, value) in [("query", query), ("user", user), ("organization", org)] {
                if let Some(value) = value {
                    call = call.with_parameter(name, &value);
                }
            }
            return output.listing(&place.open().await?, &call, &paging, COLUMNS).await;
        }
        Command::Show { id } => Call::new(Method::GET, &["moderations", &id.to_string()]),
        Command::Accept { id, external, verified, domain, email_domain, similar, quiet, note } => {
            let verification = verified.as_deref().map(super::proof);
            on(id, "accept").with_body(&json!({
                "is_external": external,
                "verification": verification,
                "domain": domain,
                "email_domain": email_domain,
                "with_similar": similar,
                "notify": !quiet,
                "note": note,
            }))
        }
        Command::Reject { id, reason, correctable, refuse_domain, email_domain, quiet, note } => on(id, "reject")
            .with_body(&json!({
                "email_domain": email_domain,
                "reason": reason,
                "may_be_corrected": correctable,
                "refuses_domain": refuse_domain,
                "notify": !quiet,
                "note": note,
            })),
        Command::Reopen { id, note } => on(id, "reopen").with_body(&json!({ "note": note })),
        Command::Comment { id, note } => on(id, "comment").with_body(&json!({ "note": note })),
    };
    output.one(&place.open().await?.ask(call).await?);
    Ok(())
}
