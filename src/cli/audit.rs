//! `moncomptepro audit`: what happened.

use std::time::Duration;

use clap::Subcommand;
use serde_json::{Map, Value};

use super::output::{Form, write_line};
use super::place::Office;
use super::spelling::parse_duration;
use super::{Ending, Noun};
use crate::admin::Call;
use crate::clock::Clock;
use crate::protocol::Timestamp;
use crate::web::Method;

/// How long between two looks for what is new.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The command, and where it is carried out.
pub(super) type Arguments = Noun<Command>;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the last records, the oldest first, one a line.
    Tail {
        /// How many.
        #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
        lines: u16,
        /// Those since this day, this instant, or for this long: 2027-01-31, 2027-01-31T12:00:00Z, 24h.
        #[arg(long, value_name = "WHEN", conflicts_with = "lines", value_parser = parse_since)]
        since: Option<Since>,
        /// Go on with what is written from now on, until the instance or this command is stopped.
        #[arg(long)]
        follow: bool,
    },
    /// Print every record as one line of JSON, the oldest first.
    Export {
        /// Those since this day, this instant, or for this long: 2027-01-31, 2027-01-31T12:00:00Z, 24h.
        #[arg(long, value_name = "WHEN", value_parser = parse_since)]
        since: Option<Since>,
    },
}

/// A beginning.
#[derive(Debug, Clone, Copy)]
pub(super) enum Since {
    Instant(Timestamp),
    Ago(Duration),
}

fn parse_since(text: &str) -> Result<Since, String> {
    if let Some(instant) = Timestamp::parse_iso8601(text) {
        return Ok(Since::Instant(instant));
    }
    let expected = "a day, an instant or a time is expected, such as 2027-01-31, 2027-01-31T12:00:00Z or 24h";
    parse_duration(text).map(Since::Ago).map_err(|_| String::from(expected))
}

impl Since {
    fn instant(self) -> Timestamp {
        match self {
            Self::Instant(instant) => instant,
            Self::Ago(duration) => Timestamp(Clock::system().now().0.saturating_sub(duration.as_secs())),
        }
    }
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let Noun { place, output, command } = arguments;
    let everything = Call::new(Method::GET, &["audit"]);
    let since = |since: Since| everything.clone().with_parameter("since", &since.instant().to_iso8601());
    let (call, form, follow) = match command {
        Command::Export { since: None } => (everything.clone(), Form::Json, false),
        Command::Export { since: Some(when) } => (since(when), Form::Json, false),
        Command::Tail { since: Some(when), follow, .. } => (since(when), output.form(), follow),
        Command::Tail { lines, since: None, follow } => {
            (everything.clone().with_parameter("latest", &lines.to_string()), output.form(), follow)
        }
    };
    let office = place.open().await?;
    if follow && !office.is_running() {
        return Err(Ending::not_running("nothing is written while no instance runs: leave --follow out"));
    }
    let Some(position) = print(&office, call, form).await? else { return Ok(()) };
    if follow { go_on(&office, position, form).await } else { Ok(()) }
}

/// Prints records to their end, and gives the position there; none when nobody reads any more.
async fn print(office: &Office, mut call: Call, form: Form) -> Result<Option<String>, Ending> {
    loop {
        let answer = office.ask(call).await?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        for record in answer.get("items").and_then(Value::as_array).into_iter().flatten() {
            if !write_line(&line(record, form))? {
                return Ok(None);
            }
        }
        match text("next") {
            Some(next) => call = Call::new(Method::GET, &["audit"]).with_parameter("cursor", &next),
            None => return Ok(text("position")),
        }
    }
}

/// Looks for what was written since, again and again.
async fn go_on(office: &Office, mut position: String, form: Form) -> Result<(), Ending> {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        let call = Call::new(Method::GET, &["audit"]).with_parameter("position", &position);
        let answer = office.ask(call).await?;
        for record in answer.get("items").and_then(Value::as_array).into_iter().flatten() {
            if !write_line(&line(record, form))? {
                return Ok(());
            }
        }
        if let Some(seen) = answer.get("position").and_then(Value::as_str) {
            seen.clone_into(&mut position);
        }
    }
}

/// A record in one line.
fn line(record: &Value, form: Form) -> String {
    match (form, record) {
        (Form::Table, Value::Object(members)) => words(members),
        (Form::Table | Form::Json, record) => record.to_string(),
    }
}

/// Time, actor, event, then what the event says.
fn words(members: &Map<String, Value>) -> String {
    let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut line = format!("{}  {}  {}", text("at"), text("actor"), text("event"));
    let rest = members.iter().filter(|(name, value)| {
        !["id", "at", "actor", "event", "request_id"].contains(&name.as_str()) && !value.is_null()
    });
    for (name, value) in rest {
        line.push_str(&format!("  {name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    line.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}
