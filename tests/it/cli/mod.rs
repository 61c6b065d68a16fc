//! The command line, typed into the program itself: while an instance runs, and while none does.

mod audit;
#[cfg(unix)]
mod check_config;
mod client;
pub(crate) mod compact;
pub(crate) mod directory;
mod every_command;
mod keys;
#[cfg(unix)]
mod master_key;
mod moderation;
#[cfg(unix)]
mod nonsense;
mod operator_word;
mod organization;
mod serve;
#[cfg(unix)]
mod socket;
mod story;
mod unwritten;
mod user;

use serde_json::{Value, json};

/// The answers without what differs from one run to another.
fn without(answers: Vec<Value>, varies: fn(&str) -> bool) -> Vec<Value> {
    answers.into_iter().map(|answer| blank(answer, varies)).collect()
}

fn blank(value: Value, varies: fn(&str) -> bool) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| blank(item, varies)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let value = if varies(&name) && !value.is_null() { json!("…") } else { blank(value, varies) };
                (name, value)
            })
            .collect(),
        other => other,
    }
}
