//! Role × route: every page of the console asked for by everybody who may not, and by everybody who may.

use moncomptepro::domain::{Right, Role, User};
use moncomptepro::site;
use moncomptepro::store::{Tx, users};
use moncomptepro::web::{Declaration, Guard, Input};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, ORIGIN};
use std::time::Duration;

use super::{ADMINISTRATOR, JEAN, at_work, grant, officer, signed_in};
use crate::support::{Instance, Page, Person};

const OTHER: &str = "user19@yopmail.com";

/// Every route of the console with the right that it wants.
fn guarded(instance: &Instance) -> Vec<(Declaration, Right)> {
    let table = site::routes(&instance.app);
    let rights = table.declarations().filter_map(|declaration| match declaration.guard {
        Guard::Administration(right) => Some((declaration.clone(), right)),
        _ => None,
    });
    rights.collect()
}

/// A form of this browser with nothing in it, or a visit.
async fn knock(instance: &Instance, person: &Person, token: &str, declaration: &Declaration) -> Page {
    let mut headers = HeaderMap::new();
    headers.insert(ORIGIN, HeaderValue::from_str(&instance.address).unwrap());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let body = if declaration.input == Input::Submission { format!("_csrf={token}") } else { String::new() };
    let path = declaration.path.replace("{id}", "999999");
    person.send(declaration.method.clone(), &path, headers, &body).await
}

async fn token_of(person: &Person) -> String {
    person.visit("/").await.attribute("input[name=_csrf]", "value").unwrap()
}

#[tokio::test]
async fn sec_1_every_path_of_the_console_is_behind_its_guard() {
    let instance = Instance::dev().await;
    let table = site::routes(&instance.app);
    let is_single_use = |declaration: &&Declaration| declaration.guard == Guard::Link;
    let inside = table.declarations().filter(|declaration| declaration.path.starts_with("/admin"));
    for declaration in inside.filter(|declaration| !is_single_use(declaration)) {
        let is_guarded = matches!(declaration.guard, Guard::Administration(_) | Guard::AdministrationEntrance);
        assert!(is_guarded, "{} {:?}", declaration.path, declaration.guard);
    }
    assert!(guarded(&instance).len() > 1);
}

/// Whether an address is that of the entrance, whatever page it leads to.
fn entrance(location: &str) -> bool {
    location.split('?').next() == Some("/admin/sign-in")
}

#[tokio::test]
async fn sec_138_a_user_session_an_old_one_a_closed_account_and_a_role_that_ended_open_no_page_of_the_console() {
    let instance = Instance::dev().await;
    let (now, by_day) = (instance.clock.now(), Duration::from_secs(3600));
    let user = signed_in(&instance, JEAN).await;
    let alone = signed_in(&instance, ADMINISTRATOR).await;
    let until = Some(now.plus(Duration::from_secs(600)));
    let ended = officer(&instance, "user18@yopmail.com", Role::Moderator { organizations: None, until }).await;
    let idle = officer(&instance, "user17@yopmail.com", Role::Administrator).await;
    let closed = officer(&instance, OTHER, Role::Administrator).await;
    instance.disable(OTHER).await;
    let tokens = [token_of(&user).await, token_of(&alone).await, token_of(&ended).await, token_of(&idle).await];
    let stranger = closed.visit("/users/start-sign-in").await.attribute("input[name=_csrf]", "value").unwrap();
    let before_idle = instance.recorded_acts();
    for (declaration, _) in guarded(&instance) {
        let at = format!("{} {}", declaration.method, declaration.path);
        assert_eq!(knock(&instance, &user, &tokens[0], &declaration).await.status, 404, "{at}: no role");
        let led = knock(&instance, &alone, &tokens[1], &declaration).await;
        assert_eq!((led.status.as_u16(), entrance(led.location())), (303, true), "{at}: a user session alone");
        let led = knock(&instance, &closed, &stranger, &declaration).await;
        assert_eq!((led.status.as_u16(), led.location()), (303, "/users/start-sign-in"), "{at}: a closed account");
    }
    instance.clock.advance(by_day).unwrap();
    for (declaration, _) in guarded(&instance) {
        let at = format!("{} {}", declaration.method, declaration.path);
        assert_eq!(knock(&instance, &ended, &tokens[2], &declaration).await.status, 404, "{at}: a role that ended");
        let led = knock(&instance, &idle, &tokens[3], &declaration).await;
        assert_eq!((led.status.as_u16(), entrance(led.location())), (303, true), "{at}: an expired session");
    }
    // Refusals are told; nothing else was done.
    let told = instance.audit().len();
    assert!(told >= before_idle);
    let refused = |record: &moncomptepro::domain::AuditRecord| {
        matches!(record.event, moncomptepro::domain::AuditEvent::AdministrationRefused { .. })
    };
    let others = instance.audit().iter().filter(|record| !refused(record)).count();
    assert_eq!(others, before_idle);
}

