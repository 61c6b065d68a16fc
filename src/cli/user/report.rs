//! What became of the rows of a file: told while they are read, and counted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cli::Ending;
use crate::cli::output::{Form, Output, write_line};

/// How many rows a document tells of one by one; a table tells of all of them.
const MOST_TOLD: usize = 10_000;

/// What became of one row.
pub(super) struct Told<'a> {
    /// Its line.
    pub(super) line: u64,
    /// Whom or what it is about, as far as it says.
    pub(super) about: &'a str,
    /// In one word.
    pub(super) outcome: &'static str,
    /// Why not, for what was refused.
    pub(super) reason: Option<&'a str>,
    /// The identifier of a person elsewhere, and the one that they have here.
    pub(super) became: Option<(&'a str, &'a str)>,
}

/// A report that grows row by row.
pub(in crate::cli) struct Report<'a> {
    output: &'a Output,
    /// The member of a document that says what a row is about.
    member: &'static str,
    counts: BTreeMap<&'static str, u64>,
    told: Vec<Value>,
    refused: u64,
}

impl<'a> Report<'a> {
    /// Begins one whose rows are about what `column` names in a table, and `member` in a document.
    pub(in crate::cli) fn begin(output: &'a Output, column: &str, member: &'static str) -> Result<Self, Ending> {
        if output.form() == Form::Table {
            write_line(&format!("LINE  OUTCOME  {column}  REASON"))?;
        }
        Ok(Self { output, member, counts: BTreeMap::new(), told: Vec::new(), refused: 0 })
    }

    /// Adds a row; false when nobody reads any more.
    pub(super) fn add(&mut self, told: &Told<'_>) -> Result<bool, Ending> {
        let count = self.counts.entry(told.outcome).or_default();
        *count = count.saturating_add(1);
        self.refused = self.refused.saturating_add(u64::from(told.reason.is_some()));
        match self.output.form() {
            Form::Table => {
                let reason = told.reason.unwrap_or_default();
                let became = told.became.map(|(sub, id)| format!("sub {sub} is {id}")).unwrap_or_default();
                let text = format!("{}  {}  {}  {reason}{became}", told.line, told.outcome, told.about);
                write_line(&text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect::<String>())
            }
            Form::Json => {
                if self.told.len() < MOST_TOLD {
                    let (line, about) = (told.line, told.about);
                    let mut row =
                        json!({ "line": line, self.member: about, "outcome": told.outcome, "reason": told.reason });
                    if let (Some((sub, id)), Some(members)) = (told.became, row.as_object_mut()) {
                        members.insert(String::from("sub"), sub.into());
                        members.insert(String::from("user_id"), id.into());
                    }
                    self.told.push(row);
                }
                Ok(true)
            }
        }
    }

    /// Ends the report; refused rows are a refusal.
    pub(in crate::cli) fn end(self) -> Result<(), Ending> {
        let rows: u64 = self.counts.values().sum();
        match self.output.form() {
            Form::Table => {
                let counts: Vec<String> =
                    self.counts.iter().map(|(outcome, count)| format!("{outcome}: {count}")).collect();
                write_line(&format!("\n{rows} rows. {}", counts.join(", ")))?;
            }
            Form::Json => {
                let is_whole = rows == self.told.len() as u64;
                self.output
                    .one(&json!({ "rows": rows, "counts": self.counts, "items": self.told, "complete": is_whole }));
            }
        }
        match self.refused {
            0 => Ok(()),
            refused => Err(Ending::refused(format!("{refused} of {rows} rows were refused: the report says why"))),
        }
    }
}
