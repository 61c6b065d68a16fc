//! How far a role reaches, at the instant of the act: not beyond what it is then, nor beyond its own organizations.

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{
    Link, ModerationRefusal, OrganizationKey, OrganizationRefusal, UserRefusal, delete_email_domain,
    enter_from_register, grant_role, link_user, refresh_organization, revoke_role, unlink_user, write_email_domain,
};
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::domain::{
    Actor, EmailDomainStatus, Membership, OrganizationId, Role, RoleName, UserId, Verification,
};
use moncomptepro::store::{memberships, organizations};

use super::{ADMINISTRATOR, JEAN, at_work, dismiss, grant, key_of, officer, signed_in};
use crate::accounts::organizations::{ELODIE, waiting};
use crate::support::Instance;

const CLAMART: OrganizationId = OrganizationId(1);
const CARD: &str = "/admin/organizations/1";
const OTHER: &str = "user19@yopmail.com";

fn moderator_of(organization: OrganizationId) -> Role {
    Role::Moderator { organizations: Some([organization].into()), until: None }
}

fn link(verification: Verification) -> Link {
    Link { is_external: false, verification: Some(verification) }
}

fn link_of(instance: &Instance, user: u64, organization: OrganizationId) -> Option<Membership> {
    instance.app.store.read(|tx| memberships::find(tx, UserId(user), organization)).unwrap()
}

/// Somebody belongs to Clamart, whoever made it so.
async fn linked(instance: &Instance, address: &str, verification: Verification) {
    let (by, key) = (By::local(Actor::System), OrganizationKey::Id(CLAMART));
    link_user(&instance.app, &by, key, key_of(address), link(verification)).await.unwrap().unwrap();
}

/// Every act on an organization by somebody who may not: each answers as if there were no such organization.
async fn nothing_is_done(instance: &Instance, by: &By) {
    let (app, key) = (&instance.app, OrganizationKey::Id(CLAMART));
    let before = instance.recorded_acts();
    let unknown = Some(OrganizationRefusal::Unknown);
    let proof = link(Verification::ProofReceived);
    assert_eq!(link_user(app, by, key.clone(), key_of(OTHER), proof).await.unwrap().err(), unknown);
    assert_eq!(unlink_user(app, by, key.clone(), key_of(JEAN)).await.unwrap().err(), unknown);
    assert_eq!(refresh_organization(app, by, key.clone()).await.unwrap().err(), unknown);
    let siret = "13003013300016".parse().unwrap();
    assert_eq!(enter_from_register(app, by, siret).await.unwrap().err(), unknown);
    let unknown = Some(ModerationRefusal::UnknownOrganization);
    let domain = || "mairie.example".parse().unwrap();
    let status = EmailDomainStatus::Refused;
    assert_eq!(write_email_domain(app, by, key.clone(), domain(), status).await.unwrap().err(), unknown);
    assert_eq!(delete_email_domain(app, by, key, domain()).await.unwrap().err(), unknown);
    let unknown = Some(UserRefusal::Unknown);
    assert_eq!(grant_role(app, by, key_of(OTHER), Role::Reader, false).await.unwrap().err(), unknown);
    assert_eq!(revoke_role(app, by, key_of(ADMINISTRATOR), true).await.unwrap().err(), unknown);
    assert_eq!(instance.recorded_acts(), before);
}

#[tokio::test]
async fn sec_91_sec_141_an_act_is_judged_by_the_role_of_its_instant_and_not_by_that_of_the_page() {
    let instance = Instance::dev().await;
    let marie = By::local(Actor::Officer { user_id: UserId(1), role: RoleName::Administrator });
    grant(&instance, JEAN, Role::Administrator).await;
    let key = OrganizationKey::Id(CLAMART);
    let proof = link(Verification::ProofReceived);
    link_user(&instance.app, &marie, key, key_of(OTHER), proof).await.unwrap().unwrap();
    grant_role(&instance.app, &marie, key_of(OTHER), Role::Reader, false).await.unwrap().unwrap();
    dismiss(&instance, OTHER).await;
    dismiss(&instance, JEAN).await;
    nothing_is_done(&instance, &marie).await;
    for role in [Role::Reader, moderator_of(OrganizationId(2))] {
        grant(&instance, JEAN, role).await;
        nothing_is_done(&instance, &marie).await;
    }
    grant(&instance, JEAN, Role::Administrator).await;
    instance.disable(JEAN).await;
    nothing_is_done(&instance, &marie).await;
}

