//! Pages of the original that bookmarks and mails name: each leads to where one can go on.

use super::{ELODIE, arrive, join, waiting};
use crate::support::Instance;

const DINUM: &str = "13002526500013";

#[tokio::test]
async fn former_pages_lead_to_where_one_goes_on_within_the_sign_in() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, ELODIE, &[]).await;
    let (_, interaction) = asks.url.query_pairs().find(|(name, _)| name == "interaction").unwrap();
    for (former, now) in [
        ("/users/organization-suggestions", "/users/join-organization"),
        ("/users/organization/1", "/manage-organizations"),
    ] {
        let page = person.visit(&format!("{former}?interaction={interaction}")).await;
        assert_eq!(page.status, 200, "{former}");
        assert_eq!(page.url.path(), now, "{former}");
        assert!(page.url.query().unwrap().contains(&*interaction), "{former}: the sign-in goes on");
    }
    assert_eq!(person.get("/users/organization/none").await.status, 404);
}

#[tokio::test]
async fn sec_119_whoever_is_not_signed_in_comes_to_the_page_that_a_bookmark_meant() {
    let instance = Instance::dev().await;
    let (user, lycee) = ("user@yopmail.com", "19750663700010");
    let asking = instance.person();
    asking.sign_in(asking.visit("/").await, user, user).await;
    let code = join(&asking, &asking.visit("/users/join-organization").await, lycee).await.url.path().to_owned();
    let id = code.strip_prefix("/users/official-contact-email-verification/").unwrap();
    for (former, now) in [
        ("/users/organization-suggestions", "/users/join-organization"),
        ("/users/organization/1", "/manage-organizations"),
        ("/users/welcome/1", "/users/welcome"),
        (&format!("/users/official-contact-ask-which-email/{id}"), &*code),
        ("/users/official-contact-ask-which-email/999", "/"),
        ("/users/official-contact-ask-which-email/x", "/"),
    ] {
        let person = instance.person();
        let start = person.visit(former).await;
        assert_eq!(start.url.path(), "/users/start-sign-in", "{former}");
        let page = person.sign_in(start, user, user).await;
        assert_eq!((page.url.path(), page.status.as_u16()), (now, 200), "{former}");
    }
}

#[tokio::test]
async fn the_former_page_of_several_addresses_leads_to_that_of_the_code() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@ac-paris.fr", &[]).await;
    let code = join(&person, &asks, "19750663700010").await;
    let id = code.url.path().strip_prefix("/users/official-contact-email-verification/").unwrap().to_owned();
    let former = format!("/users/official-contact-ask-which-email/{id}?{}", code.url.query().unwrap());
    let page = person.visit(&former).await;
    assert_eq!((page.url.path(), page.url.query()), (code.url.path(), code.url.query()));
}

#[tokio::test]
async fn a_former_welcome_leads_to_the_welcome_of_now() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@beta.gouv.fr", &[]).await;
    let welcome = join(&person, &asks, DINUM).await;
    assert_eq!(welcome.url.path(), "/users/welcome");
    let former = format!("/users/welcome/7?{}", welcome.url.query().unwrap());
    let page = person.visit(&former).await;
    assert_eq!(page.url.path(), "/users/welcome");
    assert_eq!(page.text("h1"), welcome.text("h1"));
}

#[tokio::test]
async fn former_ways_to_take_a_request_back_do_so_and_begin_anew() {
    for (former, now) in [
        ("sign-in", "/users/start-sign-in"),
        ("join-org", "/users/join-organization"),
        ("personal-information", "/users/personal-information"),
    ] {
        let instance = Instance::dev().await;
        let (person, _, waits) = waiting(&instance).await;
        let mut form = waits.form_to("/users/cancel-moderation/");
        let path =
            form.action.path().replace("cancel-moderation/", &format!("cancel-moderation-and-redirect-to-{former}/"));
        form.action.set_path(&path);
        let page = person.submit(form).await;
        assert_eq!(page.url.path(), now, "{former}: {}", page.text("main"));
        assert!(!person.visit("/manage-organizations").await.has("[data-request]"), "{former}");
    }
}
