//! The command line.
//!
//! Exit codes: 0 done, 1 refused, 2 usage, 3 not running, 4 locked by another process, 65 damaged data, 78 configuration. Doors: [`run`], [`command`].

mod admin;
mod audit;
mod check_config;
mod client;
mod completions;
mod config;
mod data;
mod dev;
mod doctor;
mod ending;
mod keys;
mod org;
mod output;
mod place;
mod serve;
mod session;
mod spelling;
mod user;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::clock::Clock;
use crate::config::{LogFormat, Logs};
use crate::logs;
use crate::protocol::Locale;
use crate::site::Watching;
use crate::store;
use ending::{Ending, starting};

/// An OpenID Connect provider that ties a verified professional e-mail address to a SIRET.
#[derive(Debug, Parser)]
#[command(name = "moncomptepro", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a local provider with seeded people, organizations and clients: no file, no network.
    Dev(dev::Arguments),
    /// Start the provider from a configuration file.
    Serve(serve::Arguments),
    /// Check the configuration file, and what it names, without starting anything.
    CheckConfig(check_config::Arguments),
    /// Print a configuration file to fill in, or the configuration that holds.
    #[command(subcommand)]
    Config(config::Command),
    /// Try out what the instance needs from others, and explain what fails.
    #[command(subcommand)]
    Doctor(doctor::Command),
    /// Empty a sandbox; an instance of production is never emptied.
    Reset(data::reset::Arguments),
    /// Look after clients: the services that people sign in to.
    Client(client::Arguments),
    /// Look after people.
    User(user::Arguments),
    /// Look after organizations, and who belongs to them.
    Org(org::Arguments),
    /// Look up companies and administrations, and import the register.
    Directory(data::directory::Arguments),
    /// Requests to join an organization, and what is decided on them.
    Moderation(org::moderation::Arguments),
    /// Say who administers, moderates and reads.
    Admin(admin::Arguments),
    /// Look at the keys that sign, and rotate them.
    Keys(keys::Arguments),
    /// Change the key that protects the keys.
    MasterKey(data::master_key::Arguments),
    /// Read what happened.
    Audit(audit::Arguments),
    /// See who is signed in, and end it.
    Session(session::Arguments),
    /// Write and verify copies of the data.
    Backup(data::backup::Arguments),
    /// See what is erased because nobody uses it any more.
    Retention(data::retention::Arguments),
    /// Put a backup in the place of the data, which is kept aside.
    Restore(data::restore::Arguments),
    /// Put what can still be read of a damaged database into a new one.
    Salvage(data::salvage::Arguments),
    /// Read the whole data and compare it with itself; nothing is changed.
    Check(data::check::Arguments),
    /// Give back the room that the file of the data has free, while no instance runs.
    Compact(data::compact::Arguments),
    /// Print what the shell needs to complete commands: moncomptepro completions bash > /etc/bash_completion.d/moncomptepro
    Completions(completions::Arguments),
}

