//! Services that show a certificate in the handshake of TLS (RFC 8705).

use moncomptepro::domain::AuditEvent;
use rustls::version::{TLS12, TLS13};

use crate::oidc::{JEAN, signed_in};
use crate::support::tls::Identity;
use crate::support::{Instance, RelyingParty};

/// What a client hears at the token endpoint with a good code that it keeps, and at UserInfo with a good token.
async fn heard(client: &RelyingParty, code: &str, access_token: &str) -> [(u16, String); 2] {
    let error = |page: crate::support::Page| {
        (page.status.as_u16(), page.json()["error"].as_str().map(str::to_owned).unwrap_or_default())
    };
    [error(client.present(code).await), error(client.userinfo(access_token).await)]
}

#[tokio::test]
async fn sec_134_mtls_6_mtls_7_a_service_with_certificates_is_itself_only_where_it_shows_one_of_them() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_mutual_tls(directory.path()).await;
    let [before, own, other] = [(); 3].map(|()| Identity::between(2020, 2100));
    let certificates = vec![before.thumbprint(), own.thumbprint()];
    let client = instance.declare("service", |client| client.certificates = certificates).await;
    let person = signed_in(&instance, JEAN).await;
    let asked = client.authorization("openid email", &[]);
    let code = client.code(&person.visit(&asked).await);

    let shows = |identity| client.showing(&instance, identity).at_mutual_tls(&instance);
    let tokens = shows(&before).redeem(&code).await;
    let claims = client.verified(&tokens.id_token).await;
    assert_eq!(claims.subject().as_str(), "1", "a library checks what was given there");
    let answer = shows(&own).userinfo(&tokens.access_token).await;
    assert_eq!((answer.status.as_u16(), answer.json()["email"].as_str()), (200, Some(JEAN)));

    let code = client.code(&person.visit(&asked).await);
    let refused = [(401, String::from("invalid_client")), (401, String::from("invalid_token"))];
    for (stranger, client) in [
        (
            "nothing, where nothing is asked for",
            RelyingParty::new(&instance, &client.client_id, &client.client_secret, &client.redirect_uri),
        ),
        ("nothing", client.at_mutual_tls(&instance)),
        ("the certificate of somebody else", shows(&other)),
        ("its own, where no certificate is asked for", client.showing(&instance, &own)),
    ] {
        assert_eq!(heard(&client, &code, &tokens.access_token).await, refused, "{stranger}");
    }
    let noted = instance
        .audit()
        .iter()
        .filter(|record| matches!(record.event, AuditEvent::ClientCertificateRefused { .. }))
        .count();
    assert_eq!(noted, 8, "whoever has the secret without the certificate is recorded");
    assert_eq!(shows(&own).present(&code).await.status, 200, "and the code was nobody's");
}

#[tokio::test]
async fn sec_134_mtls_1_whoever_has_a_copy_of_a_certificate_without_its_key_opens_no_connection() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_mutual_tls(directory.path()).await;
    let address = instance.app.config.mutual_url().unwrap().join("/livez");
    let own = Identity::between(2020, 2100);
    for version in [&TLS12, &TLS13] {
        for (identity, is_heard) in [(&own, true), (&own.without_its_key(), false)] {
            let http = identity.http_over(instance.certificate.clone(), &[version]).build().unwrap();
            assert_eq!(http.get(&address).send().await.is_ok(), is_heard, "{version:?}");
        }
    }
}

#[tokio::test]
async fn sec_134_a_certificate_of_another_day_opens_no_connection() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_mutual_tls(directory.path()).await;
    let client = instance.standard_client();
    let address = instance.app.config.mutual_url().unwrap().join("/livez");
    for (identity, is_heard) in [
        (Identity::between(2020, 2100), true),
        (Identity::between(2001, 2002), false),
        (Identity::between(2100, 2101), false),
    ] {
        let http = identity.http(instance.certificate.clone()).build().unwrap();
        assert_eq!(http.get(&address).send().await.is_ok(), is_heard, "{identity:?}");
    }
    let document = client.bare_request("GET", "/.well-known/openid-configuration", &[], "").await.json();
    let told = |endpoint| document["mtls_endpoint_aliases"][endpoint].as_str().map(str::to_owned);
    let at = |path| Some(instance.app.config.mutual_url().unwrap().join(path));
    assert_eq!(told("token_endpoint"), at("/oauth/token"));
    assert_eq!(told("userinfo_endpoint"), at("/oauth/userinfo"));
}

#[tokio::test]
async fn mtls_1_certificates_are_asked_for_at_one_port_where_services_alone_are_served() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_mutual_tls(directory.path()).await;
    let client = instance.standard_client();
    let there = client.at_mutual_tls(&instance);
    let person = signed_in(&instance, JEAN).await;
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let tokens = there.redeem(&code).await;
    assert_eq!(there.userinfo(&tokens.access_token).await.status, 200, "a service without certificates needs none");
    let mut statuses = Vec::new();
    for path in ["/", "/users/start-sign-in", "/oauth/authorize", "/oauth/jwks", "/admin", "/livez"] {
        statuses.push(there.bare_request("GET", path, &[], "").await.status.as_u16());
    }
    assert_eq!(statuses, [421, 421, 421, 421, 421, 200], "pages are read elsewhere");
    let elsewhere = instance.address.trim_start_matches("https://");
    let page = there.bare_request("GET", "/oauth/userinfo", &[("host", elsewhere)], "").await;
    assert_eq!(page.status, 421, "nor is that port another name of the first");
}
