//! Organizations that the register closed or knows no more, in a database that did not list them.

use super::*;
use crate::domain::OrganizationStanding::{Closed, Unknown};
use crate::store::engine;

#[tokio::test(flavor = "multi_thread")]
async fn sec_114_a_database_of_before_lists_what_is_closed_and_a_check_misses_what_is_not_listed() {
    let directory = tempfile::tempdir().unwrap();
    let opening = || Opening { location: Location::Directory(directory.path().to_path_buf()), ..opening() };
    let store = Store::open(opening()).unwrap();
    let format = store.header().format;
    let listed = |store: &Store, standing| {
        let found = store.read(|tx| organizations::list_of_standing(tx, standing, None, 10)).unwrap();
        found.into_iter().map(|known| known.id.0).collect::<Vec<_>>()
    };
    store
        .write(|tx| {
            organizations::insert(tx, &organization(1, 1))?;
            organizations::insert(tx, &Organization { is_active: false, ..organization(2, 2) })?;
            organizations::insert(tx, &Organization { is_entity_active: Some(false), ..organization(3, 3) })?;
            organizations::insert(tx, &Organization { is_active: false, ..organization(4, 4) })
        })
        .await
        .unwrap();
    assert_eq!((listed(&store, Closed), listed(&store, Unknown)), (vec![2, 3, 4], vec![]));
    store
        .write(|tx| {
            organizations::update(tx, &Organization { not_found_at: Some(NOW), ..organization(1, 1) })?;
            organizations::update(tx, &organization(4, 4))
        })
        .await
        .unwrap();
    assert_eq!((listed(&store, Closed), listed(&store, Unknown)), (vec![2, 3], vec![1]));
    assert!(store.check(NOW).unwrap().is_sound());

    store
        .write(|tx| {
            engine::empty(tx, organizations::BY_STANDING.name())?;
            organizations::BY_STANDING.put(
                tx,
                &(engine::Ended(String::from("closed")), OrganizationId(4)),
                &OrganizationId(4),
            )
        })
        .await
        .unwrap();
    let findings = store.check(NOW).unwrap().findings;
    let missed = |problem| findings.iter().filter(|finding| finding.problem == problem).count();
    assert_eq!(missed(Problem::NotIn { index: "organizations_by_standing" }), 3, "{findings:?}");
    assert_eq!(missed(Problem::Without { table: "organizations" }), 1, "{findings:?}");

    store
        .write(|tx| {
            engine::empty(tx, organizations::BY_STANDING.name())?;
            engine::set_format(tx, 5)
        })
        .await
        .unwrap();
    assert!(store.check(NOW).unwrap().is_sound(), "a database of before lacks nothing");
    drop(store);
    let store = Store::open(opening()).unwrap();
    assert_eq!((store.header().format, format), (6, 6));
    assert_eq!((listed(&store, Closed), listed(&store, Unknown)), (vec![2, 3], vec![1]));
    assert!(store.check(NOW).unwrap().is_sound());
}
