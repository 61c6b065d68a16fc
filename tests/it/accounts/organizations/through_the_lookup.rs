//! What a verified domain opens and what it does not, from the address that somebody types to the link; what is told of the
//! organization that was chosen, whichever tab chose another one since.

use moncomptepro::acts::By;
use moncomptepro::acts::administration::write_email_domain;
use moncomptepro::domain::{Actor, EmailDomainStatus};

use super::{arrive, join};
use crate::support::Instance;

const DINUM: &str = "13002526500013";

#[tokio::test]
async fn sec_108_a_verified_domain_opens_nothing_to_those_that_look_like_it_or_lie_below_it() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    let by = By::local(Actor::System);
    let domain = "inconnu.example".parse().unwrap();
    let status = EmailDomainStatus::Verified;
    write_email_domain(&instance.app, &by, DINUM.parse().unwrap(), domain, status).await.unwrap().unwrap();
    for (email, expected) in [
        ("jean@inconnu.example", "/users/welcome"),
        ("JEANNE@INCONNU.EXAMPLE", "/users/welcome"),
        ("jean@x.inconnu.example", "/users/unable-to-auto-join-organization"),
        ("jean@xinconnu.example", "/users/unable-to-auto-join-organization"),
        ("jean@inconnu.example.org", "/users/unable-to-auto-join-organization"),
        ("jean@1nconnu.example", "/users/unable-to-auto-join-organization"),
        ("inconnu.example@ailleurs.example", "/users/unable-to-auto-join-organization"),
    ] {
        let person = instance.person();
        let asks = arrive(&person, &client, email, &[]).await;
        let page = join(&person, &asks, DINUM).await;
        assert_eq!(page.url.path(), expected, "{email}: {}", page.text("main"));
    }
}

#[tokio::test]
async fn sec_112_what_is_chosen_in_a_second_tab_changes_nothing_for_the_first_service() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = person.visit(&client.authorization("openid organization", &[])).await;
    let asks = person.sign_in(asks, "user@red-needles-sarl.com", "user@red-needles-sarl.com").await;
    assert_eq!(asks.url.path(), "/users/select-organization", "{}", asks.text("main"));
    let back = person.submit(asks.form_with("organization_id", Some("16")).with("organization_id", "16")).await;
    let first = client.redeem(&client.code(&back)).await.access_token;
    let again = [("prompt", "select_organization")];
    let asks = person.visit(&client.authorization("openid organization", &again)).await;
    let back = person.submit(asks.form_with("organization_id", Some("17")).with("organization_id", "17")).await;
    let second = client.redeem(&client.code(&back)).await.access_token;
    for (token, siret) in [(&first, "21630215800011"), (&second, "83951732300011"), (&first, "21630215800011")] {
        assert_eq!(client.userinfo(token).await.json()["siret"], siret);
    }
}
