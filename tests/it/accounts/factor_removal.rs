//! A phone is lost: an operator takes the second factor away, with a reason, a delay, a notice and a way to stop it.

use std::path::Path;
use std::time::Duration;

use moncomptepro::acts::administration::carry_out_factor_removals;
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::domain::{AuditEvent, FactorRemovalStop};
use serde_json::Value;

use crate::support::{Instance, Operator, Person, RelyingParty, totp_code, totp_key};

const ADDRESS: &str = "user@yopmail.com";
const DAY: Duration = Duration::from_secs(24 * 3600);
const SECOND: Duration = Duration::from_secs(1);

/// An instance with commands, a person with an application, and its key.
struct Story {
    instance: Instance,
    operator: Operator,
    owner: Person,
    key: String,
    recovery: Vec<String>,
}

impl Story {
    async fn begin(directory: &Path) -> Self {
        let options = DevOptions { data_dir: Some(directory.to_owned()), ..DevOptions::default() };
        let instance = Instance::start(|port| Config::dev(options, port)).await;
        let (operator, owner) = (Operator::at(directory), instance.person());
        sign_in(&owner).await;
        let offer = owner.visit("/totp-configuration").await;
        let key = totp_key(&offer);
        let code = totp_code(&key, instance.clock.now());
        let codes = owner.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await;
        let recovery = codes.text(".codes").split_whitespace().map(str::to_owned).collect();
        let page = owner.visit("/double-authentication").await;
        owner.submit(page.form_to("set-force-2fa").with("force2fa", "enable")).await;
        instance.clock.advance(Duration::from_secs(60)).unwrap();
        Self { instance, operator, owner, key, recovery }
    }

    async fn ask(&self) -> Value {
        self.operator.asks(&["user", "factor", "remove", ADDRESS, "--reason", "téléphone perdu, ticket 12"]).await
    }

    async fn carry_out(&self) -> usize {
        carry_out_factor_removals(&self.instance.app).await.unwrap()
    }

    /// Whether a password alone leads to the home page.
    async fn is_password_enough(&self) -> bool {
        let person = self.instance.person();
        sign_in(&person).await.url.path() == "/"
    }

    fn stops(&self) -> Vec<FactorRemovalStop> {
        let events = self.instance.audit().into_iter().map(|record| record.event);
        events
            .filter_map(|event| match event {
                AuditEvent::FactorRemovalStopped { how, .. } => Some(how),
                _ => None,
            })
            .collect()
    }
}

