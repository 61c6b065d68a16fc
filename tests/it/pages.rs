//! Every page, in every state and language, written strictly.

use std::collections::BTreeSet;
use std::path::Path;

use moncomptepro::domain::MailContent;
use moncomptepro::protocol::Locale;
use moncomptepro::render::{Layout, MailFrame, Renderer, WrittenMail};
use moncomptepro::site::every_page;
use scraper::{Html, Selector};

fn layouts() -> Vec<Layout> {
    let layout = |locale: &Locale, signed_in: Option<&str>| Layout {
        is_trial: signed_in.is_some(),
        is_provisional: signed_in.is_some(),
        signed_in: signed_in.map(str::to_owned),
        ..Layout::sample(*locale)
    };
    Locale::ALL.iter().flat_map(|locale| [layout(locale, None), layout(locale, Some("Jean Martin"))]).collect()
}

fn written() -> Vec<(&'static str, Locale, String)> {
    let renderer = Renderer::new().unwrap();
    let mut pages = Vec::new();
    for check in every_page() {
        for layout in layouts() {
            let samples =
                check.render(&renderer, &layout).unwrap_or_else(|cause| panic!("{}: {cause}", check.template));
            assert!(!samples.is_empty(), "{} has samples", check.template);
            pages.extend(samples.into_iter().map(|page| (check.template, layout.locale, page)));
        }
    }
    pages
}

#[test]
fn r_40_every_template_has_a_page_type_and_every_sample_is_written_in_every_language() {
    let written: BTreeSet<String> = written().into_iter().map(|(template, _, _)| template.to_owned()).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/templates");
    let mut embedded = BTreeSet::new();
    for room in ["accounts", "admin", "console", "dev", "oidc", "organizations", "web"] {
        for entry in std::fs::read_dir(root.join(room)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            embedded.insert(format!("{room}/{name}"));
        }
    }
    embedded.retain(|name| !name.contains("/_"));
    assert_eq!(written, embedded);
}

#[test]
fn wherever_something_is_wrong_the_first_wrong_field_and_nothing_else_takes_the_focus() {
    let select = |selector: &str| Selector::parse(selector).unwrap();
    let (mut refused, mut without_field) = (BTreeSet::new(), BTreeSet::new());
    for (template, _, page) in written() {
        let document = Html::parse_document(&page);
        let focused: Vec<_> = document.select(&select("[autofocus]")).collect();
        let wrong = document.select(&select("[aria-invalid=true]")).next();
        let summary = document.select(&select(".problems[tabindex]")).next();
        match (wrong, summary) {
            (Some(field), _) => {
                refused.insert(template);
                assert_eq!(focused, [field], "{template}: {page}");
                let described = field.value().attr("aria-describedby").unwrap_or_default();
                let problem = described.split(' ').next().unwrap();
                let said =
                    document.select(&select(&format!("[id='{problem}']"))).next().map(|said| said.text().count());
                assert!(problem.ends_with("-problem") && said > Some(0), "{template}: {described}");
            }
            // What is wrong is in no field: the sentence, or the first of what is to be chosen.
            (None, Some(_)) => {
                without_field.insert(template);
                assert_eq!(focused.len(), 1, "{template}: {page}");
            }
            (None, None) => assert!(focused.iter().all(|one| one.value().attr("role") == Some("status")), "{template}"),
        }
    }
    assert!(refused.len() >= 15 && without_field.len() >= 4, "{refused:?} {without_field:?}");
}

/// The code of every sample of a mail; a link would be written the same way.
const CODE: &str = "0123456789";

fn written_mails() -> Vec<(&'static str, Locale, WrittenMail)> {
    let renderer = Renderer::new().unwrap();
    let somebody = "marie.martin@mairie.example".parse().unwrap();
    let mut mails = Vec::new();
    for content in MailContent::samples(&somebody) {
        for locale in Locale::ALL {
            let (instance_name, issuer) = ("Mairie d’<Été>", "https://identite.example");
            let contact = Some("aide@mairie.example");
            let to = "marie.martin@mairie.example";
            let frame = MailFrame { locale: *locale, instance_name, issuer, to, contact, secret: Some(CODE) };
            let name = content.name();
            let mail = renderer.mail(&content, &frame).unwrap_or_else(|cause| panic!("{name}: {cause}"));
            mails.push((name, *locale, mail));
        }
    }
    mails
}

#[test]
fn r_40_every_mail_has_two_parts_and_every_sample_is_written_in_every_language() {
    let names: BTreeSet<&str> = written_mails().into_iter().map(|(name, _, _)| name).collect();
    let expected: BTreeSet<String> = ["layout.html", "layout.txt", "macros.html"]
        .map(String::from)
        .into_iter()
        .chain(names.iter().flat_map(|name| [format!("{name}.html"), format!("{name}.txt")]))
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/templates/mail");
    let embedded = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(embedded.collect::<BTreeSet<_>>(), expected);
}

