//! A client that is good from its own networks alone (SEC-134).

use moncomptepro::config::{Config, DevOptions, ForwardedHeader, Limits, Proxies};
use moncomptepro::domain::{AuditEvent, AuditRecord};

use crate::oidc::{JEAN, signed_in};
use crate::support::{Instance, Page, RelyingParty, tls};

/// The hub of a federation, in the words of its operator.
const NETWORKS: [&str; 2] = ["198.51.100.0/24", "2001:db8:7::/48"];

async fn behind_proxies(limits: Option<Limits>) -> Instance {
    let trusted = ["127.0.0.1/32", "10.0.0.0/8"].map(|network| network.parse().unwrap()).into();
    let proxies = Proxies { trusted, header: ForwardedHeader::XForwardedFor };
    Instance::start(|port| {
        let config = Config::dev(DevOptions::default(), port);
        Config { proxies, limits: limits.unwrap_or_else(|| config.limits.clone()), ..config }
    })
    .await
}

async fn exchange(client: &RelyingParty, code: &str, chain: &str) -> Page {
    let body = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={}&client_id={}&client_secret={}",
        client.redirect_uri, client.client_id, client.client_secret
    );
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", chain)];
    client.bare_token_request(&headers, &body).await
}

async fn ask(client: &RelyingParty, token: &str, chain: &str) -> Page {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("x-forwarded-for", chain)];
    client.bare_request("GET", "/oauth/userinfo", &headers, "").await
}

fn refusals(instance: &Instance) -> Vec<AuditRecord> {
    let is_refusal = |record: &AuditRecord| matches!(record.event, AuditEvent::ClientSourceRefused { .. });
    instance.audit().into_iter().filter(is_refusal).collect()
}

#[tokio::test]
async fn sec_134_a_client_is_good_from_its_own_networks_alone_and_the_true_source_counts() {
    let instance = behind_proxies(None).await;
    let networks = || NETWORKS.map(|network| network.parse().unwrap()).into();
    let client = instance.declare("hub", |client| client.allowed_sources = networks()).await;
    let person = signed_in(&instance, JEAN).await;
    let code = client.code(&person.visit(&client.authorization("openid email", &[])).await);

    // From elsewhere, also where the request says that it came by a network of the client before: as if the secret were wrong.
    let wrong = RelyingParty::new(&instance, "hub", "wrong", &client.redirect_uri);
    let of_a_wrong_secret = exchange(&wrong, &code, "198.51.100.7").await;
    for chain in ["203.0.113.9", "198.51.100.7, 203.0.113.9", "198.51.100.7, 203.0.113.9, 10.0.0.2", "10.0.0.2"] {
        let refused = exchange(&client, &code, chain).await;
        assert_eq!((refused.status.as_u16(), &refused.body), (401, &of_a_wrong_secret.body), "{chain}");
        assert_eq!(refused.json()["error"], "invalid_client", "{chain}");
    }
    assert_eq!(refusals(&instance).len(), 4);
    assert_eq!(refusals(&instance)[1].origin.source.as_deref(), Some("203.0.113.9"), "the true source is told");

    let given = exchange(&client, &code, "203.0.113.9, 198.51.100.7, 10.0.0.2").await;
    assert_eq!(given.status, 200, "nothing of the code was used up: {}", given.body);
    let token = given.json()["access_token"].as_str().unwrap().to_owned();
    for chain in ["198.51.100.200", "2001:db8:7::9, 10.0.0.3"] {
        assert_eq!(ask(&client, &token, chain).await.status, 200, "{chain}");
    }
    for chain in ["203.0.113.9", "198.51.100.7, 203.0.113.9", "2001:db8:8::9"] {
        let refused = ask(&client, &token, chain).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["error"].as_str()),
            (403, Some("access_denied")),
            "{chain}"
        );
        assert!(refused.header("www-authenticate").contains("access_denied"), "{chain}");
        assert!(refused.json()["sub"].is_null() && refused.json()["email"].is_null());
    }
    assert_eq!(refusals(&instance).len(), 7);

    // Who signs in is where they are.
    assert!(!client.code(&person.visit(&client.authorization("openid", &[])).await).is_empty());
    let anywhere = instance.declare("service", |_| {}).await;
    let code = anywhere.code(&person.visit(&anywhere.authorization("openid", &[])).await);
    let given = exchange(&anywhere, &code, "203.0.113.9").await;
    assert_eq!(given.status, 200, "a client without networks is good from everywhere: {}", given.body);
}

#[tokio::test]
async fn sec_134_what_a_refusal_writes_does_not_tell_whether_the_secret_was_right() {
    let instance = behind_proxies(None).await;
    let of_a_network = instance
        .declare("hub", |client| client.allowed_sources = NETWORKS.map(|network| network.parse().unwrap()).into())
        .await;
    let certified = instance
        .declare("portal", |client| client.certificates = vec![tls::Identity::between(2020, 2100).thumbprint()])
        .await;
    let with =
        |client_id: &str, secret: &str| RelyingParty::new(&instance, client_id, secret, &of_a_network.redirect_uri);
    let (inside, outside) = ("198.51.100.7", "203.0.113.9");
    let cases = [
        ("a wrong secret", with("hub", "wrong"), inside),
        ("a wrong secret from elsewhere", with("hub", "wrong"), outside),
        ("the right one from elsewhere", with("hub", &of_a_network.client_secret), outside),
        ("the right one without its certificate", with("portal", &certified.client_secret), outside),
        ("a wrong one without its certificate", with("portal", "wrong"), outside),
        ("a client that nobody knows", with("nobody", "wrong"), outside),
    ];
    for (what, client, chain) in cases {
        let statistics = instance.app.store.statistics();
        let (before, recorded) = (statistics.acknowledged(), instance.audit().len());
        assert_eq!(exchange(&client, "no-such-code", chain).await.status, 401, "{what}");
        assert_eq!((statistics.acknowledged() - before, instance.audit().len() - recorded), (1, 1), "{what}");
    }
    let told: Vec<AuditEvent> = instance.audit().into_iter().take(2).map(|record| record.event).collect();
    let [of_nobody, of_portal] = [None, Some("portal".parse().unwrap())];
    assert_eq!(told, [of_nobody, of_portal].map(|client_id| AuditEvent::ClientCredentialsRefused { client_id }));
}

#[tokio::test]
async fn sec_134_whoever_tries_what_a_client_has_from_elsewhere_is_slowed_down_like_one_who_guesses() {
    let instance = behind_proxies(Some(Limits::standard())).await;
    let client = instance
        .declare("hub", |client| client.allowed_sources = NETWORKS.map(|network| network.parse().unwrap()).into())
        .await;
    let mut answers = Vec::new();
    for _ in 0..200 {
        answers.push(exchange(&client, "no-such-code", "203.0.113.9").await.status.as_u16());
        if answers.last() == Some(&429) {
            break;
        }
    }
    assert_eq!((answers[0], answers.last()), (401, Some(&429)));
    assert_eq!(refusals(&instance).len(), answers.len() - 1, "no record without end");
    let honest = exchange(&client, "no-such-code", "198.51.100.7").await;
    assert_eq!(honest.json()["error"], "invalid_grant", "and the client itself is not kept out");
}
