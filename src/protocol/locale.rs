//! Languages of the pages and how one is chosen.

use super::word::words;

words! {
    /// A language that the pages speak.
    pub enum Locale {
        /// French, the reference.
        Fr => "fr",
        /// English.
        En => "en",
    }
}

impl Locale {
    /// The first language of `ui_locales` that we speak (OIDC Core §3.1.2.1): tags separated by spaces, in order of
    /// preference. Tags that we do not speak are no error.
    pub fn from_ui_locales(text: &str) -> Option<Self> {
        text.split(' ').find_map(Self::from_tag)
    }

    /// The preferred language of an `Accept-Language` header (RFC 9110 §12.5.4). Malformed items are skipped; of two
    /// languages with the same weight the first wins; `*` means French.
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for item in header.split(',') {
            let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
            let tag = tag.trim();
            let locale = if tag == "*" { Some(Self::Fr) } else { Self::from_tag(tag) };
            let (Some(locale), Some(weight)) = (locale, weight(parameters)) else { continue };
            if weight > 0 && best.is_none_or(|(heaviest, _)| weight > heaviest) {
                best = Some((weight, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }

    /// Look-up of RFC 4647 §3.4: `fr-CA` is served in French.
    fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.split('-').next()?.to_ascii_lowercase();
        Self::parse(&language)
    }
}

/// The quality of an item in thousandths; `None` when malformed.
fn weight(parameters: &str) -> Option<u16> {
    let parameters = parameters.trim();
    if parameters.is_empty() {
        return Some(1000);
    }
    let (name, value) = parameters.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{fraction:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}
