//! What joining costs: the directory once, the store read once and written once, however many belong to the organization.

use moncomptepro::acts::administration::{
    OrganizationKey, enter_from_register, weigh_waiting_links, write_email_domain,
};
use moncomptepro::acts::{self, By, JoiningAttempt, JoiningOutcome};
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::domain::{
    Actor, Deed, EmailDomain, EmailDomainStatus, Membership, OrganizationDomain, OrganizationId, Role, User, UserId,
    Verification,
};
use moncomptepro::protocol::Locale;
use moncomptepro::store::{email_domains, memberships, organizations, users};

use super::arrive;
use crate::durability::wrong_date::{HURRIED, work};
use crate::support::{Instance, MORNING, Person};

const DINUM: &str = "13002526500013";
/// Known to the register, and to nobody here.
const ELSEWHERE: &str = "13003013300016";
/// Its own address is at `lamalou.example`.
const TOWN_HALL: &str = "21340126800130";

async fn attempt(instance: &Instance, person: &Person, siret: &str) -> (JoiningOutcome, u64, u64) {
    let cookie = person.session_cookie();
    let value = cookie.split_once('=').unwrap().1;
    let active = acts::find_session(&instance.app, value).await.unwrap().unwrap();
    let by = By::local(Actor::User(active.user.id));
    let attempt = JoiningAttempt {
        siret: siret.parse().unwrap(),
        is_confirmed: false,
        interaction: None,
        is_external: false,
        locale: Locale::Fr,
    };
    let statistics = || {
        let statistics = instance.app.store.statistics();
        (statistics.reads(), statistics.acknowledged())
    };
    let before = statistics();
    let outcome = acts::join_organization(&instance.app, &by, &active, attempt).await.unwrap();
    let after = statistics();
    (outcome, after.0 - before.0, after.1 - before.1)
}

