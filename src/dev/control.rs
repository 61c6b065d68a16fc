//! What scripts steer the instance by: back to the beginning, and the time. And who may call these addresses.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::client::Trials;
use super::seeds::Beginning;
use crate::acts;
use crate::acts::administration::make_retention_round;
use crate::app::App;
use crate::clock::Clock;
use crate::domain::Actor;
use crate::protocol::Timestamp;
use crate::web::{Error, Request, Response, StatusCode, csrf, header, json_response};

/// The latest instant that records can be kept until, with a margin for lifetimes.
const LATEST: u64 = 4_000_000_000;

/// Seconds of a day.
const DAY: u64 = 24 * 3600;

/// What to do with the time: exactly one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClockCommand {
    /// Stand still.
    Freeze(FreezeAt),
    /// Go on from this second; a clock that stands still stands there.
    Set(u64),
    /// Move forward by so many seconds.
    Advance(u64),
    /// Go on.
    Resume(bool),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum FreezeAt {
    Second(u64),
    Here(bool),
}

/// Back to the beginning: what was stored, received and counted is forgotten, the seeds are entered anew in the same
/// transaction, and the clock shows the system's time. Fixtures that do not stand change nothing.
pub(super) async fn reset(app: App, trials: Trials, request: Request) -> Result<Response, Error> {
    check_caller(&app, &request)?;
    check_json(&request)?;
    let by = acts::By { actor: Actor::Operator, origin: request.origin(), browser: None };
    let beginning = Beginning::load(&app).await.map_err(Error::internal)?;
    app.clock.reset().map_err(Error::internal)?;
    acts::reset(&app, &by, beginning.entries(&app)).await?;
    trials.clear();
    Ok(json_response(StatusCode::OK, &json!({ "reset": true })))
}

/// Steers the time.
pub(super) async fn steer(app: App, request: Request) -> Result<Response, Error> {
    check_caller(&app, &request)?;
    check_json(&request)?;
    let command = serde_json::from_slice(request.bytes()?).map_err(|cause| malformed(&cause.to_string()))?;
    let is_days = matches!(command, ClockCommand::Advance(seconds) if seconds >= DAY);
    obey(&app.clock, command)?;
    if is_days {
        // What is due once a day is seen at once: nobody who steers the time waits an hour for it.
        make_retention_round(&app).await?;
    }
    Ok(shown(&app.clock))
}

/// Says what the time is.
pub(super) async fn show(app: App, request: Request) -> Result<Response, Error> {
    check_caller(&app, &request)?;
    Ok(shown(&app.clock))
}

fn obey(clock: &Clock, command: ClockCommand) -> Result<(), Error> {
    let in_range = |second: u64| match second {
        0..=LATEST => Ok(Timestamp(second)),
        _ => Err(malformed("too late")),
    };
    let steered = match command {
        ClockCommand::Freeze(FreezeAt::Second(second)) => clock.freeze(in_range(second)?),
        ClockCommand::Freeze(FreezeAt::Here(true)) => clock.freeze(clock.now()),
        ClockCommand::Set(second) => {
            let (was_frozen, at) = (clock.is_frozen(), in_range(second)?);
            clock.freeze(at).and_then(|()| if was_frozen { Ok(()) } else { clock.resume() })
        }
        ClockCommand::Advance(seconds) => {
            in_range(clock.now().0.saturating_add(seconds))?;
            clock.advance(Duration::from_secs(seconds))
        }
        ClockCommand::Resume(true) => clock.resume(),
        ClockCommand::Freeze(FreezeAt::Here(false)) | ClockCommand::Resume(false) => {
            return Err(malformed("false asks for nothing"));
        }
    };
    steered.map_err(Error::internal)
}

fn shown(clock: &Clock) -> Response {
    json_response(StatusCode::OK, &json!({ "now": clock.now().0, "frozen": clock.is_frozen() }))
}

fn malformed(reason: &str) -> Error {
    Error::bad_request("bad_request").with_detail(reason)
}

/// Lets programs in, which send neither header, and pages of this site; no page of anybody else (R-12).
///
/// # Errors
/// 403.
pub(super) fn check_caller(app: &App, request: &Request) -> Result<(), Error> {
    let is_program = !request.headers.contains_key("sec-fetch-site") && !request.headers.contains_key(header::ORIGIN);
    // A person who types the address: no page is behind it.
    let is_typed = request.header("sec-fetch-site") == Some("none");
    if is_program || is_typed { Ok(()) } else { csrf::check_same_origin(app, request) }
}

/// No form and no plain text that a page elsewhere could send without being asked (R-12).
fn check_json(request: &Request) -> Result<(), Error> {
    let content_type = request.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(Error::UnsupportedMediaType) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(clock: &Clock, command: &str) -> Result<(), Error> {
        obey(clock, serde_json::from_str(command).map_err(|cause| malformed(&cause.to_string()))?)
    }

    #[test]
    fn r_12_the_time_is_frozen_set_advanced_and_goes_on() {
        let clock = Clock::steerable();
        told(&clock, r#"{"freeze":1000}"#).unwrap();
        assert_eq!((clock.now(), clock.is_frozen()), (Timestamp(1000), true));
        told(&clock, r#"{"advance":60}"#).unwrap();
        assert_eq!(clock.now(), Timestamp(1060));
        told(&clock, r#"{"set":5000}"#).unwrap();
        assert_eq!((clock.now(), clock.is_frozen()), (Timestamp(5000), true));
        told(&clock, r#"{"resume":true}"#).unwrap();
        assert!(!clock.is_frozen());
        told(&clock, r#"{"set":9000}"#).unwrap();
        assert!(!clock.is_frozen() && (9000..9060).contains(&clock.now().0));
        told(&clock, r#"{"freeze":true}"#).unwrap();
        assert!(clock.is_frozen() && (9000..9060).contains(&clock.now().0));
    }

    #[test]
    fn what_asks_for_nothing_or_too_much_changes_nothing() {
        let clock = Clock::manual(Timestamp(1000));
        for command in [
            "{}",
            "[]",
            r#"{"freeze":false}"#,
            r#"{"resume":false}"#,
            r#"{"advance":-1}"#,
            r#"{"advance":18446744073709551615}"#,
            r#"{"set":4000000001}"#,
            r#"{"stop":true}"#,
            r#"{"set":1,"advance":1}"#,
        ] {
            assert!(told(&clock, command).is_err(), "{command}");
        }
        assert_eq!((clock.now(), clock.is_frozen()), (Timestamp(1000), true));
    }
}
