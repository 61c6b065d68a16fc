//! What moderators see of requests, and what they do with them beside the decision on one.

use std::collections::BTreeSet;
use std::time::Duration;

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{
    Acceptance, Contacts, ModerationFilter, ModerationRefusal, Rejection, SimilarOnes, accept_moderation,
    comment_moderation, find_organization, grant_role, list_moderations, reject_moderation, reopen_moderation,
    view_moderation, write_email_domain,
};
use moncomptepro::domain::{
    Actor, EmailDomainStatus, Likeness, Moderation, ModerationId, ModerationMove, OrganizationId, Role, User, UserId,
    Verification,
};
use moncomptepro::store::{Tx, memberships, moderations, users};

use super::{arrive, join, no, yes};
use crate::support::Instance;

const DINUM: &str = "13002526500013";
const HOSPITAL: &str = "26290359400014";
const SEINE: &str = "15700001900461";

fn operator() -> By {
    By::local(Actor::CommandLine(String::from("marie")))
}

/// Somebody with this address asks to join, and waits.
async fn ask(instance: &Instance, email: &str, siret: &str) -> ModerationId {
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, email, &[]).await;
    let waits = join(&person, &asks, siret).await;
    let (_, value) = waits.url.query_pairs().find(|(name, _)| name == "moderation_id").expect("they wait");
    value.parse().unwrap()
}

fn organization(instance: &Instance, siret: &str) -> OrganizationId {
    find_organization(&instance.app, &siret.parse().unwrap()).unwrap().unwrap().id
}

/// Somebody with a role.
async fn moderator(instance: &Instance, email: &str, role: Role) -> By {
    let user = grant_role(&instance.app, &operator(), email.parse().unwrap(), role, false).await.unwrap().unwrap();
    By::local(Actor::User(user.id))
}

async fn found(instance: &Instance, by: &By, line: &str) -> Vec<u64> {
    let filter = ModerationFilter { query: line.parse().unwrap(), ..ModerationFilter::default() };
    let page = list_moderations(&instance.app, by, &filter, None, 50).await.unwrap();
    assert_eq!(page.next, None);
    page.listed.iter().map(|listed| listed.request.id.0).collect()
}

#[tokio::test]
async fn requests_are_found_by_how_they_stand_person_organization_service_day_and_who_decided() {
    let instance = Instance::dev().await;
    let one = ask(&instance, "un@inconnu.example", DINUM).await;
    instance.clock.advance(Duration::from_secs(24 * 3600)).unwrap();
    let two = ask(&instance, "deux@ailleurs.example", HOSPITAL).await;
    let three = ask(&instance, "trois@inconnu.example", DINUM).await;
    accept_moderation(&instance.app, &operator(), two, yes()).await.unwrap().unwrap();
    let paul = moderator(&instance, "user@yopmail.com", Role::Administrator).await;
    reject_moderation(&instance.app, &paul, three, no()).await.unwrap().unwrap();
    let day = |id: ModerationId| {
        let request = instance.app.store.read(|tx| moncomptepro::store::moderations::find(tx, id)).unwrap().unwrap();
        request.created_at.to_iso8601()[..10].to_owned()
    };
    let service = instance.standard_client().client_id;
    for (line, expected) in [
        (String::new(), vec![one]),
        (String::from("is:processed"), vec![three, two]),
        (String::from("is:any"), vec![three, two, one]),
        (String::from("is:any email:deux@ailleurs.example"), vec![two]),
        (String::from("is:any email:nobody@ailleurs.example"), vec![]),
        (format!("is:any siret:{DINUM}"), vec![three, one]),
        (format!("is:any siret:{SEINE}"), vec![]),
        (format!("is:any siret:{DINUM} email:un@inconnu.example"), vec![one]),
        (String::from("is:any by:cli:marie"), vec![two]),
        (String::from("is:any by:user@yopmail.com"), vec![three]),
        (String::from("is:any by:nobody@yopmail.com"), vec![]),
        (format!("is:any service:{service}"), vec![three, two, one]),
        (format!("is:any -service:{service}"), vec![]),
        (format!("is:any date:{}", day(one)), vec![one]),
        (format!("is:any date:{}", day(two)), vec![three, two]),
        (format!("date:{}", day(two)), vec![]),
        (String::from("is:any date:2001-01-01"), vec![]),
    ] {
        let expected: Vec<u64> = expected.into_iter().map(|id| id.0).collect();
        assert_eq!(found(&instance, &operator(), &line).await, expected, "{line}");
    }
}

