//! The mails, which stay on the machine.

use std::time::Duration;

use super::Script;
use crate::support::Instance;

const ADDRESS: &str = "user@yopmail.com";

async fn sign_in(instance: &Instance, address: &str) {
    let (person, client) = (instance.person(), instance.standard_client());
    client.code(&client.sign_in(&person, "openid", address).await);
}

#[tokio::test]
async fn a_mail_is_there_as_soon_as_its_act_is_answered_the_newest_first() {
    let instance = Instance::dev().await;
    let script = Script::of(&instance);
    assert_eq!(script.get("/_dev/api/mailbox").await, serde_json::json!([]));
    sign_in(&instance, ADDRESS).await;
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    sign_in(&instance, "datapass@yopmail.com").await;

    let all = script.get("/_dev/api/mailbox").await;
    let addresses: Vec<&str> = all.as_array().unwrap().iter().map(|mail| mail["to"].as_str().unwrap()).collect();
    assert_eq!(addresses, ["datapass@yopmail.com", ADDRESS]);
    let newest = &all[0];
    assert_eq!(newest["received_at"], "2026-11-23T09:01:00.000Z");
    assert!(!newest["subject"].as_str().unwrap().is_empty() && !newest["text"].as_str().unwrap().is_empty());
    assert!(newest["html"].as_str().unwrap().contains('<'));
    assert!(newest["code"].is_null(), "no code in a notice");

    let one = script.get("/_dev/api/mailbox?to=USER%40yopmail.com").await;
    assert_eq!(one.as_array().unwrap().len(), 1);
    assert_eq!(one[0]["id"], all[1]["id"]);
    assert_eq!(script.get("/_dev/api/mailbox?to=nobody%40yopmail.com").await, serde_json::json!([]));
}

#[tokio::test]
async fn the_page_shows_the_same_mails() {
    let instance = Instance::dev().await;
    sign_in(&instance, ADDRESS).await;
    let mail = &Script::of(&instance).get("/_dev/api/mailbox").await[0];
    let page = instance.person().visit("/_dev/mailbox").await;
    assert_eq!(page.status, 200);
    assert!(page.text("main").contains(mail["subject"].as_str().unwrap()));
    assert!(page.text("main").contains(ADDRESS));
    let other = instance.person().visit("/_dev/mailbox?to=nobody%40yopmail.com").await;
    assert!(!other.text("main").contains(mail["subject"].as_str().unwrap()));
}
