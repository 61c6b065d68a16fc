//! Organizations in the console: looked for, with their domains, members and history, each as far as a role reaches.

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{Link, OrganizationKey, link_user};
use moncomptepro::domain::{Actor, AuditEvent, Organization, OrganizationId, Role, UserId, Verification};
use moncomptepro::store::{Tx, memberships, organizations, users};

use super::{ADMINISTRATOR, JEAN, at_work, key_of, officer};
use crate::support::{Instance, Page, Person};

const CLAMART: &str = "/admin/organizations/1";
/// Known to the register of `dev`, and to nobody here.
const ELSEWHERE: &str = "13003013300016";

async fn search(person: &Person, text: &str) -> Page {
    let page = person.visit("/admin/organizations").await;
    let mut form = page.form_with("q", None).with("q", text);
    let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
    form.action.set_query(Some(&query));
    person.visit(form.action.as_str()).await
}

fn link_of(instance: &Instance, user: u64, organization: u64) -> Option<moncomptepro::domain::Membership> {
    let (user, organization) = (UserId(user), OrganizationId(organization));
    instance.app.store.read(|tx| memberships::find(tx, user, organization)).unwrap()
}

#[tokio::test]
async fn organizations_are_found_by_siret_by_siren_by_words_and_one_after_another() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let all = person.visit("/admin/organizations").await;
    assert!(all.has("a[data-siret='21920023500014'][href='/admin/organizations/1']"), "{}", all.text("main"));
    for text in ["21920023500014", "219 200 235 00014", "219200235", "clamart", "CLAMART mairie"] {
        let found = search(&person, text).await;
        assert_eq!(found.status, 200, "{text}");
        assert!(found.has("a[data-siret='21920023500014']"), "{text}: {}", found.text("main"));
    }
    let unknown = search(&person, ELSEWHERE).await;
    assert!(unknown.text("#found").contains("Aucune organisation connue"), "{}", unknown.text("main"));
    assert!(!unknown.has("a[data-siret]") && unknown.has(&format!("li[data-siret='{ELSEWHERE}'] form")));
    let entered = person.submit(unknown.form_with("siret", Some(ELSEWHERE)).with("siret", ELSEWHERE)).await;
    assert!(entered.url.path().starts_with("/admin/organizations/") && entered.has("[role=status]"));
    assert!(search(&person, ELSEWHERE).await.has(&format!("a[data-siret='{ELSEWHERE}']")), "and is known from now on");
    let of_entity = search(&person, "130 025 265").await;
    assert!(of_entity.has("[data-siret='13002526500013']"), "{}", of_entity.text("main"));
    let postal = search(&person, "356000000").await;
    assert!(postal.text("#found").contains("Aucune organisation"), "{}", postal.text("main"));
    let short = search(&person, "a").await;
    assert_eq!(short.status, 400);
    assert!(short.has("#q[aria-invalid=true][value=a]"), "what was typed stays");
}

