//! What nobody does in the console, whatever their role: decide on what is their own, link to what is closed.

use std::time::Duration;

use moncomptepro::acts::By;
use moncomptepro::acts::administration::ModerationRefusal;
use moncomptepro::acts::administration::{
    ImportOutcome, ImportedUser, Link, OrganizationKey, OrganizationRefusal, accept_moderation, find_organization,
    import_users, link_user,
};
use moncomptepro::domain::{
    Actor, EmailDomainStatus, Organization, OrganizationId, Role, RoleName, User, UserId, Verification,
};
use moncomptepro::store::{email_domains, memberships, moderations, organizations, users};

use super::{ADMINISTRATOR, JEAN, at_work, grant, key_of, officer, signed_in};
use crate::accounts::organizations::yes;
use crate::accounts::organizations::{ELODIE, arrive, join, waiting};
use crate::support::Instance;

const DINUM: &str = "13002526500013";
const CLAMART: &str = "21920023500014";

fn system() -> By {
    By::local(Actor::System)
}

fn moderator() -> Role {
    Role::Moderator { organizations: None, until: None }
}

fn known(instance: &Instance, siret: &str) -> Organization {
    find_organization(&instance.app, &siret.parse().unwrap()).unwrap().unwrap()
}

/// The register said something else meanwhile.
async fn change(instance: &Instance, siret: &str, change: impl FnOnce(Organization) -> Organization) -> OrganizationId {
    let changed = change(known(instance, siret));
    let id = changed.id;
    instance.app.store.write(move |tx| organizations::update(tx, &changed)).await.unwrap();
    id
}

/// The register said meanwhile that it is closed.
async fn close(instance: &Instance, siret: &str) -> OrganizationId {
    change(instance, siret, |organization| Organization { is_active: false, ..organization }).await
}

/// The same of its legal entity.
fn ceased(organization: Organization) -> Organization {
    Organization { is_entity_active: Some(false), ..organization }
}

/// The register knows it no more.
fn gone(organization: Organization) -> Organization {
    Organization { not_found_at: Some(moncomptepro::protocol::Timestamp(1_795_424_400)), ..organization }
}

#[tokio::test]
async fn sec_199_a_moderator_is_told_that_the_register_has_not_said_what_it_is() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let before = known(&instance, DINUM);
    let unconfirmed = Organization::unconfirmed(before.id, before.siret.clone(), before.created_at);
    instance.app.store.write(move |tx| organizations::update(tx, &unconfirmed)).await.unwrap();
    let marie = officer(&instance, JEAN, moderator()).await;
    let page = marie.visit("/admin/moderations/1").await;
    let warned = page.text(".warned");
    assert!(warned.contains("ne répondait pas") && warned.contains("Relire"), "{warned}");
    let form = page.form_to("/accept").with("link", "internal").with("domain", "leave");
    let refused = marie.submit(form.with("verification", "automatic")).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text("main").contains("pas encore confirmé"), "{}", refused.text("main"));
    let card = marie.visit(&page.attribute(".warned a", "href").unwrap()).await;
    assert!(card.text("main").contains("pendant que le répertoire ne répondait pas"), "{}", card.text("main"));
    marie.submit(card.form_to("/refresh")).await;
    let page = marie.visit("/admin/moderations/1").await;
    let form = page.form_to("/accept").with("link", "internal").with("domain", "leave");
    assert_eq!(marie.submit(form.with("verification", "automatic")).await.status, 200);
    assert_eq!(known(&instance, DINUM).label, before.label);
}