#[tokio::test]
async fn sec_141_a_moderator_of_some_organizations_learns_of_nobody_else_that_they_have_an_account() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let siret = "13002526500013".parse().unwrap();
    let dinum = instance.app.store.read(|tx| organizations::find_by_siret(tx, &siret)).unwrap().unwrap().id;
    let delegate = officer(&instance, JEAN, moderator_of(dinum)).await;
    let card = delegate.visit(&format!("/admin/organizations/{dinum}")).await;
    let form = card.form_with("email", Some("")).with("verification", "proof_received");
    let mut told = Vec::new();
    for address in ["personne@exemple.fr", "user@red-needles-sarl.com", ADMINISTRATOR] {
        let refused = delegate.submit(form.clone().with("email", address)).await;
        told.push((refused.status.as_u16(), refused.text("#email-problem"), refused.text("[role=status]")));
    }
    assert!(told[0].0 == 400 && told.iter().all(|other| *other == told[0]), "{told:?}");
    assert_eq!(link_of(&instance, 154, dinum), None);
    let added = delegate.submit(form.with("email", ELODIE)).await;
    assert!(added.has("[role=status]") && added.text("main").contains(ELODIE), "who asked for it is added");
}

#[tokio::test]
async fn sec_141_whoever_a_moderator_of_some_organizations_removes_stays_signed_in_elsewhere() {
    let instance = Instance::dev().await;
    linked(&instance, ADMINISTRATOR, Verification::ProofReceived).await;
    let member = signed_in(&instance, ADMINISTRATOR).await;
    let delegate = officer(&instance, JEAN, moderator_of(CLAMART)).await;
    let card = delegate.visit(CARD).await;
    delegate.submit(card.form_to("members/21/remove")).await;
    assert_eq!(link_of(&instance, 21, CLAMART), None);
    assert_eq!(member.visit("/").await.url.path(), "/", "an administrator is not signed out by somebody's moderator");
}

#[tokio::test]
async fn r_26_a_link_has_a_proof_that_the_form_offers_or_the_one_that_it_has() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    linked(&instance, OTHER, Verification::DomainNotVerifiedYet).await;
    let card = person.visit(CARD).await;
    let add = card.form_with("email", Some("")).with("email", "user18@yopmail.com");
    let change = card.form_to("members/19");
    for word in ["bypassed", "invitation", "code_sent_to_official_contact_email"] {
        assert_eq!(person.submit(add.clone().with("verification", word)).await.status, 400, "{word}");
        assert_eq!(person.submit(change.clone().with("verification", word)).await.status, 400, "{word}");
    }
    let kept = change.with("verification", "domain_not_verified_yet").with("is_external", "true");
    assert!(person.submit(kept).await.has("[role=status]"), "as it is");
    let known = link_of(&instance, 19, CLAMART).unwrap();
    assert!(known.is_external && known.verification == Verification::DomainNotVerifiedYet);
    assert!(person.submit(add.with("verification", "unverified")).await.has("[role=status]"), "where these are kept");
}

#[tokio::test]
async fn r_26_where_no_unproven_links_are_kept_none_is_made_by_any_word() {
    let instance = Instance::start(|port| {
        let mut config = Config::dev(DevOptions::default(), port);
        config.joining.policy.allow_unverified = false;
        config
    });
    let instance = instance.await;
    let by = By::local(Actor::System);
    for word in [Verification::Unverified, Verification::Bypassed, Verification::DomainNotVerifiedYet] {
        let key = OrganizationKey::Id(CLAMART);
        let refused = link_user(&instance.app, &by, key, key_of(OTHER), link(word)).await.unwrap();
        assert_eq!(refused.err(), Some(OrganizationRefusal::Unverified), "{word:?}");
    }
    assert_eq!(link_of(&instance, 19, CLAMART), None);
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let card = person.visit(CARD).await;
    let form = card.form_with("email", Some("")).with("email", OTHER).with("verification", "unverified");
    assert_eq!(person.submit(form).await.status, 400);
}
