//! Catalogues, dates, addresses, mails and files as a reader gets them. Every page with every sample is written by the
//! test that knows every room.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde::Serialize;

use super::catalogue::{Catalogue, TextError};
use super::environment::is_linkable;
use super::files::{Locales, Templates, text_of};
use super::{Layout, MailFrame, Page, Renderer, dates};
use crate::domain::MailContent;
use crate::protocol::{Locale, Timestamp};

fn catalogue(locale: Locale) -> Catalogue {
    let source = Locales::get(&format!("{}.toml", locale.as_str())).and_then(text_of).unwrap();
    Catalogue::parse(locale, &source).unwrap()
}

fn layout(locale: Locale) -> Layout {
    Layout {
        path: String::from("/users/sign-in?interaction=a%26b&lang=fr"),
        instance_name: String::from("Mon <site>"),
        is_trial: true,
        is_provisional: true,
        signed_in: Some(String::from("Jean \"<b>\" Martin")),
        ..Layout::sample(locale)
    }
}

/// The names in braces of a text, in order.
fn arguments(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|piece| piece.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn numbers_of_five_digits_and_more_are_written_in_groups() {
    for (count, french, english) in [
        ("1", "Une organisation connue", "One organization known"),
        ("9999", "9999 organisations connues", "9999 organizations known"),
        ("10000", "10\u{202f}000 organisations connues", "10,000 organizations known"),
        ("1234567", "1\u{202f}234\u{202f}567 organisations connues", "1,234,567 organizations known"),
    ] {
        for (locale, expected) in [(Locale::Fr, french), (Locale::En, english)] {
            let named = BTreeMap::from([("count", String::from(count))]);
            assert_eq!(catalogue(locale).text("admin.home.organizations_known", &named).unwrap(), expected);
        }
    }
}

#[test]
fn r_40_both_languages_have_the_same_texts_with_the_same_arguments() {
    let (french, english) = (catalogue(Locale::Fr), catalogue(Locale::En));
    let keys = |catalogue: &Catalogue| catalogue.texts().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&french), keys(&english));
    for (key, text) in french.texts() {
        assert_eq!(arguments(text), arguments(&english.texts()[key]), "{key}");
        assert!(!text.is_empty() && text.trim() == text, "{key}");
        for suffix in ["one", "other"] {
            let other = if suffix == "one" { "other" } else { "one" };
            let twin = key.strip_suffix(suffix).filter(|stem| stem.ends_with('.')).map(|stem| format!("{stem}{other}"));
            assert!(twin.is_none_or(|twin| french.has(&twin)), "{key} has one form only");
        }
    }
}

#[test]
fn french_is_set_as_in_print() {
    for (key, text) in catalogue(Locale::Fr).texts() {
        for wrong in [" :", " ;", " !", " ?", " »", "« ", "'", "\"", "...", "  "] {
            assert!(!text.contains(wrong), "{key}: {wrong:?} in {text:?}");
        }
    }
}