#[tokio::test]
async fn many_organizations_are_listed_by_pages_and_found_by_words() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let some = instance.app.store.read(|tx| organizations::get(tx, OrganizationId(1))).unwrap();
    let many = 120;
    instance
        .app
        .store
        .write(move |tx| {
            for number in 0..many {
                let siret = luhn(number).parse().unwrap();
                let id = organizations::next_id(tx)?;
                let label = format!("Commune de village {number} - Mairie");
                organizations::insert(tx, &moncomptepro::domain::Organization { id, siret, label, ..some.clone() })?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let first = person.visit("/admin/organizations").await;
    let next = person.visit(&first.attribute("a[rel=next]", "href").unwrap()).await;
    let second = next.attribute("a[data-siret]", "href").unwrap();
    assert!(!first.has(&format!("a[href='{second}']")), "each is on one page");
    let found = search(&person, "village 17").await;
    assert_eq!(found.text("a[data-siret] .label"), "Commune de village 17 - Mairie");
    assert!(search(&person, "mairie village").await.text("#found").contains("précisez"), "not all are shown");
}

/// A SIRET with the right last digit.
fn luhn(number: u32) -> String {
    let stem = format!("9{number:012}");
    let digit = (0..10).find(|digit| format!("{stem}{digit}").parse::<moncomptepro::domain::Siret>().is_ok());
    format!("{stem}{}", digit.unwrap())
}

#[tokio::test]
async fn the_register_is_read_again_and_the_page_says_as_of_when() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let card = person.visit(CLAMART).await;
    let text = card.text("main");
    assert!(text.contains("219 200 235 00014") || text.contains("219\u{a0}200\u{a0}235\u{a0}00014"), "{text}");
    assert!(text.contains("D’après le répertoire") && !text.contains("plus d’un mois"), "{text}");
    for _ in 0..4 {
        instance.clock.advance(std::time::Duration::from_secs(20 * 60)).unwrap();
        person.visit("/admin").await;
    }
    let read = person.submit(card.form_to("organizations/1/refresh")).await;
    assert!(read.text("[role=status]").contains("relu"), "{}", read.text("main"));
    assert_ne!(read.text("main p.facts"), card.text("main p.facts"));
    let event = AuditEvent::OrganizationRefreshed { organization_id: OrganizationId(1) };
    assert!(instance.audit().iter().any(|record| record.event == event));
}

#[tokio::test]
async fn sec_109_a_domain_is_added_judged_and_removed_and_links_follow() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let by = By::local(Actor::System);
    let link = Link { is_external: false, verification: Some(Verification::DomainNotVerifiedYet) };
    let address = "user@red-needles-sarl.com";
    let clamart = OrganizationKey::Id(OrganizationId(1));
    link_user(&instance.app, &by, clamart, key_of(address), link).await.unwrap().unwrap();
    let card = person.visit(CLAMART).await;
    let form = card.form_with("domain", Some("")).with("domain", "red-needles-sarl.com");
    let written = person.submit(form.clone().with("status", "verified")).await;
    assert!(written.has("[data-domain='red-needles-sarl.com']") && written.has("[role=status]"));
    assert_eq!(link_of(&instance, 154, 1).unwrap().verification, Verification::Domain, "the link is proven");
    let page = person.submit(written.form_to("domains/red-needles-sarl.com").with("status", "refused"));
    assert!(page.await.text("[data-domain='red-needles-sarl.com']").contains("Refusé"));
    assert_eq!(link_of(&instance, 154, 1).unwrap().verification, Verification::DomainNotVerifiedYet);
    let told = instance.mails_to(address).await.remove(0);
    assert!(told.subject.contains("à prouver de nouveau") && told.text.contains("Commune de clamart"), "{}", told.text);
    let card = person.visit(CLAMART).await;
    let gone = person.submit(card.form_to("red-needles-sarl.com/remove")).await;
    assert!(!gone.has("[data-domain='red-needles-sarl.com']"));
    for (typed, word) in [("pas un domaine", "nom de domaine"), ("gmail.com", "importe qui")] {
        let refused = person.submit(form.clone().with("domain", typed).with("status", "verified")).await;
        assert_eq!(refused.status, 400, "{typed}");
        assert!(refused.text("#domain-problem").contains(word), "{}", refused.text("main"));
        assert_eq!(refused.attribute("#domain", "value").as_deref(), Some(typed), "what was typed stays");
    }
}

