//! `moncomptepro config`: the template of the configuration file, and the configuration that holds.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::serve::load;
use super::spelling::parse_path;
use super::{Ending, language, say};
use crate::config::{self, Origin, Shown};
use crate::protocol::Locale;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print a configuration file to fill in: every key, what it is for, and its default.
    Template {
        /// The language of the explanations: fr or en; without it, that of the terminal.
        #[arg(long, value_name = "LANGUAGE", value_parser = parse_locale)]
        language: Option<Locale>,
    },
    /// Print the configuration that holds, each value with its source; secrets are masked.
    Show {
        /// The configuration file.
        #[arg(long, value_name = "FILE", value_parser = parse_path)]
        config: Option<PathBuf>,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Output::Table)]
        output: Output,
    },
}

/// How a listing is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

pub(super) fn run(command: Command) -> Result<(), Ending> {
    match command {
        Command::Template { language: chosen } => {
            say(config::template(chosen.unwrap_or_else(language)).trim_end());
        }
        Command::Show { config, output } => {
            let shown = load(config)?.shown;
            match output {
                Output::Table => say(&table(&shown)),
                Output::Json => say(&Value::Array(shown.iter().map(described).collect()).to_string()),
            }
        }
    }
    Ok(())
}

fn parse_locale(text: &str) -> Result<Locale, String> {
    Locale::parse(text).ok_or_else(|| String::from("fr or en"))
}

fn table(shown: &[Shown]) -> String {
    let width = |of: fn(&Shown) -> usize| shown.iter().map(of).max().unwrap_or(0);
    let key = width(|shown| shown.key.chars().count());
    let value = width(|shown| value(shown).chars().count());
    let lines = shown
        .iter()
        .map(|shown| format!("{:key$}  {:value$}  {}", shown.key, self::value(shown), source(&shown.origin)));
    lines.collect::<Vec<_>>().join("\n")
}

fn value(shown: &Shown) -> &str {
    shown.value.as_deref().unwrap_or("-")
}

fn described(shown: &Shown) -> Value {
    json!({ "key": shown.key, "value": shown.value, "source": source(&shown.origin) })
}

fn source(origin: &Origin) -> String {
    match origin {
        Origin::Default => String::from("default"),
        Origin::File { path, line: Some(line) } => format!("{}:{line}", path.display()),
        Origin::File { path, line: None } => path.display().to_string(),
        Origin::Environment(name) => format!("${name}"),
    }
}
