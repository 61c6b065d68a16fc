//! `moncomptepro org import`: organizations of another system, their e-mail domains and their links, from files.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::cli::Ending;
use crate::cli::output::Output;
use crate::cli::place::Place;
use crate::cli::spelling::parse_path;
use crate::cli::user::{About, Batch, Report, Row, Rows};

/// The most organizations of a table that others refer to.
const MOST: usize = 5_000_000;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// CSV with the names of the columns in its first line, or JSON lines, of organizations (siret, label…), of e-mail
    /// domains (siret, domain, verification_type; or domain, sirets) or of links (siret, email or user_id, is_external,
    /// verification_type); also the original's tables as they are.
    #[arg(value_name = "FILE", value_parser = parse_path)]
    file: PathBuf,
    /// The original's table of organizations, for rows that name them by organization_id.
    #[arg(long, value_name = "TABLE", value_parser = parse_path)]
    organizations: Option<PathBuf>,
    /// Say what would become of each row, and enter nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(place: &Place, output: &Output, arguments: Arguments) -> Result<(), Ending> {
    let Arguments { file, organizations, dry_run } = arguments;
    let numbers = organizations.as_deref().map(sirets_by_id).transpose()?;
    let mut rows = Rows::open_with(&file, &["siret", "sirets", "organization_id"], None)?;
    let (seen, mut entered) = (RandomState::new(), HashSet::new());
    let office = place.open().await?;
    let mut report = Report::begin(output, "ABOUT", "about")?;
    let mut batch = Batch::new(&office, &["imports", "organizations"], dry_run);
    let failed = |cause: std::io::Error| Ending::refused(format!("{}: {cause}", file.display()));
    while let Some(Row { line, fields }) = rows.next().map_err(failed)? {
        let fields = match fields {
            Ok(fields) => resolved(fields, numbers.as_ref()),
            Err(reason) => Err(reason.to_owned()),
        };
        let is_read = match fields {
            Ok(fields) => match entered_siret(&fields).is_none_or(|siret| entered.insert(seen.hash_one(&siret))) {
                true => batch.add(&mut report, About { line, text: about(&fields), sub: None }, fields).await?,
                false => batch.refuse(&mut report, (line, &about(&fields)), "siret: an earlier row has it").await?,
            },
            Err(reason) => batch.refuse(&mut report, (line, ""), &reason).await?,
        };
        if !is_read {
            return Ok(());
        }
    }
    batch.send(&mut report).await?;
    report.end()
}

/// The number of the organization that a row enters, and says nothing else of.
fn entered_siret(fields: &Map<String, Value>) -> Option<String> {
    let is_about_more = ["domain", "sirets", "email", "user_id"].iter().any(|name| fields.contains_key(*name));
    let siret = text(fields, "siret").filter(|_| !is_about_more)?;
    Some(siret.chars().filter(char::is_ascii_digit).collect())
}

/// The SIRET of each organization of the original, by its number there.
fn sirets_by_id(path: &Path) -> Result<HashMap<String, String>, Ending> {
    let said = |told: &str| Ending::refused(format!("{}: {told}", path.display()));
    let mut rows = Rows::open(path)?;
    let mut numbers = HashMap::new();
    while let Some(Row { line, fields }) = rows.next().map_err(|cause| said(&cause.to_string()))? {
        let fields = fields.map_err(|reason| said(&format!("line {line}: {reason}")))?;
        let (Some(id), Some(siret)) = (text(&fields, "id"), text(&fields, "siret")) else {
            return Err(said(&format!("line {line}: id and siret are expected, as in the original's organizations")));
        };
        if numbers.insert(id, siret).is_some() {
            return Err(said(&format!("line {line}: an earlier row has the same id")));
        }
        if numbers.len() > MOST {
            return Err(said("more organizations than there are"));
        }
    }
    Ok(numbers)
}

/// A row with the SIRET of the organization that it names by another system's number.
fn resolved(
    mut fields: Map<String, Value>,
    numbers: Option<&HashMap<String, String>>,
) -> Result<Map<String, Value>, String> {
    if let (Some(id), None, Some(numbers)) = (text(&fields, "organization_id"), text(&fields, "siret"), numbers) {
        let siret = numbers.get(&id).ok_or("organization_id: the table given with --organizations does not have it")?;
        drop(fields.insert(String::from("siret"), Value::from(siret.as_str())));
    }
    Ok(fields)
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    match fields.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What a row is about, in short.
fn about(fields: &Map<String, Value>) -> String {
    let said = ["domain", "email", "user_id"].into_iter().find_map(|name| text(fields, name));
    let siret = text(fields, "siret").or_else(|| text(fields, "sirets")).unwrap_or_default();
    match said {
        Some(said) => format!("{said} {siret}").trim().to_owned(),
        None => siret,
    }
}