#[tokio::test]
async fn sec_37_members_are_added_by_address_changed_and_removed() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let card = person.visit(CLAMART).await;
    let form = card.form_with("email", Some("")).with("email", "User19@yopmail.com");
    let added = person.submit(form.clone().with("verification", "proof_received").with("is_external", "true")).await;
    assert!(added.has("[data-user='19']"), "{}", added.text("main"));
    let link = link_of(&instance, 19, 1).unwrap();
    assert!(link.is_external && link.verification == Verification::ProofReceived);
    let changed = added.form_to("members/19").without("is_external").with("verification", "in_liste_dirigeants_rna");
    person.submit(changed).await;
    let link = link_of(&instance, 19, 1).unwrap();
    assert!(!link.is_external && link.verification == Verification::InListeDirigeantsRna);
    let (member, client) = (super::signed_in(&instance, "user19@yopmail.com").await, instance.standard_client());
    let asks = member.visit(&client.authorization("openid organization", &[])).await;
    let back = member.submit(asks.form_with("organization_id", Some("1")).with("organization_id", "1")).await;
    let token = client.redeem(&client.code(&back)).await.access_token;
    assert_eq!(client.userinfo(&token).await.json()["siret"], "21920023500014");
    let elsewhere = member.visit(&client.authorization("openid email", &[])).await;
    let elsewhere = client.redeem(&client.code(&elsewhere)).await.access_token;
    let card = person.visit(CLAMART).await;
    person.submit(card.form_to("members/19/remove")).await;
    assert_eq!(link_of(&instance, 19, 1), None);
    assert_eq!(client.userinfo(&token).await.status, 401, "what was given for it is over at once");
    assert_eq!(client.userinfo(&elsewhere).await.status, 200, "and nothing else is");
    assert_eq!(member.visit("/").await.url.path(), "/");
    let back = member.visit(&client.authorization("openid organization", &[])).await;
    let token = client.redeem(&client.code(&back)).await.access_token;
    let told = client.userinfo(&token).await.json();
    assert_eq!(told["siret"], "13002526500013", "they act for what they still belong to: {told}");
    for (typed, word) in [("personne@exemple.fr", "Aucun compte"), ("@", "Saisissez"), (JEAN, "déjà partie")] {
        let refused = person.submit(form.clone().with("email", typed).with("verification", "proof_received")).await;
        assert_eq!(refused.status, 400, "{typed}");
        assert!(refused.text("#email-problem").contains(word), "{}", refused.text("main"));
        assert_eq!(refused.attribute("#email", "value").as_deref(), Some(typed));
    }
    let history = person.visit("/admin/organizations/1/history").await;
    let text = history.text("main");
    assert!(text.contains("Lien retiré") && text.contains("Camille Vasseur") && text.contains("Mercier"), "{text}");
    let removed =
        instance.audit().into_iter().find(|record| matches!(record.event, AuditEvent::MembershipDeleted { .. }));
    assert_eq!(removed.unwrap().actor.to_string(), "administrator:21", "as this person, by their role");
}

/// The person of another organization, whose domain proves nothing at the town hall.
fn of_red_needles(instance: &Instance) -> UserId {
    let email = "user@red-needles-sarl.com".parse().unwrap();
    instance.app.store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap().id
}

#[tokio::test]
async fn nobody_is_offered_their_own_link_and_what_is_not_changed_is_said_in_words() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let card = person.visit(CLAMART).await;
    let form = card.form_with("email", Some("")).with("verification", "proof_received");
    let card = person.submit(form.with("email", "user@red-needles-sarl.com")).await;
    let other = of_red_needles(&instance);
    let link = Link { is_external: false, verification: Some(Verification::ProofReceived) };
    let (by, clamart) = (By::local(Actor::Operator), OrganizationKey::Id(OrganizationId(1)));
    link_user(&instance.app, &by, clamart, key_of(ADMINISTRATOR), link).await.unwrap().unwrap();
    let own = person.visit(CLAMART).await;
    assert!(own.text("[data-user='21']").contains("votre propre rattachement"), "{}", own.text("main"));
    assert!(!own.has("[data-user='21'] select") && own.has(&format!("[data-user='{other}'] select")));
    assert!(own.has("[data-user='21'] form[action$='/remove']"), "it may be ended");
    // Whoever posts it all the same reads why nothing was done; and so whoever changes another one to what it is not.
    let mut forged = own.form_to(&format!("members/{other}")).with("verification", "domain");
    let refused = person.submit(forged.clone()).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text("[role=alert]").contains("n’est pas approuvé"), "{}", refused.text("main"));
    forged.action = own.url.join("/admin/organizations/1/members/21").unwrap();
    let refused = person.submit(forged.with("verification", "proof_received").with("is_external", "true")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text("[role=alert]").contains("Rien n’a été changé"), "{}", refused.text("main"));
    assert!(refused.text("title").starts_with("Erreur"), "{}", refused.text("title"));
    assert!(!link_of(&instance, 21, 1).unwrap().is_external && card.has(&format!("[data-user='{other}']")));
}

