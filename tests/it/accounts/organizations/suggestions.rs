//! What the domain of an address proposes, and the stories of joining that begin with it.

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{OrganizationKey, enter_from_register, find_organization, write_email_domain};
use moncomptepro::domain::{
    Actor, Deed, EmailDomainStatus, Membership, Organization, OrganizationId, User, UserId, Verification,
};
use moncomptepro::store::{memberships, organizations, users};

use super::{arrive, join};
use crate::support::{Instance, MORNING, Page, Person, RelyingParty};

const BNP: [&str; 3] = ["66204244905476", "66204244914742", "66204244933106"];
const CLAMART: &str = "21920023500014";
const SANITATION: &str = "21920023500394";
const MINISTRY: &str = "11009001600053";

fn system() -> By {
    By::local(Actor::System)
}

/// Known here, with this domain.
async fn with_domain(instance: &Instance, siret: &str, domain: &str, status: EmailDomainStatus) -> OrganizationId {
    let number = siret.parse().unwrap();
    // Those of the seeds are known already.
    drop(enter_from_register(&instance.app, &system(), number).await.unwrap());
    let id = find_organization(&instance.app, &siret.parse().unwrap()).unwrap().unwrap().id;
    let key = OrganizationKey::Id(id);
    write_email_domain(&instance.app, &system(), key, domain.parse().unwrap(), status).await.unwrap().unwrap();
    id
}

/// So many members with an address of a domain.
async fn members(instance: &Instance, id: OrganizationId, domain: &str, first: u64, count: u64) {
    for number in first..first + count {
        let email: moncomptepro::domain::Email = format!("agent{number}@{domain}").parse().unwrap();
        let user = User::new(UserId(number), email, instance.clock.now());
        let link =
            Membership::begin((user.id, id), Verification::Domain, false, Deed::of_the_program(MORNING)).greeted();
        let entered = instance.app.store.write(move |tx| {
            users::insert(tx, &user)?;
            memberships::insert(tx, &link)
        });
        entered.await.unwrap();
    }
}

/// Somebody arrives: they, and what is proposed to them, in its order.
async fn proposed(instance: &Instance, client: &RelyingParty, email: &str) -> (Person, Page, Vec<String>) {
    let person = instance.person();
    let page = arrive(&person, client, email, &[]).await;
    assert_eq!(page.url.path(), "/users/join-organization", "{email}: {}", page.text("main"));
    let mut found = Vec::new();
    loop {
        let place = found.len() + 1;
        let tile = format!("section[aria-labelledby=suggestions-title] li:nth-child({place}) button");
        match page.attribute(&tile, "data-siret") {
            Some(siret) => found.push(siret),
            None => return (person, page, found),
        }
    }
}

#[tokio::test]
async fn a_domain_proven_by_post_proposes_the_three_that_share_it_and_one_joins_at_once() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    for siret in BNP {
        with_domain(&instance, siret, "bnp.example", EmailDomainStatus::TrackdechetsPostalMail).await;
    }
    let (person, page, mut found) = proposed(&instance, &client, "jean@bnp.example").await;
    found.sort();
    assert_eq!(found, BNP);
    let form = page.form_with("siret", Some(BNP[1])).with("siret", BNP[1]);
    let welcome = person.submit(form).await;
    assert_eq!(welcome.url.path(), "/users/welcome", "{}", welcome.text("main"));
    let mail = instance.mails_to("jean@bnp.example").await.remove(0);
    assert!(mail.subject.contains("rattaché"), "{}", mail.subject);
}

#[tokio::test]
async fn sec_107_sec_114_what_ceased_or_is_in_the_register_no_more_is_not_proposed() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    let mut ids = Vec::new();
    for siret in BNP {
        ids.push(with_domain(&instance, siret, "bnp.example", EmailDomainStatus::Verified).await);
    }
    let now = instance.clock.now();
    let change = move |tx: &mut moncomptepro::store::Tx<'_>| {
        let ceased = organizations::get(tx, ids[0])?;
        organizations::update(tx, &Organization { is_entity_active: Some(false), ..ceased })?;
        let gone = organizations::get(tx, ids[1])?;
        organizations::update(tx, &Organization { not_found_at: Some(now), ..gone })
    };
    instance.app.store.write(change).await.unwrap();
    assert_eq!(proposed(&instance, &client, "jean@bnp.example").await.2, [BNP[2]]);
}