/// The command line as it is declared: every command with its arguments.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command of the process's arguments.
pub fn run() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    ending::choose_form(&arguments);
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(cause) => return ending::unparsed(&cause),
    };
    store::keep_new_files_private();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => return Ending::refused(cause).end(),
    };
    let serves = matches!(cli.command, Command::Dev(_) | Command::Serve(_));
    let result = match cli.command {
        Command::Dev(arguments) => runtime.block_on(dev::run(arguments)),
        Command::Serve(arguments) => runtime.block_on(serve::run(arguments)),
        Command::CheckConfig(arguments) => runtime.block_on(check_config::run(arguments)),
        Command::Config(command) => config::run(command),
        Command::Doctor(command) => runtime.block_on(doctor::run(command)),
        Command::Reset(arguments) => runtime.block_on(data::reset::run(arguments)),
        Command::Client(arguments) => runtime.block_on(client::run(arguments)),
        Command::User(arguments) => runtime.block_on(user::run(arguments)),
        Command::Org(arguments) => runtime.block_on(org::run(arguments)),
        Command::Directory(arguments) => runtime.block_on(data::directory::run(arguments)),
        Command::Moderation(arguments) => runtime.block_on(org::moderation::run(arguments)),
        Command::Admin(arguments) => runtime.block_on(admin::run(arguments)),
        Command::Keys(arguments) => runtime.block_on(keys::run(arguments)),
        Command::MasterKey(arguments) => runtime.block_on(data::master_key::run(arguments)),
        Command::Audit(arguments) => runtime.block_on(audit::run(arguments)),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Session(arguments) => runtime.block_on(session::run(arguments)),
        Command::Backup(arguments) => runtime.block_on(data::backup::run(arguments)),
        Command::Retention(arguments) => runtime.block_on(data::retention::run(arguments)),
        Command::Restore(arguments) => runtime.block_on(data::restore::run(arguments)),
        Command::Salvage(arguments) => runtime.block_on(data::salvage::run(arguments)),
        Command::Check(arguments) => runtime.block_on(data::check::run(arguments)),
        Command::Compact(arguments) => runtime.block_on(data::compact::run(arguments)),
    };
    // What still blocks by now is of no use to anybody: a file of a disk that does not answer, say.
    runtime.shutdown_timeout(LAST_WAIT);
    match (result, UNWRITTEN.get()) {
        (Err(ending), _) => ending.end(),
        // What the command was to do is done; whoever reads its answer must not take silence for all of it.
        (Ok(()), Some(cause)) if !serves => Ending::refused(format!(
            "it was done, but the answer cannot be written: {cause}; a secret that it showed is lost: have another one made"
        ))
        .end(),
        (Ok(()), _) => {
            ending::tell_kept();
            ExitCode::SUCCESS
        }
    }
}

/// The log of a running instance, which goes by its clock; the last lines are waited for at the end.
struct Log(logs::Log);

impl Log {
    fn start(logs: &Logs, clock: &Clock) -> Result<Self, Ending> {
        Self::into(std::io::stderr(), logs, clock)
    }

    /// That of a command, which tells errors only: beside its answer, or, where a program reads standard error, within the one
    /// document that says what was refused.
    fn of_a_command(clock: &Clock) -> Result<Self, Ending> {
        let logs = |format| Logs { format, level: String::from("error") };
        match ending::is_json() {
            true => Self::into(ending::Kept, &logs(LogFormat::Json), clock),
            false => Self::into(std::io::stderr(), &logs(LogFormat::Text), clock),
        }
    }

    fn into(output: impl std::io::Write + Send + 'static, logs: &Logs, clock: &Clock) -> Result<Self, Ending> {
        let refused = |cause| Ending::refused(format!("logs: {cause}"));
        logs::start(output, logs, clock.clone()).map(Self).map_err(refused)
    }

    /// How an instance is watched over that logs there.
    fn watched(&self) -> Watching {
        Watching { log: Some(self.0.clone()), ..Watching::default() }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.sink.finish();
        if std::thread::panicking() {
            ending::tell_kept();
        }
    }
}

/// A noun of the command line: which instance, how to print, and what to do.
#[derive(Debug, clap::Args)]
struct Noun<C: clap::Subcommand> {
    #[command(flatten)]
    place: place::Place,
    #[command(flatten)]
    output: output::Output,
    #[command(subcommand)]
    command: C,
}

/// The language of the person at the terminal: the first variable that POSIX reads for messages says it.
fn language() -> Locale {
    let said = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().filter_map(|name| std::env::var(name).ok());
    match said.into_iter().find(|value| !value.is_empty()) {
        Some(value) if value.starts_with("fr") => Locale::Fr,
        Some(_) | None => Locale::En,
    }
}

/// How long the end waits for what blocks.
const LAST_WAIT: Duration = Duration::from_secs(2);
/// Why an answer was not written, the first time.
static UNWRITTEN: OnceLock<String> = OnceLock::new();

/// Prints what was asked for. Where nobody reads any more, nothing is lost; where it cannot be written, the command ends by
/// saying so.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
            UNWRITTEN.get_or_init(|| cause.to_string());
        }
        Ok(()) | Err(_) => {}
    }
}
