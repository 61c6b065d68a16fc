//! `moncomptepro user import`: people of another system, from a file.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::report::{Report, Told};
use super::rows::{Row, Rows};
use crate::admin::Call;
use crate::cli::Ending;
use crate::cli::output::Output;
use crate::cli::place::{Office, Place};
use crate::cli::spelling::parse_path;
use crate::web::Method;

/// How many rows, and about how many bytes, are sent at once.
const ROWS: usize = 200;
const BYTES: usize = 128 * 1024;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// CSV with the names of the columns in its first line, or JSON lines: id, email, password_hash (argon2, bcrypt,
    /// PBKDF2), given_name, family_name, siret…; also the original's table of people as it is.
    #[arg(value_name = "FILE", value_parser = parse_path)]
    file: PathBuf,
    /// Say what would become of each row, and enter nobody.
    #[arg(long)]
    dry_run: bool,
}

/// Rows on their way.
#[derive(Default)]
struct Batch {
    rows: Vec<Map<String, Value>>,
    /// The line and the address of each.
    about: Vec<(u64, String)>,
    bytes: usize,
}

pub(super) async fn run(place: &Place, output: &Output, arguments: Arguments) -> Result<(), Ending> {
    let mut rows = Rows::open(&arguments.file)?;
    let office = place.open().await?;
    let mut report = Report::begin(output)?;
    let (seen, mut known) = (RandomState::new(), HashSet::new());
    let mut batch = Batch::default();
    let failed = |cause: std::io::Error| Ending::refused(format!("{}: {cause}", arguments.file.display()));
    while let Some(Row { line, fields }) = rows.next().map_err(failed)? {
        let fields = match fields {
            Ok(fields) => fields,
            Err(reason) => {
                // What stands before it in the file is told before it.
                if !send(&office, &mut report, &mut batch, arguments.dry_run).await?
                    || !report.add(&Told { line, email: "", outcome: "refused", reason: Some(reason) })?
                {
                    return Ok(());
                }
                continue;
            }
        };
        let email = fields.get("email").and_then(Value::as_str).unwrap_or_default().trim().to_lowercase();
        if !email.is_empty() && !known.insert(seen.hash_one(&email)) {
            let told = Told { line, email: &email, outcome: "refused", reason: Some("email: an earlier row has it") };
            if !send(&office, &mut report, &mut batch, arguments.dry_run).await? || !report.add(&told)? {
                return Ok(());
            }
            continue;
        }
        batch.bytes = batch.bytes.saturating_add(json!(fields).to_string().len());
        batch.rows.push(fields);
        batch.about.push((line, email));
        let is_full = batch.rows.len() >= ROWS || batch.bytes >= BYTES;
        if is_full && !send(&office, &mut report, &mut batch, arguments.dry_run).await? {
            return Ok(());
        }
    }
    send(&office, &mut report, &mut batch, arguments.dry_run).await?;
    report.end()
}

/// Sends what is on its way, and tells what became of it; false when nobody reads any more.
async fn send(office: &Office, report: &mut Report<'_>, batch: &mut Batch, dry_run: bool) -> Result<bool, Ending> {
    let Batch { rows, about, .. } = std::mem::take(batch);
    if rows.is_empty() {
        return Ok(true);
    }
    let call = Call::new(Method::POST, &["imports"]).with_body(&json!({ "dry_run": dry_run, "rows": rows }));
    let answer = office.ask(call).await?;
    let items = answer.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for ((line, email), item) in about.iter().zip(items) {
        let outcome = match item.get("outcome").and_then(Value::as_str) {
            Some("imported") if dry_run => "would be imported",
            Some("imported") => "imported",
            Some("imported_without_factor") if dry_run => "would be imported without factor",
            Some("imported_without_factor") => "imported without factor",
            Some("unchanged") => "unchanged",
            Some(_) | None => "refused",
        };
        let reason = item.get("reason").and_then(Value::as_str);
        if !report.add(&Told { line: *line, email, outcome, reason })? {
            return Ok(false);
        }
    }
    Ok(true)
}