async fn sign_in(person: &Person) -> crate::support::Page {
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, ADDRESS, ADDRESS).await
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_73_an_operator_removes_a_lost_factor_after_a_day_in_which_its_owner_was_told() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let instance = &story.instance;
    let client: RelyingParty = instance.standard_client();
    let back = story.owner.visit(&client.authorization("openid", &[])).await;
    let tokens = client.redeem(&client.code(&back)).await;
    let asked = story.ask().await;
    assert_eq!(asked["reason"], "téléphone perdu, ticket 12");
    assert_eq!(asked["due_at"], instance.clock.now().plus(DAY).to_iso8601());
    story.operator.types(&["user", "factor", "remove", ADDRESS, "--reason", "x"]).await.refused(1, "asked for already");
    let listed = story.operator.asks(&["user", "factor", "list"]).await;
    assert_eq!((&listed["items"][0]["email"], &listed["items"][0]["notice"]), (&ADDRESS.into(), &"waiting".into()));
    instance.clock.advance(DAY).unwrap();
    assert_eq!(story.carry_out().await, 0, "the notice has not left: nobody was told");
    let mails = instance.mails_to(ADDRESS).await;
    assert!(mails[0].subject.contains("va être supprimé") && mails[0].text.contains("téléphone perdu, ticket 12"));
    assert_eq!(story.operator.asks(&["user", "factor", "list"]).await["items"][0]["notice"], "left");
    assert!(!story.is_password_enough().await);
    assert_eq!((story.carry_out().await, story.carry_out().await), (1, 0));
    assert!(story.is_password_enough().await);
    assert_eq!(story.owner.visit("/").await.url.path(), "/users/start-sign-in", "every session ended");
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 401, "and every token");
    assert!(instance.mails_to(ADDRESS).await.iter().any(|mail| mail.subject.contains("a été supprimé")));
    assert_eq!(story.operator.asks(&["user", "factor", "list"]).await["items"], Value::Array(Vec::new()));
    let late = instance.person().visit(mails[0].link().unwrap()).await;
    assert!(late.status == 410 && late.text("h1").contains("a été supprimé"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_73_the_link_of_the_notice_stops_the_removal_and_a_look_at_it_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let (instance, reader) = (&story.instance, story.instance.person());
    story.ask().await;
    let link = instance.link_of(ADDRESS).await;
    let pending = reader.visit(&link).await;
    assert!(pending.status == 200 && pending.text("main").contains("24\u{a0}novembre 2026"), "{}", pending.body);
    reader.visit(&link).await;
    assert!(story.stops().is_empty(), "looking stops nothing");
    instance.clock.advance(DAY - SECOND).unwrap();
    assert_eq!(story.carry_out().await, 0, "not before it is due");
    let kept = reader.submit(pending.form_to("keep-second-factor")).await;
    assert!(kept.status == 200 && kept.text("h1").contains("est conservé"), "{}", kept.body);
    assert_eq!(story.stops(), [FactorRemovalStop::Link]);
    assert!(instance.mails_to(ADDRESS).await[0].subject.contains("est conservé"));
    instance.clock.advance(DAY * 2).unwrap();
    assert_eq!(story.carry_out().await, 0);
    assert!(!story.is_password_enough().await);
    reader.submit(pending.form_to("keep-second-factor")).await;
    assert_eq!(story.stops().len(), 1, "once");
    story.ask().await;
    reader.submit(pending.form_to("keep-second-factor")).await;
    assert_eq!(story.stops().len(), 1, "the link of an earlier removal is good for that one only");
    assert_eq!(reader.visit("/users/keep-second-factor?keep_factor_token=x").await.status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_73_a_factor_that_is_given_meanwhile_is_not_lost_and_stays() {
    for by_recovery_code in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let story = Story::begin(directory.path()).await;
        let instance = &story.instance;
        story.ask().await;
        instance.mails_to(ADDRESS).await;
        instance.clock.advance(DAY / 2).unwrap();
        let person = instance.person();
        let asks = sign_in(&person).await;
        let form = match by_recovery_code {
            true => asks.form_with("recovery_code", None).with("recovery_code", &story.recovery[0]),
            false => {
                let code = totp_code(&story.key, instance.clock.now());
                asks.form_with("totpToken", None).with("totpToken", &code)
            }
        };
        let mut done = person.submit(form).await;
        if by_recovery_code {
            // What is left is shown first.
            done = person.visit(&done.attribute("a.secondary", "href").unwrap()).await;
        }
        assert_eq!(done.url.path(), "/");
        assert_eq!(story.stops(), [FactorRemovalStop::SecondFactor]);
        assert!(instance.mails_to(ADDRESS).await.iter().any(|mail| mail.subject.contains("est conservé")));
        instance.clock.advance(DAY).unwrap();
        assert_eq!(story.carry_out().await, 0);
        assert!(!story.is_password_enough().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_73_a_pending_removal_is_shown_to_its_owner_signed_in_and_a_button_stops_it() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let instance = &story.instance;
    for path in ["/", "/double-authentication"] {
        assert!(!story.owner.visit(path).await.has("form[action='/keep-second-factor']"), "{path}: nothing is pending");
    }
    story.ask().await;
    for path in ["/", "/double-authentication"] {
        let page = story.owner.visit(path).await;
        let told = page.text("[aria-labelledby=removal-title]");
        let words = ["téléphone perdu, ticket 12", "23\u{a0}novembre 2026", "24\u{a0}novembre 2026"];
        assert!(words.iter().all(|word| told.contains(word)), "{path}: {told}");
    }
    assert!(story.stops().is_empty(), "looking stops nothing");
    let page = story.owner.visit("/double-authentication").await;
    let mut forged = page.form_to("keep-second-factor").with("_csrf", "forged");
    assert_eq!(story.owner.submit(forged.clone()).await.status, 403, "SEC-115");
    let thief = instance.person();
    let theirs =
        thief.sign_in(thief.visit("/users/start-sign-in").await, "datapass@yopmail.com", "datapass@yopmail.com").await;
    forged = forged.with("_csrf", &theirs.attribute("input[name=_csrf]", "value").unwrap());
    assert_eq!(thief.submit(forged).await.url.path(), "/");
    assert!(story.stops().is_empty(), "nobody stops that of somebody else");
    let kept = story.owner.submit(page.form_to("keep-second-factor")).await;
    assert!(kept.url.path() == "/" && kept.text("[role=status]").contains("est conservé"), "{}", kept.body);
    assert_eq!(story.stops(), [FactorRemovalStop::Session]);
    assert!(!kept.has("form[action='/keep-second-factor']"));
    assert!(instance.mails_to(ADDRESS).await[0].subject.contains("est conservé"));
    story.owner.submit(page.form_to("keep-second-factor")).await;
    assert_eq!(story.stops().len(), 1, "once");
    instance.clock.advance(DAY * 2).unwrap();
    assert_eq!(story.carry_out().await, 0);
    assert!(!story.is_password_enough().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_73_an_operator_gives_a_removal_up_and_mistakes_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let operator = &story.operator;
    operator.types(&["user", "factor", "cancel", ADDRESS]).await.refused(1, "no removal");
    story.ask().await;
    operator.asks(&["user", "factor", "cancel", ADDRESS]).await;
    assert_eq!(story.stops(), [FactorRemovalStop::Operator]);
    story.instance.mails_to(ADDRESS).await;
    story.instance.clock.advance(DAY).unwrap();
    assert_eq!(story.carry_out().await, 0);
    operator.types(&["user", "factor", "cancel", ADDRESS]).await.refused(1, "no removal");
    let cases: [(&[&str], i32, &str); 5] = [
        (&["user", "factor", "remove", ADDRESS], 2, "--reason"),
        (&["user", "factor", "remove", ADDRESS, "--reason", " "], 2, "one line"),
        (&["user", "factor", "remove", "nobody@b.fr", "--reason", "x"], 1, "no user"),
        (&["user", "factor", "remove", "user@red-needles-sarl.com", "--reason", "x"], 1, "has no second factor"),
        (&["user", "factor", "list", "--cursor", "x"], 2, "cursor"),
    ];
    for (typed, code, words) in cases {
        operator.types(typed).await.refused(code, words);
    }
    story.ask().await;
    operator.asks(&["user", "delete", ADDRESS]).await;
    assert_eq!(operator.asks(&["user", "factor", "list"]).await["items"], Value::Array(Vec::new()), "SEC-168");
}