/// The organization that everybody in `@proven.example` belongs to, with this many members.
async fn crowded(instance: &Instance, siret: &str, members: u64) {
    let siret = siret.parse().unwrap();
    instance
        .app
        .store
        .write(move |tx| {
            let organization = organizations::find_by_siret(tx, &siret)?.unwrap();
            let domain: EmailDomain = "proven.example".parse().unwrap();
            let status = EmailDomainStatus::Verified;
            let known = OrganizationDomain {
                organization_id: organization.id,
                domain,
                status,
                created_at: MORNING,
                updated_at: MORNING,
                decided_by: None,
            };
            email_domains::put(tx, &known)?;
            for number in 0..members {
                let user =
                    User::new(UserId(1_000_000 + number), format!("m{number}@x.example").parse().unwrap(), MORNING);
                users::insert(tx, &user)?;
                let between = (user.id, organization.id);
                memberships::insert(
                    tx,
                    &Membership::begin(between, Verification::Domain, false, Deed::of_the_program(MORNING)),
                )?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn joining_reads_the_store_once_and_writes_it_once() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    crowded(&instance, DINUM, 300).await;
    let mut costs = Vec::new();
    for (email, siret) in [("a@proven.example", DINUM), ("b@inconnu.example", DINUM), ("c@inconnu.example", ELSEWHERE)]
    {
        let person = instance.person();
        arrive(&person, &client, email, &[]).await;
        let (outcome, reads, writes) = attempt(&instance, &person, siret).await;
        let kind = match outcome {
            JoiningOutcome::Joined(_) => "joined",
            JoiningOutcome::UnderReview(_) => "review",
            other => panic!("{other:?}"),
        };
        costs.push((kind, reads, writes));
    }
    assert_eq!(costs, [("joined", 1, 1), ("review", 1, 1), ("review", 1, 1)]);
    let person = instance.person();
    arrive(&person, &client, "d@inconnu.example", &[]).await;
    let (outcome, reads, writes) = attempt(&instance, &person, "35600000049837").await;
    assert!(matches!(outcome, JoiningOutcome::Joined(_) | JoiningOutcome::UnderReview(_)), "{outcome:?}");
    assert_eq!((reads, writes), (1, 1));
}

#[tokio::test]
async fn those_who_are_told_of_a_request_are_found_by_the_organization_among_very_many() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    let (own, other) = instance
        .app
        .store
        .read(|tx| {
            let own = organizations::find_by_siret(tx, &DINUM.parse().unwrap())?.unwrap().id;
            let other = organizations::find_by_siret(tx, &"21920023500014".parse().unwrap())?.unwrap().id;
            Ok((own, other))
        })
        .unwrap();
    instance
        .app
        .store
        .write(move |tx| {
            // As many as are told, for another organization, and one for this: the last of all.
            for number in 0..=400 {
                let of: OrganizationId = if number == 400 { own } else { other };
                let email = if number == 400 { String::from("last@x.example") } else { format!("m{number}@x.example") };
                let role = Role::Moderator { organizations: Some([of].into()), until: None };
                let user = User::new(UserId(1_000_000 + number), email.parse().unwrap(), MORNING);
                users::insert(tx, &User { role: Some(role), ..user })?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let person = instance.person();
    arrive(&person, &client, "b@inconnu.example", &[]).await;
    let (outcome, reads, writes) = attempt(&instance, &person, DINUM).await;
    assert!(matches!(outcome, JoiningOutcome::UnderReview(_)), "{outcome:?}");
    assert_eq!((reads, writes), (1, 1));
    assert_eq!(instance.mails_to("last@x.example").await.len(), 1);
    assert!(instance.mails_to("m0@x.example").await.is_empty());
}

/// On the data of a directory, as often as it is started.
async fn lasting(data: &std::path::Path) -> Instance {
    let options = DevOptions {
        data_dir: Some(data.to_owned()),
        issuer: Some("http://localhost:3000".parse().unwrap()),
        ..DevOptions::default()
    };
    Instance::start(|own| Config::dev(options.clone(), own)).await
}

/// A town hall of whose own domain nobody has judged yet, and this many members who wait for that.
async fn awaiting(instance: &Instance, members: u64) -> OrganizationId {
    let by = By::local(Actor::System);
    let entered = enter_from_register(&instance.app, &by, TOWN_HALL.parse().unwrap()).await.unwrap().unwrap();
    let organization_id = entered.id;
    let job = move |tx: &mut moncomptepro::store::Tx<'_>| {
        let known = OrganizationDomain {
            organization_id,
            domain: "lamalou.example".parse().unwrap(),
            status: EmailDomainStatus::NotVerifiedYet,
            created_at: MORNING,
            updated_at: MORNING,
            decided_by: None,
        };
        email_domains::put(tx, &known)?;
        for number in 0..members {
            let email = format!("agent{number}@lamalou.example").parse().unwrap();
            let user = User::new(UserId(1_000_000 + number), email, MORNING);
            users::insert(tx, &user)?;
            let waits = Verification::DomainNotVerifiedYet;
            let between = (user.id, organization_id);
            memberships::insert(tx, &Membership::begin(between, waits, false, Deed::of_the_program(MORNING)))?;
        }
        Ok(())
    };
    instance.app.store.write(job).await.unwrap();
    organization_id
}

fn proven(instance: &Instance, id: OrganizationId) -> usize {
    let links = instance.app.store.read(|tx| memberships::list_of_organization(tx, id, None, 2_000)).unwrap();
    links.iter().filter(|link| link.verification == Verification::Domain).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_by_a_domain_that_waited_does_not_wait_for_the_links_of_a_thousand_members() {
    let directory = tempfile::tempdir().unwrap();
    let instance = lasting(directory.path()).await;
    let id = awaiting(&instance, 1_000).await;
    let (person, client) = (instance.person(), instance.standard_client());
    arrive(&person, &client, "nouvelle@lamalou.example", &[]).await;
    let (outcome, reads, writes) = attempt(&instance, &person, TOWN_HALL).await;
    assert!(matches!(outcome, JoiningOutcome::Joined(joined) if joined == id), "{outcome:?}");
    assert_eq!((reads, writes), (1, 1));
    assert_eq!(proven(&instance, id), 51, "hers, and fifty");
    assert!(instance.app.store.check(MORNING).unwrap().is_sound());
    instance.stop().await;

    let instance = lasting(directory.path()).await;
    assert_eq!(proven(&instance, id), 51, "what is left is known after a start");
    work(&instance.app, HURRIED, || proven(&instance, id) == 1_001).await;
    assert_eq!(weigh_waiting_links(&instance.app).await.unwrap(), 0, "nothing is left");
    let told = instance.app.store.read(|tx| memberships::find(tx, UserId(1_000_999), id)).unwrap().unwrap();
    assert_eq!(told.verified.map(|deed| deed.by), Some(Actor::System), "a rule proved it");
    instance.stop().await;
}

#[tokio::test]
async fn sec_109_who_refuses_a_domain_meanwhile_is_not_overruled_by_what_was_left_for_later() {
    let instance = Instance::dev().await;
    let id = awaiting(&instance, 200).await;
    let (person, client) = (instance.person(), instance.standard_client());
    arrive(&person, &client, "nouvelle@lamalou.example", &[]).await;
    attempt(&instance, &person, TOWN_HALL).await;
    let (by, domain) = (By::local(Actor::System), "lamalou.example".parse().unwrap());
    let refused = EmailDomainStatus::Refused;
    write_email_domain(&instance.app, &by, OrganizationKey::Id(id), domain, refused).await.unwrap().unwrap();
    assert_eq!(weigh_waiting_links(&instance.app).await.unwrap(), 0);
    assert_eq!(proven(&instance, id), 0);
}
