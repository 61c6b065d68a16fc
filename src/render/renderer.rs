//! The one handle of the room.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use thiserror::Error;

use super::catalogue::{Catalogue, TextError};
use super::files::{Locales, StaticFiles, text_of};
use super::{Layout, MailFrame, Page, StaticFile, WrittenMail, environment, mail};
use crate::domain::MailContent;
use crate::protocol::Locale;

/// Why something cannot be written. The cause is for the log, never for the reader.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A template is wrong, or was not given what it needs.
    #[error("template: {0}")]
    Template(#[from] minijinja::Error),
    /// A catalogue is wrong.
    #[error("catalogue: {0}")]
    Catalogue(String),
    /// A file that must be embedded is not.
    #[error("embedded file missing: {0}")]
    MissingFile(&'static str),
}

impl From<TextError> for RenderError {
    fn from(error: TextError) -> Self {
        Self::Catalogue(error.to_string())
    }
}

/// The texts and templates of one language.
#[derive(Debug)]
pub(super) struct Language {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) environment: Environment<'static>,
}

/// Writes pages and mails, and holds the static files. Built once, shared by all.
#[derive(Debug)]
pub struct Renderer {
    french: Language,
    english: Language,
    files: Arc<StaticFiles>,
}

impl Renderer {
    /// Loads every catalogue and file. A template is parsed when it is first rendered, and kept.
    ///
    /// # Errors
    /// When one of them is wrong.
    pub fn new() -> Result<Self, RenderError> {
        let files = Arc::new(StaticFiles::read().ok_or(RenderError::MissingFile("form-post.js"))?);
        let (french, english) = (Language::catalogue(Locale::Fr)?, Language::catalogue(Locale::En)?);
        let (as_french, as_english) = (french.reasons_of(&english), english.reasons_of(&french));
        Ok(Self {
            french: Language::of(Locale::Fr, french, as_french, &files)?,
            english: Language::of(Locale::En, english, as_english, &files)?,
            files,
        })
    }

    /// A whole page in HTML.
    ///
    /// # Errors
    /// When the template asks for what it was not given.
    pub fn page<P: Page>(&self, page: &P, layout: &Layout) -> Result<String, RenderError> {
        let template = self.language(layout.locale).environment.get_template(P::TEMPLATE)?;
        let context = context! {
            page => Value::from(Serde(page)),
            layout => Value::from(Serde(layout)),
            languages => Value::from(Serde(layout.language_links())),
        };
        Ok(template.render(context)?)
    }

    /// A mail in the language of its reader.
    ///
    /// # Errors
    /// When a template asks for what it was not given.
    pub fn mail(&self, content: &MailContent, frame: &MailFrame<'_>) -> Result<WrittenMail, RenderError> {
        let language = self.language(frame.locale);
        let name = content.name();
        let subject = language.catalogue.text(&format!("mail.{name}.subject"), &BTreeMap::new())?;
        let context = context! {
            mail => mail::values(content, frame),
            subject => &subject,
            locale => frame.locale.as_str(),
            instance_name => frame.instance_name,
            issuer => frame.issuer,
            to => frame.to,
            contact => frame.contact,
        };
        let write = |extension: &str| -> Result<String, RenderError> {
            let template = language.environment.get_template(&format!("mail/{name}.{extension}"))?;
            Ok(template.render(context.clone())?)
        };
        Ok(WrittenMail { text: write("txt")?, html: write("html")?, subject })
    }

    /// The static file at this address; `None` for every other.
    pub fn static_file(&self, path: &str) -> Option<StaticFile> {
        self.files.find(path).cloned()
    }

    /// The source of a `Content-Security-Policy` that allows the script of the `form_post` page and no other:
    /// `sha256-` and the digest in base64, without quotes.
    pub fn form_post_script_hash(&self) -> String {
        format!("sha256-{}", self.files.form_post_script_hash)
    }

    pub(super) fn language(&self, locale: Locale) -> &Language {
        match locale {
            Locale::Fr => &self.french,
            Locale::En => &self.english,
        }
    }
}

impl Language {
    fn catalogue(locale: Locale) -> Result<Catalogue, RenderError> {
        let source = Locales::get(&format!("{}.toml", locale.as_str())).and_then(text_of);
        let source = source.ok_or(RenderError::MissingFile("catalogue"))?;
        Ok(Catalogue::parse(locale, &source)?)
    }

    fn of(
        locale: Locale,
        catalogue: Catalogue,
        reasons: BTreeMap<String, String>,
        files: &Arc<StaticFiles>,
    ) -> Result<Self, RenderError> {
        let catalogue = Arc::new(catalogue);
        let environment = environment::build(locale, &catalogue, reasons, files)?;
        Ok(Self { catalogue, environment })
    }
}
