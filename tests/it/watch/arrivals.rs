//! What is done to joiners and leavers, for the audit.

use std::time::Duration;

use moncomptepro::acts::administration::carry_out_factor_removals;

use crate::support::{Instance, Operator, totp_code, totp_key};

pub(super) const INVITED: &str = "invitee@mairie.example";
const JEAN: &str = "user@yopmail.com";
const SIRET: &str = "21777701500017";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Somebody is invited, and accepts; somebody else is not any more.
pub(super) async fn invited(instance: &Instance, operator: &Operator) {
    operator.asks(&["user", "invite", "retire@mairie.example"]).await;
    operator.asks(&["user", "revoke-invitation", "retire@mairie.example"]).await;
    operator.asks(&["user", "invite", INVITED, "--organization", SIRET]).await;
    operator.asks(&["user", "invitations"]).await;
    let person = instance.person();
    let page = person.visit(&instance.link_of(INVITED).await).await;
    let password = "une phrase de passe assez longue";
    let form = page.form_with("password", None).with("password", password).with("password_confirmation", password);
    person.submit(form).await;
}

/// An operator asks for the removal of a second factor, gives it up, and asks again.
pub(super) async fn lost(instance: &Instance, operator: &Operator) {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    person.submit(page.form_with("user_id", Some("1")).with("user_id", "1")).await;
    let offer = person.visit("/totp-configuration").await;
    let code = totp_code(&totp_key(&offer), instance.clock.now());
    person.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await;
    let remove = ["user", "factor", "remove", JEAN, "--reason", "téléphone perdu"];
    operator.asks(&remove).await;
    operator.asks(&["user", "factor", "list"]).await;
    operator.asks(&["user", "factor", "cancel", JEAN]).await;
    operator.asks(&remove).await;
    instance.mails_to(JEAN).await;
    instance.clock.advance(DAY).unwrap();
    assert_eq!(carry_out_factor_removals(&instance.app).await.unwrap(), 1);
}
