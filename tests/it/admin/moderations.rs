//! Requests to join, decided in the console and by the link of a mail.

use std::collections::BTreeSet;
use std::time::Duration;

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{find_organization, revoke_role, write_email_domain};
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::domain::{
    Actor, AuditEvent, EmailDomainStatus, ModerationStep, OrganizationId, RejectionReason, Role, RoleName, User, UserId,
};
use moncomptepro::store::{Tx, users};

use super::{ADMINISTRATOR, JEAN, at_work, grant, key_of, officer};
use crate::accounts::console::my_data::export;
use crate::accounts::organizations::{ELODIE, arrive, claims, join, waiting};
use crate::support::{Form, Instance, Page, Person};

const DINUM: &str = "13002526500013";
const HOSPITAL: &str = "26290359400014";

fn moderator() -> Role {
    Role::Moderator { organizations: None, until: None }
}

fn organization(instance: &Instance, siret: &str) -> OrganizationId {
    find_organization(&instance.app, &siret.parse().unwrap()).unwrap().unwrap().id
}

/// The page of the only request in the list.
async fn open_only(officer: &Person) -> Page {
    let list = officer.visit("/admin/moderations").await;
    assert_eq!(list.status, 200, "{}", list.text("main"));
    let href = list.attribute("[data-moderation] a", "href").unwrap_or_else(|| panic!("{}", list.text("main")));
    officer.visit(&href).await
}

fn acceptance(page: &Page) -> Form {
    page.form_to("/accept").with("link", "internal").with("domain", "leave").with("verification", "automatic")
}

fn refusal(page: &Page, reason: &str) -> Form {
    page.form_to("/reject").with("reason", reason).with("correctable", "no")
}

/// What was recorded of requests, and by whom.
fn steps(instance: &Instance) -> Vec<(Actor, ModerationStep)> {
    let moved = |record: &moncomptepro::domain::AuditRecord| match &record.event {
        AuditEvent::ModerationMoved { step, .. } => Some((record.actor.clone(), *step)),
        _ => None,
    };
    // The trail is read from its end.
    instance.audit().iter().rev().filter_map(moved).collect()
}

#[tokio::test]
async fn a_moderator_weighs_a_request_and_lets_the_person_in_while_they_wait() {
    let instance = Instance::dev().await;
    let (person, client, waits) = waiting(&instance).await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let page = open_only(&marie).await;
    let shown = page.text("main");
    for fact in
        ["Élodie Martin", ELODIE, "inconnu.example", "inconnu de l’organisation", "beta.gouv.fr", "Demande reçue"]
    {
        assert!(shown.contains(fact), "{fact}: {shown}");
    }
    assert!(shown.contains("rejoint l’organisation aussitôt"), "what will happen is said before");
    let done = marie.submit(acceptance(&page).with("domain", "verified").with("note", "Vu au téléphone")).await;
    assert_eq!(done.url.path(), page.url.path());
    assert!(done.text("[role=status]").contains("acceptée"), "{}", done.text("main"));
    assert!(done.text("ol").contains("Vu au téléphone") && !done.has("form[action$='/accept']"));
    let welcome = person.visit(waits.url.as_str()).await;
    let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
    assert_eq!((&told["siret"], &told["organization_verified"]), (&DINUM.into(), &true.into()));
    let (actor, step) = steps(&instance).pop().unwrap();
    assert!(matches!(actor, Actor::Officer { role: RoleName::Moderator, .. }) && step == ModerationStep::Accepted);
    let next = instance.person();
    let asks = arrive(&next, &client, "autre@inconnu.example", &[]).await;
    let joined = next.submit(asks.form_with("siret", Some(DINUM)).with("siret", DINUM)).await;
    assert_eq!(joined.url.path(), "/users/welcome", "the domain was verified with it");
}

