//! Every choice of the forms by which a request is decided, and what becomes of it.

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{find_organization, write_email_domain};
use moncomptepro::domain::{Actor, EmailDomainStatus, Membership, Organization, OrganizationId, Role};
use moncomptepro::store::{email_domains, memberships, organizations, users};

use super::{JEAN, grant, officer};
use crate::accounts::organizations::{ELODIE, arrive, claims, join, waiting};
use crate::support::{Instance, Page, Person, RelyingParty};

const DINUM: &str = "13002526500013";

fn moderator() -> Role {
    Role::Moderator { organizations: None, until: None }
}

fn organization(instance: &Instance) -> OrganizationId {
    find_organization(&instance.app, &DINUM.parse().unwrap()).unwrap().unwrap().id
}

async fn ask(instance: &Instance, email: &str) -> (Person, Page) {
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, email, &[]).await;
    let page = join(&person, &asks, DINUM).await;
    (person, page)
}

fn link(instance: &Instance, email: &str) -> Option<Membership> {
    let email = email.parse().unwrap();
    let found = instance.app.store.read(|tx| {
        let user = users::find_by_email(tx, &email)?.unwrap();
        memberships::list_of_user(tx, user.id)
    });
    found.unwrap().into_iter().next()
}

#[tokio::test]
async fn whoever_came_as_external_is_accepted_as_one_unless_the_moderator_says_otherwise() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    let marie = officer(&instance, JEAN, moderator()).await;
    for (number, (hint, said)) in [("true", None), ("false", None), ("true", Some("internal"))].into_iter().enumerate()
    {
        let (person, email) = (instance.person(), format!("jean{number}@inconnu.example"));
        let asks = arrive(&person, &client, &email, &[("is_external_hint", hint)]).await;
        join(&person, &asks, DINUM).await;
        let page = marie.visit(&format!("/admin/moderations/{}", number + 1)).await;
        let preset = page.attribute("form[action$='/accept'] [name=link][checked]", "value").unwrap();
        assert_eq!(preset, if hint == "true" { "external" } else { "internal" });
        let form = page.form_to("/accept").with("domain", "leave").with("verification", "automatic");
        let done = marie.submit(form.with("link", said.unwrap_or(&preset))).await;
        assert!(done.text("[role=status]").contains("acceptée"), "{}", done.text("main"));
        let made = link(&instance, &email).unwrap();
        assert_eq!(made.is_external, hint == "true" && said.is_none(), "{hint} {said:?}");
    }
}

#[tokio::test]
async fn a_link_says_what_the_moderator_said_and_whoever_is_not_to_be_told_is_not() {
    let instance = Instance::dev().await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let words = [
        "official_contact_email",
        "proof_received",
        "in_liste_dirigeants_rne",
        "in_liste_dirigeants_rna",
        "ordre_professionnel_domain",
    ];
    for (number, word) in words.into_iter().enumerate() {
        let email = format!("jean@{}.example", word.replace('_', "-"));
        ask(&instance, &email).await;
        let told = instance.mails_to(&email).await.len();
        let page = marie.visit(&format!("/admin/moderations/{}", number + 1)).await;
        let is_external = number % 2 == 1;
        let form = page.form_to("/accept").with("domain", "leave").with("verification", word);
        let form = form.with("link", if is_external { "external" } else { "internal" });
        let form = if number == 0 { form.without("notify") } else { form.without("notify").with("notify", "true") };
        let done = marie.submit(form).await;
        assert!(done.text("[role=status]").contains("acceptée"), "{}", done.text("main"));
        let made = link(&instance, &email).unwrap();
        assert_eq!((made.verification.as_str(), made.is_external), (word, is_external));
        let more = usize::from(number != 0);
        assert_eq!(instance.mails_to(&email).await.len(), told + more, "{word}");
    }
}

#[tokio::test]
async fn a_refusal_closes_the_domain_where_the_moderator_says_so() {
    let instance = Instance::dev().await;
    let marie = officer(&instance, JEAN, moderator()).await;
    ask(&instance, "jean@inconnu.example").await;
    let page = marie.visit("/admin/moderations/1").await;
    let form = page.form_to("/reject").with("reason", "Domaine inconnu.").with("correctable", "no");
    marie.submit(form.with("refuse_domain", "true")).await;
    let (id, domain) = (organization(&instance), "inconnu.example".parse().unwrap());
    let known = instance.app.store.read(|tx| email_domains::find(tx, id, &domain)).unwrap().unwrap();
    assert_eq!(known.status, EmailDomainStatus::Refused);
    let (_, refused) = ask(&instance, "jeanne@inconnu.example").await;
    assert_eq!(refused.url.path(), "/users/domain-refused-for-organization");
}

#[tokio::test]
async fn a_refused_review_takes_the_link_away() {
    let instance = Instance::dev().await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let (by, domain) = (By::local(Actor::System), "inconnu.example".parse().unwrap());
    let status = EmailDomainStatus::NotVerifiedYet;
    write_email_domain(&instance.app, &by, DINUM.parse().unwrap(), domain, status).await.unwrap().unwrap();
    let (_, welcome) = ask(&instance, "jean@inconnu.example").await;
    assert_eq!(welcome.url.path(), "/users/welcome", "{}", welcome.text("main"));
    assert_eq!(link(&instance, "jean@inconnu.example").unwrap().verification.as_str(), "domain_not_verified_yet");
    let page = marie.visit("/admin/moderations/1").await;
    marie.submit(page.form_to("/reject").with("reason", "Domaine inconnu.").with("correctable", "no")).await;
    assert_eq!(link(&instance, "jean@inconnu.example"), None);
}

