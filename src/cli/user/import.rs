//! `moncomptepro user import`: people of another system, from a file.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::path::PathBuf;

use serde_json::Value;

use super::batch::{About, Batch};
use super::foreign::translated;
use super::report::Report;
use super::rows::{Row, Rows};
use crate::cli::Ending;
use crate::cli::output::Output;
use crate::cli::place::Place;
use crate::cli::spelling::parse_path;

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

pub(super) async fn run(place: &Place, output: &Output, arguments: Arguments) -> Result<(), Ending> {
    let mut rows = Rows::open_with(&arguments.file, &["email"], None)?;
    let office = place.open().await?;
    let mut report = Report::begin(output, "E-MAIL", "email")?;
    let mut batch = Batch::new(&office, &["imports"], arguments.dry_run);
    let (seen, mut known) = (RandomState::new(), HashSet::new());
    let failed = |cause: std::io::Error| Ending::refused(format!("{}: {cause}", arguments.file.display()));
    while let Some(Row { line, fields }) = rows.next().map_err(failed)? {
        let is_read = match fields {
            Err(reason) => batch.refuse(&mut report, (line, ""), reason).await?,
            Ok(fields) => {
                let (fields, sub) = translated(fields);
                let email = fields.get("email").and_then(Value::as_str).unwrap_or_default().trim().to_lowercase();
                let is_new = |field: &str, value: &str, known: &mut HashSet<u64>| {
                    value.is_empty() || known.insert(seen.hash_one((field, value)))
                };
                let id = match fields.get("id") {
                    Some(Value::String(id)) => id.trim().to_owned(),
                    Some(Value::Number(id)) => id.to_string(),
                    _ => String::new(),
                };
                if !is_new("email", &email, &mut known) {
                    batch.refuse(&mut report, (line, &email), "email: an earlier row has it").await?
                } else if !is_new("id", &id, &mut known) {
                    batch.refuse(&mut report, (line, &email), "id: an earlier row has it").await?
                } else {
                    batch.add(&mut report, About { line, text: email, sub }, fields).await?
                }
            }
        };
        if !is_read {
            return Ok(());
        }
    }
    batch.send(&mut report).await?;
    report.end()
}
