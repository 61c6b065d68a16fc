//! The mails, which stay on the machine.

use std::time::Duration;

use moncomptepro::mail::ReceivedMail;

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

#[tokio::test]
async fn the_page_frames_the_html_part_as_its_reader_sees_it_and_nothing_in_it_runs() {
    let instance = Instance::dev().await;
    sign_in(&instance, ADDRESS).await;
    let mail = &Script::of(&instance).get("/_dev/api/mailbox").await[0];
    let person = instance.person();
    let page = person.visit("/_dev/mailbox").await;
    assert!(page.header("content-security-policy").ends_with("frame-src 'self'"));
    // Its links open windows; nothing else is let through.
    let lets = "allow-popups allow-popups-to-escape-sandbox";
    assert_eq!(page.attribute("iframe[title]", "sandbox").as_deref(), Some(lets), "{}", page.body);
    let part = person.get(&page.attribute("iframe", "src").unwrap()).await;
    assert!(part.status == 200 && part.has("head > base[target=_blank]:not([href])"), "{}", part.body);
    let as_mailed = part.body.replacen("\n<base target=\"_blank\">", "", 1);
    assert_eq!(as_mailed, mail["html"].as_str().unwrap());
    assert_eq!(part.header("content-type"), "text/html; charset=utf-8");
    let policy = part.header("content-security-policy");
    for word in ["default-src 'none'", "frame-ancestors 'self'", "form-action 'none'"] {
        assert!(policy.contains(word), "{word} in {policy}");
    }
    assert!(policy.ends_with(&format!("; sandbox {lets}")) && !policy.contains("script-src"), "{policy}");
    assert_eq!(part.header("x-frame-options"), "SAMEORIGIN");
    assert_eq!(person.get("/_dev/mailbox?html=987654321").await.status, 404);
    let other = person.visit("/users/start-sign-in").await;
    assert!(!other.header("content-security-policy").contains("frame-src"), "no other page frames anything");
}

#[tokio::test]
async fn every_code_and_every_link_of_a_mail_is_taken_out_of_it() {
    let instance = Instance::dev().await;
    let mail = ReceivedMail {
        id: 1,
        to: ADDRESS.to_owned(),
        subject: String::from("Deux"),
        text: String::from(
            "Le code :\n12 34 56\net le suivant\n6543210987\n\nhttps://a.example/1 ou http://b.example/2\n",
        ),
        html: String::new(),
        received_at: instance.clock.now(),
    };
    assert_eq!(mail.codes(), ["123456", "6543210987"]);
    assert_eq!(mail.links(), ["https://a.example/1", "http://b.example/2"]);
    assert_eq!((mail.code().as_deref(), mail.link()), (Some("123456"), Some("https://a.example/1")));
    let person = instance.person();
    let page = person.visit("/users/reset-password").await;
    person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    let told = &Script::of(&instance).get("/_dev/api/mailbox").await[0];
    assert_eq!(told["links"][0], told["link"]);
    assert_eq!(told["codes"], serde_json::json!([]));
    let page = person.visit("/_dev/mailbox").await;
    for link in told["links"].as_array().unwrap() {
        assert!(page.has(&format!("main a[href='{}']", link.as_str().unwrap())), "{link}");
    }
}
