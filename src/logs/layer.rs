//! From an event to its line.

use std::fmt::{self, Write as _};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::escape::{harmless_json, push_message, push_text, shorten};
use super::request::request_id;
use super::sink::Sink;
use crate::clock::Clock;
use crate::config::LogFormat;

/// Where our own events come from.
const OWN: &str = "moncomptepro";

/// Makes a line of each event and gives it to the sink.
pub struct Lines {
    format: LogFormat,
    clock: Clock,
    sink: Sink,
}

impl Lines {
    /// Lines of this form, with this clock's time.
    pub fn new(format: LogFormat, clock: Clock, sink: Sink) -> Self {
        Self { format, clock, sink }
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        // Libraries may show what they read and write, secrets among it: only their complaints are wanted.
        let is_own = metadata.target().split("::").next() == Some(OWN);
        if !is_own && *metadata.level() > Level::WARN {
            return;
        }
        let mut values = Values::default();
        event.record(&mut values);
        if let Some(id) = request_id().filter(|_| !values.has("request_id")) {
            values.named.push(("request_id", Value::from(id.as_str())));
        }
        let time = time(self.clock.now_millis());
        let line = match self.format {
            LogFormat::Text => text(&time, *metadata.level(), metadata.target(), &values),
            LogFormat::Json => json(&time, *metadata.level(), metadata.target(), values),
        };
        self.sink.take(&line);
    }
}

/// Message and values of an event, each of 1 KiB at most.
#[derive(Default)]
struct Values {
    message: String,
    named: Vec<(&'static str, Value)>,
}

impl Values {
    fn has(&self, name: &str) -> bool {
        self.named.iter().any(|(known, _)| *known == name)
    }

    fn push(&mut self, field: &Field, mut text: String) {
        shorten(&mut text);
        if field.name() == "message" {
            self.message = text;
        } else {
            self.named.push((field.name(), Value::String(text)));
        }
    }
}

impl Visit for Values {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        // What is too long is not copied either.
        self.push(field, value.chars().take(1025).collect());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.named.push((field.name(), value.into()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.named.push((field.name(), value.into()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.named.push((field.name(), value.into()));
    }
}

/// `TIME LEVEL target: message name=value …`.
fn text(time: &str, level: Level, target: &str, values: &Values) -> String {
    let mut line = String::with_capacity(160);
    // Writing into a text cannot fail.
    let _written = write!(line, "{time} {level:>5} {target}: ");
    push_message(&mut line, &values.message);
    for (name, value) in &values.named {
        line.push(' ');
        line.push_str(name);
        line.push('=');
        match value {
            Value::String(text) => push_text(&mut line, text),
            other => line.push_str(&other.to_string()),
        }
    }
    line.push('\n');
    line
}

fn json(time: &str, level: Level, target: &str, values: Values) -> String {
    let mut record = Map::new();
    record.insert(String::from("time"), Value::from(time));
    record.insert(String::from("level"), Value::from(level.as_str()));
    record.insert(String::from("target"), Value::from(target));
    record.insert(String::from("message"), Value::from(values.message));
    for (name, value) in values.named {
        record.entry(name).or_insert(value);
    }
    let mut line = harmless_json(Value::Object(record).to_string());
    line.push('\n');
    line
}

/// UTC with milliseconds.
pub(super) fn time(millis: u64) -> String {
    let instant = i64::try_from(millis).ok().and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    instant.map_or_else(String::new, |instant| instant.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}