#[tokio::test]
async fn a_moderator_refuses_with_a_reason_that_they_chose_and_reopens() {
    let instance = Instance::dev().await;
    let (person, _, waits) = waiting(&instance).await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let page = open_only(&marie).await;
    let template = page.attribute("a[href*='reason=incomplete_name']", "href").unwrap();
    let filled = marie.visit(&template).await;
    let reason = filled.text("textarea[name=reason]");
    assert!(reason.contains("ne permet pas de vous identifier"), "{reason}");
    let empty = marie
        .submit(filled.form_to("/reject").with("reason", " \u{a0}").with("correctable", "yes").with("note", "n"))
        .await;
    assert_eq!(empty.status, 400);
    assert!(empty.text(".problem").contains("Saisissez le motif"), "{}", empty.text("main"));
    assert_eq!(empty.text("#reject-note").trim(), "n", "what was typed stays");
    assert!(empty.has("input[name=correctable][value=yes][checked]"));
    let done = marie.submit(filled.form_to("/reject").with("reason", reason.trim()).with("correctable", "yes")).await;
    assert!(done.text("[role=status]").contains("refusée"));
    let refused = person.visit(waits.url.as_str()).await;
    assert!(refused.text("blockquote").contains("ne permet pas de vous identifier"));
    assert!(refused.body.contains("informations\u{a0}: votre demande"), "no line breaks before the colon");
    assert!(refused.has("form[action*='reopen-moderation']"), "they may correct it");
    let again = marie.submit(done.form_to("/reopen")).await;
    assert!(again.text("[role=status]").contains("de nouveau à traiter"));
    assert_eq!(person.visit(waits.url.as_str()).await.url.path(), "/users/unable-to-auto-join-organization");
    let noted = marie.submit(again.form_to("/comment").with("note", "Rappeler <lundi>")).await;
    assert!(noted.text("ol").contains("Rappeler <lundi>"), "as text");
    let dinum = organization(&instance, DINUM);
    let history = marie.visit(&format!("/admin/organizations/{dinum}/history")).await;
    assert!(history.status == 200 && history.text("main").contains("annotée"), "{}", history.text("main"));
    let kept = [ModerationStep::Rejected, ModerationStep::Reopened, ModerationStep::Commented];
    assert_eq!(steps(&instance).iter().skip(1).map(|(_, step)| *step).collect::<Vec<_>>(), kept);
}

#[tokio::test]
async fn reasons_of_the_operator_are_offered_beside_those_of_the_program() {
    let own = "Adressez-vous d’abord à votre <service> informatique.";
    let instance = Instance::start(|port| {
        let mut config = Config::dev(DevOptions::default(), port);
        config.joining.rejection_reasons = vec![RejectionReason::try_from(own.to_owned()).unwrap()];
        config
    });
    let instance = instance.await;
    let (person, _, waits) = waiting(&instance).await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let page = open_only(&marie).await;
    assert!(page.text("#reject ~ ul").contains(own), "as text: {}", page.text("main"));
    let filled = marie.visit(&page.attribute("a[href*='reason=own-0']", "href").unwrap()).await;
    assert_eq!(filled.text("textarea[name=reason]").trim(), own);
    marie.submit(refusal(&filled, own)).await;
    assert_eq!(person.visit(waits.url.as_str()).await.text("blockquote").trim(), own);
}

#[tokio::test]
async fn sec_111_the_second_of_two_moderators_is_told_what_the_first_decided() {
    let instance = Instance::dev().await;
    let (_, _, _) = waiting(&instance).await;
    let (first, _) = at_work(&instance, ADMINISTRATOR).await;
    let second = officer(&instance, JEAN, moderator()).await;
    let (one, other) = (open_only(&first).await, open_only(&second).await);
    first.submit(acceptance(&one)).await;
    let late = second.submit(refusal(&other, "Non.")).await;
    assert_eq!(late.status, 409);
    let told = late.text("[role=alert]");
    assert!(told.contains("Votre décision n’a pas été prise") && told.contains("a accepté la demande"), "{told}");
    let decided = steps(&instance);
    assert_eq!(decided.last().unwrap().1, ModerationStep::Accepted, "and nothing flips");
}

#[tokio::test]
async fn sec_139_forms_of_a_request_hold_their_own_fields_and_values_and_no_other() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let page = open_only(&marie).await;
    for (field, value) in [("user_id", "1"), ("organization_id", "1"), ("moderation_id", "2"), ("status", "accepted")] {
        assert_eq!(marie.submit(acceptance(&page).with(field, value)).await.status, 400, "{field}");
        assert_eq!(marie.submit(refusal(&page, "Non.").with(field, value)).await.status, 400, "{field}");
        let note = page.form_to("/comment").with("note", "n").with(field, value);
        assert_eq!(marie.submit(note).await.status, 400, "{field}");
    }
    for (field, value) in
        [("link", "owner"), ("verification", "domain"), ("domain", "official_contact"), ("notify", "no")]
    {
        assert_eq!(marie.submit(acceptance(&page).with(field, value)).await.status, 400, "{field}={value}");
    }
    assert_eq!(steps(&instance).len(), 1, "nothing was done");
}

