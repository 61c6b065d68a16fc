//! Lists of the console as files for spreadsheets: narrowed as the lists are, each as far as a role reaches.

use std::collections::BTreeSet;

use moncomptepro::acts::By;
use moncomptepro::acts::administration::list_moderations;
use moncomptepro::domain::{Actor, AuditEvent, Moderation, Organization, OrganizationId, Role, Siret, TakenList};
use moncomptepro::store::{Tx, moderations, organizations};

use super::{ADMINISTRATOR, JEAN, at_work, officer};
use crate::accounts::organizations::{ELODIE, arrive, join, waiting};
use crate::support::{Instance, Page, Person};

const DINUM: &str = "13002526500013";
/// As no spreadsheet takes it for a number.
const GROUPED: &str = "130 025 265 00013";

/// A file, by a reader of such files that is not ours: its columns, its rows, and the answer that brought it.
async fn file(person: &Person, address: &str) -> (Vec<String>, Vec<Vec<String>>, Page) {
    let answer = person.get(address).await;
    assert_eq!(answer.status, 200, "{address}: {}", answer.body);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert!(answer.header("content-disposition").starts_with("attachment; filename="), "{address}");
    let text = answer.body.strip_prefix('\u{feff}').expect("a mark of UTF-8");
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
    let columns = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    (columns, rows, answer)
}

fn column(columns: &[String], rows: &[Vec<String>], name: &str) -> Vec<String> {
    let position = columns.iter().position(|column| column == name).unwrap();
    rows.iter().map(|row| row[position].clone()).collect()
}

/// Where the list that a page shows is a file.
fn address_of(page: &Page) -> String {
    page.attribute("a[download]", "href").unwrap_or_else(|| panic!("{}", page.text("main")))
}

#[tokio::test]
async fn a_27_sec_151_requests_are_a_file_narrowed_as_the_list_is_and_no_cell_of_it_is_a_formula() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let (other, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&other, &client, "+marie@inconnu.example", &[]).await;
    join(&other, &asks, DINUM).await;
    let reader = officer(&instance, JEAN, Role::Reader).await;
    let (columns, rows, answer) = file(&reader, &address_of(&reader.visit("/admin/moderations").await)).await;
    assert_eq!(column(&columns, &rows, "email"), [ELODIE, "'+marie@inconnu.example"]);
    assert_eq!(column(&columns, &rows, "siret"), [GROUPED, GROUPED]);
    assert_eq!(column(&columns, &rows, "status"), ["pending", "pending"]);
    assert!(!answer.headers.contains_key("link"), "there is no more");
    let narrowed = reader.visit(&format!("/admin/moderations?q=email:{ELODIE}")).await;
    let (columns, rows, _) = file(&reader, &address_of(&narrowed)).await;
    assert_eq!(column(&columns, &rows, "email"), [ELODIE]);
    let (_, rows, _) = file(&reader, "/admin/moderations.csv?q=is:processed").await;
    assert!(rows.is_empty());
    assert_eq!(reader.get("/admin/moderations.csv?q=email:nobody").await.status, 400);
    assert_eq!(reader.get("/admin/moderations.csv?cursor=x").await.status, 400);
}

#[tokio::test]
async fn sec_141_sec_144_a_file_of_requests_reaches_as_far_as_the_role_and_is_recorded_once_however_long() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let by = By::local(Actor::System);
    let listed = list_moderations(&instance.app, &by, &Default::default(), None, 1).await.unwrap().listed.remove(0);
    let many = move |tx: &mut Tx<'_>| {
        for _ in 0..5_100 {
            let id = moderations::next_id(tx)?;
            moderations::insert(tx, &Moderation { id, ..listed.request.clone() })?;
        }
        Ok(())
    };
    instance.app.store.write(many).await.unwrap();
    let recorded = |event: AuditEvent| instance.audit().iter().filter(|record| record.event == event).count();
    let (administrator, _) = at_work(&instance, ADMINISTRATOR).await;
    let (columns, first, answer) = file(&administrator, "/admin/moderations.csv").await;
    assert_eq!(first.len(), 5_000);
    assert_eq!(recorded(AuditEvent::ListTaken { list: TakenList::Moderations, lines: 5_000 }), 1);
    let next = answer.header("link").strip_prefix('<').and_then(|link| link.split_once('>')).unwrap();
    assert_eq!(next.1, "; rel=\"next\"");
    let (_, second, answer) = file(&administrator, next.0).await;
    assert!(!answer.headers.contains_key("link"));
    assert_eq!(recorded(AuditEvent::ListTaken { list: TakenList::Moderations, lines: 101 }), 1);
    let numbers: BTreeSet<String> = column(&columns, &[first, second].concat(), "id").into_iter().collect();
    assert_eq!(numbers.len(), 5_101, "each once");
    let one = BTreeSet::from([OrganizationId(1)]);
    let of_one = officer(&instance, JEAN, Role::Moderator { organizations: Some(one), until: None }).await;
    assert!(file(&of_one, "/admin/moderations.csv").await.1.is_empty(), "nobody asked for theirs");
    let (columns, rows, _) = file(&of_one, "/admin/organizations.csv").await;
    assert_eq!(column(&columns, &rows, "id"), ["1"]);
    assert_eq!(recorded(AuditEvent::ListTaken { list: TakenList::Organizations, lines: 1 }), 1);
}

