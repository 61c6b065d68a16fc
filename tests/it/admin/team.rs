//! Roles in the console: given, replaced, taken away, and never the last administrator's.

use moncomptepro::domain::{OrganizationId, Role};
use moncomptepro::store::users;

use super::{ADMINISTRATOR, JEAN, at_work, grant, officer};
use crate::support::{Form, Instance, Page, Person};

const OTHER: &str = "user19@yopmail.com";

fn role_of(instance: &Instance, address: &str) -> Option<Role> {
    let email = address.parse().unwrap();
    instance.app.store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap().role
}

/// The form with a role for somebody.
async fn form(person: &Person, address: &str, role: &str) -> Form {
    let page = person.visit("/admin/team").await;
    let form = page.form_with("email", Some("")).with("email", address).with("role", role);
    form.with("organizations", "").with("until", "")
}

async fn submit(person: &Person, form: Form) -> Page {
    person.submit(form).await
}

#[tokio::test]
async fn r_29_a_role_is_given_for_all_for_some_organizations_and_until_a_day() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let given = submit(&person, form(&person, OTHER, "reader").await).await;
    assert!(given.has("[role=status]") && given.has("[data-user='19']"), "{}", given.text("main"));
    assert_eq!(role_of(&instance, OTHER), Some(Role::Reader));
    let some = form(&person, OTHER, "moderator").await.with("organizations", "219 200 235 00014\n13002526500013");
    let given = submit(&person, some.with("until", "2026-12-24")).await;
    let Some(Role::Moderator { organizations: Some(organizations), until: Some(until) }) = role_of(&instance, OTHER)
    else {
        panic!("{}", given.text("main"))
    };
    assert!(organizations.contains(&OrganizationId(1)) && organizations.len() == 2);
    assert_eq!(until.to_iso8601(), "2026-12-24T22:59:59.000Z", "SEC-197: to its end in Paris");
    assert!(given.text("[data-user='19']").contains("clamart"), "{}", given.text("main"));
    let moderator = at_work(&instance, OTHER).await.0;
    assert_eq!(moderator.get("/admin/team").await.status, 403, "who moderates does not see the team");
    let page = person.visit("/admin/team").await;
    let gone = submit(&person, page.form_to("team/19/revoke")).await;
    assert!(gone.has("[role=status]") && !gone.has("[data-user='19']"));
    assert_eq!(moderator.get("/admin").await.status, 404, "SEC-91: at once");
}

#[tokio::test]
async fn a_role_that_cannot_be_given_keeps_what_was_typed_and_says_why_beside_the_field() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    instance.disable("user18@yopmail.com").await;
    let cases = [
        ("@", "reader", "", "", "email", "Saisissez"),
        ("personne@exemple.fr", "reader", "", "", "email", "Aucun compte"),
        ("user18@yopmail.com", "reader", "", "", "email", "désactivé"),
        (ADMINISTRATOR, "reader", "", "", "email", "dernier administrateur"),
        (OTHER, "moderator", "123", "", "organizations", "quatorze"),
        (OTHER, "moderator", "13003013300016", "", "organizations", "pas encore connu"),
        (OTHER, "reader", "13002526500013", "", "organizations", "Seul"),
        (OTHER, "moderator", "", "demain", "until", "Saisissez"),
        (OTHER, "moderator", "", "2020-01-01", "until", "passé"),
        (OTHER, "administrator", "", "2027-01-01", "until", "Seul"),
    ];
    for (address, role, organizations, until, field, word) in cases {
        let typed = form(&person, address, role).await.with("organizations", organizations).with("until", until);
        let refused = submit(&person, typed).await;
        assert_eq!(refused.status, 400, "{address} {role}");
        assert!(refused.text(&format!("#{field}-problem")).contains(word), "{}", refused.text("main"));
        assert!(refused.has(&format!(".problems a[href='#{field}']")));
        assert_eq!(refused.attribute("#email", "value").as_deref(), Some(address));
        assert!(refused.has(&format!("#role option[value={role}][selected]")));
    }
    assert_eq!(role_of(&instance, OTHER), None);
    assert!(matches!(role_of(&instance, ADMINISTRATOR), Some(Role::Administrator)));
}

#[tokio::test]
async fn sec_142_the_last_administrator_stays_and_of_two_who_dismiss_each_other_one_remains() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let page = person.visit("/admin/team").await;
    let refused = submit(&person, page.form_to("team/21/revoke")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text("[role=alert]").contains("dernier administrateur"), "{}", refused.text("main"));
    let other = officer(&instance, JEAN, Role::Administrator).await;
    let page = person.visit("/admin/team").await;
    let (first, second) = (page.form_to("team/1/revoke"), other.visit("/admin/team").await.form_to("team/21/revoke"));
    let (one, two) = tokio::join!(person.post(first), other.post(second));
    let left: Vec<&str> =
        [ADMINISTRATOR, JEAN].into_iter().filter(|address| role_of(&instance, address).is_some()).collect();
    assert_eq!(left.len(), 1, "{} {}", one.status, two.status);
    assert!(!instance.mails_to(JEAN).await.is_empty(), "and administrators are told");
}

#[tokio::test]
async fn sec_138_a_reader_sees_the_team_and_changes_nothing_of_it() {
    let instance = Instance::dev().await;
    let person = officer(&instance, JEAN, Role::Reader).await;
    grant(&instance, OTHER, Role::Reader).await;
    let page = person.visit("/admin/team").await;
    assert!(page.has("[data-user='19']") && !page.has("main form"));
    let mut stolen = page.form_to("admin/sign-out");
    stolen.action.set_path("/admin/team/19/revoke");
    assert_eq!(person.post(stolen).await.status, 403);
    assert!(role_of(&instance, OTHER).is_some());
}
