//! `moncomptepro admin`: who administers, moderates and reads.

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use serde_json::json;

use super::output::{Column, Paging};
use super::spelling::{parse_organization, parse_user};
use super::user::LastAdministrator;
use super::{Ending, Noun};
use crate::admin::Call;
use crate::web::Method;

const COLUMNS: &[Column] = &[
    ("USER", "user_id"),
    ("E-MAIL", "email"),
    ("ROLE", "role"),
    ("ORGANIZATIONS", "role_organizations"),
    ("UNTIL", "role_until"),
    ("ENABLED", "enabled"),
];

/// The command, and where it is carried out.
pub(super) type Arguments = Noun<Command>;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the people who have a role, fifty a page.
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Give a person a role, in place of the one that they had.
    Grant {
        /// The person's address or identifier.
        #[arg(value_parser = parse_user)]
        user: String,
        /// The role.
        #[arg(long, value_parser = PossibleValuesParser::new(["administrator", "moderator", "reader"]))]
        role: String,
        /// For this organization only (SIRET or identifier), of a moderator; several times for several.
        #[arg(long = "organization", value_name = "ORG", value_parser = parse_organization)]
        organizations: Option<Vec<String>>,
        /// Until the end of this day in Paris, or this instant, of a moderator: 2027-01-31, 2027-01-31T12:00:00Z.
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
        #[command(flatten)]
        consent: LastAdministrator,
    },
    /// Take a person's role away.
    Revoke {
        /// The person's address or identifier.
        #[arg(value_parser = parse_user)]
        user: String,
        #[command(flatten)]
        consent: LastAdministrator,
    },
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let Noun { place, output, command } = arguments;
    let call = match command {
        Command::List { paging } => {
            let call = Call::new(Method::GET, &["administrators"]);
            return output.listing(&place.open().await?, &call, &paging, COLUMNS).await;
        }
        Command::Grant { user, role, organizations, until, consent } => {
            Call::new(Method::PUT, &["users", &user, "role"]).with_body(&json!({
                "role": role,
                "organizations": organizations,
                "until": until,
                "last_administrator": consent.last_administrator,
            }))
        }
        Command::Revoke { user, consent } => consent.said_in(Call::new(Method::DELETE, &["users", &user, "role"])),
    };
    output.one(&place.open().await?.ask(call).await?);
    Ok(())
}
