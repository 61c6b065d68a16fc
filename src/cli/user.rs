//! `moncomptepro user`: people of an instance that is not running.

use std::path::PathBuf;

use clap::Subcommand;

use super::serve::configuration;
use super::{Ending, say, starting};
use crate::acts::{self, By, NewPerson};
use crate::app::App;
use crate::clock::Clock;
use crate::crypto::Random;
use crate::domain::{Actor, Email, PersonalInformation, UserId};
use crate::site;
use crate::store::users;
use crate::web::paths;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Enter a person, and print the single-use link by which they choose their password.
    Create {
        /// The configuration file of the instance.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// The person's address.
        email: Email,
        /// First names.
        #[arg(long)]
        given_name: String,
        /// Family name.
        #[arg(long)]
        family_name: String,
    },
    /// Print a single-use link by which a person chooses a new password.
    ResetPassword {
        /// The configuration file of the instance.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// The person's address.
        email: Email,
    },
}

pub(super) async fn run(command: Command) -> Result<(), Ending> {
    let by = By::local(Actor::Operator);
    match command {
        Command::Create { config, email, given_name, family_name } => {
            let information = PersonalInformation::parse(&given_name, &family_name, "", "")
                .map_err(|faults| Ending::refused(format!("{}: cannot be", names(&faults))))?;
            let app = open(config).await?;
            if find(&app, &email)?.is_some() {
                return Err(Ending::refused(format!("{email} is known already: see `user reset-password`")));
            }
            let person =
                NewPerson { email, information, organization: None, additional_claims: serde_json::Map::new() };
            let (user_id, _) = acts::enter_person(&app, &by, person).await.map_err(Ending::refused)?;
            print_link(&app, &by, user_id).await
        }
        Command::ResetPassword { config, email } => {
            let app = open(config).await?;
            let user_id = find(&app, &email)?.ok_or_else(|| Ending::refused(format!("{email} is not known here")))?;
            print_link(&app, &by, user_id).await
        }
    }
}

fn names(faults: &[crate::domain::PersonalInformationFault]) -> String {
    use crate::domain::PersonalInformationFault::{Malformed, Missing, TooLong};
    let fields = faults.iter().map(|fault| match fault {
        Missing(field) | TooLong(field) | Malformed(field) => field.as_str(),
    });
    fields.collect::<Vec<_>>().join(", ")
}

async fn open(config: Option<PathBuf>) -> Result<App, Ending> {
    site::start(configuration(config)?, Clock::system(), Random::system()).await.map_err(starting)
}

fn find(app: &App, email: &Email) -> Result<Option<UserId>, Ending> {
    let user = app.store.read(|tx| users::find_by_email(tx, email)).map_err(Ending::refused)?;
    Ok(user.map(|user| user.id))
}

async fn print_link(app: &App, by: &By, user_id: UserId) -> Result<(), Ending> {
    let link = acts::issue_password_link(app, by, user_id).await.map_err(Ending::refused)?;
    let link = link.ok_or_else(|| Ending::refused("this account is disabled"))?;
    let path = format!("{}?reset_password_token={link}", paths::CHANGE_PASSWORD);
    say(&app.config.public_url.join(&path));
    Ok(())
}
