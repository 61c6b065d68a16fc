//! Values gathered from the file and the environment, each with its place; what is wrong is gathered beside them.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file::beside;
use super::key::{ConfigKey, Kind, Value};
use super::named_file::open_named;
use super::problem::{Conflict, Fault, Origin, Problem};

/// Variables of the environment that begin so override keys: `MONCOMPTEPRO_SECTION__KEY`.
const PREFIX: &str = "MONCOMPTEPRO_";
/// The one that names the file.
const FILE_VARIABLE: &str = "MONCOMPTEPRO_CONFIG";
/// The most bytes of a file that holds one secret.
const MAX_SECRET_FILE_BYTES: u64 = 64 * 1024;

/// A text in which lines are counted.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Source<'_> {
    pub(super) fn at(&self, offset: usize) -> Origin {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1);
        Origin::File { path: self.path.to_owned(), line: Some(line) }
    }

    pub(super) fn whole(&self) -> Origin {
        Origin::File { path: self.path.to_owned(), line: None }
    }
}

/// The values of one table of keys.
#[derive(Debug, Default)]
pub(super) struct Settings {
    values: BTreeMap<&'static str, (Value, Origin)>,
    /// Where the table begins, for what is missing in it.
    begins: Option<Origin>,
    /// Put before each key in messages: `clients[1].`.
    prefix: String,
}

impl Settings {
    /// Empty: everything at its default, what is missing is missing at `begins`.
    pub(super) fn new(begins: Origin, prefix: String) -> Self {
        Self { values: BTreeMap::new(), begins: Some(begins), prefix }
    }

    /// Reads a table and the sections in it.
    pub(super) fn read_table(
        &mut self,
        keys: &'static [ConfigKey],
        table: &DeTable<'_>,
        source: &Source<'_>,
        problems: &mut Vec<Problem>,
    ) {
        self.read_section(keys, "", table, source, problems);
    }

    fn read_section(
        &mut self,
        keys: &'static [ConfigKey],
        section: &str,
        table: &DeTable<'_>,
        source: &Source<'_>,
        problems: &mut Vec<Problem>,
    ) {
        for (name, value) in table {
            let place = source.at(name.span().start);
            let path =
                if section.is_empty() { name.get_ref().to_string() } else { format!("{section}.{}", name.get_ref()) };
            let is_section = section.is_empty()
                && keys.iter().any(|key| key.path.split_once('.').is_some_and(|(first, _)| first == path));
            match (is_section, value.get_ref()) {
                (true, DeValue::Table(inner)) => self.read_section(keys, &path, inner, source, problems),
                (true, _) => problems.push(self.problem(place, &path, Fault::NotASection)),
                (false, _) => match find(keys, &path) {
                    Some(Found::Key(key)) => match typed(key.kind, value) {
                        Ok(value) => self.set(key, value, place, problems),
                        Err(found) => {
                            let fault = Fault::WrongType { found, expected: key.kind };
                            problems.push(self.problem(place, key.path, fault));
                        }
                    },
                    Some(Found::FileOf(key)) => match value.get_ref() {
                        DeValue::String(file) => self.set_from_file(key, file.as_ref(), place, problems),
                        other => {
                            let fault = Fault::WrongType { found: type_of(other), expected: Kind::Path };
                            problems.push(self.problem(place, &path, fault));
                        }
                    },
                    None => {
                        let nearest = match value.get_ref() {
                            DeValue::Table(_) => nearest_section(keys, &path),
                            _ => nearest(keys, &path),
                        };
                        problems.push(self.problem(place, &path, Fault::Unknown { nearest }));
                    }
                },
            }
        }
    }