#[test]
fn sec_75_both_parts_of_a_mail_say_the_same_and_nothing_is_fetched_or_said_in_the_subject() {
    let select = |selector: &str| Selector::parse(selector).unwrap();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for (name, locale, mail) in written_mails() {
        let document = Html::parse_document(&mail.html);
        assert_eq!(document.root_element().value().attr("lang"), Some(locale.as_str()), "{name}");
        let text_of = |selector: &str| -> Vec<String> {
            let selector = select(selector);
            let found = document.select(&selector).flat_map(|element| element.text());
            words(&found.collect::<Vec<_>>().join(" "))
        };
        assert_eq!(text_of("h1"), words(&mail.subject), "{name}");
        assert_eq!(text_of("title"), words(&mail.subject), "{name}");
        assert_eq!(text_of("body"), [words(&mail.subject), words(&mail.text)].concat(), "{name} in {locale}");
        let fetched = document.select(&select("img, link, script, iframe, [src], [background]")).count();
        assert!(fetched == 0 && !mail.html.contains("url("), "{name}");
        assert!(!mail.subject.contains(CODE) && !mail.subject.contains(char::is_control), "{name}");
        // Administrators are led to the console, whoever stayed away to the sign-in, whoever joined to their account: none of
        // them is a secret.
        let [request, sign_in, account] =
            ["admin/moderations/7", "users/start-sign-in", ""].map(|path| format!("https://identite.example/{path}"));
        let places = [&request, &sign_in, &account].map(String::as_str);
        let led = places.into_iter().find(|place| mail.text.lines().any(|line| line == *place));
        assert_eq!(led == Some(places[1]), name == "unused-account", "{name}");
        assert_eq!(led == Some(places[2]), name == "welcome", "{name}");
        let carried = led.unwrap_or(CODE);
        assert!(led.is_none() || document.select(&select("a")).count() == 1, "{name}");
        assert_eq!(mail.text.matches("aide@mairie.example").count(), 1, "{name}: whom to ask for help");
        for link in document.select(&select("a")) {
            assert_eq!(link.value().attr("href"), Some(carried), "{name}: the only link is the one that is carried");
        }
        // A code or a link can be picked from the text without its neighbours.
        let is_carried = mail.text.contains(CODE);
        assert_eq!(is_carried, mail.text.lines().any(|line| line == CODE), "{name}: on a line of its own");
    }
}

#[test]
fn every_page_has_one_heading_a_language_a_title_and_labelled_fields() {
    let select = |selector: &str| Selector::parse(selector).unwrap();
    for (template, locale, page) in written() {
        let document = Html::parse_document(&page);
        let count = |selector: &str| document.select(&select(selector)).count();
        assert_eq!(count("h1"), 1, "{template}");
        assert_eq!(count("main"), 1, "{template}");
        let root = document.root_element().value();
        assert_eq!(root.attr("lang"), Some(locale.as_str()), "{template}");
        let title: String = document.select(&select("title")).flat_map(|title| title.text()).collect();
        assert!(
            title.ends_with(" – Compte professionnel") || title.ends_with(" - Compte professionnel"),
            "{template}: {title}"
        );
        for field in document.select(&select("input:not([type=hidden]), textarea, select")) {
            let id = field.value().attr("id").unwrap_or_else(|| panic!("{template}: {}", field.html()));
            assert!(count(&format!("label[for='{id}']")) == 1, "{template}: {id} has one label");
        }
    }
}

#[test]
fn sec_178_sec_207_every_page_of_a_trial_and_under_a_provisional_certificate_carries_the_banner() {
    let renderer = Renderer::new().unwrap();
    for check in every_page() {
        for (is_trial, is_provisional) in [(false, false), (true, false), (false, true), (true, true)] {
            for layout in layouts() {
                let layout = Layout { is_trial, is_provisional, ..layout };
                for page in check.render(&renderer, &layout).unwrap() {
                    let document = Html::parse_document(&page);
                    let banners = document.select(&Selector::parse("header .trial").unwrap()).count();
                    assert_eq!(banners, usize::from(is_trial) + usize::from(is_provisional), "{}", check.template);
                }
            }
        }
    }
}

#[test]
fn sec_115_every_form_of_ours_that_posts_carries_the_token() {
    for (template, _, page) in written() {
        let document = Html::parse_document(&page);
        for form in document.select(&Selector::parse("form[method=post]").unwrap()) {
            if form.value().attr("action").is_some_and(|action| action.starts_with("http")) {
                continue;
            }
            let token = form.select(&Selector::parse("input[name=_csrf]").unwrap()).count();
            assert_eq!(token, 1, "{template}: {}", form.html());
        }
    }
}

#[test]
fn sec_116_no_page_has_inline_code_but_the_one_that_posts_itself() {
    for (template, _, page) in written() {
        let document = Html::parse_document(&page);
        let count = |selector: &str| document.select(&Selector::parse(selector).unwrap()).count();
        assert_eq!(count("style, [style], [onclick], [onload], [onsubmit], [onerror]"), 0, "{template}");
        let inline = count("script:not([src])");
        assert_eq!(inline, usize::from(template == "oidc/form-post.html"), "{template}");
    }
}
