//! A page of refusal within a sign-in leads back to it, and what names no sign-in is carried nowhere.

use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::support::{Instance, Page};

const ADDRESS: &str = "user@yopmail.com";

/// Where a page of refusal leads on to.
fn way_on(page: &Page) -> Option<String> {
    page.attribute("main a.primary", "href")
}

#[tokio::test]
async fn a_refusal_within_a_sign_in_leads_back_to_it_and_to_the_service() {
    let instance = Instance::strict().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit(&client.authorization("openid", &[])).await;
    let mut asks = person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    let id = asks.url.query_pairs().find(|(name, _)| name == "interaction").unwrap().1.into_owned();
    let back = format!("/interaction/{id}");
    let form = asks.form_with("password", None);
    let large = person.post(form.clone().with("password", &"x".repeat(70_000))).await;
    assert_eq!((large.status.as_u16(), way_on(&large)), (413, Some(back.clone())));
    let nowhere = person.get(&format!("/nowhere?interaction={id}")).await;
    assert_eq!((nowhere.status.as_u16(), way_on(&nowhere)), (404, Some(back.clone())));
    let forged = person.post(form.clone().with("_csrf", "forged")).await;
    assert_eq!((forged.status.as_u16(), way_on(&forged)), (403, Some(back.clone())));
    for _ in 0..11 {
        asks = person.post(form.clone().with("password", "wrong")).await;
    }
    assert_eq!((asks.status.as_u16(), way_on(&asks)), (429, Some(back.clone())));
    assert!(asks.headers.contains_key("retry-after"));
    let again = person.visit(&back).await;
    assert_eq!(again.status, 200);
    assert!(again.body.contains(&format!("/interaction/{id}/cancel")), "and from there to the service");
    // Nobody else is led into it, and one that is over leads nowhere.
    let stranger = instance.person().get(&format!("/nowhere?interaction={id}")).await;
    assert_eq!(way_on(&stranger), None);
    instance.clock.advance(Duration::from_secs(3600)).unwrap();
    assert_eq!(way_on(&person.get(&format!("/nowhere?interaction={id}")).await), None);
}

#[tokio::test]
async fn whoever_asks_for_a_page_of_the_account_comes_to_it_after_signing_in() {
    let instance = Instance::dev().await;
    let pages = [
        "/connection-and-account",
        "/connection-and-account/my-data",
        "/connection-and-account/sign-in-history",
        "/double-authentication",
        "/users/delete",
        "/personal-information",
        "/manage-organizations",
    ];
    for path in pages {
        let person = instance.person();
        let start = person.visit(path).await;
        assert_eq!(start.url.path(), "/users/start-sign-in", "{path}");
        let refused = person.submit(start.form_with("login", None).with("login", "jean@")).await;
        assert_eq!(refused.status, 400);
        let there = person.sign_in(refused, ADDRESS, ADDRESS).await;
        assert_eq!((there.url.path(), there.status.as_u16()), (path, 200));
    }
    // A form of a session that ended has done nothing, and leads to its page.
    let person = instance.person();
    let page = person.sign_in(person.visit("/manage-organizations").await, ADDRESS, ADDRESS).await;
    let cards = page.text("main");
    let quit = page.form_to("quit-organization");
    instance.clock.advance(Duration::from_secs(90 * 24 * 3600)).unwrap();
    let over = person.submit(quit).await;
    assert_eq!(over.status, 403);
    let start = person.visit(&way_on(&over).unwrap()).await;
    assert_eq!(start.url.path(), "/users/start-sign-in", "{}", start.url);
    let asks = person.sign_in(start, ADDRESS, ADDRESS).await;
    let code = instance.code_of(ADDRESS).await;
    let back = person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    assert_eq!((back.url.path(), back.text("main")), ("/manage-organizations", cards));
}