#[tokio::test]
async fn sec_107_nobody_is_linked_to_a_closed_establishment_whoever_decides() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let id = close(&instance, DINUM).await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let page = marie.visit("/admin/moderations/1").await;
    let form = page.form_to("/accept").with("link", "internal").with("domain", "leave");
    let refused = marie.submit(form.with("verification", "automatic")).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text("main").contains("fermé selon le répertoire"), "{}", refused.text("main"));
    let app = &instance.app;
    let request = app.store.read(|tx| moderations::find(tx, moncomptepro::domain::ModerationId(1))).unwrap().unwrap();
    let accepted = accept_moderation(app, &system(), request.id, yes()).await.unwrap();
    assert_eq!(accepted.err(), Some(ModerationRefusal::Closed));
    let proof = Link { is_external: false, verification: Some(Verification::ProofReceived) };
    let linked = link_user(app, &system(), OrganizationKey::Id(id), key_of(ELODIE), proof).await.unwrap();
    assert_eq!(linked.err(), Some(OrganizationRefusal::Closed));
    let person = ImportedUser { organizations: vec![OrganizationKey::Id(id)], ..imported("nouvelle@dinum.example") };
    let outcomes = import_users(app, &system(), vec![person], false).await.unwrap();
    assert!(matches!(outcomes[..], [ImportOutcome::ClosedOrganization(_)]), "{outcomes:?}");
    let links = app.store.read(|tx| memberships::list_of_user(tx, request.user_id)).unwrap();
    assert!(links.is_empty(), "{links:?}");
    let kept = Link { is_external: true, verification: None };
    let member = instance.app.store.read(|tx| memberships::list_of_organization(tx, id, None, 1)).unwrap().remove(0);
    let key = moncomptepro::acts::administration::UserKey::Id(member.user_id);
    link_user(app, &system(), OrganizationKey::Id(id), key, kept).await.unwrap().unwrap();
}

fn imported(email: &str) -> ImportedUser {
    ImportedUser {
        id: None,
        email: email.parse().unwrap(),
        information: moncomptepro::domain::PersonalInformation::default(),
        password_hash: None,
        email_verified_at: None,
        created_at: None,
        updated_at: None,
        sign_in_count: 0,
        last_sign_in_at: None,
        organizations: Vec::new(),
    }
}

#[tokio::test]
async fn sec_107_whoever_belongs_to_a_closed_establishment_is_told_at_the_next_sign_in() {
    let instance = Instance::dev().await;
    let (before, after, client) = (instance.person(), instance.person(), instance.standard_client());
    let asks = before.visit(&client.authorization("openid organization", &[])).await;
    client.code(&before.sign_in(asks, JEAN, JEAN).await);
    close(&instance, "21920023500014").await;
    let asks = after.visit(&client.authorization("openid organization", &[])).await;
    let told = after.sign_in(asks, JEAN, JEAN).await;
    assert_eq!(told.url.path(), "/users/select-organization", "it is not chosen by itself");
    assert!(told.text("[data-siret='21920023500014']").contains("Établissement fermé"), "{}", told.text("main"));
    let back = after.submit(told.form_with("organization_id", Some("1")).with("organization_id", "1")).await;
    client.code(&back);
}

#[tokio::test]
async fn sec_107_a_service_that_names_a_closed_establishment_leads_past_the_notice_nobody_who_was_not_told() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let named = || client.authorization("openid organization", &[("siret_hint", CLAMART)]);
    close(&instance, CLAMART).await;
    let told = person.sign_in(person.visit(&named()).await, JEAN, JEAN).await;
    assert_eq!(told.url.path(), "/users/select-organization", "{}", told.text("main"));
    assert!(told.text(&format!("[data-siret='{CLAMART}']")).contains("Établissement fermé"), "{}", told.text("main"));
    client.code(&person.submit(told.form_with("organization_id", Some("1")).with("organization_id", "1")).await);
    client.code(&person.visit(&named()).await);
}

#[tokio::test]
async fn sec_107_sec_114_whoever_belongs_to_what_ceased_or_is_in_the_register_no_more_is_told() {
    for (of, said, is_asked) in [
        (ceased as fn(Organization) -> Organization, "Établissement fermé", true),
        (gone as fn(Organization) -> Organization, "Absent du répertoire", false),
    ] {
        let instance = Instance::dev().await;
        let (person, client) = (instance.person(), instance.standard_client());
        change(&instance, CLAMART, of).await;
        let asks = person.visit(&client.authorization("openid organization", &[])).await;
        let told = person.sign_in(asks, JEAN, JEAN).await;
        match is_asked {
            true => {
                assert_eq!(told.url.path(), "/users/select-organization", "{said}: {}", told.text("main"));
                let form = told.form_with("organization_id", Some("1")).with("organization_id", "1");
                client.code(&person.submit(form).await);
            }
            // A register may err for a while: nobody is held up by what it does not find.
            false => drop(client.code(&told)),
        }
        let asks =
            person.visit(&client.authorization("openid organization", &[("prompt", "select_organization")])).await;
        assert_eq!(asks.url.path(), "/users/select-organization");
        for page in [asks, person.visit("/manage-organizations").await] {
            let tile = page.text(&format!("[data-siret='{CLAMART}']"));
            assert!(tile.contains(said), "{}: {tile}", page.url);
        }
    }
}

