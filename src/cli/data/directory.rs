//! `moncomptepro directory`: companies and administrations, and the import of the register.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use serde_json::Value;

use crate::admin::{self, Call};
use crate::cli::ending::{is_json, note};
use crate::cli::output::Column;
use crate::cli::place::{Place, account};
use crate::cli::spelling::{parse_line, parse_path};
use crate::cli::{Ending, Noun};
use crate::clock::Clock;
use crate::directory::{self, Filter, Import, ImportError, Progress, Rejected, Step};
use crate::domain::{DepartmentCode, Siren, Siret};
use crate::protocol::Timestamp;
use crate::site;
use crate::store;
use crate::web::Method;

const COLUMNS: &[Column] = &[
    ("SIRET", "siret"),
    ("LABEL", "label"),
    ("CATEGORY", "legal_category_label"),
    ("TOWN", "town"),
    ("ACTIVE", "is_active"),
    ("SOURCE", "source"),
];
/// How often progress is told where nobody looks at a terminal.
const TOLD_EVERY: Duration = Duration::from_secs(30);
/// How often it is shown on one.
const SHOWN_EVERY: Duration = Duration::from_millis(250);

/// The command, and where it is carried out.
pub(in crate::cli) type Arguments = Noun<Command>;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Import the register: the files StockUniteLegale and StockEtablissement of INSEE, CSV or zipped CSV, as published. The
    /// register before serves until the new one is whole; an instance that runs goes over to it by itself.
    Import {
        /// The files, in any order.
        #[arg(required = true, value_parser = parse_path)]
        files: Vec<PathBuf>,
        /// Keep administrations only.
        #[arg(long)]
        public_sector: bool,
        /// Keep establishments of these departments only: 53,72,2A,971.
        #[arg(long, value_name = "CODES", value_delimiter = ',', value_parser = parse_department)]
        departments: Vec<DepartmentCode>,
        /// Keep establishments in activity only.
        #[arg(long)]
        active_only: bool,
    },
    /// Import official contacts: the files of the directory of public services and of that of schools, CSV or JSON, zipped,
    /// gzipped or neither, as published. What was imported of a directory that none of the files is of stays.
    ImportContacts {
        /// The files; all those of one directory together.
        #[arg(required = true, value_parser = parse_path)]
        files: Vec<PathBuf>,
    },
    /// Show the sources, and what was imported.
    Status,
    /// Show an establishment, and the official addresses that it can be written to; or the establishments of a legal entity, its
    /// head office first.
    Find {
        /// The register's number: the 14 digits of an establishment (SIRET), or the 9 of a legal entity (SIREN).
        #[arg(id = "siret", value_name = "SIRET", value_parser = parse_number)]
        number: Number,
    },
    /// Search establishments by name, with accents and typing mistakes forgiven.
    Search {
        /// Words of the name, of the sign or of the town; or the 9 digits of a legal entity.
        name: String,
        /// A postal code, the digits that it begins with, a town, or both.
        #[arg(long, value_parser = parse_line)]
        place: Option<String>,
        /// How many to show, at most 50.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=50))]
        limit: u8,
    },
}

/// A number of the register.
#[derive(Debug, Clone)]
pub(in crate::cli) enum Number {
    /// Of an establishment.
    Establishment(Siret),
    /// Of a legal entity.
    Entity(Siren),
}

fn parse_number(text: &str) -> Result<Number, String> {
    let siret = text.parse().map(Number::Establishment);
    siret
        .or_else(|_| text.parse().map(Number::Entity))
        .map_err(|_| String::from("neither a SIRET nor a SIREN: 14 or 9 digits with a valid check digit are expected"))
}

fn parse_department(text: &str) -> Result<DepartmentCode, String> {
    let code = text.trim().to_ascii_uppercase();
    code.parse().map_err(|_| String::from("the code of a department is expected, such as 53, 2A or 971"))
}

