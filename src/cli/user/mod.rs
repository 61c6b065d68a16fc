//! `moncomptepro user`: people.

use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{Column, Paging, SecretOutput};
use super::spelling::{parse_text, parse_user};
use super::{Ending, Noun};
use crate::admin::Call;
use crate::domain::Email;
use crate::web::Method;

mod batch;
mod factor;
mod foreign;
mod import;
mod invite;
mod report;
mod rows;

pub(super) use batch::{About, Batch};
pub(super) use report::Report;
pub(super) use rows::{Row, Rows};

const COLUMNS: &[Column] = &[
    ("USER", "user_id"),
    ("E-MAIL", "email"),
    ("GIVEN NAME", "given_name"),
    ("FAMILY NAME", "family_name"),
    ("ENABLED", "enabled"),
    ("ROLE", "role"),
    ("LAST SIGN-IN", "last_sign_in_at"),
];

/// The command, and where it is carried out.
pub(super) type Arguments = Noun<Command>;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Enter a person, and print the single-use link by which they choose their password within the hour.
    Create {
        /// The person's address; it counts as proven.
        email: Email,
        /// First names.
        #[arg(long)]
        given_name: String,
        /// Family name.
        #[arg(long)]
        family_name: String,
        /// Telephone number.
        #[arg(long, value_parser = parse_text)]
        phone_number: Option<String>,
        /// Position.
        #[arg(long, value_parser = parse_text)]
        job: Option<String>,
        #[command(flatten)]
        secret: SecretOutput,
    },
    /// List people, fifty a page.
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a person and their organizations.
    Show {
        #[command(flatten)]
        user: User,
    },
    /// Close an account: every session, code and token of the person is void at once.
    Disable {
        #[command(flatten)]
        user: User,
        #[command(flatten)]
        consent: LastAdministrator,
    },
    /// Open a closed account again.
    Enable {
        #[command(flatten)]
        user: User,
    },
    /// Give an account another address: everything that is open in it is void, and both addresses are told by mail.
    ChangeEmail {
        #[command(flatten)]
        user: User,
        /// The new address.
        #[arg(long, value_name = "EMAIL")]
        to: Email,
        /// It counts as proven; else its mailbox is proven at the next sign-in.
        #[arg(long)]
        verified: bool,
    },
    /// Print a single-use link by which a person chooses a new password within the hour; it ends their sessions then.
    ResetPassword {
        #[command(flatten)]
        user: User,
        /// Others know the password: it opens nothing from now on, every session ends, and the person is told by mail.
        #[arg(long)]
        compromised: bool,
        #[command(flatten)]
        secret: SecretOutput,
    },
    /// Enter people of another system from a file, row by row; what was entered before stays as it is.
    Import(import::Arguments),
    /// Invite somebody to open an account, by a mail whose single-use link is good for accounts.invitation_days.
    Invite(invite::Arguments),
    /// List invitations and what became of them, fifty a page.
    Invitations {
        #[command(flatten)]
        paging: Paging,
    },
    /// Take an invitation back: its link opens nothing any more.
    RevokeInvitation {
        /// The address that was invited.
        email: Email,
    },
    /// Take away the second factors of somebody who lost them: after a delay, and unless they stop it.
    #[command(subcommand)]
    Factor(factor::Command),
    /// End every session of a person, with every code and token.
    SignOut {
        #[command(flatten)]
        user: User,
    },
    /// Erase a person: account, password, sessions, links to organizations, mails in the queue. Cannot be undone.
    Delete {
        #[command(flatten)]
        user: User,
        #[command(flatten)]
        consent: LastAdministrator,
    },
}

/// Who.
#[derive(Debug, Args)]
pub(super) struct User {
    /// The person's address or identifier.
    #[arg(value_name = "USER", value_parser = parse_user)]
    user: String,
}

/// Consent to an instance that nobody administers.
#[derive(Debug, Args)]
pub(super) struct LastAdministrator {
    /// Do it even if nobody is left to administer the instance but whoever is at the machine.
    #[arg(long)]
    pub(super) last_administrator: bool,
}

impl LastAdministrator {
    /// Says so in the call.
    pub(super) fn said_in(&self, call: Call) -> Call {
        if self.last_administrator { call.with_parameter("last_administrator", "true") } else { call }
    }
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let Noun { place, output, command } = arguments;
    let post = |user: &User, act: &str| Call::new(Method::POST, &["users", &user.user, act]);
    let call = match command {
        Command::List { paging } => {
            let call = Call::new(Method::GET, &["users"]);
            return output.listing(&place.open().await?, &call, &paging, COLUMNS).await;
        }
        Command::Create { email, given_name, family_name, phone_number, job, secret } => {
            secret.check(&output)?;
            Call::new(Method::POST, &["users"]).with_body(&json!({
                "email": email,
                "given_name": given_name,
                "family_name": family_name,
                "phone_number": phone_number.unwrap_or_default(),
                "job": job.unwrap_or_default(),
            }))
        }
        Command::ResetPassword { user, compromised, secret } => {
            secret.check(&output)?;
            let call = post(&user, "password-link");
            if compromised { call.with_parameter("compromised", "true") } else { call }
        }
        Command::ChangeEmail { user, to, verified } => Call::new(Method::PUT, &["users", &user.user, "email"])
            .with_body(&json!({ "email": to, "verified": verified })),
        Command::Import(arguments) => return import::run(&place, &output, arguments).await,
        Command::Invite(arguments) => return invite::run(&place, &output, arguments).await,
        Command::Invitations { paging } => {
            let call = Call::new(Method::GET, &["invitations"]);
            return output.listing(&place.open().await?, &call, &paging, invite::COLUMNS).await;
        }
        Command::RevokeInvitation { email } => Call::new(Method::DELETE, &["invitations", email.as_str()]),
        Command::Factor(command) => return factor::run(&place, &output, command).await,
        Command::Show { user } => Call::new(Method::GET, &["users", &user.user]),
        Command::Disable { user, consent } => consent.said_in(post(&user, "disable")),
        Command::Enable { user } => post(&user, "enable"),
        Command::SignOut { user } => post(&user, "sign-out"),
        Command::Delete { user, consent } => consent.said_in(Call::new(Method::DELETE, &["users", &user.user])),
    };
    output.one(&place.open().await?.ask(call).await?);
    Ok(())
}