#[tokio::test]
async fn sec_141_a_request_for_an_organization_of_others_answers_as_one_that_is_not_there() {
    let instance = Instance::dev().await;
    let (_, client, _) = waiting(&instance).await;
    let other = instance.person();
    let asks = arrive(&other, &client, "deux@ailleurs.example", &[]).await;
    join(&other, &asks, HOSPITAL).await;
    let only = BTreeSet::from([organization(&instance, HOSPITAL)]);
    let delegate = officer(&instance, JEAN, Role::Moderator { organizations: Some(only), until: None }).await;
    let page = open_only(&delegate).await;
    assert!(page.text("main").contains("deux@ailleurs.example"));
    let list = delegate.visit("/admin/moderations?q=is:any").await;
    assert!(!list.text("main").contains(ELODIE), "{}", list.text("main"));
    let own: u64 = page.url.path().rsplit('/').next().unwrap().parse().unwrap();
    let mut bodies = BTreeSet::new();
    for id in [own - 1, 999_999] {
        let looked = delegate.visit(&format!("/admin/moderations/{id}")).await;
        let mut form = acceptance(&page);
        form.action.set_path(&format!("/admin/moderations/{id}/accept"));
        let decided = delegate.submit(form).await;
        assert_eq!((looked.status.as_u16(), decided.status.as_u16()), (404, 404), "{id}");
        bodies.insert((looked.text("main h1"), looked.error_code(), decided.error_code()));
    }
    assert_eq!(bodies.len(), 1, "the same answer");
    let reader = officer(&instance, "user19@yopmail.com", Role::Reader).await;
    let read = reader.visit(page.url.path()).await;
    assert!(read.text("main").contains("deux@ailleurs.example") && !read.has("main form"), "R-29: a reader reads");
}

#[tokio::test]
async fn the_list_is_narrowed_in_its_address_by_a_line_or_by_fields() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let shows = async |query: &str| {
        let page = marie.visit(&format!("/admin/moderations?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        page.has("[data-moderation]")
    };
    for query in
        ["", "q=email%3Aelodie%40inconnu.example", "email=elodie%40inconnu.example&is=any", "siret=130+025+265+00013"]
    {
        assert!(shows(query).await, "{query}");
    }
    for query in
        ["q=is%3Aprocessed", "is=processed", "siret=26290359400014", "date=2001-01-01", "by=user%40yopmail.com&is=any"]
    {
        assert!(!shows(query).await, "{query}");
    }
    let wrong = marie.visit("/admin/moderations?q=couleur%3Ableue").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text("#q-problem").contains("couleur"), "{}", wrong.text("main"));
    assert_eq!(wrong.attribute("#q", "value").as_deref(), Some("couleur:bleue"), "what was typed stays");
    let wrong = marie.visit("/admin/moderations?siret=123&email=").await;
    assert_eq!((wrong.status.as_u16(), wrong.attribute("#siret", "value").as_deref()), (400, Some("123")));
}

/// The last mail to somebody about a request, and the path of its link.
async fn link_of(instance: &Instance, address: &str) -> String {
    let mails = instance.mails_to(address).await;
    let mail = mails.iter().find(|mail| mail.subject.contains("à examiner")).unwrap_or_else(|| panic!("{address}"));
    let link = mail.text.lines().find(|line| line.contains("/moderation/")).unwrap();
    format!("/moderation/{}", link.trim().split_once("/moderation/").unwrap().1)
}

