//! What is said where data is asked: the operator's own words and pages, or sober ones.

use moncomptepro::config::{AccessibilityState, Accounts, Config, DevOptions, Notices, RetentionRules};

use crate::support::{Instance, Operator, Page, Person, hiding};

const NEW: &str = "nouvelle@mairie.example";
const CONTROLLER: &str = "Commune de <Clamart> & associés";
const CONTACT: &str = "dpo@clamart.example";
const SOBER: [&str; 3] = ["/terms", "/personal-data-notice", "/accessibility"];
const OWN: [&str; 3] =
    ["https://clamart.example/cgu", "https://clamart.example/donnees", "https://clamart.example/accessibilite"];

fn own() -> Notices {
    let [terms, personal_data, accessibility] = OWN.map(|href| Some(href.to_owned()));
    Notices {
        controller: Some(CONTROLLER.to_owned()),
        contact: Some(CONTACT.parse().unwrap()),
        personal_data_href: personal_data,
        terms_href: terms,
        accessibility_href: accessibility,
        accessibility: AccessibilityState::Partial,
    }
}

async fn saying(notices: Notices, retention: RetentionRules) -> Instance {
    Instance::start(|port| Config { notices, retention, ..Config::dev(DevOptions::default(), port) }).await
}

/// The page on which somebody opens an account.
async fn sign_up(person: &Person) -> Page {
    let page = person.visit("/users/start-sign-in").await;
    person.submit(page.form_with("login", None).with("login", NEW)).await
}

fn leads(page: &Page, within: &str, href: &str) -> bool {
    page.has(&format!("{within} a[href='{href}']"))
}

#[tokio::test]
async fn terms_and_personal_data_are_linked_where_an_account_is_opened_and_accessibility_on_every_page() {
    let languages = [
        ("fr", "non conforme", "partiellement conforme", "En ouvrant un compte"),
        ("en", "not compliant", "partially compliant", "By opening an account"),
    ];
    for (notices, hrefs, is_audited) in [(Notices::SOBER, SOBER, false), (own(), OWN, true)] {
        let instance = saying(notices, RetentionRules::STANDARD).await;
        for (language, none, partial, opening) in languages {
            let person = instance.person();
            person.visit(&format!("/users/start-sign-in?lang={language}")).await;
            let page = sign_up(&person).await;
            let [terms, personal_data, accessibility] = hrefs;
            assert!(page.url.path() == "/users/sign-up" && page.text("main").contains(opening), "{}", page.body);
            assert!(leads(&page, "main", terms) && leads(&page, "main", personal_data), "{}", page.body);
            for page in [page, person.visit("/users/start-sign-in").await, person.get("/nowhere").await] {
                for href in hrefs {
                    assert!(leads(&page, "footer", href), "{href} on {}", page.url);
                }
                let state = page.text(&format!("footer a[href='{accessibility}']"));
                assert!(state.contains(if is_audited { partial } else { none }), "{state}");
            }
        }
    }
}

#[tokio::test]
async fn sec_96_where_addresses_are_not_told_apart_everybody_is_told_the_same_before_a_code_opens_an_account() {
    for sign_up in [true, false] {
        let instance = Instance::start(|port| {
            let config = hiding(Config::dev(DevOptions::default(), port));
            let accounts = Accounts { sign_up, ..config.accounts };
            Config { accounts, notices: own(), ..config }
        });
        let instance = instance.await;
        for address in [NEW, "user@yopmail.com"] {
            let person = instance.person();
            let page = person.visit("/users/start-sign-in").await;
            let offers = person.submit(page.form_with("login", None).with("login", address)).await;
            assert_eq!(offers.url.path(), "/users/sign-in");
            let asks = person.submit(offers.form_to("send-email-verification")).await;
            assert_eq!(asks.url.path(), "/users/verify-email");
            for page in [offers, asks] {
                let told = page.text("main");
                assert_eq!(told.contains("ouvre aussi un compte"), sign_up, "{address}: {told}");
                assert_eq!(told.contains("En ouvrant un compte"), sign_up, "{address}: {told}");
                assert_eq!(leads(&page, "main", OWN[0]) && leads(&page, "main", OWN[1]), sign_up, "{address}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_invited_is_told_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let options = DevOptions { data_dir: Some(directory.path().to_owned()), ..DevOptions::default() };
    let instance = Instance::start(|port| Config { notices: own(), ..Config::dev(options, port) }).await;
    Operator::at(directory.path()).asks(&["user", "invite", NEW]).await;
    let page = instance.person().visit(&instance.link_of(NEW).await).await;
    assert!(leads(&page, "main", OWN[0]) && leads(&page, "main", OWN[1]), "{}", page.body);
}

#[tokio::test]
async fn sec_167_the_notices_name_who_answers_and_say_for_how_long_as_it_is_configured() {
    let named = Notices { personal_data_href: None, terms_href: None, accessibility_href: None, ..own() };
    let standard = RetentionRules::STANDARD;
    let kept = RetentionRules { unused_accounts: None, audit: None, audit_addresses: standard.audit_addresses / 6 };
    let cases = [(Notices::SOBER, standard, true), (named, kept, false)];
    for (notices, retention, is_sober) in cases {
        let instance = saying(notices, retention).await;
        for (language, erased, forgotten, addresses) in [
            ("fr", "n’a pas servi depuis", "événements du journal sont effacés au bout de 36", "au bout de"),
            ("en", "was not used for", "events of the journal are erased after 36", "erased after"),
        ] {
            let person = instance.person();
            for path in SOBER {
                let text = person.get(&format!("{path}?lang={language}")).await;
                assert_eq!(text.status, 200, "{path}");
                let who = if is_sober { instance.app.config.instance_name.as_str() } else { CONTROLLER };
                assert!(text.text("main").contains(who), "{path}: {}", text.text("main"));
                assert_eq!(text.has(&format!("main a[href='mailto:{CONTACT}']")), !is_sober, "{path}");
            }
            let text = person.get(&format!("/personal-data-notice?lang={language}")).await.text("main");
            assert_eq!(
                text.contains(&format!("{erased} 36\u{a0}mo")) || text.contains(&format!("{erased} 36 mo")),
                is_sober
            );
            assert_eq!(text.contains(erased), is_sober, "{text}");
            assert_eq!(text.contains(forgotten), is_sober, "{text}");
            let months = if is_sober { "6" } else { "1" };
            assert!(text.contains(&format!("{addresses} {months}")), "{text}");
        }
    }
}