pub(in crate::cli) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let Noun { place, output, command } = arguments;
    match command {
        Command::Import { files, public_sector, departments, active_only } => {
            let data_directory = data_directory(&place)?;
            let departments: BTreeSet<DepartmentCode> = departments.into_iter().collect();
            let filter = Filter { is_public_sector_only: public_sector, is_active_only: active_only, departments };
            let import = Import { files, filter };
            let into = data_directory.clone();
            let report = importing(move |now, watch| directory::import(&into, &import, now, watch)).await?;
            if report.repeated > 0 {
                note(&format!(
                    "{} lines are about a number that another line is about: the last one counts",
                    report.repeated
                ));
            }
            if let Some(before) = report.shrunk_from {
                note(&format!(
                    "{} establishments are in the register, and {before} were in the one before: if a file was not whole, \
                     fetch it again and import it",
                    report.establishments
                ));
            }
            tell_rejected(&report.rejected, report.rejected_file.as_deref());
            output.one(&admin::described_import(&report, report.imported_at));
            record(&place, &data_directory, "register").await?;
        }
        Command::ImportContacts { files } => {
            let data_directory = data_directory(&place)?;
            let into = data_directory.clone();
            let report = importing(move |now, watch| directory::import_contacts(&into, &files, now, watch)).await?;
            tell_rejected(&report.rejected, report.rejected_file.as_deref());
            output.one(&admin::described_contacts(&report, Clock::system().now()));
            record(&place, &data_directory, "contacts").await?;
        }
        Command::Status => {
            output.one(&place.open().await?.ask(Call::new(Method::GET, &["directory"])).await?);
        }
        Command::Find { number } => {
            let digits = match &number {
                Number::Establishment(siret) => siret.as_str(),
                Number::Entity(siren) => siren.as_str(),
            };
            let found =
                place.open().await?.ask(Call::new(Method::GET, &["directory", "establishments", digits])).await?;
            match number {
                Number::Establishment(_) => output.one(&found),
                Number::Entity(_) => output.whole(&found, COLUMNS),
            }
        }
        Command::Search { name, place: town, limit } => {
            let call = Call::new(Method::GET, &["directory", "establishments"])
                .with_parameter("name", &name)
                .with_parameter("place", town.as_deref().unwrap_or_default())
                .with_parameter("limit", &limit.to_string());
            output.whole(&place.open().await?.ask(call).await?, COLUMNS);
        }
    }
    Ok(())
}

/// Where the files are imported; made where it is not there.
fn data_directory(place: &Place) -> Result<PathBuf, Ending> {
    let directory = place.directory()?;
    account(&directory)?;
    store::create_private_directory(&directory)
        .map_err(|cause| Ending::refused(format!("--data-dir {}: {cause}", directory.display())))?;
    Ok(directory)
}

/// Imports beside the runtime, and shows how far it is.
async fn importing<T: Send + 'static>(
    import: impl FnOnce(Timestamp, &mut dyn FnMut(Progress)) -> Result<T, ImportError> + Send + 'static,
) -> Result<T, Ending> {
    let clock = Clock::system();
    let imported = tokio::task::spawn_blocking(move || {
        let mut shown = Shown::new(clock.clone());
        let imported = import(clock.now(), &mut |progress| shown.show(progress));
        shown.end();
        imported
    });
    imported.await.map_err(Ending::refused)?.map_err(refused)
}

fn tell_rejected(rejected: &[Rejected], list: Option<&Path>) {
    for rejected in rejected.iter().take(10) {
        note(&format!("{}: line {}: {}: left out", rejected.file, rejected.line, rejected.reason));
    }
    if let (true, Some(list)) = (rejected.len() > 10, list) {
        note(&format!("more lines were left out: {} lists them", list.display()));
    }
}

/// Has the import recorded in the audit of the instance whose data it is.
async fn record(place: &Place, data_directory: &Path, what: &str) -> Result<(), Ending> {
    let office = match place.find_running().await? {
        Some(running) => running,
        None if place.has_configuration() && site::has_data(data_directory) => place.open().await?,
        None => {
            note("no instance could be reached: the import is in no audit");
            return Ok(());
        }
    };
    let answer = office.ask(Call::new(Method::POST, &["directory", "imports", what])).await?;
    if answer.get("is_source") == Some(&Value::Bool(false)) {
        note(
            "the configuration names nothing of this as a source (directory.sources, directory.contacts): it is not used",
        );
    }
    Ok(())
}

fn refused(cause: ImportError) -> Ending {
    match cause {
        locked @ ImportError::Locked(_) => Ending::locked(locked),
        other => Ending::refused(other),
    }
}

/// The progress, on one line of a terminal or now and then a line of its own.
struct Shown {
    clock: Clock,
    is_terminal: bool,
    began: Duration,
    last: Duration,
    width: usize,
}

impl Shown {
    fn new(clock: Clock) -> Self {
        let is_terminal = std::io::stderr().is_terminal() && !is_json();
        let began = clock.elapsed();
        Self { clock, is_terminal, began, last: began, width: 0 }
    }

    fn show(&mut self, progress: Progress) {
        let Some(line) = self.line(progress) else { return };
        match self.is_terminal {
            true => {
                self.width = self.width.max(line.chars().count());
                write(&format!("\r{line:<width$}", width = self.width));
            }
            false => note(&line),
        }
    }