    /// Overrides keys by variables of the environment.
    pub(super) fn read_environment(
        &mut self,
        keys: &'static [ConfigKey],
        variables: &[(String, String)],
        problems: &mut Vec<Problem>,
    ) {
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix(PREFIX).filter(|_| name != FILE_VARIABLE) else { continue };
            let path = rest.to_ascii_lowercase().replace("__", ".");
            let place = Origin::Environment(name.clone());
            match find(keys, &path) {
                Some(Found::Key(key)) => {
                    self.override_file(key.path);
                    match untyped(key.kind, text) {
                        Some(value) => self.set(key, value, place, problems),
                        None => {
                            let found = Some(shortened(Value::Text(text.clone()).to_toml()));
                            problems.push(self.problem(
                                place,
                                key.path,
                                Fault::Impossible { found, expected: key.kind },
                            ));
                        }
                    }
                }
                Some(Found::FileOf(key)) => {
                    self.override_file(key.path);
                    self.set_from_file(key, text, place, problems);
                }
                None => {
                    let nearest = nearest(keys, &path).map(|path| variable(&path));
                    problems.push(self.problem(place, &path, Fault::Unknown { nearest }));
                }
            }
        }
    }

    /// The environment wins over the file; two variables for one key do not go together.
    fn override_file(&mut self, path: &str) {
        if self.values.get(path).is_some_and(|(_, origin)| !matches!(origin, Origin::Environment(_))) {
            self.values.remove(path);
        }
    }

    fn set(&mut self, key: &'static ConfigKey, value: Value, place: Origin, problems: &mut Vec<Problem>) {
        if !key.kind.admits(&value) {
            let found = (key.kind != Kind::Secret).then(|| shortened(value.to_toml()));
            problems.push(self.problem(place, key.path, Fault::Impossible { found, expected: key.kind }));
            return;
        }
        match self.values.get(key.path) {
            Some(_) => {
                let fault = Fault::TwoSources { other: format!("{}_file", key.path) };
                problems.push(self.problem(place, key.path, fault));
            }
            None => {
                self.values.insert(key.path, (value, place));
            }
        }
    }

    /// The value is the file's text without the newline that editors leave at its end.
    fn set_from_file(&mut self, key: &'static ConfigKey, path: &str, place: Origin, problems: &mut Vec<Problem>) {
        if self.values.contains_key(key.path) {
            let fault = Fault::TwoSources { other: key.path.to_owned() };
            problems.push(self.problem(place, &format!("{}_file", key.path), fault));
            return;
        }
        let path = match &self.begins {
            Some(Origin::File { path: file, .. }) => &beside(file, path),
            Some(Origin::Default | Origin::Environment(_)) | None => Path::new(path),
        };
        match read_small(path) {
            Ok(text) => {
                let text =
                    text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
                self.set(key, Value::Text(text.to_owned()), place, problems);
            }
            Err(fault) => {
                problems.push(self.problem(place, &format!("{}_file", key.path), fault));
            }
        }
    }

    /// What must be set and is not.
    pub(super) fn check_required(&self, keys: &[ConfigKey], problems: &mut Vec<Problem>) {
        for key in keys {
            let is_required = matches!(key.standard, super::key::Standard::Required(_));
            if is_required && !self.values.contains_key(key.path) && !self.is_told(key.path, problems) {
                problems.push(self.problem(
                    self.begins.clone().unwrap_or(Origin::Default),
                    key.path,
                    Fault::Missing(key.kind),
                ));
            }
        }
    }

    /// The value that holds, and where it comes from.
    pub(super) fn effective(&self, key: &ConfigKey) -> (Option<Value>, Origin) {
        match self.values.get(key.path) {
            Some((value, origin)) => (Some(value.clone()), origin.clone()),
            None => (key.standard.value(), Origin::Default),
        }
    }

    fn value(&self, keys: &[ConfigKey], path: &str) -> Option<Value> {
        keys.iter().find(|key| key.path == path).and_then(|key| self.effective(key).0)
    }

    pub(super) fn text(&self, keys: &[ConfigKey], path: &str) -> Option<String> {
        match self.value(keys, path) {
            Some(Value::Text(text)) => Some(text),
            Some(Value::Number(_) | Value::Flag(_) | Value::Texts(_)) | None => None,
        }
    }

    pub(super) fn texts(&self, keys: &[ConfigKey], path: &str) -> Vec<String> {
        match self.value(keys, path) {
            Some(Value::Texts(texts)) => texts,
            Some(Value::Number(_) | Value::Flag(_) | Value::Text(_)) | None => Vec::new(),
        }
    }

    pub(super) fn number(&self, keys: &[ConfigKey], path: &str) -> Option<u64> {
        match self.value(keys, path) {
            Some(Value::Number(number)) => Some(number),
            Some(Value::Text(_) | Value::Flag(_) | Value::Texts(_)) | None => None,
        }
    }

    pub(super) fn flag(&self, keys: &[ConfigKey], path: &str) -> bool {
        self.value(keys, path) == Some(Value::Flag(true))
    }

    pub(super) fn is_set(&self, path: &str) -> bool {
        self.values.contains_key(path)
    }

    /// A conflict at the place of a key that is set, else where the table begins.
    pub(super) fn conflict(&self, path: &str, conflict: Conflict) -> Problem {
        self.fault(path, Fault::Conflict(conflict))
    }

    pub(super) fn fault(&self, path: &str, fault: Fault) -> Problem {
        let begins = || self.begins.clone().unwrap_or(Origin::Default);
        let place = self.values.get(path).map_or_else(begins, |(_, origin)| origin.clone());
        self.problem(place, path, fault)
    }

    /// Whether something was told of a key already.
    pub(super) fn is_told(&self, path: &str, problems: &[Problem]) -> bool {
        let named = self.named(path);
        problems.iter().any(|problem| problem.key == named)
    }

    fn named(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    fn problem(&self, place: Origin, path: &str, fault: Fault) -> Problem {
        Problem { place, key: self.named(path), fault }
    }
}

enum Found {
    Key(&'static ConfigKey),
    /// `KEY_file` of a secret.
    FileOf(&'static ConfigKey),
}

fn find(keys: &'static [ConfigKey], path: &str) -> Option<Found> {
    if let Some(key) = keys.iter().find(|key| key.path == path) {
        return Some(Found::Key(key));
    }
    let stem = path.strip_suffix("_file")?;
    keys.iter().find(|key| key.path == stem && key.kind == Kind::Secret).map(Found::FileOf)
}

/// The variable of a key.
pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.to_ascii_uppercase().replace('.', "__"))
}

