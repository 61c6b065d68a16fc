//! Nobody opens an organization to themselves: neither by the domain of their own address, nor by one that they take later.

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{
    Link, ModerationRefusal, change_user_address, link_user, list_email_domains, write_email_domain,
};
use moncomptepro::domain::{Actor, EmailDomain, EmailDomainStatus, Role};
use moncomptepro::store::users;

use super::{key_of, officer};
use crate::accounts::organizations::{arrive, join};
use crate::support::{Instance, Operator, Page, Person};

const DINUM: &str = "13002526500013";
/// An organization of which nobody in this file is a member.
const HOSPITAL: &str = "26290359400014";
const MARIE: &str = "marie@mairie.example";

fn moderator() -> Role {
    Role::Moderator { organizations: None, until: None }
}

fn operator() -> By {
    By::local(Actor::CommandLine(String::from("paul")))
}

async fn ask(instance: &Instance, email: &str, siret: &str) -> (Person, Page) {
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, email, &[]).await;
    let page = join(&person, &asks, siret).await;
    (person, page)
}

/// Marie moderates, and her address has a domain that is nothing for the organization yet.
async fn marie(instance: &Instance) -> Person {
    let seed = "user19@yopmail.com";
    let marie = officer(instance, seed, moderator()).await;
    let by = operator();
    change_user_address(&instance.app, &by, key_of(seed), MARIE.parse().unwrap(), true).await.unwrap().unwrap();
    drop(marie);
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.sign_in(page, MARIE, "password123").await;
    assert_eq!(asks.status, 200, "{}", asks.text("main"));
    person
}

fn acting(instance: &Instance) -> By {
    let email = MARIE.parse().unwrap();
    let user = instance.app.store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap();
    By::local(Actor::User(user.id))
}

fn own() -> EmailDomain {
    "mairie.example".parse().unwrap()
}

fn status(instance: &Instance) -> Option<EmailDomainStatus> {
    let known = list_email_domains(&instance.app, &DINUM.parse().unwrap()).unwrap().unwrap();
    known.into_iter().find(|known| known.domain == own()).map(|known| known.status)
}

#[tokio::test]
async fn sec_108_nobody_approves_the_domain_of_their_own_address_before_something_proves_that_they_belong() {
    let instance = Instance::dev().await;
    ask(&instance, "elodie@inconnu.example", DINUM).await;
    marie(&instance).await;
    let (app, by, key) = (
        &instance.app,
        acting(&instance),
        DINUM.parse::<moncomptepro::acts::administration::OrganizationKey>().unwrap(),
    );
    let write =
        async |domain: EmailDomain, status| write_email_domain(app, &by, key.clone(), domain, status).await.unwrap();
    let own_cause = Some(ModerationRefusal::OwnDomain(own()));
    for approved in EmailDomainStatus::ALL.into_iter().filter(|status| status.is_approved()) {
        assert_eq!(write(own(), approved).await.err(), own_cause, "{approved:?}");
    }
    write(own(), EmailDomainStatus::NotVerifiedYet).await.unwrap();
    write("autre.example".parse().unwrap(), EmailDomainStatus::Verified).await.unwrap();
    assert_eq!(status(&instance), Some(EmailDomainStatus::NotVerifiedYet));
    // A link that nothing proves is no reason to; one that somebody else proved is.
    let link = |verification| Link { is_external: false, verification: Some(verification) };
    let unproven = moncomptepro::domain::Verification::Unverified;
    link_user(app, &operator(), key.clone(), key_of(MARIE), link(unproven)).await.unwrap().unwrap();
    assert_eq!(write(own(), EmailDomainStatus::Verified).await.err(), own_cause);
    let proven = moncomptepro::domain::Verification::ProofReceived;
    link_user(app, &operator(), key.clone(), key_of(MARIE), link(proven)).await.unwrap().unwrap();
    write(own(), EmailDomainStatus::Verified).await.unwrap();
    assert_eq!(status(&instance), Some(EmailDomainStatus::Verified));
}

#[tokio::test]
async fn sec_108_the_console_says_who_approves_the_domain_of_ones_own_address() {
    let instance = Instance::dev().await;
    ask(&instance, "elodie@yopmail.com", DINUM).await;
    // yopmail.com is a host that anybody has an address at: the officer takes the domain of the applicant.
    let marie = officer(&instance, "user19@yopmail.com", moderator()).await;
    let page = marie.visit("/admin/organizations/1").await;
    assert!(page.text("main").contains("par la commande org domain sur la machine"), "{}", page.text("main"));
}

#[tokio::test]
async fn sec_108_a_domain_that_somebody_approved_themselves_proves_nothing_for_them() {
    let instance = Instance::dev().await;
    ask(&instance, "elodie@inconnu.example", HOSPITAL).await;
    let seed = "user19@yopmail.com";
    super::grant(&instance, seed, moderator()).await;
    let found = instance.app.store.read(|tx| users::find_by_email(tx, &seed.parse().unwrap())).unwrap().unwrap();
    let by = By::local(Actor::User(found.id));
    let verified = EmailDomainStatus::Verified;
    write_email_domain(&instance.app, &by, HOSPITAL.parse().unwrap(), own(), verified).await.unwrap().unwrap();
    change_user_address(&instance.app, &operator(), key_of(seed), MARIE.parse().unwrap(), true).await.unwrap().unwrap();
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, MARIE, "password123").await;
    let page =
        join(&person, &person.visit("/users/join-organization?do_not_propose_suggestions=true").await, HOSPITAL).await;
    assert_eq!(
        page.url.path(),
        "/users/unable-to-auto-join-organization",
        "somebody else decides: {}",
        page.text("main")
    );
    let colleague = operator();
    write_email_domain(&instance.app, &colleague, HOSPITAL.parse().unwrap(), own(), verified).await.unwrap().unwrap();
    person.submit(page.form_to("/users/cancel-moderation/")).await;
    let asks = person.visit("/users/join-organization?do_not_propose_suggestions=true").await;
    let again = join(&person, &asks, HOSPITAL).await;
    assert_eq!(again.url.path(), "/users/welcome", "what somebody else approves too is not theirs alone");
    let (_, page) = ask(&instance, "jean@mairie.example", HOSPITAL).await;
    assert_eq!(page.url.path(), "/users/welcome", "it is a domain of the organization for everybody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_at_the_machine_approves_the_domain_of_a_small_town_hall() {
    let directory = tempfile::tempdir().unwrap();
    let options = moncomptepro::config::DevOptions {
        data_dir: Some(directory.path().to_owned()),
        ..moncomptepro::config::DevOptions::default()
    };
    let instance = Instance::start(|port| moncomptepro::config::Config::dev(options, port)).await;
    let operator = Operator::at(directory.path());
    marie(&instance).await;
    operator.asks(&["org", "domain", DINUM, "mairie.example", "verified"]).await;
    assert_eq!(status(&instance), Some(EmailDomainStatus::Verified));
}
