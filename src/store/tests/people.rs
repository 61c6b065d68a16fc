//! The indexes of people: by address, by role, by the organizations that they decide for.

use super::*;
use crate::domain::Role;

#[tokio::test(flavor = "multi_thread")]
async fn r_3_the_indexes_by_address_and_role_are_what_the_people_give() {
    let store = store();
    let mut dice = Dice(1);
    for _ in 0..300 {
        let (act, someone) = (dice.roll(4), user(dice.roll(20), &format!("person-{}@example.fr", dice.roll(20))));
        let role = match dice.roll(5) {
            0 => Some(Role::Administrator),
            1 => Some(Role::Reader),
            2 => Some(Role::Moderator { organizations: None, until: None }),
            3 => Some(some_of(&mut dice)),
            _ => None,
        };
        let someone = User { role, ..someone };
        let done = store.write(move |tx| match act {
            0 => users::delete(tx, someone.id, NOW).map(|_| ()),
            1 => users::update(tx, &someone),
            _ => users::insert(tx, &someone),
        });
        assert!(matches!(done.await, Ok(()) | Err(StoreError::Taken { .. } | StoreError::Absent { .. })));

        let mut people = store.read(|tx| users::list(tx, None, usize::MAX)).unwrap();
        let with_role: Vec<User> = people.iter().filter(|person| person.role.is_some()).cloned().collect();
        assert_eq!(store.read(|tx| users::list_with_role(tx, None, usize::MAX)).unwrap(), with_role);
        let deciders = |organization: Option<u64>| {
            let id = organization.map(OrganizationId);
            store.read(|tx| users::list_who_decide(tx, id, None, usize::MAX)).unwrap()
        };
        let of_all = |user: &&User| match &user.role {
            Some(Role::Administrator | Role::Moderator { organizations: None, .. }) => true,
            Some(Role::Moderator { .. } | Role::Reader) | None => false,
        };
        assert_eq!(deciders(None), people.iter().filter(of_all).cloned().collect::<Vec<_>>());
        for organization in 1..4 {
            let of_it = |user: &&User| {
                user.role
                    .as_ref()
                    .is_some_and(|role| role.is_delegated() && role.may_moderate(OrganizationId(organization), NOW))
            };
            assert_eq!(deciders(Some(organization)), people.iter().filter(of_it).cloned().collect::<Vec<_>>());
        }
        assert!(store.check(NOW).unwrap().is_sound());
        people.sort_by(|one, other| one.email.cmp(&other.email));
        let rebuilt: Vec<UserId> = people.iter().map(|person| person.id).collect();
        assert_eq!(store.read(|tx| users::BY_EMAIL.list(tx, None, usize::MAX)).unwrap(), rebuilt);
        for person in people {
            assert_eq!(store.read(|tx| users::find_by_email(tx, &person.email)).unwrap(), Some(person));
        }
    }
}

/// A moderator of up to three organizations.
fn some_of(dice: &mut Dice) -> Role {
    let organizations = (0..=dice.roll(3)).map(|_| OrganizationId(1 + dice.roll(3))).collect();
    Role::Moderator { organizations: Some(organizations), until: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_before_learns_who_decides_for_which_organization() {
    let store = store();
    let mut dice = Dice(7);
    for id in 0..30 {
        let someone = User { role: Some(some_of(&mut dice)), ..user(id, &format!("person-{id}@example.fr")) };
        store.write(move |tx| users::insert(tx, &someone)).await.unwrap();
    }
    let digest =
        || store.check(NOW).unwrap().tables.into_iter().find(|count| count.table == "users_who_decide").unwrap();
    let whole = digest();
    store.write(|tx| engine::empty(tx, users::DECIDERS.name())).await.unwrap();
    assert!(!store.check(NOW).unwrap().is_sound() && digest() != whole);
    store.write(users::index_who_decides).await.unwrap();
    assert_eq!(digest(), whole);
    assert!(store.check(NOW).unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_101_a_record_with_an_address_of_before_is_read_and_a_check_names_its_owner() {
    let store = store();
    let former: Email = serde_json::from_value(json!("hélène..d@localhost")).unwrap();
    let (someone, known) = (User { email: former.clone(), ..user(1, "a@example.fr") }, user(2, "b@example.fr"));
    let kept = someone.clone();
    store
        .write(move |tx| {
            users::insert(tx, &kept)?;
            users::insert(tx, &known)
        })
        .await
        .unwrap();
    assert_eq!(store.read(|tx| users::find_by_email(tx, &former)).unwrap(), Some(someone));
    let report = store.check(NOW).unwrap();
    assert_eq!((report.is_sound(), report.with_former_addresses), (true, vec![UserId(1)]));
}