#[tokio::test]
async fn sec_141_a_moderator_of_some_organizations_has_those_and_every_other_is_as_one_that_is_not_there() {
    let instance = Instance::dev().await;
    let own = Role::Moderator { organizations: Some([OrganizationId(1)].into()), until: None };
    let person = officer(&instance, JEAN, own).await;
    let list = person.visit("/admin/organizations").await;
    assert!(list.has("a[href='/admin/organizations/1']") && !list.has("a[href='/admin/organizations/2']"));
    for text in ["mairie", "DINUM", "13002526500013", ELSEWHERE] {
        let found = search(&person, text).await;
        let others = found.text("a[data-siret]").replace("Commune de clamart - Mairie", "");
        assert!(!others.contains("SIRET 130") && !found.has("li[data-siret]"), "{text}: {}", found.text("main"));
    }
    let card = person.visit(CLAMART).await;
    assert!(card.has("form[action='/admin/organizations/1/members']"));
    let absent = person.get("/admin/organizations/999999").await;
    let before = instance.recorded_acts();
    for path in ["/admin/organizations/2", "/admin/organizations/2/history"] {
        let foreign = person.get(path).await;
        assert_eq!((foreign.status, foreign.text("main h1")), (absent.status, absent.text("main h1")), "{path}");
    }
    // Their own link is not offered: what is posted is another matter.
    let mut change = card.form_to("members/1/remove").with("verification", "proof_received");
    change.action.set_path("/admin/organizations/1/members/1");
    let forms = [
        change,
        card.form_to("organizations/1/refresh"),
        card.form_with("domain", Some("")).with("domain", "mairie.example").with("status", "verified"),
        card.form_with("email", Some("")).with("email", "user19@yopmail.com").with("verification", "proof_received"),
        card.form_to("members/1/remove"),
    ];
    for mut form in forms {
        form.action.set_path(&form.action.path().replace("/organizations/1/", "/organizations/2/"));
        assert_eq!(person.post(form.clone()).await.status, 404, "{}", form.action);
    }
    let mut enter = card.form_to("organizations/1/refresh").with("siret", ELSEWHERE);
    enter.action.set_path("/admin/organizations");
    assert_eq!(person.post(enter).await.status, 404, "nor enters one");
    assert_eq!(instance.recorded_acts(), before, "nothing was done");
}

#[tokio::test]
async fn sec_139_ids_come_from_the_path_and_a_link_that_is_not_there_is_not_changed() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let card = person.visit(CLAMART).await;
    let mut form = card.form_to("members/1").with("verification", "proof_received");
    for field in ["user_id", "organization_id", "email", "role", "created_at"] {
        assert_eq!(person.post(form.clone().with(field, "2")).await.status, 400, "{field}");
    }
    form.action.set_path("/admin/organizations/1/members/19");
    assert_eq!(person.post(form).await.status, 404, "who does not belong to it is not added so");
    assert_eq!(link_of(&instance, 19, 1), None);
    let mut form = card.form_with("domain", Some("")).without("domain").with("status", "verified");
    form.action.set_path("/admin/organizations/1/domains/inconnu.example");
    assert_eq!(person.post(form).await.status, 404);
}

#[tokio::test]
async fn sec_144_looking_at_the_members_of_an_organization_is_recorded_and_a_reader_changes_nothing() {
    let instance = Instance::dev().await;
    let person = officer(&instance, JEAN, Role::Reader).await;
    let before = instance.recorded_acts();
    let card = person.visit(CLAMART).await;
    assert!(!card.has("main form") && card.has("[data-user]"), "{}", card.text("main"));
    let viewed = AuditEvent::OrganizationViewed { organization_id: OrganizationId(1) };
    let record = instance.audit().into_iter().next().unwrap();
    assert_eq!((record.event, record.actor.to_string()), (viewed, String::from("reader:1")));
    assert_eq!(instance.recorded_acts(), before + 1);
    let list = person.visit("/admin/organizations").await;
    assert!(!list.has("main form[method=post]"));
}

#[tokio::test]
async fn sec_114_what_ceased_as_a_legal_entity_is_marked_so_in_lists_and_on_its_card() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let change = |tx: &mut Tx<'_>| {
        let known = organizations::get(tx, OrganizationId(1))?;
        organizations::update(tx, &Organization { is_entity_active: Some(false), ..known })
    };
    let tile = "[data-siret='21920023500014']";
    let said = "Unité légale cessée";
    assert!(!person.visit("/admin/organizations").await.text(tile).contains(said));
    instance.app.store.write(change).await.unwrap();
    for list in
        ["/admin/organizations", "/admin/organizations?standing=closed", "/admin/organizations?q=21920023500014"]
    {
        let page = person.visit(list).await;
        assert!(page.text(tile).contains(said), "{list}: {}", page.text("main"));
        assert!(!page.text(tile).contains("Établissement fermé"), "{list}: the establishment goes on");
    }
    assert!(person.visit(CLAMART).await.text("main").contains(said));
}
