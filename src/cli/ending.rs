//! How a command ends that was not carried out: an exit code, and what is said on standard error.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::error::ErrorKind;
use serde_json::{Map, Value, json};

use super::language;
use super::serve::words;
use crate::crypto::MasterKeyError;
use crate::site::StartError;
use crate::store::OpenError;

/// The most characters of a word in a message: what was typed is repeated, but nobody reads all of it.
const MAX_WORD: usize = 300;

/// The most bytes of a log that is kept until a command ends.
const MOST_KEPT: usize = 64 * 1024;
static KEPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Whether what is no answer is read by a program.
static JSON: AtomicBool = AtomicBool::new(false);

/// Why the program ends other than well.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) code: u8,
    /// A word for programs.
    error: String,
    message: String,
    /// What programs are told beside.
    more: Box<Map<String, Value>>,
}

impl Ending {
    fn new(code: u8, error: &str, message: impl ToString) -> Self {
        Self { code, error: error.to_owned(), message: message.to_string(), more: Box::default() }
    }

    pub(super) fn refused(message: impl ToString) -> Self {
        Self::new(1, "refused", message)
    }

    pub(super) fn usage(message: impl ToString) -> Self {
        Self::new(2, "usage", message)
    }

    pub(super) fn not_running(message: impl ToString) -> Self {
        Self::new(3, "not_running", message)
    }

    pub(super) fn locked(message: impl ToString) -> Self {
        Self::new(4, "locked", message)
    }

    pub(super) fn damaged(message: impl ToString) -> Self {
        Self::new(65, "damaged", message)
    }

    pub(super) fn configuration(message: impl ToString) -> Self {
        Self::new(78, "configuration", message)
    }

    /// The same by the document of an instance that refused.
    pub(super) fn of_document(self, document: Value) -> Self {
        let Value::Object(mut more) = document else { return self };
        let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
        let (error, message) = (text(more.remove("error")), text(more.remove("message")));
        Self {
            error: error.unwrap_or(self.error),
            message: message.unwrap_or(self.message),
            more: Box::new(more),
            ..self
        }
    }

    /// The same with one more thing that programs are told.
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    /// Whether it is about what was asked, and another question may be answered.
    pub(super) fn is_about_the_question(&self) -> bool {
        ["exists", "unknown", "malformed", "invalid", "identifier"].contains(&self.error.as_str())
    }

    /// What is said.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn is_locked(&self) -> bool {
        self.code == 4
    }

    /// Says it, and gives the code.
    pub(super) fn end(self) -> ExitCode {
        let code = ExitCode::from(self.code);
        match is_json() {
            false => tell(&format!("moncomptepro: {}", legible(&self.message))),
            true => {
                let logged = take_kept();
                let message = match logged.iter().find_map(cause) {
                    Some(cause) => format!("{} ({cause})", self.message),
                    None => self.message,
                };
                let mut document = json!({ "error": self.error, "message": legible(&message) });
                if let Some(members) = document.as_object_mut() {
                    members.extend(*self.more);
                    if !logged.is_empty() {
                        members.insert(String::from("log"), Value::Array(logged));
                    }
                }
                tell(&document.to_string());
            }
        }
        code
    }
}

/// What an instance that does not start means for the exit code.
pub(super) fn starting(cause: StartError) -> Ending {
    let said = words::start(&cause, language());
    match cause {
        StartError::Open(OpenError::Locked { .. }) => Ending::locked(said),
        StartError::Damaged { .. } | StartError::Vanished { .. } => Ending::damaged(said),
        StartError::Seed(_)
        | StartError::Clients(_)
        | StartError::Tls(_)
        | StartError::TooLittleMemory { .. }
        | StartError::OtherMasterKey { .. }
        | StartError::LongPath { .. }
        | StartError::NoSocket { .. }
        | StartError::Open(
            OpenError::OtherMode { .. } | OpenError::OtherIssuer { .. } | OpenError::NewerFormat { .. },
        )
        | StartError::MasterKey(
            MasterKeyError::Missing(_) | MasterKeyError::WorldReadable(_) | MasterKeyError::Malformed(_),
        ) => Ending::configuration(said),
        _ => Ending::refused(said),
    }
}

/// Notes in which form this command line wants its answers. What cannot be read as one may still say so.
pub(super) fn choose_form(arguments: &[OsString]) {
    let words: Vec<&str> = arguments.iter().map(|word| word.to_str().unwrap_or_default()).collect();
    let options = words.split(|word| *word == "--").next().unwrap_or_default();
    let is_json = options.contains(&"--output=json") || options.windows(2).any(|pair| pair == ["--output", "json"]);
    if is_json {
        speak_json();
    }
}

/// Keeps the log of a command whose standard error a program reads.
pub(super) struct Kept;

impl Write for Kept {
    fn write(&mut self, lines: &[u8]) -> std::io::Result<usize> {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST_KEPT.saturating_sub(kept.len());
        kept.extend(lines.iter().take(room));
        Ok(lines.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The lines that were kept, from the first one on, as far as they are whole.
fn take_kept() -> Vec<Value> {
    let kept = std::mem::take(&mut *KEPT.lock().unwrap_or_else(PoisonError::into_inner));
    kept.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// Says what was logged by a command that was carried out.
pub(super) fn tell_kept() {
    take_kept().iter().for_each(|line| tell(&line.to_string()));
}

/// What a line of the log says, with its cause.
fn cause(line: &Value) -> Option<String> {
    let text = |name| line.get(name).and_then(Value::as_str);
    let cause = text("error").or_else(|| text("cause"));
    Some([text("message")?].into_iter().chain(cause).collect::<Vec<_>>().join(": "))
}

/// From now on a program reads standard error.
pub(super) fn speak_json() {
    JSON.store(true, Ordering::Relaxed);
}

/// Whether a program reads standard error.
pub(super) fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// A command line that is none: the same as an ending, or the help that was asked for.
pub(super) fn unparsed(error: &clap::Error) -> ExitCode {
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if is_help || (error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !is_json()) {
        // Where nobody reads any more, nothing is lost.
        let _printed = error.print();
        return ExitCode::from(if is_help { 0 } else { 2 });
    }
    let text = error.render().to_string();
    if is_json() {
        // What is wrong, without the usage below it.
        let message = match error.kind() {
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "a subcommand is missing: see --help",
            _ => text.split("\n\n").next().unwrap_or_default(),
        };
        return Ending::usage(message.strip_prefix("error: ").unwrap_or(message)).end();
    }
    tell(legible(&text).trim_end());
    ExitCode::from(2)
}

/// Says on standard error what is not an answer.
pub(super) fn note(text: &str) {
    match is_json() {
        false => tell(&format!("moncomptepro: {}", legible(text))),
        true => tell(&json!({ "note": legible(text) }).to_string()),
    }
}

/// Where nobody reads any more, nothing is lost.
pub(super) fn tell(text: &str) {
    if let Err(cause) = writeln!(std::io::stderr().lock(), "{text}") {
        tracing::debug!(%cause, "nobody reads what is wrong");
    }
}

/// Without what would move the terminal's cursor or fill it with one word.
fn legible(text: &str) -> String {
    let mut legible = String::with_capacity(text.len().min(4096));
    let mut length = 0_usize;
    for character in text.chars() {
        length = if character.is_whitespace() { 0 } else { length.saturating_add(1) };
        match length {
            0..MAX_WORD if character.is_control() && character != '\n' => legible.push('\u{fffd}'),
            0..MAX_WORD => legible.push(character),
            MAX_WORD => legible.push('…'),
            _ => {}
        }
    }
    legible
}