#[tokio::test]
async fn sec_107_sec_114_a_moderator_is_warned_of_what_ceased_or_is_in_the_register_no_more() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let words = ["unité légale de l’établissement a cessé", "ne connaît plus ce numéro"];
    let warned = async || {
        let page = marie.visit("/admin/moderations/1").await;
        assert!(page.has("form[action$='/accept']"), "it is for the moderator to say");
        words.map(|words| page.has(".warned") && page.text(".warned").contains(words))
    };
    assert_eq!(warned().await, [false, false]);
    change(&instance, DINUM, ceased).await;
    assert_eq!(warned().await, [true, false]);
    change(&instance, DINUM, gone).await;
    assert_eq!(warned().await, [true, true]);
}

#[tokio::test]
async fn nobody_decides_on_their_own_request_nor_links_themselves() {
    let instance = Instance::dev().await;
    grant(&instance, JEAN, moderator()).await;
    let (jean, _) = at_work(&instance, JEAN).await;
    let waits = join(&jean, &jean.visit("/users/join-organization").await, DINUM).await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization", "{}", waits.text("main"));
    let page = jean.visit("/admin/moderations/1").await;
    assert!(page.status == 200 && !page.has("main form[action$='/accept']"), "{}", page.text("main"));
    for role in [RoleName::Moderator, RoleName::Administrator] {
        let by = By::local(Actor::Officer { user_id: UserId(1), role });
        let own = accept_moderation(&instance.app, &by, moncomptepro::domain::ModerationId(1), yes()).await.unwrap();
        assert_eq!(own.err(), Some(ModerationRefusal::Own));
    }
    let id = known(&instance, DINUM).id;
    let card = jean.visit(&format!("/admin/organizations/{id}")).await;
    let form = card.form_with("email", Some("")).with("email", JEAN).with("verification", "proof_received");
    let refused = jean.submit(form).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text("#email-problem").contains("vous-même"), "{}", refused.text("main"));
    let (other, _) = at_work(&instance, ADMINISTRATOR).await;
    assert!(other.visit("/admin/moderations/1").await.has("main form[action$='/accept']"), "somebody else does");
}

#[tokio::test]
async fn r_26_what_a_moderator_decides_without_a_proof_says_so() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let page = marie.visit("/admin/moderations/1").await;
    let form = page.form_to("/accept").with("link", "external").with("domain", "leave");
    marie.submit(form.with("verification", "automatic")).await;
    let app = &instance.app;
    let user = app.store.read(|tx| users::find_by_email(tx, &ELODIE.parse().unwrap())).unwrap().unwrap();
    let link = app.store.read(|tx| memberships::list_of_user(tx, user.id)).unwrap().remove(0);
    assert_eq!((link.verification, link.is_external), (Verification::ManualDecision, true));
    let given = Link { is_external: false, verification: None };
    let key = OrganizationKey::Id(OrganizationId(1));
    let link = link_user(app, &system(), key, key_of(ELODIE), given).await.unwrap().unwrap();
    assert_eq!(link.verification, Verification::ManualDecision, "likewise for whoever links without saying how");
    assert_eq!(Verification::ManualDecision.as_str(), "manual_decision");
}

