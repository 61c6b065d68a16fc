//! What every page shares.

use serde::Serialize;

use crate::protocol::Locale;

/// What surrounds the page.
#[derive(Debug, Clone, Serialize)]
pub struct Layout {
    /// The language of the page.
    pub locale: Locale,
    /// Path and query of this page, for the links to its other languages.
    pub path: String,
    /// The token for the forms; a page with a form cannot be written without.
    pub csrf_token: Option<String>,
    /// The name of the instance.
    pub instance_name: String,
    /// Whether a banner says that people and data are made up.
    pub is_trial: bool,
    /// Whether a banner says that the certificate is not yet that of the operator.
    pub is_provisional: bool,
    /// The name of the person signed in, or the address where no name is known.
    pub signed_in: Option<String>,
    /// What is said where data is asked.
    pub notices: NoticeLinks,
    /// Whether the person signed in has a role in the administration of the instance.
    pub may_administer: bool,
    /// Of the console of administration.
    pub administration: Option<AdministrationLayout>,
}

/// What surrounds the pages of the console of administration.
#[derive(Debug, Clone, Serialize)]
pub struct AdministrationLayout {
    /// The role of whoever is at work, as the catalogue names it.
    pub role: &'static str,
    /// Whether they may see who has which role.
    pub has_team: bool,
}

/// Where the notices are.
#[derive(Debug, Clone, Serialize)]
pub struct NoticeLinks {
    /// On personal data.
    pub personal_data: String,
    /// The terms of use.
    pub terms: String,
    /// The declaration of accessibility.
    pub accessibility: String,
    /// What it says: `none`, `partial` or `full`.
    pub accessibility_state: &'static str,
}

/// A link to the same page in one language.
#[derive(Debug, Serialize)]
pub(super) struct LanguageLink {
    code: &'static str,
    name: &'static str,
    href: String,
    is_current: bool,
}

impl Layout {
    /// That of a page that a visitor looks at, with a token for its forms: to write pages without a browser.
    pub fn sample(locale: Locale) -> Self {
        Self {
            locale,
            path: String::from("/users/sign-in?interaction=abc"),
            csrf_token: Some(String::from("token")),
            instance_name: String::from("Compte professionnel"),
            is_trial: false,
            is_provisional: false,
            signed_in: None,
            notices: NoticeLinks {
                personal_data: String::from("/personal-data-notice"),
                terms: String::from("/terms"),
                accessibility: String::from("/accessibility"),
                accessibility_state: "none",
            },
            may_administer: true,
            administration: Some(AdministrationLayout { role: "administrator", has_team: true }),
        }
    }

    /// One link for each language, to this page.
    pub(super) fn language_links(&self) -> Vec<LanguageLink> {
        let link = |locale: &Locale| LanguageLink {
            code: locale.as_str(),
            name: name_of(*locale),
            href: self.path_in(*locale),
            is_current: *locale == self.locale,
        };
        Locale::ALL.iter().map(link).collect()
    }

    /// The same page with `lang` in its query. What could be read as another site becomes the home page.
    fn path_in(&self, locale: Locale) -> String {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let is_local = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\t', '\n', '\r']);
        if !is_local {
            return format!("/?lang={}", locale.as_str());
        }
        let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "lang");
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .append_pair("lang", locale.as_str())
            .finish();
        format!("{path}?{query}")
    }
}

/// The name of a language in itself.
fn name_of(locale: Locale) -> &'static str {
    match locale {
        Locale::Fr => "Français",
        Locale::En => "English",
    }
}
