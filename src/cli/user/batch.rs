//! Rows on their way to the instance, some hundreds at a time, and what became of each.

use serde_json::{Map, Value, json};

use super::report::{Report, Told};
use crate::admin::Call;
use crate::cli::Ending;
use crate::cli::place::Office;
use crate::web::Method;

/// How many rows, and about how many bytes, are sent at once.
const ROWS: usize = 200;
const BYTES: usize = 128 * 1024;

/// Which row it is.
pub(in crate::cli) struct About {
    /// Its line.
    pub(in crate::cli) line: u64,
    /// Whom or what it is about.
    pub(in crate::cli) text: String,
    /// The identifier of a person in the system that the row comes from, where it is of another kind than ours.
    pub(in crate::cli) sub: Option<String>,
}

/// Rows on their way.
pub(in crate::cli) struct Batch<'a> {
    office: &'a Office,
    address: &'a [&'a str],
    is_dry_run: bool,
    rows: Vec<Map<String, Value>>,
    about: Vec<About>,
    bytes: usize,
}

impl<'a> Batch<'a> {
    /// An empty one for this address of the instance.
    pub(in crate::cli) fn new(office: &'a Office, address: &'a [&'a str], is_dry_run: bool) -> Self {
        Self { office, address, is_dry_run, rows: Vec::new(), about: Vec::new(), bytes: 0 }
    }

    /// Takes a row along; false when nobody reads the report any more.
    pub(in crate::cli) async fn add(
        &mut self,
        report: &mut Report<'_>,
        about: About,
        fields: Map<String, Value>,
    ) -> Result<bool, Ending> {
        self.bytes = self.bytes.saturating_add(json!(fields).to_string().len());
        self.rows.push(fields);
        self.about.push(about);
        let is_full = self.rows.len() >= ROWS || self.bytes >= BYTES;
        if is_full { self.send(report).await } else { Ok(true) }
    }

    /// Tells of a row that goes nowhere, after those that stand before it.
    pub(in crate::cli) async fn refuse(
        &mut self,
        report: &mut Report<'_>,
        (line, about): (u64, &str),
        reason: &str,
    ) -> Result<bool, Ending> {
        Ok(self.send(report).await?
            && report.add(&Told { line, about, outcome: "refused", reason: Some(reason), became: None })?)
    }

    /// Sends what is on its way, and tells what became of it; false when nobody reads any more.
    pub(in crate::cli) async fn send(&mut self, report: &mut Report<'_>) -> Result<bool, Ending> {
        let (rows, about) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.about));
        self.bytes = 0;
        if rows.is_empty() {
            return Ok(true);
        }
        let call = Call::new(Method::POST, self.address);
        let answer = self.office.ask(call.with_body(&json!({ "dry_run": self.is_dry_run, "rows": rows }))).await?;
        let items = answer.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for (About { line, text, sub }, item) in about.iter().zip(items) {
            let outcome = match (item.get("outcome").and_then(Value::as_str), self.is_dry_run) {
                (Some("imported"), true) => "would be imported",
                (Some("imported"), false) => "imported",
                (Some("imported_without_factor"), true) => "would be imported without factor",
                (Some("imported_without_factor"), false) => "imported without factor",
                (Some("imported_under_another_id"), true) => "would be imported under another id",
                (Some("imported_under_another_id"), false) => "imported under another id",
                (Some("imported_without_domains"), true) => "would be imported without some domains",
                (Some("imported_without_domains"), false) => "imported without some domains",
                (Some("unchanged"), _) => "unchanged",
                (Some(_) | None, _) => "refused",
            };
            let reason = item.get("reason").and_then(Value::as_str);
            let became = sub.as_deref().zip(item.get("user_id").and_then(Value::as_str));
            if !report.add(&Told { line: *line, about: text, outcome, reason, became })? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