#[tokio::test]
async fn whoever_takes_a_request_back_and_asks_again_does_not_write_to_moderators_without_end() {
    let instance = Instance::dev().await;
    let (person, _, mut waits) = waiting(&instance).await;
    for _ in 0..2 {
        person.submit(waits.form_to("/users/cancel-moderation/")).await;
        waits = join(&person, &person.visit("/users/join-organization").await, DINUM).await;
        assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization", "{}", waits.text("main"));
    }
    assert_eq!(instance.mails_to(ADMINISTRATOR).await.len(), 3);
    person.submit(waits.form_to("/users/cancel-moderation/")).await;
    let refused = join(&person, &person.visit("/users/join-organization").await, DINUM).await;
    assert_eq!(refused.status, 429, "{}", refused.text("main"));
    assert_eq!(instance.mails_to(ADMINISTRATOR).await.len(), 3);
    let elsewhere = join(&person, &person.visit("/users/join-organization").await, "26290359400014").await;
    assert_eq!(elsewhere.url.path(), "/users/unable-to-auto-join-organization", "another organization is another one");
    instance.clock.advance(Duration::from_secs(24 * 3600)).unwrap();
    let (later, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&later, &client, ELODIE, &[]).await;
    if asks.url.path() == "/users/unable-to-auto-join-organization" {
        later.submit(asks.form_to("/users/cancel-moderation/")).await;
    }
    let waits = join(&later, &later.visit("/users/join-organization").await, DINUM).await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization", "{}", waits.text("main"));
}

#[tokio::test]
async fn the_entrance_leads_to_the_page_that_was_wanted_and_to_no_other_place() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let person = signed_in(&instance, ADMINISTRATOR).await;
    let asks = person.visit("/admin/moderations/1").await;
    let (entrance, _) = super::set_up(&instance, &person, &asks).await;
    assert_eq!((entrance.url.path(), entrance.url.query()), ("/admin/sign-in", Some("to=moderations/1")));
    let page = person.submit(entrance.form_to("admin/sign-in")).await;
    assert_eq!(page.url.path(), "/admin/moderations/1", "{}", page.text("main"));
    for elsewhere in ["//evil.example", "https://evil.example/", "../mailbox", "moderations/1?q=a", "sign-in"] {
        let entrance = person.visit(&format!("/admin/sign-in?to={elsewhere}")).await;
        let home = person.submit(entrance.form_to("admin/sign-in").with("to", elsewhere)).await;
        assert_eq!(home.url.path(), "/admin", "{elsewhere}");
    }
}

#[tokio::test]
async fn the_directorys_domain_takes_the_place_of_one_that_waited_and_proves_its_links() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    let town_hall = "21340126800130";
    let stranger = instance.person();
    let asks = arrive(&stranger, &client, "jean@agglo.example", &[]).await;
    join(&stranger, &asks, town_hall).await;
    let id = known(&instance, town_hall).id;
    let domain = || "lamalou.example".parse().unwrap();
    let app = &instance.app;
    let record = app.store.read(|tx| email_domains::find(tx, id, &domain())).unwrap().unwrap();
    assert_eq!(record.status, EmailDomainStatus::OfficialContact);
    let waiting = moncomptepro::domain::OrganizationDomain { status: EmailDomainStatus::NotVerifiedYet, ..record };
    app.store.write(move |tx| email_domains::put(tx, &waiting)).await.unwrap();
    let user = User::new(UserId(3_000), "ancienne@lamalou.example".parse().unwrap(), instance.clock.now());
    app.store.write(move |tx| users::insert(tx, &user)).await.unwrap();
    let link = Link { is_external: false, verification: Some(Verification::DomainNotVerifiedYet) };
    link_user(app, &system(), OrganizationKey::Id(id), key_of("ancienne@lamalou.example"), link)
        .await
        .unwrap()
        .unwrap();
    let next = instance.person();
    let asks = arrive(&next, &client, "autre@lamalou.example", &[]).await;
    let welcome = join(&next, &asks, town_hall).await;
    assert_eq!(welcome.url.path(), "/users/welcome", "{}", welcome.text("main"));
    let record = app.store.read(|tx| email_domains::find(tx, id, &domain())).unwrap().unwrap();
    assert_eq!(record.status, EmailDomainStatus::OfficialContact);
    let link = app.store.read(|tx| memberships::find(tx, UserId(3_000), id)).unwrap().unwrap();
    assert_eq!(link.verification, Verification::Domain);
}