#[tokio::test]
async fn sec_76_a_moderator_decides_by_a_link_once_and_a_look_at_it_decides_nothing() {
    let instance = Instance::dev().await;
    grant(&instance, JEAN, moderator()).await;
    grant(&instance, "user19@yopmail.com", moderator()).await;
    let (person, _, waits) = waiting(&instance).await;
    let (mine, hers) = (link_of(&instance, JEAN).await, link_of(&instance, "user19@yopmail.com").await);
    assert_ne!(mine, hers);
    let told = instance.mails_to(ADMINISTRATOR).await;
    assert!(told.is_empty(), "where there are moderators, administrators are left in peace");
    let anybody = instance.person();
    for _ in 0..3 {
        let page = anybody.visit(&mine).await;
        assert_eq!(page.status, 200, "{}", page.text("main"));
        assert!(
            page.text("main").contains(ELODIE) && page.text("main").contains("Ouvrir cette page ne décide de rien")
        );
    }
    assert_eq!(steps(&instance).len(), 1, "SEC-76: looking decides nothing");
    let looks = instance.audit();
    let looks = looks.iter().filter(|record| matches!(record.event, AuditEvent::ModerationViewed { .. }));
    let looks: Vec<String> = looks.map(|record| record.actor.to_string()).collect();
    assert_eq!(looks, ["moderator:1"; 3], "SEC-144: whoever looks is known by their link");
    let (_, data) = export(&instance, &person, ELODIE).await;
    let looks: Vec<_> =
        data["acts"].as_array().unwrap().iter().filter(|act| act["event"] == "moderation_viewed").collect();
    assert_eq!(looks.len(), 3, "{data}");
    assert!(
        looks.iter().all(|act| act["by"] == "operator" && act["source"].is_null()),
        "and from where is theirs alone"
    );
    let page = anybody.visit(&mine).await;
    let empty = anybody.submit(page.form_with("reason", None).with("correctable", "no")).await;
    assert_eq!(empty.status, 400);
    assert!(empty.text(".problem").contains("Saisissez le motif"));
    let foreign = page.form_with("decision", Some("accept")).with("decision", "accept").with("user_id", "1");
    assert_eq!(anybody.submit(foreign).await.status, 400, "SEC-139");
    let form = page.form_with("decision", Some("accept")).with("decision", "accept");
    let done = anybody.submit(form.clone()).await;
    assert!(done.text("h1").contains("Demande acceptée"), "{}", done.text("main"));
    assert_eq!(person.visit(waits.url.as_str()).await.url.path(), "/users/welcome");
    let (actor, step) = steps(&instance).pop().unwrap();
    assert!(matches!(actor, Actor::Officer { role: RoleName::Moderator, .. }), "as the moderator whose it is: {actor}");
    assert_eq!(step, ModerationStep::Accepted);
    for again in [anybody.submit(form).await, anybody.visit(&mine).await, anybody.visit(&hers).await] {
        assert_eq!(again.status, 410);
        assert!(again.text("h1").contains("déjà traitée"), "{}", again.text("main"));
        assert!(!again.body.contains(ELODIE), "and shows nothing more");
    }
}

#[tokio::test]
async fn sec_76_a_link_ends_with_its_time_and_with_the_role_of_its_moderator() {
    let instance = Instance::dev().await;
    grant(&instance, JEAN, moderator()).await;
    waiting(&instance).await;
    let (anybody, link) = (instance.person(), link_of(&instance, JEAN).await);
    let page = anybody.visit(&link).await;
    let form = page.form_with("decision", Some("accept")).with("decision", "accept");
    revoke_role(&instance.app, &By::local(Actor::System), key_of(JEAN), false).await.unwrap().unwrap();
    for void in [anybody.visit(&link).await, anybody.submit(form.clone()).await] {
        assert_eq!(void.status, 410, "the role is gone");
        assert!(!void.body.contains(ELODIE));
    }
    grant(&instance, JEAN, moderator()).await;
    assert_eq!(anybody.visit(&link).await.status, 410, "a role that is given again gives no old link back");
    let (newcomer, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&newcomer, &client, "deux@inconnu.example", &[]).await;
    join(&newcomer, &asks, DINUM).await;
    let link = link_of(&instance, JEAN).await;
    assert_eq!(anybody.visit(&link).await.status, 200);
    instance.clock.advance(Duration::from_secs(7 * 24 * 3600)).unwrap();
    let late = instance.person();
    assert_eq!(late.visit(&link).await.status, 410, "its time is over");
    assert_eq!(steps(&instance).len(), 2, "nothing was decided");
    assert_eq!(late.visit("/moderation/none").await.status, 410);
}