/// The key that is meant, if one can be guessed: the same name in another section, one written alike in the same section,
/// or one in which few characters differ.
fn nearest(keys: &[ConfigKey], path: &str) -> Option<String> {
    let (section, name) = path.rsplit_once('.').unwrap_or(("", path));
    let parts = |key: &ConfigKey| key.path.rsplit_once('.').unwrap_or(("", key.path));
    let best = |likeness: &dyn Fn(&ConfigKey) -> f64, least: f64| {
        let best = keys.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        (likeness(best) >= least).then(|| best.path.to_owned())
    };
    // What sections have in common must not make unlike names alike.
    let beside = |key: &ConfigKey| match parts(key) {
        (home, known) if home == section && is_short_for(known, name) => 1.0,
        (home, known) if home == section => strsim::jaro(known, name),
        _ => 0.0,
    };
    let namesake = keys.iter().find(|key| parts(key).1 == name).map(|key| key.path.to_owned());
    namesake
        .or_else(|| best(&beside, 0.85))
        .or_else(|| best(&|key| strsim::normalized_damerau_levenshtein(key.path, path), 0.75))
}

/// Whether two names are the same word by word, where a word may be cut: `cert_file`, `certificate_file`.
fn is_short_for(one: &str, other: &str) -> bool {
    let (ones, others) = (one.split('_'), other.split('_'));
    ones.clone().count() == others.clone().count()
        && ones.zip(others).all(|(one, other)| one.starts_with(other) || other.starts_with(one))
}

/// The same for the name of a section, in brackets.
fn nearest_section(keys: &[ConfigKey], name: &str) -> Option<String> {
    let sections = keys.iter().filter_map(|key| key.path.split_once('.').map(|(section, _)| section));
    let best = sections.map(|known| (strsim::jaro(known, name), known)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness >= 0.85).map(|(_, known)| format!("[{known}]"))
}

/// A value of the file in the type that the key has, or what it is instead.
fn typed(kind: Kind, value: &Spanned<DeValue<'_>>) -> Result<Value, &'static str> {
    match (kind, value.get_ref()) {
        (Kind::Flag, DeValue::Boolean(flag)) => Ok(Value::Flag(*flag)),
        (Kind::Number(..) | Kind::NumberOrZero(..) | Kind::Numbers(_), DeValue::Integer(number)) => {
            let text = number.as_str();
            let beyond = if text.starts_with('-') { "a number below zero" } else { "a number beyond 64 bits" };
            u64::from_str_radix(text, number.radix()).map(Value::Number).map_err(|_| beyond)
        }
        (kind, DeValue::Array(list)) if kind.is_list() => {
            let texts = list.iter().map(|item| match item.get_ref() {
                DeValue::String(text) => Ok(text.to_string()),
                other => Err(type_of(other)),
            });
            texts.collect::<Result<_, _>>().map(Value::Texts)
        }
        (kind, DeValue::String(text)) if kind.is_list() => Ok(Value::Texts(vec![text.to_string()])),
        (Kind::Flag | Kind::Number(..) | Kind::NumberOrZero(..) | Kind::Numbers(_), other) => Err(type_of(other)),
        (_, DeValue::String(text)) => Ok(Value::Text(text.to_string())),
        (_, other) => Err(type_of(other)),
    }
}

/// The same for a text of the environment, if it can be read so; lists have commas between their items.
fn untyped(kind: Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Flag => text.parse().ok().map(Value::Flag),
        Kind::Number(..) | Kind::NumberOrZero(..) | Kind::Numbers(_) => text.parse().ok().map(Value::Number),
        kind if kind.is_list() => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(Value::Texts(items.map(str::to_owned).collect()))
        }
        _ => Some(Value::Text(text.to_owned())),
    }
}

pub(super) fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

fn shortened(text: String) -> String {
    if text.chars().count() <= 80 { text } else { text.chars().take(79).chain(['…']).collect() }
}

/// A small text file of a secret.
fn read_small(path: &Path) -> Result<String, Fault> {
    let unreadable = |cause: String| Fault::FileUnreadable { path: path.to_owned(), cause };
    let file = open_named(path).map_err(|cause| unreadable(cause.to_string()))?;
    let found = file.metadata().map_err(|cause| unreadable(cause.to_string()))?;
    if is_open_to_everybody(&found) {
        return Err(Fault::FileOpen { path: path.to_owned() });
    }
    let text = std::io::read_to_string(file.take(MAX_SECRET_FILE_BYTES + 1));
    match text.map_err(|cause| unreadable(cause.to_string()))? {
        text if text.len() as u64 > MAX_SECRET_FILE_BYTES => {
            Err(unreadable(format!("more than {MAX_SECRET_FILE_BYTES} bytes are too many for one secret")))
        }
        text => Ok(text),
    }
}

#[cfg(unix)]
fn is_open_to_everybody(found: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    found.permissions().mode() & 0o007 != 0
}

/// Elsewhere the directory decides who may read what is in it.
#[cfg(not(unix))]
fn is_open_to_everybody(_: &std::fs::Metadata) -> bool {
    false
}