#[tokio::test]
async fn sec_138_r_29_each_role_comes_through_to_what_it_may_do_and_to_nothing_else() {
    let instance = Instance::dev().await;
    let moderator = Role::Moderator { organizations: None, until: None };
    grant(&instance, JEAN, moderator.clone()).await;
    let people = [
        (ADMINISTRATOR, Role::Administrator, at_work(&instance, ADMINISTRATOR).await.0),
        (JEAN, moderator, at_work(&instance, JEAN).await.0),
        (OTHER, Role::Reader, officer(&instance, OTHER, Role::Reader).await),
    ];
    for (address, role, person) in &people {
        let token = token_of(person).await;
        // To leave comes last: it ends what is tried.
        let mut routes = guarded(&instance);
        routes.sort_by_key(|(declaration, _)| declaration.path == "/admin/sign-out");
        for (declaration, right) in routes {
            let page = knock(&instance, person, &token, &declaration).await;
            let at = format!("{address} {} {}: {}", declaration.method, declaration.path, page.status);
            let is_refused = page.status == 403 && page.error_code().as_deref() == Some("forbidden");
            assert_eq!(is_refused, !role.has(right, instance.clock.now()), "{at}");
            assert!(page.status != 500, "{at}");
        }
    }
}

#[tokio::test]
async fn sec_137_where_nobody_administers_no_page_makes_an_administrator() {
    let instance = Instance::dev().await;
    let dismissed = |tx: &mut Tx<'_>| {
        for user in users::list(tx, None, 1_000)? {
            users::update(tx, &User { role: None, ..user })?;
        }
        Ok(())
    };
    instance.app.store.write(dismissed).await.unwrap();
    let person = signed_in(&instance, ADMINISTRATOR).await;
    let token = token_of(&person).await;
    let table = site::routes(&instance.app);
    let of_console = |declaration: &&Declaration| {
        matches!(declaration.guard, Guard::Administration(_) | Guard::AdministrationEntrance)
    };
    let routes: Vec<Declaration> = table.declarations().filter(of_console).cloned().collect();
    for declaration in &routes {
        let at = format!("{} {}", declaration.method, declaration.path);
        assert_eq!(knock(&instance, &person, &token, declaration).await.status, 404, "{at}");
    }
    for path in ["/setup", "/set-up", "/install", "/admin/setup", "/admin/set-up"] {
        assert_eq!(person.get(path).await.status, 404, "{path}");
    }
    // By command at the machine, and by nothing else.
    let officers = || instance.app.store.read(|tx| users::list(tx, None, 1_000)).unwrap();
    assert!(officers().iter().all(|user| user.role.is_none()));
    grant(&instance, ADMINISTRATOR, Role::Administrator).await;
    assert_eq!(officers().iter().filter(|user| user.role.is_some()).count(), 1);
    at_work(&instance, ADMINISTRATOR).await;
}