#[tokio::test]
async fn without_another_word_the_link_is_by_the_moderators_decision_and_the_form_says_so() {
    let instance = Instance::dev().await;
    let marie = officer(&instance, JEAN, moderator()).await;
    ask(&instance, ELODIE).await;
    let page = marie.visit("/admin/moderations/1").await;
    assert_eq!(page.text("#verification option[value=automatic]"), "Domaine vérifié, sinon votre décision");
    assert!(page.has("#accept-notify[checked]") && page.has("#reject-notify[checked]"), "people are told unless");
    assert!(page.has("#link-internal[checked]") && page.has("#domain-leave[checked]"), "and nothing more than asked");
    let form = page.form_to("/accept").with("verification", "automatic");
    marie.submit(form.with("link", "internal").with("domain", "leave")).await;
    let made = link(&instance, ELODIE).unwrap();
    assert_eq!((made.verification.as_str(), made.is_external), ("manual_decision", false));
    assert!(instance.mails_to(ELODIE).await[0].subject.contains("acceptée"));
}

#[tokio::test]
async fn whoever_is_refused_in_silence_reads_it_where_they_wait() {
    let instance = Instance::dev().await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let (person, waits) = ask(&instance, ELODIE).await;
    let told = instance.mails_to(ELODIE).await.len();
    let page = marie.visit("/admin/moderations/1").await;
    let form = page.form_to("/reject").with("reason", "Domaine inconnu.").with("correctable", "no").without("notify");
    assert_eq!(marie.submit(form).await.status, 200);
    assert_eq!(instance.mails_to(ELODIE).await.len(), told);
    assert!(person.visit(waits.url.as_str()).await.text("blockquote").contains("Domaine inconnu."));
}

#[tokio::test]
async fn by_the_link_of_a_mail_somebody_is_let_in_as_an_external_member_and_the_service_hears_it() {
    let instance = Instance::dev().await;
    grant(&instance, JEAN, moderator()).await;
    let (person, client, waits) = waiting(&instance).await;
    let mails = instance.mails_to(JEAN).await;
    let path = mails[0].text.split_once("/moderation/").unwrap().1.split_whitespace().next().unwrap();
    let anybody = instance.person();
    let page = anybody.visit(&format!("/moderation/{path}")).await;
    let form = page.form_with("decision", Some("accept")).without("decision").with("decision", "accept_external");
    let done = anybody.submit(form).await;
    assert!(done.text("h1").contains("Demande acceptée"), "{}", done.text("main"));
    let made = link(&instance, ELODIE).unwrap();
    assert_eq!((made.verification.as_str(), made.is_external), ("manual_decision", true));
    let welcome = person.visit(waits.url.as_str()).await;
    let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
    assert_eq!((told["siret"].as_str(), told["is_external"].as_bool()), (Some(DINUM), Some(true)));
}

#[tokio::test]
async fn requests_of_one_service_are_told_apart_from_those_of_another_one() {
    let instance = Instance::dev().await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let come_from = async |client: &RelyingParty, email: &str| {
        let person = instance.person();
        let asks = arrive(&person, client, email, &[]).await;
        join(&person, &asks, DINUM).await;
    };
    let (one, other) = (instance.standard_client(), instance.test_client());
    come_from(&one, "un@inconnu.example").await;
    come_from(&other, "deux@ailleurs.example").await;
    let shown = async |query: &str| {
        let page = marie.visit(&format!("/admin/moderations?{query}")).await;
        let text = page.text("main");
        ["un@inconnu.example", "deux@ailleurs.example"].map(|email| text.contains(email))
    };
    let (one, other) = (one.client_id, other.client_id);
    assert_eq!(shown("").await, [true, true]);
    for (query, expected) in [
        (format!("q=service%3A{one}"), [true, false]),
        (format!("q=service%3A{other}"), [false, true]),
        (format!("q=-service%3A{one}"), [false, true]),
        (format!("q=-service%3A{other}"), [true, false]),
        (format!("service={other}"), [false, true]),
    ] {
        assert_eq!(shown(&query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn sec_107_a_moderator_is_warned_of_a_closed_establishment_before_they_decide() {
    let instance = Instance::dev().await;
    let marie = officer(&instance, JEAN, moderator()).await;
    ask(&instance, ELODIE).await;
    let closed = "L’établissement est fermé d’après le répertoire.";
    let before = marie.visit("/admin/moderations/1").await;
    assert!(!before.text("main").contains(closed));
    let known = find_organization(&instance.app, &DINUM.parse().unwrap()).unwrap().unwrap();
    let job = move |tx: &mut moncomptepro::store::Tx<'_>| {
        organizations::update(tx, &Organization { is_active: false, ..known.clone() })
    };
    instance.app.store.write(job).await.unwrap();
    let page = marie.visit("/admin/moderations/1").await;
    assert!(page.text(".warned").contains(closed), "{}", page.text("main"));
    assert!(page.has("form[action$='/reject']"), "it may be refused");
}