#[tokio::test]
async fn a_review_of_somebody_who_has_joined_says_so_in_the_mail_and_on_every_page() {
    let instance = Instance::dev().await;
    grant(&instance, JEAN, moderator()).await;
    let (by, domain) = (By::local(Actor::System), "inconnu.example".parse().unwrap());
    let status = EmailDomainStatus::NotVerifiedYet;
    write_email_domain(&instance.app, &by, DINUM.parse().unwrap(), domain, status).await.unwrap().unwrap();
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, ELODIE, &[]).await;
    assert_eq!(join(&person, &asks, DINUM).await.url.path(), "/users/welcome");
    let mail = instance.mails_to(JEAN).await.remove(0);
    assert!(mail.text.contains("a rejoint") && !mail.text.contains("demande à rejoindre"), "{}", mail.text);
    let anybody = instance.person();
    let page = anybody.visit(&link_of(&instance, JEAN).await).await;
    let text = page.text("main");
    assert!(text.contains("Aucun courriel n’est envoyé") && !text.contains("prévenue par courriel"), "{text}");
    let done = anybody.submit(page.form_with("decision", Some("accept")).with("decision", "accept")).await;
    assert!(done.text("h1").contains("Rattachement confirmé"), "{}", done.text("main"));
    assert!(!done.text("main").contains("est prévenue"), "{}", done.text("main"));
}

#[tokio::test]
async fn sec_138_the_page_of_a_link_shows_no_telephone_number_and_no_job() {
    let instance = Instance::dev().await;
    grant(&instance, JEAN, moderator()).await;
    let (person, _, _) = waiting(&instance).await;
    let own = person.visit("/personal-information").await;
    let own = own.form_with("given_name", None).with("job", "Cheffe de bureau").with("phone_number", "0123456789");
    person.submit(own).await;
    let marie = officer(&instance, "user19@yopmail.com", moderator()).await;
    assert!(open_only(&marie).await.text("main").contains("Cheffe de bureau"));
    let page = instance.person().visit(&link_of(&instance, JEAN).await).await;
    let text = page.text("main");
    assert!(text.contains(ELODIE) && !text.contains("Cheffe") && !page.body.contains("123456789"), "{text}");
}

#[tokio::test]
async fn similar_requests_are_accepted_up_to_the_last_one_that_was_shown() {
    let instance = Instance::dev().await;
    let (_, client, _) = waiting(&instance).await;
    let ask = async |address: &str| {
        let person = instance.person();
        let asks = arrive(&person, &client, address, &[]).await;
        join(&person, &asks, DINUM).await
    };
    ask("deux@inconnu.example").await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let list = marie.visit("/admin/moderations").await;
    let href = list.attribute("[data-moderation] a", "href").unwrap();
    let page = marie.visit(&href).await;
    assert!(page.has("#similar") && page.has("input[name=similar_up_to]"), "{}", page.text("main"));
    ask("trois@inconnu.example").await;
    let form = acceptance(&page).with("similar", "true");
    assert_eq!(marie.submit(form.clone().without("similar_up_to")).await.status, 400);
    marie.submit(form).await;
    let left = marie.visit("/admin/moderations").await.text("main");
    assert!(left.contains("trois@inconnu.example"), "who came after the page was shown is weighed too: {left}");
    assert!(!left.contains("deux@inconnu.example") && !left.contains(ELODIE), "{left}");
}