#[tokio::test]
async fn whoever_comes_with_a_session_that_is_over_is_told_so_and_what_became_of_what_they_sent() {
    let instance = Instance::dev().await;
    let languages = [
        (
            "fr",
            "Rien n’a été modifié",
            "Votre session est terminée.",
            "n’a pas été enregistré",
            "ou repartez de l’accueil",
        ),
        ("en", "Nothing was changed", "Your session is over.", "was not saved", "or start from the home page"),
    ];
    // Each with the page that it belongs to.
    let forms = [
        ("/personal-information", "given_name", "/personal-information"),
        ("/connection-and-account/password", "password", "/connection-and-account/password"),
        ("/connection-and-account/email", "email", "/connection-and-account/email"),
        ("/users/delete", "confirmed", "/users/delete"),
        ("/totp-configuration", "totpToken", "/double-authentication"),
    ];
    for (language, unchanged, over, unsaved, onward) in languages {
        for (path, field, leads_to) in forms {
            let (person, elsewhere) = (instance.person(), instance.person());
            let stranger = person.visit(&format!("{path}?lang={language}")).await;
            assert!(
                !stranger.has(".notification"),
                "whoever had no session is told of none: {}",
                stranger.text("main")
            );
            person.sign_in(stranger, ADDRESS, ADDRESS).await;
            let form = person.visit(path).await.form_with(field, None);
            elsewhere.sign_in(elsewhere.visit("/").await, ADDRESS, ADDRESS).await;
            let account = elsewhere.visit("/connection-and-account").await;
            elsewhere.submit(account.form_to("account/sessions").with("session", "others")).await;
            let acts = instance.recorded_acts();
            let refused = person.post(form).await;
            assert_eq!((refused.status.as_u16(), instance.recorded_acts()), (403, acts), "{path}");
            assert!(refused.text("main").contains(unchanged), "{}", refused.text("main"));
            let start = person.visit(&way_on(&refused).unwrap()).await;
            let said = start.text(".notification[role=status]");
            assert!(said.contains(over.trim_end_matches('.')) && said.contains(unsaved), "{path}: {said}");
            let looked = person.visit(path).await.text(".notification[role=status]");
            assert!(looked.contains(over) && !looked.contains(unsaved), "{path}: {looked}");
            assert_eq!(person.sign_in(start, ADDRESS, ADDRESS).await.url.path(), leads_to);
        }
        let person = instance.person();
        person.visit(&format!("/users/start-sign-in?lang={language}")).await;
        let gone = person.get("/interaction/none").await;
        assert!(gone.status == 410 && gone.has("main a[href='/']"), "{}", gone.body);
        assert!(gone.text("main").contains(onward), "{}", gone.text("main"));
    }
}

#[tokio::test]
async fn sec_119_a_page_that_is_none_of_the_account_leads_home() {
    let instance = Instance::dev().await;
    let hostile = [
        "",
        "admin",
        "administration",
        "//evil.example",
        "https://evil.example",
        "/users/sign-out",
        "delete%0a",
        "Delete",
        "x",
    ];
    for word in hostile {
        let person = instance.person();
        let start = person.visit(&format!("/users/start-sign-in?page={word}")).await;
        assert_eq!(start.form_with("login", None).action.query(), None, "{word}");
        assert_eq!(person.sign_in(start, ADDRESS, ADDRESS).await.url.path(), "/", "{word}");
    }
}

#[tokio::test]
async fn sec_119_what_names_no_sign_in_is_carried_into_no_address_of_ours() {
    let instance = Instance::strict().await;
    let person = instance.person();
    let start = person.visit("/users/start-sign-in").await;
    let asks = person.sign_in(start, ADDRESS, ADDRESS).await;
    assert_eq!(asks.url.path(), "/users/verify-email", "a new browser has something left to prove");
    let hostile = [
        "%0a",
        "%0d%0aSet-Cookie:a=b",
        "%C3%A9",
        "x%26notification%3Dlogin",
        "x%23y",
        "//evil.example",
        "..%2f..",
        "https%3A%2F%2Fevil.example",
        "%22%3E%3Cscript%3E",
        "abc",
        "",
        "%20",
        "%F0%9F%90%99",
    ];
    for value in hostile {
        for path in ["/", "/connection-and-account", "/manage-organizations"] {
            let led = person.get_with(&format!("{path}?interaction={value}"), HeaderMap::new()).await;
            assert_eq!((led.status.as_u16(), led.location()), (303, "/users/verify-email"), "{path} {value}");
        }
    }
}
