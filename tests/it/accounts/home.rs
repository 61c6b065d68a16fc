//! The home page, and what is left of it after signing out.

use crate::support::Instance;

#[tokio::test]
async fn the_home_page_shows_the_person_their_organizations_and_the_services() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/").await;
    let home = person.sign_in(page, "user@red-needles-sarl.com", "user@red-needles-sarl.com").await;
    let text = home.text("main");
    for expected in ["Commune de les martres sur morge - Mairie", "Red needles SARL", "DataPass", "HubEE"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert!(home.has("main a[href^='https://datapass.api.gouv.fr']"));
}

#[tokio::test]
async fn services_beyond_the_first_page_are_on_the_next_ones_each_once() {
    let instance = Instance::dev().await;
    for number in 0..60 {
        let page = format!("https://service-{number:02}.example/");
        instance.declare(&format!("service-{number:02}"), |client| client.client_uri = Some(page)).await;
    }
    let person = instance.person();
    let start = person.visit("/").await;
    let mut page = person.sign_in(start, "user@yopmail.com", "user@yopmail.com").await;
    let mut seen = Vec::new();
    loop {
        let document = scraper::Html::parse_document(&page.body);
        let links = scraper::Selector::parse("main a[href^='https://service-']").unwrap();
        seen.extend(document.select(&links).filter_map(|link| link.value().attr("href")).map(str::to_owned));
        let Some(more) = page.attribute("main a[href*=services_after]", "href") else { break };
        page = person.visit(&more).await;
    }
    let expected: Vec<String> = (0..60).map(|number| format!("https://service-{number:02}.example/")).collect();
    assert_eq!(seen, expected);
    assert_eq!(person.visit("/?services_after=..").await.status, 200, "what is no cursor is the beginning");
}

#[tokio::test]
async fn sec_129_after_signing_out_no_request_of_the_session_works_again() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/").await;
    let home = person.sign_in(page, "user@yopmail.com", "user@yopmail.com").await;
    let cookie = person.session_cookie();
    let old_form = home.sign_out_form();
    person.submit(old_form.clone()).await;
    person.plant_cookie(&cookie);
    assert_eq!(person.visit("/").await.url.path(), "/users/start-sign-in", "the cookie is kept by hand");
    assert_eq!(person.post(old_form).await.status, 403, "and the form of the old page is stale");
    let silent = person.visit(&instance.standard_client().authorization("openid", &[("prompt", "none")])).await;
    assert_eq!(silent.redirect_parameters()["error"], "login_required");
}

#[tokio::test]
async fn sec_125_personal_pages_are_never_stored() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/").await;
    let home = person.sign_in(page, "user@yopmail.com", "user@yopmail.com").await;
    assert_eq!(home.header("cache-control"), "no-store");
    assert!(home.header("vary").contains("Cookie"));
}

#[tokio::test]
async fn every_page_leads_to_help_which_anybody_reads_in_their_language() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let asks = person.visit("/users/start-sign-in").await;
    let help = person.visit(&asks.attribute("footer a[href='/help']", "href").unwrap()).await;
    assert_eq!(help.status, 200);
    assert!(help.text("main").contains("indésirables") && help.text("main").contains("codes de secours"));
    let english = instance.person().accepting("en").visit("/help").await;
    assert!(english.text("main").contains("junk mail"), "{}", english.text("main"));
}
