//! Authorization codes: once, soon, and by whom they were made for.

use std::time::Duration;

use crate::oidc::{JEAN, signed_in};
use crate::support::{Instance, Page};

fn is_invalid_grant(page: &Page) -> bool {
    page.status == 400 && page.json()["error"] == "invalid_grant" && page.header("cache-control") == "no-store"
}

#[tokio::test]
async fn code_2_sec_34_clk_2_a_code_works_for_a_minute() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    for (seconds, works) in [(59, true), (60, false), (62, false)] {
        let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
        instance.clock.advance(Duration::from_secs(seconds)).unwrap();
        let page = client.present(&code).await;
        assert_eq!(page.status == 200, works, "{seconds}: {}", page.body);
        assert!(works || is_invalid_grant(&page));
    }
}

#[tokio::test]
async fn code_4_sec_34_at_8_a_code_shown_again_revokes_what_it_gave() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let tokens = client.redeem(&code).await;
    client.verified(&tokens.id_token).await;
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
    instance.clock.advance(Duration::from_secs(1800)).unwrap();
    assert!(is_invalid_grant(&client.present(&code).await), "long after its minute");
    let dead = client.userinfo(&tokens.access_token).await;
    assert_eq!((dead.status.as_u16(), dead.json()["error"].as_str()), (401, Some("invalid_token")));
    let fresh = client.code(&person.visit(&client.authorization("openid", &[])).await);
    assert_eq!(client.present(&fresh).await.status, 200, "the person is not punished");
}

#[tokio::test]
async fn code_3_of_a_thousand_parallel_redemptions_one_succeeds_and_its_tokens_die() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let client = std::sync::Arc::new(client);
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let (client, code) = (client.clone(), code.clone());
        attempts.spawn(async move { client.present(&code).await });
    }
    let answers = attempts.join_all().await;
    let (granted, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|page| page.status == 200);
    assert_eq!((granted.len(), refused.len()), (1, 999));
    assert!(refused.iter().all(is_invalid_grant));
    let token = granted[0].json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.userinfo(&token).await.status, 401);
}

#[tokio::test]
async fn code_5_another_client_gets_nothing_and_the_owner_still_can() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let (owner, thief) = (instance.declare("owner", |_| {}).await, instance.declare("thief", |_| {}).await);
    let code = owner.code(&person.visit(&owner.authorization("openid", &[])).await);
    assert!(is_invalid_grant(&thief.present(&code).await));
    let tokens = owner.redeem(&code).await;
    owner.verified(&tokens.id_token).await;
    assert!(is_invalid_grant(&thief.present(&code).await));
    assert_eq!(owner.userinfo(&tokens.access_token).await.status, 200, "a stranger cannot revoke either");
}

#[tokio::test]
async fn code_6_tok_11_red_11_a_wrong_address_burns_the_code() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    for wrong in ["", "http://localhost:4000/login-callback/", "http://localhost:4000/LOGIN-callback"] {
        let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
        assert!(is_invalid_grant(&client.present_with(&code, &[("redirect_uri", wrong)]).await), "{wrong}");
        assert!(is_invalid_grant(&client.present(&code).await), "burnt");
    }
}

#[tokio::test]
async fn sec_33_code_7_a_code_dies_with_the_session_and_with_the_account() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    let leaver = signed_in(&instance, JEAN).await;
    let code = client.code(&leaver.visit(&client.authorization("openid", &[])).await);
    leaver.submit(leaver.visit("/").await.sign_out_form()).await;
    assert!(is_invalid_grant(&client.present(&code).await), "signed out");
    let person = signed_in(&instance, JEAN).await;
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let earlier = client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await;
    instance.disable(JEAN).await;
    assert!(is_invalid_grant(&client.present(&code).await), "disabled");
    assert_eq!(client.userinfo(&earlier.access_token).await.status, 401, "UI-8");
}

#[tokio::test]
async fn tok_12_gen_11_gen_12_what_is_no_code_says_nothing_more() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    assert_eq!(code.len(), 48, "GEN-11, R-2");
    assert!(code.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
    let expected = client.present(&"A".repeat(48)).await.body;
    for wrong in ["x", "../../etc/passwd", "é", &"A".repeat(5000), &code[1..], &format!("{code}=")] {
        let page = client.present(wrong).await;
        assert!(is_invalid_grant(&page), "{wrong}");
        assert_eq!(page.body, expected, "{wrong}");
    }
    client.redeem(&code).await;
}

#[tokio::test]
async fn tok_13_a_scope_at_the_token_endpoint_changes_nothing() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let code = client.code(&person.visit(&client.authorization("openid email", &[])).await);
    let page = client.present_with(&code, &[("scope", "openid profile phone"), ("unheard_of", "1")]).await;
    assert_eq!(page.json()["scope"], "openid email");
}