#[tokio::test]
async fn a_list_goes_on_where_its_page_ended() {
    let instance = Instance::dev().await;
    let mut asked = Vec::new();
    for turn in 0..5 {
        asked.push(ask(&instance, &format!("agent{turn}@inconnu.example"), DINUM).await);
    }
    for line in ["", "siret:13002526500013", "is:any"] {
        let filter = ModerationFilter { query: line.parse().unwrap(), ..ModerationFilter::default() };
        let (mut cursor, mut seen) = (None, Vec::new());
        loop {
            let page = list_moderations(&instance.app, &operator(), &filter, cursor, 2).await.unwrap();
            assert!(page.listed.len() <= 2);
            seen.extend(page.listed.iter().map(|listed| listed.request.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        if line == "is:any" {
            seen.reverse();
        }
        assert_eq!(seen, asked, "{line}");
    }
}

#[tokio::test]
async fn sec_141_a_moderator_of_some_organizations_meets_no_request_for_another_one() {
    let instance = Instance::dev().await;
    let (theirs, foreign) =
        (ask(&instance, "un@inconnu.example", DINUM).await, ask(&instance, "deux@ailleurs.example", HOSPITAL).await);
    let only = BTreeSet::from([organization(&instance, DINUM)]);
    let until = Some(instance.clock.now().plus(Duration::from_secs(3600)));
    let role = Role::Moderator { organizations: Some(only), until };
    let delegate = moderator(&instance, "user@yopmail.com", role).await;
    let app = &instance.app;
    assert_eq!(found(&instance, &delegate, "is:any").await, [theirs.0]);
    assert_eq!(found(&instance, &delegate, &format!("siret:{HOSPITAL}")).await, [0_u64; 0]);
    assert_eq!(found(&instance, &delegate, "email:deux@ailleurs.example").await, [0_u64; 0]);
    for absent in [foreign, ModerationId(999)] {
        assert!(view_moderation(app, &delegate, absent).await.unwrap().is_none());
        let unknown = Some(ModerationRefusal::Unknown);
        assert_eq!(accept_moderation(app, &delegate, absent, yes()).await.unwrap().err(), unknown);
        assert_eq!(reject_moderation(app, &delegate, absent, no()).await.unwrap().err(), unknown);
        assert_eq!(reopen_moderation(app, &delegate, absent, None).await.unwrap().err(), unknown);
        assert_eq!(comment_moderation(app, &delegate, absent, String::from("?")).await.unwrap().err(), unknown);
    }
    assert!(view_moderation(app, &delegate, theirs).await.unwrap().unwrap().may_decide);
    instance.clock.advance(Duration::from_secs(3600)).unwrap();
    assert_eq!(found(&instance, &delegate, "is:any").await, [0_u64; 0], "R-29: their day has come");
    let late = accept_moderation(app, &delegate, theirs, yes()).await.unwrap();
    assert_eq!(late.err(), Some(ModerationRefusal::Unknown));
    let reader = moderator(&instance, "datapass@yopmail.com", Role::Reader).await;
    assert!(!view_moderation(app, &reader, theirs).await.unwrap().unwrap().may_decide, "R-29: a reader reads");
    let refused = accept_moderation(app, &reader, theirs, yes()).await.unwrap();
    assert_eq!(refused.err(), Some(ModerationRefusal::Unknown), "and decides nothing");
    let nobody = By::local(Actor::User(UserId(1)));
    grant_role(app, &operator(), "user@yopmail.com".parse().unwrap(), Role::Administrator, false)
        .await
        .unwrap()
        .unwrap();
    moncomptepro::acts::administration::revoke_role(app, &operator(), "user@yopmail.com".parse().unwrap(), true)
        .await
        .unwrap()
        .unwrap();
    assert!(view_moderation(app, &nobody, theirs).await.unwrap().is_none(), "a role that was taken away gives nothing");
}

#[tokio::test]
async fn what_waits_for_some_organizations_is_listed_at_once_however_much_was_decided_for_them() {
    let instance = Instance::dev().await;
    let first = ask(&instance, "un@inconnu.example", DINUM).await;
    let of = organization(&instance, DINUM);
    let sample = instance.app.store.read(|tx| moderations::find(tx, first)).unwrap().unwrap();
    let now = instance.clock.now();
    accept_moderation(&instance.app, &operator(), first, yes()).await.unwrap().unwrap();
    let job = move |tx: &mut Tx<'_>| {
        for _ in 0..2_100 {
            let request = Moderation { id: moderations::next_id(tx)?, ..sample.clone() };
            moderations::insert(tx, &request)?;
            let decided = request.moved(Actor::Operator, ModerationMove::Accept, now).unwrap();
            moderations::update(tx, &decided)?;
        }
        Ok(())
    };
    instance.app.store.write(job).await.unwrap();
    let last = ask(&instance, "deux@inconnu.example", DINUM).await;
    let role = Role::Moderator { organizations: Some(BTreeSet::from([of])), until: None };
    let delegate = moderator(&instance, "user@yopmail.com", role).await;
    for line in ["", "siret:13002526500013"] {
        assert_eq!(found(&instance, &delegate, line).await, [last.0], "{line}: without a page that shows nothing");
    }
}

#[tokio::test]
async fn sec_108_at_a_host_that_anybody_has_an_address_at_nobody_is_similar() {
    let instance = Instance::dev().await;
    let first = ask(&instance, "un@gmail.com", HOSPITAL).await;
    let other = ask(&instance, "deux@gmail.com", HOSPITAL).await;
    let dossier = view_moderation(&instance.app, &operator(), first).await.unwrap().unwrap();
    assert!(dossier.similar.is_empty() && dossier.waiting.len() == 1);
    let all = Acceptance { similar: SimilarOnes::All, ..yes() };
    let accepted = accept_moderation(&instance.app, &operator(), first, all).await.unwrap().unwrap();
    assert_eq!(accepted.others, []);
    assert_eq!(found(&instance, &operator(), "").await, [other.0]);
}

#[tokio::test]
async fn those_who_wait_for_the_same_with_the_same_domain_are_let_in_at_once() {
    let instance = Instance::dev().await;
    let first = ask(&instance, "un@inconnu.example", DINUM).await;
    let same = ask(&instance, "deux@inconnu.example", DINUM).await;
    let other_domain = ask(&instance, "trois@ailleurs.example", DINUM).await;
    let other_organization = ask(&instance, "quatre@inconnu.example", HOSPITAL).await;
    let dossier = view_moderation(&instance.app, &operator(), first).await.unwrap().unwrap();
    let ids = |listed: &[moncomptepro::acts::administration::ListedModeration]| -> Vec<ModerationId> {
        listed.iter().map(|listed| listed.request.id).collect()
    };
    assert_eq!(ids(&dossier.similar), [same]);
    assert_eq!(ids(&dossier.waiting), [same, other_domain]);
    assert_eq!(ids(&dossier.duplicates), [same, other_domain], "they all say that they are Élodie Martin");
    let all = Acceptance { similar: SimilarOnes::All, verification: Some(Verification::ProofReceived), ..yes() };
    let accepted = accept_moderation(&instance.app, &operator(), first, all).await.unwrap().unwrap();
    assert_eq!(accepted.others, [same]);
    assert_eq!(found(&instance, &operator(), "").await, [other_domain.0, other_organization.0]);
    let member = |email: &str| -> User {
        instance.app.store.read(|tx| users::find_by_email(tx, &email.parse().unwrap())).unwrap().unwrap()
    };
    let id = organization(&instance, DINUM);
    for email in ["un@inconnu.example", "deux@inconnu.example"] {
        let user = member(email).id;
        let link = instance.app.store.read(|tx| memberships::find(tx, user, id)).unwrap().unwrap();
        assert_eq!(link.verification, Verification::ProofReceived);
        assert!(instance.mails_to(email).await[0].subject.contains("acceptée"));
    }
}

#[tokio::test]
async fn sec_108_a_dossier_warns_of_a_domain_that_is_taken_for_one_of_the_organization() {
    let instance = Instance::dev().await;
    let id = ask(&instance, "jean@rnoderation.example", DINUM).await;
    let domain = "moderation.example".parse().unwrap();
    let key = DINUM.parse().unwrap();
    write_email_domain(&instance.app, &operator(), key, domain, EmailDomainStatus::Verified).await.unwrap().unwrap();
    let dossier = view_moderation(&instance.app, &operator(), id).await.unwrap().unwrap();
    let alike = &dossier.look_alikes[0];
    assert_eq!((alike.known.as_str(), alike.likeness), ("moderation.example", Likeness::LooksTheSame));
    assert_ne!(dossier.contacts, Contacts::Unavailable);
}

#[tokio::test]
async fn what_is_decided_and_written_about_a_request_is_kept_in_its_order() {
    let instance = Instance::dev().await;
    let (app, id) = (&instance.app, ask(&instance, "un@inconnu.example", DINUM).await);
    comment_moderation(app, &operator(), id, String::from("Appelé la mairie.")).await.unwrap().unwrap();
    let refusal = Rejection { refuses_domain: true, ..no() };
    reject_moderation(app, &operator(), id, refusal).await.unwrap().unwrap();
    reopen_moderation(app, &operator(), id, None).await.unwrap().unwrap();
    accept_moderation(app, &operator(), id, yes()).await.unwrap().unwrap();
    let dossier = view_moderation(app, &operator(), id).await.unwrap().unwrap();
    let known = dossier.domains.iter().find(|known| known.domain.as_str() == "inconnu.example").unwrap();
    assert_eq!(known.status, EmailDomainStatus::Refused, "a refusal may refuse the domain as well");
    assert_eq!(dossier.listed.request.history.len(), 3);
    assert_eq!(dossier.listed.request.notes[0].text, "Appelé la mairie.");
}
