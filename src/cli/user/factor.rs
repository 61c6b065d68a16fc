//! `moncomptepro user factor`: second factors of people who lost them.

use clap::Subcommand;
use serde_json::json;

use super::User;
use crate::admin::Call;
use crate::cli::Ending;
use crate::cli::output::{Column, Output, Paging};
use crate::cli::place::Place;
use crate::domain::RemovalReason;
use crate::web::Method;

const COLUMNS: &[Column] = &[
    ("USER", "user_id"),
    ("E-MAIL", "email"),
    ("DUE", "due_at"),
    ("NOTICE", "notice"),
    ("ASKED BY", "asked_by"),
    ("REASON", "reason"),
];

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Take a person's second factors away after the delay of accounts.factor_removal_hours: they are told at once, and can
    /// stop it until then.
    Remove {
        #[command(flatten)]
        user: User,
        /// Why, on one line: the person reads it, and it stays in the audit.
        #[arg(long)]
        reason: RemovalReason,
    },
    /// List the removals that are under way, fifty a page; nothing is carried out while the notice waits to leave.
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Stop a removal before it is carried out; the person is told.
    Cancel {
        #[command(flatten)]
        user: User,
    },
}

pub(super) async fn run(place: &Place, output: &Output, command: Command) -> Result<(), Ending> {
    let call = match command {
        Command::List { paging } => {
            let call = Call::new(Method::GET, &["factor-removals"]);
            return output.listing(&place.open().await?, &call, &paging, COLUMNS).await;
        }
        Command::Remove { user, reason } => Call::new(Method::POST, &["users", &user.user, "factor-removal"])
            .with_body(&json!({ "reason": reason.as_str() })),
        Command::Cancel { user } => Call::new(Method::DELETE, &["users", &user.user, "factor-removal"]),
    };
    output.one(&place.open().await?.ask(call).await?);
    Ok(())
}
