//! The template engine of one language: what templates can call, and what they may not do.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, escape_formatter};

use super::catalogue::Catalogue;
use super::dates;
use super::files::{StaticFiles, Templates, text_of};
use crate::protocol::{Locale, Timestamp};

/// An engine that knows every template.
pub(super) fn build(
    locale: Locale,
    catalogue: &Arc<Catalogue>,
    reasons: BTreeMap<String, String>,
    files: &Arc<StaticFiles>,
) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(write_value);
    add_texts(&mut environment, catalogue);
    add_files(&mut environment, files);
    environment.add_function("in_interaction", in_interaction);
    environment.add_filter("siret", grouped_siret);
    // A reason that was chosen among those of the program is told in the reader's language, any other as it was typed.
    environment.add_filter("reason", move |text: &str| reasons.get(text).map_or(text, String::as_str).to_owned());
    let texts = Arc::clone(catalogue);
    environment.add_filter("author", move |text: &str| {
        super::authors::said(&texts, text).map_err(|error| invalid(error.to_string()))
    });
    environment.add_filter("day_and_time", move |seconds: i64| {
        dates::day_and_time(locale, seconds).ok_or_else(|| invalid("not an instant"))
    });
    environment.add_filter("day_and_time_of", move |instant: &str| {
        let seconds = Timestamp::parse_iso8601(instant).and_then(|instant| i64::try_from(instant.0).ok());
        seconds.and_then(|seconds| dates::day_and_time(locale, seconds)).ok_or_else(|| invalid("not an instant"))
    });
    environment.add_filter("qr_code", |text: &str, title: &str| {
        let title = minijinja::HtmlEscape(title).to_string();
        let picture = super::qr_code::svg(text, &title).ok_or_else(|| invalid("too long for a picture"))?;
        Ok::<_, Error>(Value::from_safe_string(picture))
    });
    environment.add_test("linkable", |address: Option<&str>| address.is_some_and(is_linkable));
    // Parsed when first rendered: parsed, every one of them takes some thirty times the bytes of its source.
    environment.set_loader(|name| {
        Templates::get(name).map(|file| text_of(file).ok_or_else(|| invalid("a template is no text"))).transpose()
    });
    Ok(environment)
}

/// Writes a value, escaped in HTML. The engine's own escaping would turn every slash of every address into `&#x2f;`,
/// which is right and which nobody can read.
fn write_value(output: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    // A value that is absent must be asked for by `if`: written, it would read "none".
    if value.is_none() {
        return Err(invalid("an absent value cannot be written"));
    }
    let Some(text) = value.as_str().filter(|_| *state.auto_escape() == AutoEscape::Html && !value.is_safe()) else {
        return escape_formatter(output, state, value);
    };
    for character in text.chars() {
        match character {
            '&' => output.write_str("&amp;")?,
            '<' => output.write_str("&lt;")?,
            '>' => output.write_str("&gt;")?,
            '"' => output.write_str("&quot;")?,
            '\'' => output.write_str("&#39;")?,
            other => output.write_char(other)?,
        }
    }
    Ok(())
}

fn invalid(reason: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, reason)
}

/// `t("key", name=value)` and `has_text("key")`. The text is escaped with its arguments, as any other value.
fn add_texts(environment: &mut Environment<'static>, catalogue: &Arc<Catalogue>) {
    let known = Arc::clone(catalogue);
    environment.add_function("has_text", move |key: &str| known.has(key));
    let known = Arc::clone(catalogue);
    environment.add_function("t", move |key: &str, named: Kwargs| -> Result<String, Error> {
        let mut arguments = BTreeMap::new();
        for name in named.args() {
            let value: Value = named.get(name)?;
            if value.is_none() || value.is_undefined() {
                return Err(invalid(format!("argument `{name}` of text `{key}` is absent")));
            }
            arguments.insert(name, value.to_string());
        }
        known.text(key, &arguments).map_err(|error| invalid(error.to_string()))
    });
}

/// `asset("main.css")` and `form_post_script()`.
fn add_files(environment: &mut Environment<'static>, files: &Arc<StaticFiles>) {
    let known = Arc::clone(files);
    environment.add_function("asset", move |name: &str| {
        known.path_of(name).cloned().ok_or_else(|| invalid(format!("no static file `{name}`")))
    });
    let script = Value::from_safe_string(files.form_post_script.clone());
    environment.add_function("form_post_script", move || script.clone());
}

/// A path of this site, within the sign-in under way if there is one.
fn in_interaction(path: &str, interaction: Option<&str>) -> String {
    let Some(interaction) = interaction else { return path.to_owned() };
    let joint = if path.contains('?') { '&' } else { '?' };
    let id: String = form_urlencoded::byte_serialize(interaction.as_bytes()).collect();
    format!("{path}{joint}interaction={id}")
}

/// A SIRET in its usual groups, `130 025 265 00013`, which no line break parts.
fn grouped_siret(siret: &str) -> String {
    let mut grouped = String::with_capacity(siret.len() + 6);
    for (index, digit) in siret.chars().enumerate() {
        if matches!(index, 3 | 6 | 9) {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    grouped
}

/// Whether an address may stand in a link or a form: a path of this site, the web, or a private-use scheme of an
/// application, which has a dot in it (RFC 8252 §7.1). Never `javascript:` and its like.
pub(super) fn is_linkable(address: &str) -> bool {
    if address.chars().any(|character| character.is_control() || character == '\\') {
        return false;
    }
    if let Some(rest) = address.strip_prefix('/') {
        return !rest.starts_with('/');
    }
    url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "https" | "http") || url.scheme().contains('.'))
}