#[tokio::test]
async fn of_two_the_one_with_more_members_of_the_domain_comes_first_and_another_one_is_moderated() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    let domain = "clamart.exemple";
    let hall = with_domain(&instance, CLAMART, domain, EmailDomainStatus::Verified).await;
    let other = with_domain(&instance, SANITATION, domain, EmailDomainStatus::Verified).await;
    members(&instance, other, domain, 5_000, 2).await;
    members(&instance, hall, domain, 6_000, 1).await;
    // Members with other addresses do not count.
    members(&instance, hall, "ailleurs.exemple", 7_000, 5).await;
    let (person, page, found) = proposed(&instance, &client, "jean@clamart.exemple").await;
    assert_eq!(found, [SANITATION, CLAMART]);
    let waits = join(&person, &page, "13002526500013").await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization", "{}", waits.text("main"));
    assert!(waits.has("a[href^='/users/join-organization']"), "another organization");
    assert!(waits.has("a[href='/connection-and-account/email']"), "another address");
}

#[tokio::test]
async fn of_more_than_three_those_with_a_fifth_of_the_members_are_proposed_and_without_members_none() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    let domain = "groupe.exemple";
    let mut ids = Vec::new();
    for siret in BNP.into_iter().chain([CLAMART]) {
        ids.push(with_domain(&instance, siret, domain, EmailDomainStatus::Verified).await);
    }
    assert_eq!(proposed(&instance, &client, "un@groupe.exemple").await.2, [""; 0]);
    members(&instance, ids[0], domain, 5_000, 4).await;
    members(&instance, ids[3], domain, 6_000, 1).await;
    assert_eq!(proposed(&instance, &client, "deux@groupe.exemple").await.2, [BNP[0], CLAMART]);
    members(&instance, ids[0], domain, 7_000, 1).await;
    assert_eq!(
        proposed(&instance, &client, "trois@groupe.exemple").await.2,
        [BNP[0]],
        "one of six is less than a fifth"
    );
}

#[tokio::test]
async fn what_says_too_little_is_closed_or_is_ones_own_is_not_proposed() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    for domain in ["ac-paris.fr", "ailleurs.exemple"] {
        with_domain(&instance, CLAMART, domain, EmailDomainStatus::Verified).await;
    }
    assert_eq!(proposed(&instance, &client, "jean@ac-paris.fr").await.2, [""; 0], "an académie is no organization");
    assert_eq!(proposed(&instance, &client, "jean@ailleurs.exemple").await.2, [CLAMART]);
    for domain in ["refuse.exemple", "attente.exemple"] {
        with_domain(&instance, CLAMART, domain, EmailDomainStatus::Refused).await;
    }
    assert_eq!(proposed(&instance, &client, "jean@refuse.exemple").await.2, [""; 0]);
    for address in ["jean@def.gouv.fr", "jeanne@intradef.gouv.fr"] {
        assert_eq!(proposed(&instance, &client, address).await.2, [MINISTRY], "{address}");
    }
    let clamart = find_organization(&instance.app, &CLAMART.parse().unwrap()).unwrap().unwrap();
    let closed = Organization { is_active: false, ..clamart };
    instance.app.store.write(move |tx| organizations::update(tx, &closed)).await.unwrap();
    assert_eq!(proposed(&instance, &client, "jeanne@ailleurs.exemple").await.2, [""; 0], "closed");
}

#[tokio::test]
async fn a_sole_trader_joins_from_any_mailbox_and_the_billing_service_from_none() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    for siret in ["82869625200018", "81801912700021"] {
        let (person, email) = (instance.person(), format!("jean.{siret}@gmail.com"));
        let asks = arrive(&person, &client, &email, &[]).await;
        let welcome = join(&person, &asks, siret).await;
        assert_eq!(welcome.url.path(), "/users/welcome", "{siret}: {}", welcome.text("main"));
        assert!(welcome.text("main").contains("Non vérifié"), "R-26: {}", welcome.text("main"));
        let mails = instance.mails_to(&email).await;
        assert!(mails.iter().any(|mail| mail.subject.contains("rattaché")), "{siret}: {mails:?}");
    }
    let person = instance.person();
    let asks = arrive(&person, &client, "jean@gmail.com", &[]).await;
    let refused = join(&person, &asks, "11000201100044").await;
    assert_eq!(refused.url.path(), "/users/domain-not-allowed-for-organization", "{}", refused.text("main"));
}

#[tokio::test]
async fn whoever_is_of_the_gendarmerie_is_led_to_a_search_of_it() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    for (email, is_led) in [("jean@gendarmerie.interieur.gouv.fr", true), ("jean@interieur.gouv.fr", false)] {
        let person = instance.person();
        let asks = arrive(&person, &client, email, &[]).await;
        let href = asks.attribute("a[href*='name=gendarmerie']", "href");
        assert_eq!(href.is_some(), is_led, "{email}");
        if let Some(href) = href {
            let found = person.visit(&href).await;
            assert!(found.text("main").contains("gendarmerie nationale (DGGN)"), "{}", found.text("main"));
        }
    }
}
