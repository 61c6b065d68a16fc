//! `moncomptepro session`: who is signed in.

use clap::{Args, Subcommand};

use super::output::{Column, Paging};
use super::spelling::parse_user;
use super::{Ending, Noun};
use crate::admin::Call;
use crate::web::Method;

const COLUMNS: &[Column] = &[
    ("SESSION", "session_id"),
    ("USER", "user_id"),
    ("ORG", "organization_id"),
    ("CLIENTS", "clients"),
    ("STARTED", "started_at"),
    ("LAST USED", "last_used_at"),
    ("ENDS", "expires_at"),
];

/// The command, and where it is carried out.
pub(super) type Arguments = Noun<Command>;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the sessions in use, fifty a page.
    List {
        /// Of this person only: address or identifier.
        #[arg(long, value_name = "USER", value_parser = parse_user)]
        user: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// End a session, those of a person, or all; what was issued in them is void.
    Revoke(Revoke),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Revoke {
    /// One session, as `session list` shows it.
    #[arg(value_name = "SESSION")]
    session: Option<String>,
    /// Those of this person: address or identifier.
    #[arg(long, value_name = "USER", value_parser = parse_user)]
    user: Option<String>,
    /// Every session of the instance.
    #[arg(long = "all")]
    every: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let Noun { place, output, command } = arguments;
    let call = match command {
        Command::List { user, paging } => {
            let call = Call::new(Method::GET, &["sessions"]);
            let call = match user {
                Some(user) => call.with_parameter("user", &user),
                None => call,
            };
            return output.listing(&place.open().await?, &call, &paging, COLUMNS).await;
        }
        Command::Revoke(Revoke { session: Some(session), .. }) => Call::new(Method::DELETE, &["sessions", &session]),
        Command::Revoke(Revoke { user: Some(user), .. }) => Call::new(Method::POST, &["users", &user, "sign-out"]),
        Command::Revoke(Revoke { .. }) => Call::new(Method::DELETE, &["sessions"]),
    };
    output.one(&place.open().await?.ask(call).await?);
    Ok(())
}