#[test]
fn every_text_is_used() {
    let mut sources: String = Templates::iter().filter_map(|name| Templates::get(&name).and_then(text_of)).collect();
    for mail in MailContent::samples(&"a@b.fr".parse().unwrap()) {
        sources.push_str(&format!("\"mail.{}.subject\"", mail.name()));
    }
    sources.push_str(include_str!("authors.rs"));
    // A text is named whole, or by the beginning of a name that is put together in the template.
    let is_used = |key: &str| {
        let key = key.strip_suffix(".one").or(key.strip_suffix(".other")).unwrap_or(key);
        let mut beginnings = key.match_indices(['.', '_']).map(|(end, _)| &key[..=end]);
        sources.contains(&format!("\"{key}\"")) || beginnings.any(|start| sources.contains(&format!("\"{start}\" ~")))
    };
    let unused: Vec<_> = catalogue(Locale::Fr).texts().keys().filter(|key| !is_used(key)).cloned().collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn a_text_takes_exactly_its_arguments() {
    let source = "\"a\" = \"{name} and {name}\"\n\"n.one\" = \"one\"\n\"n.other\" = \"{count}\"";
    let (french, english) =
        (Catalogue::parse(Locale::Fr, source).unwrap(), Catalogue::parse(Locale::En, source).unwrap());
    let given = |pairs: &[(&'static str, &str)]| -> BTreeMap<&str, String> {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    assert_eq!(french.text("a", &given(&[("name", "{x}")])).unwrap(), "{x} and {x}");
    assert_eq!(french.text("b", &given(&[])), Err(TextError::Missing(String::from("b"))));
    assert!(matches!(french.text("a", &given(&[])), Err(TextError::MissingArgument { .. })));
    let unused = french.text("a", &given(&[("name", "x"), ("other", "y")]));
    assert!(matches!(unused, Err(TextError::UnusedArgument { .. })));
    let counted = [("0", "one", "0"), ("1", "one", "one"), ("2", "2", "2")];
    for (count, in_french, in_english) in counted {
        assert_eq!(french.text("n", &given(&[("count", count)])).unwrap(), in_french);
        assert_eq!(english.text("n", &given(&[("count", count)])).unwrap(), in_english);
    }
}

#[test]
fn days_and_times_are_those_of_paris() {
    let cases = [
        (0, "1er\u{a0}janvier 1970 à 1\u{a0}h\u{a0}00 (heure de Paris)", "1\u{a0}January 1970 at 01:00 (Paris time)"),
        // One second before summer time, and its first.
        (
            1_774_745_999,
            "29\u{a0}mars 2026 à 1\u{a0}h\u{a0}59 (heure de Paris)",
            "29\u{a0}March 2026 at 01:59 (Paris time)",
        ),
        (
            1_774_746_000,
            "29\u{a0}mars 2026 à 3\u{a0}h\u{a0}00 (heure de Paris)",
            "29\u{a0}March 2026 at 03:00 (Paris time)",
        ),
        (
            1_792_976_400,
            "26\u{a0}octobre 2026 à 2\u{a0}h\u{a0}00 (heure de Paris)",
            "26\u{a0}October 2026 at 02:00 (Paris time)",
        ),
    ];
    for (seconds, french, english) in cases {
        assert_eq!(dates::day_and_time(Locale::Fr, seconds).unwrap(), french);
        assert_eq!(dates::day_and_time(Locale::En, seconds).unwrap(), english);
    }
    assert_eq!(dates::day_and_time(Locale::Fr, i64::MAX), None);
}

#[test]
fn sec_117_only_harmless_addresses_become_links() {
    let good = ["/", "/users/sign-in?a=b", "https://a.example/", "http://localhost:4000/", "com.example.app:/done"];
    let bad = [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:https://a.example/1",
        "file:///etc/passwd",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "",
        "relative",
    ];
    assert!(good.iter().all(|address| is_linkable(address)));
    assert!(bad.iter().all(|address| !is_linkable(address)), "{:?}", bad.iter().find(|address| is_linkable(address)));
}

proptest! {
    #[test]
    fn sec_119_language_links_stay_on_this_site(path in "\\PC{0,60}|/[/\\\\a?&=%]{0,20}|//[a-z.]{1,9}") {
        for link in (Layout { path, ..layout(Locale::Fr) }).language_links() {
            let link = serde_json::to_value(&link).unwrap();
            let href = link["href"].as_str().unwrap();
            let base = url::Url::parse("https://id.example/users/sign-in").unwrap();
            prop_assert_eq!(base.join(href).unwrap().origin(), base.origin());
        }
    }
}

#[derive(Serialize)]
struct Hostile {
    code: &'static str,
    request_id: String,
    status: u16,
    detail: Option<String>,
    retry_after: Option<u64>,
    continue_href: Option<String>,
}

impl Hostile {
    fn page() -> Self {
        Self {
            code: "unknown_client",
            request_id: String::from("\" onload=\"x"),
            status: 400,
            detail: Some(String::from("<script>alert(1)</script>")),
            retry_after: None,
            continue_href: Some(String::from("javascript:alert(1)")),
        }
    }
}

impl Page for Hostile {
    const TEMPLATE: &'static str = "web/error.html";

    fn samples() -> Vec<Self> {
        vec![Self::page()]
    }
}

#[test]
fn sec_117_sec_118_values_are_escaped_and_languages_linked() {
    let renderer = Renderer::new().unwrap();
    let html = renderer.page(&Hostile::page(), &layout(Locale::En)).unwrap();
    for raw in ["<script", "<site>", "<b>", "javascript:", "\" onload"] {
        assert!(!html.contains(raw), "{raw} in {html}");
    }
    assert!(html.contains("<html lang=\"en\">"));
    let document = scraper::Html::parse_document(&html);
    let texts_of = |selector: &str| -> Vec<String> {
        let selector = scraper::Selector::parse(selector).unwrap();
        document.select(&selector).map(|element| element.text().collect::<String>().trim().to_owned()).collect()
    };
    assert_eq!(texts_of("title"), ["Unknown service – Mon <site>"]);
    assert_eq!(texts_of("h1"), ["Unknown service"]);
    assert_eq!(texts_of(".languages a"), ["Français", "English"]);
    assert_eq!(texts_of(".person bdi"), ["Jean \"<b>\" Martin"]);
    let links = scraper::Selector::parse(".languages a").unwrap();
    let hrefs: Vec<_> = document.select(&links).filter_map(|link| link.attr("href")).collect();
    assert_eq!(hrefs, ["/users/sign-in?interaction=a%26b&lang=fr", "/users/sign-in?interaction=a%26b&lang=en"]);
}

#[derive(Serialize)]
struct Form {
    interaction: Option<String>,
    name: &'static str,
    email: &'static str,
    client: Option<()>,
}

impl Page for Form {
    const TEMPLATE: &'static str = "accounts/select-account.html";

    fn samples() -> Vec<Self> {
        vec![Self { interaction: None, name: "", email: "a@b.fr", client: None }]
    }
}

#[test]
fn sec_115_no_form_is_written_without_a_token() {
    let renderer = Renderer::new().unwrap();
    let page = Form::samples().remove(0);
    assert!(renderer.page(&page, &layout(Locale::Fr)).is_ok());
    assert!(renderer.page(&page, &Layout { csrf_token: None, ..layout(Locale::Fr) }).is_err());
}

#[test]
fn sec_115_every_form_that_posts_here_carries_the_token() {
    for name in Templates::iter().filter(|name| !name.starts_with("mail/") && name != "oidc/form-post.html") {
        let source = Templates::get(&name).and_then(text_of).unwrap();
        for form in source.split("<form method=\"post\"").skip(1) {
            let form = form.split("</form>").next().unwrap();
            assert!(form.contains("csrf(") || form.contains("name=\"_csrf\""), "{name}: {form}");
        }
        assert!(!source.contains("style=") && !source.contains("| safe"), "{name}");
    }
}

/// The engine parses a template when it is first rendered: a wrong one must not wait for its first reader.
#[test]
fn every_template_parses_in_both_languages() {
    let renderer = Renderer::new().unwrap();
    for name in Templates::iter() {
        for locale in [Locale::Fr, Locale::En] {
            let template = renderer.language(locale).environment.get_template(&name);
            assert!(template.is_ok(), "{name}: {template:?}");
        }
    }
}

fn frame(locale: Locale) -> MailFrame<'static> {
    let (issuer, contact) = ("https://identite.example", Some("aide@mairie.example"));
    let to = "marie.martin@mairie.example";
    MailFrame { locale, instance_name: "Mairie de <Clamart>", issuer, to, contact, secret: Some("0123456789") }
}

#[test]
fn mails_say_what_happened_in_both_languages() {
    let renderer = Renderer::new().unwrap();
    let at = Timestamp(1_790_000_000);
    let service = Some(String::from("R&D <b>"));
    let mail = renderer.mail(&MailContent::NewSignIn { at, service }, &frame(Locale::Fr)).unwrap();
    assert_eq!(mail.subject, "Nouvelle connexion à votre compte");
    assert!(mail.text.starts_with("Bonjour,\n\nUne connexion à votre compte a eu lieu le 21\u{a0}septembre 2026 à 16"));
    assert!(
        mail.text.ends_with(
            "\n\nCe message a été envoyé automatiquement par Mairie de <Clamart>.\n\nPour être aidé, écrivez à aide@mairie.example."
        ),
        "{}",
        mail.text
    );
    assert!(
        mail.text.contains("« R&D <b> »".replace(' ', "\u{a0}").replace("D\u{a0}", "D ").as_str()),
        "{}",
        mail.text
    );
    assert!(mail.html.contains("R&amp;D &lt;b&gt;") && mail.html.contains("Mairie de &lt;Clamart&gt;"));

    let unhelped = MailFrame { contact: None, ..frame(Locale::Fr) };
    let mail = renderer.mail(&MailContent::AccountDeleted { at }, &unhelped).unwrap();
    assert!(mail.text.ends_with("automatiquement par Mairie de <Clamart>."), "nobody is named: {}", mail.text);

    let mail = renderer.mail(&MailContent::NewSignIn { at, service: None }, &frame(Locale::En)).unwrap();
    assert!(
        mail.text.contains("Somebody signed in to your account on 21\u{a0}September 2026 at 16:13"),
        "{}",
        mail.text
    );
}

#[test]
fn sec_75_names_that_others_chose_are_cut_and_escaped_in_mails() {
    let renderer = Renderer::new().unwrap();
    let service = Some(format!("<img src=x>{}", "x".repeat(89)));
    let content = MailContent::NewSignIn { at: Timestamp(1_790_000_000), service };
    let mail = renderer.mail(&content, &frame(Locale::En)).unwrap();
    assert!(mail.html.contains("&lt;img src=x&gt;") && !mail.html.contains("<img"));
    assert!(mail.text.contains(&format!("{}…", "x".repeat(48))) && !mail.text.contains(&"x".repeat(49)));
}

#[test]
fn sec_123_static_files_answer_to_their_digest_only() {
    let renderer = Renderer::new().unwrap();
    let html = renderer.page(&Hostile::page(), &layout(Locale::Fr)).unwrap();
    let path = html.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let file = renderer.static_file(&path).unwrap_or_else(|| panic!("{path}"));
    assert_eq!(file.content_type, "text/css; charset=utf-8");
    assert!(path.starts_with("/assets/main.") && file.etag.starts_with(&format!("\"{}", &path[13..21])), "{path}");
    assert!(file.bytes.len() < 10_240, "the style has {} bytes", file.bytes.len());
    for other in
        ["/assets/main.css", "/assets/main.00000000.css", "/assets/../main.css", "/assets/form-post.js", "/assets/", ""]
    {
        assert_eq!(renderer.static_file(other), None, "{other}");
    }
}

#[test]
fn r_18_the_hash_is_that_of_the_script_in_the_page() {
    #[derive(Serialize)]
    struct FormPost {
        action: &'static str,
        fields: [(); 0],
    }
    impl Page for FormPost {
        const TEMPLATE: &'static str = "oidc/form-post.html";

        fn samples() -> Vec<Self> {
            vec![Self { action: "https://service.example/callback", fields: [] }]
        }
    }
    let renderer = Renderer::new().unwrap();
    let html = renderer.page(&FormPost::samples()[0], &layout(Locale::Fr)).unwrap();
    let document = scraper::Html::parse_document(&html);
    let scripts: Vec<_> = document.select(&scraper::Selector::parse("script").unwrap()).collect();
    assert_eq!(scripts.len(), 1);
    // The digest was made by another program.
    assert_eq!(scripts[0].text().collect::<String>(), "document.forms[0].submit();\n");
    assert_eq!(renderer.form_post_script_hash(), "sha256-Yi+ut3upWr1f4tKyLoSLBbXqUWaAquohHUC1SGyUkwk=");
}
