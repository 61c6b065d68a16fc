//! What commands print: a table for people, JSON for programs, whose names do not change.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use super::place::Office;
use super::{Ending, say};
use crate::admin::Call;

/// The most characters of a cell.
const MAX_CELL: usize = 60;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Form {
    /// For people: columns, may change from version to version.
    #[default]
    Table,
    /// For programs: one document; the names in it do not change.
    Json,
}

/// How to print.
#[derive(Debug, Clone, Args)]
pub(super) struct Output {
    /// In which form to answer.
    #[arg(long, value_enum, value_name = "FORM", default_value_t, global = true)]
    output: Form,
}

/// How to print what holds a secret.
#[derive(Debug, Clone, Args)]
pub(super) struct SecretOutput {
    /// Print the secret even where no person reads it: into a file or a pipe.
    #[arg(long)]
    show_secret: bool,
}

/// How much of a listing.
#[derive(Debug, Clone, Args)]
pub(super) struct Paging {
    /// Every page, one after the other.
    #[arg(long, conflicts_with = "cursor")]
    all: bool,
    /// Go on where the page before ended: its `next`.
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

/// A column: its heading and the member that it shows.
pub(super) type Column = (&'static str, &'static str);

impl SecretOutput {
    /// Refuses, before anything is done, to put a secret where it may stay (SEC-143).
    pub(super) fn check(&self, output: &Output) -> Result<(), Ending> {
        if self.show_secret || output.output == Form::Json || std::io::stdout().is_terminal() {
            return Ok(());
        }
        Err(Ending::refused(
            "this prints a secret, and nobody reads it here: add --show-secret or --output json to print it anyway",
        ))
    }
}

impl Output {
    /// Prints one thing: its members, one a line.
    pub(super) fn one(&self, document: &Value) {
        match (self.output, document) {
            (Form::Table, Value::Object(members)) => say(lines(members).trim_end()),
            (Form::Table | Form::Json, other) => self.json(other),
        }
    }

    /// In which form.
    pub(super) fn form(&self) -> Form {
        self.output
    }

    /// Prints a listing that has one page only.
    pub(super) fn whole(&self, document: &Value, columns: &[Column]) {
        match (self.output, document.get("items").and_then(Value::as_array)) {
            (Form::Table, Some(items)) => say(table(columns, items).trim_end()),
            (Form::Table | Form::Json, _) => self.json(document),
        }
    }

    fn json(&self, document: &Value) {
        say(&serde_json::to_string_pretty(document).unwrap_or_else(|_| document.to_string()));
    }

    /// Prints one page of a listing, or every page.
    pub(super) async fn listing(
        &self,
        office: &Office,
        call: &Call,
        paging: &Paging,
        columns: &[Column],
    ) -> Result<(), Ending> {
        let mut cursor = paging.cursor.clone();
        let mut every = Vec::new();
        let next = loop {
            let call = match &cursor {
                Some(cursor) => call.clone().with_parameter("cursor", cursor),
                None => call.clone(),
            };
            let mut page = office.ask(call).await?;
            if let Some(note) = page.get("note").and_then(Value::as_str) {
                super::ending::tell(note);
            }
            let next = page.get("next").and_then(Value::as_str).map(str::to_owned);
            if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
                every.extend(items);
            }
            match next {
                Some(next) if paging.all => cursor = Some(next),
                next => break next,
            }
        };
        match self.output {
            Form::Json => self.json(&serde_json::json!({ "items": every, "next": next })),
            Form::Table => {
                say(table(columns, &every).trim_end());
                if let Some(next) = next {
                    say(&format!("\nThere is more: --all, or --cursor {next}"));
                }
            }
        }
        Ok(())
    }
}

/// Prints a line of a long answer; false when nobody reads any more.
pub(super) fn write_line(text: &str) -> Result<bool, Ending> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(cause) if cause.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(cause) => Err(Ending::refused(format!("the answer cannot be written: {cause}"))),
    }
}

/// `name  value` for each member that says something.
fn lines(members: &Map<String, Value>) -> String {
    let width = members.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        let mut first = true;
        for line in nested(value).split('\n') {
            let name = if first { name.as_str() } else { "" };
            let _infallible = writeln!(text, "{name:width$}  {line}");
            first = false;
        }
    }
    text
}

/// What is inside of one thing: things of a kind as a table, the members of one thing as lines.
fn nested(value: &Value) -> String {
    let listed = value.get("items").unwrap_or(value);
    match (listed, value) {
        (Value::Array(items), _) if items.iter().any(Value::is_object) => {
            let of_first = items.first().and_then(Value::as_object).into_iter().flat_map(Map::keys);
            let columns: Vec<(String, &str)> =
                of_first.map(|name| (name.to_uppercase().replace('_', " "), name.as_str())).collect();
            let columns: Vec<(&str, &str)> = columns.iter().map(|(heading, name)| (heading.as_str(), *name)).collect();
            let mut text = table(&columns, items);
            if let Some(next) = value.get("next").and_then(Value::as_str) {
                text.push_str(&format!("There is more: --cursor {next}"));
            }
            text.trim_end().to_owned()
        }
        (Value::Array(items), Value::Object(_)) if items.is_empty() => String::from("-"),
        (_, Value::Object(members)) => lines(members).trim_end().to_owned(),
        (_, value) => cell(value, "\n"),
    }
}

fn table(columns: &[(&str, &str)], items: &[Value]) -> String {
    let row = |item: &Value| -> Vec<String> {
        let cells =
            columns.iter().map(|(_, member)| item.get(*member).map_or_else(String::new, |value| cell(value, " ")));
        cells.map(shortened).collect()
    };
    let mut rows = vec![columns.iter().map(|(heading, _)| (*heading).to_owned()).collect::<Vec<_>>()];
    rows.extend(items.iter().map(row));
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}", width = *width)).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn shortened(text: String) -> String {
    if text.chars().count() <= MAX_CELL {
        return text;
    }
    let kept: String = text.chars().take(MAX_CELL.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// A value as people read it. What would move the terminal's cursor is not printed.
fn cell(value: &Value, separator: &str) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => String::from("yes"),
        Value::Bool(false) => String::from("no"),
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
        }
        Value::Array(items) => items.iter().map(|item| cell(item, " ")).collect::<Vec<_>>().join(separator),
        Value::Object(members) => {
            let pairs = members.iter().map(|(name, value)| format!("{name}={}", cell(value, ",")));
            pairs.collect::<Vec<_>>().join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_inside_of_a_thing_is_a_table_or_lines_of_its_own() {
        let Value::Object(organization) = json!({
            "siret": "1",
            "members": { "items": [{ "user_id": 7, "is_external": true }, { "user_id": 12, "is_external": false }], "next": "c" },
            "records": { "users": 2, "clients": 10 },
            "findings": [],
            "role": null,
        }) else {
            panic!()
        };
        let expected = [
            "siret     1",
            "members   USER ID  IS EXTERNAL",
            "          7        yes",
            "          12       no",
            "          There is more: --cursor c",
            "records   users    2",
            "          clients  10",
            "findings  ",
        ];
        assert_eq!(lines(&organization).lines().collect::<Vec<_>>(), expected);
    }
}