#[tokio::test]
async fn a_27_sec_151_organizations_are_files_of_five_thousand_each_of_which_says_where_the_list_goes_on() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let some = instance.app.store.read(|tx| organizations::get(tx, OrganizationId(1))).unwrap();
    let sirets: Vec<Siret> = (90_000_000_000_000_u64..)
        .map(|number| number.to_string())
        .filter_map(|number| number.parse().ok())
        .take(5_100)
        .collect();
    let fill = move |tx: &mut Tx<'_>| {
        for siret in &sirets {
            let (id, siret) = (organizations::next_id(tx)?, siret.clone());
            let is_active = id.0 % 100 != 0;
            let label = String::from("=SOMME(A1)");
            organizations::insert(tx, &Organization { id, siret, label, is_active, ..some.clone() })?;
        }
        Ok(())
    };
    instance.app.store.write(fill).await.unwrap();
    let there = instance.app.store.read(organizations::count).unwrap();
    let (columns, first, answer) = file(&person, &address_of(&person.visit("/admin/organizations").await)).await;
    assert_eq!(first.len(), 5_000);
    let next = answer.header("link").strip_prefix('<').and_then(|link| link.split_once('>')).unwrap();
    assert_eq!(next.1, "; rel=\"next\"");
    let (_, second, answer) = file(&person, next.0).await;
    assert!(!answer.headers.contains_key("link"));
    let all = [first, second].concat();
    let sirets: BTreeSet<String> = column(&columns, &all, "siret").into_iter().collect();
    assert_eq!((all.len() as u64, sirets.len() as u64), (there, there), "each once");
    let labels = column(&columns, &all, "label");
    assert_eq!(labels.iter().filter(|label| *label == "'=SOMME(A1)").count(), 5_100);
    assert!(!labels.iter().any(|label| label.starts_with('=')));

    let closed = person.visit("/admin/organizations?standing=closed").await;
    let (columns, rows, _) = file(&person, &address_of(&closed)).await;
    assert!(rows.len() > 50, "more than a page of them");
    assert!(column(&columns, &rows, "standing").iter().all(|standing| standing == "closed"), "{rows:?}");
    let (columns, first, answer) = file(&person, "/admin/organizations.csv?q=somme").await;
    let next = answer.header("link").trim_start_matches('<').split_once('>').unwrap().0.to_owned();
    let (_, second, answer) = file(&person, &next).await;
    assert_eq!((first.len(), second.len(), answer.headers.contains_key("link")), (5_000, 100, false), "{next}");
    let sirets: BTreeSet<String> = column(&columns, &[first, second].concat(), "siret").into_iter().collect();
    assert_eq!(sirets.len(), 5_100, "what is found goes on as well");
    let found = person.visit("/admin/organizations?q=clamart%20mairie").await;
    let (columns, rows, _) = file(&person, &address_of(&found)).await;
    assert!(column(&columns, &rows, "siret").contains(&String::from("219 200 235 00014")), "{rows:?}");
    assert_eq!(
        column(&columns, &rows, "headcount")[0],
        "1 000 à 1 999 salariés",
        "no code that a spreadsheet shortens"
    );
    assert!(rows.len() < 10, "{rows:?}");
    assert_eq!(person.get("/admin/organizations.csv?standing=odd").await.status, 400);
    assert_eq!(person.get("/admin/organizations.csv?q=a").await.status, 400);
}