#[tokio::test]
async fn another_request_stands_once_on_the_page_under_the_gravest_of_its_titles() {
    let instance = Instance::dev().await;
    let (_, client, _) = waiting(&instance).await;
    for address in ["deux@inconnu.example", "trois@inconnu.example", "quatre@ailleurs.example"] {
        let person = instance.person();
        let asks = arrive(&person, &client, address, &[]).await;
        join(&person, &asks, DINUM).await;
    }
    let job = |tx: &mut Tx<'_>| {
        for (address, name) in [
            (ELODIE, "Élodie"),
            ("deux@inconnu.example", "elodie"),
            ("trois@inconnu.example", "Zoé"),
            ("quatre@ailleurs.example", "Zoé"),
        ] {
            let mut user = users::find_by_email(tx, &address.parse().unwrap())?.unwrap();
            user.information.given_name = Some(name.to_owned());
            user.information.family_name = Some(String::from("Martin"));
            users::update(tx, &user)?;
        }
        Ok(())
    };
    instance.app.store.write(job).await.unwrap();
    let marie = officer(&instance, JEAN, moderator()).await;
    let page = marie.visit("/admin/moderations/1").await;
    let shown = |section: &str| page.text(&format!("section[aria-labelledby={section}-title]"));
    for (address, section) in [
        ("deux@inconnu.example", "duplicates"),
        ("trois@inconnu.example", "similar"),
        ("quatre@ailleurs.example", "waiting"),
    ] {
        assert!(shown(section).contains(address), "{section}: {}", page.text("main"));
        assert_eq!(page.text("main").matches(address).count(), 1, "{address}: {}", page.text("main"));
    }
    // Accepting those of the same domain takes the one that stands among the duplicates along.
    assert!(page.text("form").contains("2 "), "{}", page.text("form"));
    assert_eq!(page.attribute("input[name=similar_up_to]", "value").as_deref(), Some("3"));
}

#[tokio::test]
async fn the_moderators_of_an_organization_are_told_however_many_others_have_a_role() {
    let instance = Instance::dev().await;
    let elsewhere = BTreeSet::from([OrganizationId(1)]);
    let now = instance.clock.now();
    let job = move |tx: &mut Tx<'_>| {
        for number in 0..60_u64 {
            let email = format!("moderation-{number}@exemple.fr").parse().unwrap();
            let role = Some(Role::Moderator { organizations: Some(elsewhere.clone()), until: None });
            users::insert(tx, &User { role, ..User::new(UserId(1_000 + number), email, now) })?;
        }
        let email = "derniere@exemple.fr".parse().unwrap();
        users::insert(tx, &User { role: Some(moderator()), ..User::new(UserId(2_000), email, now) })
    };
    instance.app.store.write(job).await.unwrap();
    waiting(&instance).await;
    assert_eq!(instance.mails_to("derniere@exemple.fr").await.len(), 1);
    assert!(instance.mails_to("moderation-0@exemple.fr").await.is_empty());
    assert!(instance.mails_to(ADMINISTRATOR).await.is_empty());
}

#[tokio::test]
async fn sec_138_where_nobody_else_moderates_administrators_are_told_and_decide_in_the_console() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let mail = instance.mails_to(ADMINISTRATOR).await.remove(0);
    assert!(mail.subject.contains("à examiner") && mail.text.contains("/admin/moderations/1\n"), "{}", mail.text);
    assert!(!mail.text.contains("/moderation/") && !mail.text.contains("qu’une fois"), "{}", mail.text);
}

#[tokio::test]
async fn sec_138_a_link_decides_nothing_for_a_moderator_who_became_an_administrator() {
    let instance = Instance::dev().await;
    grant(&instance, JEAN, moderator()).await;
    waiting(&instance).await;
    let (anybody, link) = (instance.person(), link_of(&instance, JEAN).await);
    assert_eq!(anybody.visit(&link).await.status, 200);
    grant(&instance, JEAN, Role::Administrator).await;
    assert_eq!(anybody.visit(&link).await.status, 410);
}

#[tokio::test]
async fn a_correction_is_told_anew() {
    let instance = Instance::dev().await;
    grant(&instance, JEAN, moderator()).await;
    let (person, _, waits) = waiting(&instance).await;
    let (anybody, first) = (instance.person(), link_of(&instance, JEAN).await);
    let page = anybody.visit(&first).await;
    let reason = "Votre nom manque.";
    let form = page.form_with("reason", None).with("reason", reason).with("correctable", "yes");
    assert!(anybody.submit(form).await.text("h1").contains("Demande refusée"));
    let refused = person.visit(waits.url.as_str()).await;
    assert!(refused.text("blockquote").contains(reason));
    person.submit(refused.form_to("/users/reopen-moderation/")).await;
    let second = link_of(&instance, JEAN).await;
    assert_ne!(first, second);
    assert_eq!(anybody.visit(&first).await.status, 410, "the first one was about the request as it was");
    assert_eq!(anybody.visit(&second).await.status, 200);
}