    /// What is shown now, where it is time to show something.
    fn line(&mut self, progress: Progress) -> Option<String> {
        let now = self.clock.elapsed();
        let every = if self.is_terminal { SHOWN_EVERY } else { TOLD_EVERY };
        if now.saturating_sub(self.last) < every {
            return None;
        }
        self.last = now;
        let line = described(progress, now.saturating_sub(self.began));
        Some(if self.is_terminal { format!("{} {line}", bar(progress)) } else { line })
    }

    fn end(&mut self) {
        if self.is_terminal && self.width > 0 {
            write(&format!("\r{:<width$}\r", "", width = self.width));
        }
    }
}

/// Where nobody looks any more, nothing is lost.
fn write(text: &str) {
    let mut error = std::io::stderr().lock();
    if let Err(cause) = error.write_all(text.as_bytes()).and_then(|()| error.flush()) {
        tracing::debug!(%cause, "nobody looks at the progress");
    }
}

/// How far the import is, of twenty marks.
fn bar(progress: Progress) -> String {
    let done = progress.done.saturating_mul(20).checked_div(progress.whole).unwrap_or(0).min(20);
    let done = usize::try_from(done).unwrap_or(20);
    format!("[{}{}]", "#".repeat(done), ".".repeat(20_usize.saturating_sub(done)))
}

fn described(progress: Progress, since: Duration) -> String {
    let step = match progress.step {
        Step::Entities => "legal entities",
        Step::Establishments => "establishments",
        Step::Names => "names",
        Step::Contacts => "official contacts",
    };
    let share = progress.done.saturating_mul(100).checked_div(progress.whole).unwrap_or(0).min(100);
    let left = progress.whole.saturating_sub(progress.done);
    let seconds = u128::from(since.as_secs()).saturating_mul(u128::from(left)).checked_div(u128::from(progress.done));
    let seconds = seconds.unwrap_or(0);
    let millions = progress.rows / 1_000_000;
    let thousands = progress.rows / 1_000 % 1_000;
    format!("{share} %, about {seconds} s left; {step}: {millions}.{thousands:03} million lines")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_how_long_it_still_takes() {
        let progress = Progress { step: Step::Names, done: 25, whole: 100, rows: 1_234_567 };
        assert_eq!(described(progress, Duration::from_secs(10)), "25 %, about 30 s left; names: 1.234 million lines");
        assert!(described(Progress { done: 0, whole: 0, ..progress }, Duration::ZERO).starts_with("0 %"));
    }

    #[test]
    fn progress_is_a_bar_on_a_terminal_and_a_line_now_and_then_elsewhere() {
        let clock = Clock::manual(Timestamp(1_000_000));
        let progress = Progress { step: Step::Names, done: 0, whole: 100, rows: 0 };
        let mut terminal = Shown { is_terminal: true, ..Shown::new(clock.clone()) };
        let mut told = Shown { is_terminal: false, ..Shown::new(clock.clone()) };
        assert_eq!((terminal.line(progress), told.line(progress)), (None, None), "nothing has been done yet");
        clock.advance(Duration::from_secs(10)).unwrap();
        let half = Progress { done: 50, rows: 2_000, ..progress };
        let line = "50 %, about 10 s left; names: 0.002 million lines";
        assert_eq!(terminal.line(half), Some(format!("[##########..........] {line}")));
        assert_eq!((terminal.line(half), told.line(half)), (None, None), "not every time");
        clock.advance(Duration::from_secs(20)).unwrap();
        let line = "50 %, about 30 s left; names: 0.002 million lines";
        assert_eq!(told.line(half).as_deref(), Some(line));
        clock.advance(Duration::from_secs(30)).unwrap();
        let next = Progress { step: Step::Establishments, done: 60, rows: 3_000, ..progress };
        let line = "60 %, about 40 s left; establishments: 0.003 million lines";
        assert_eq!(told.line(next).as_deref(), Some(line), "another step does not begin anew");
        assert_eq!(bar(Progress { done: 200, ..progress }), format!("[{}]", "#".repeat(20)));
        assert_eq!(bar(Progress { whole: 0, ..progress }), format!("[{}]", ".".repeat(20)));
    }

    #[test]
    fn departments_are_those_of_the_official_geographic_code() {
        for (text, code) in [(" 2a", "2A"), ("971", "971"), ("988", "988"), ("53", "53"), ("99", "99")] {
            assert_eq!(parse_department(text).as_ref().map(DepartmentCode::as_str), Ok(code));
        }
        for text in ["5", "2C", "20", "96", "979", "053", "", "Mayenne"] {
            assert!(parse_department(text).is_err(), "{text}");
        }
    }
}
