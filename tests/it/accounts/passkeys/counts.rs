//! Passkeys that were copied: their count tells, their owner is told, and another one takes their place (SEC-83).

use super::{ADDRESS, OTHER, add, enter, is_refused, owner, press, sign_in};
use crate::support::{Device, Instance};

#[tokio::test]
async fn sec_83_a_passkey_that_counts_backwards_is_suspended_and_its_owner_told() {
    let instance = Instance::dev().await;
    let mut device = Device::counting();
    owner(&instance, &mut device).await;
    assert_eq!(enter(&instance, &instance.person(), &mut device).await.url.path(), "/");
    let mut copy = device.clone();
    for _ in 0..3 {
        assert_eq!(enter(&instance, &instance.person(), &mut device).await.url.path(), "/");
    }
    assert!(is_refused(&enter(&instance, &instance.person(), &mut copy).await), "an earlier count");
    assert!(instance.mails_to(ADDRESS).await[0].subject.contains("suspendue"));
    assert!(is_refused(&enter(&instance, &instance.person(), &mut device).await), "nor is the other one accepted");
    let person = instance.person();
    sign_in(&person, ADDRESS).await;
    let asks = person.visit("/double-authentication").await;
    assert!(asks.url.path() == "/users/2fa-sign-in" && !asks.has("form[data-passkey]"), "recovery codes are left");
}

#[tokio::test]
async fn sec_83_the_owner_of_a_suspended_passkey_reads_what_happened_and_puts_another_in_its_place() {
    let french = ("fr", "comme si elle avait été copiée", "Supprimez-la, puis ajoutez-en une autre");
    let english = ("en", "as if it had been copied", "Remove it, then add another one");
    for (language, happened, next) in [french, english] {
        let instance = Instance::dev().await;
        let mut device = Device::counting();
        let owner = owner(&instance, &mut device).await;
        let codes = owner.submit(owner.visit("/double-authentication").await.form_to("recovery-codes")).await;
        let code = codes.text(".codes").split_whitespace().next().unwrap().to_owned();
        let mut copy = device.clone();
        assert_eq!(enter(&instance, &instance.person(), &mut device).await.url.path(), "/");
        assert!(is_refused(&enter(&instance, &instance.person(), &mut copy).await));
        let person = instance.person();
        person.visit(&format!("/users/start-sign-in?lang={language}")).await;
        sign_in(&person, ADDRESS).await;
        let asks = person.visit("/double-authentication").await;
        assert!(asks.url.path() == "/users/2fa-sign-in" && asks.text("main").contains(happened), "{}", asks.body);
        person.submit(asks.form_with("recovery_code", None).with("recovery_code", &code)).await;
        let page = person.visit("/double-authentication").await;
        let card = page.text(".card");
        assert!(card.contains(happened) && card.contains(next), "{card}");
        let gone = person.submit(page.form_to("delete-passkeys")).await;
        assert!(!gone.has(".card") && !gone.text("main").contains(happened));
        let mut new = Device::new();
        add(&instance, &person, &mut new, "").await;
        assert_eq!(enter(&instance, &instance.person(), &mut new).await.url.path(), "/");
    }
}

#[tokio::test]
async fn sec_83_the_same_count_twice_is_refused_and_no_count_at_all_is_not() {
    let instance = Instance::dev().await;
    let mut device = Device::counting();
    owner(&instance, &mut device).await;
    let (one, two) = (instance.person(), instance.person());
    let (first, second) = (press(&one).await, press(&two).await);
    let mut copy = device.clone();
    let answer = device.answer(&instance.address, &first.options).await;
    assert_eq!(one.submit(first.answered(&answer)).await.url.path(), "/");
    let same = copy.answer(&instance.address, &second.options).await;
    assert!(is_refused(&two.post(second.answered(&same)).await));
    let mut silent = Device::new();
    let other = instance.person();
    sign_in(&other, OTHER).await;
    add(&instance, &other, &mut silent, "").await;
    for _ in 0..3 {
        assert_eq!(enter(&instance, &instance.person(), &mut silent).await.url.path(), "/");
    }
}
