//! The nouns: indexes that agree with their records, identifiers that are not given twice, orders of listings.

mod authorship;
mod people;
mod reading;
mod sign_outs;
mod standings;

use serde_json::json;

use super::*;
use crate::domain::{
    Actor, AuditEvent, AuditRecord, Client, ClientAuthentication, ClientOrigin, ClientState, Credentials, Email,
    Greeting, MailContent, Membership, Organization, OrganizationId, OrganizationSource, Origin, OutgoingMail,
    SignInFailure, SignInMethod, Siret, User, UserId, Verification,
};
use crate::protocol::{Locale, RedirectUri, RedirectUriPolicy};
use signing_keys::StoredSigningKey;

const NOW: Timestamp = Timestamp(1_700_000_000);

fn opening() -> Opening {
    Opening {
        location: Location::Memory,
        cache_bytes: 1024 * 1024,
        mode: String::from("serve"),
        issuer: String::from("https://identity.example"),
        instance_id: String::from("test"),
        accept_issuer_change: false,
        now: NOW,
    }
}

fn store() -> Store {
    Store::open(opening()).unwrap()
}

fn user(id: u64, email: &str) -> User {
    User::new(UserId(id), email.parse().unwrap(), NOW)
}

/// SIRETs with a valid check digit: those of La Poste whose digits add up to a multiple of five.
fn siret(number: u64) -> Siret {
    (0..100_000)
        .filter_map(|nic| format!("356000000{nic:05}").parse().ok())
        .nth(usize::try_from(number).unwrap())
        .unwrap()
}

fn organization(id: u64, number: u64) -> Organization {
    Organization {
        id: OrganizationId(id),
        siret: siret(number),
        label: format!("Organization {id}"),
        legal_category: None,
        activity: None,
        headcount: None,
        entity_headcount: None,
        is_head_office: true,
        is_active: true,
        is_entity_active: None,
        address: None,
        source: OrganizationSource::Register,
        told: None,
        not_found_at: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn membership(user_id: u64, organization_id: u64, created_at: u64) -> Membership {
    Membership {
        user_id: UserId(user_id),
        organization_id: OrganizationId(organization_id),
        is_external: false,
        verification: Verification::Domain,
        greeting: Greeting::Done,
        made_by: None,
        verified: None,
        created_at: Timestamp(created_at),
        updated_at: Timestamp(created_at),
    }
}

/// Small numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_1_the_identifier_of_an_erased_person_is_never_given_again() {
    let store = store();
    store.write(|tx| users::insert(tx, &user(7, "alice@example.fr"))).await.unwrap();
    assert!(store.write(|tx| users::delete(tx, UserId(7), NOW)).await.unwrap());
    let again = store.write(|tx| users::insert(tx, &user(7, "bob@example.fr"))).await;
    assert_eq!(again, Err(StoreError::Taken { table: "users" }));
    // The address is free for another person.
    store.write(|tx| users::insert(tx, &user(8, "alice@example.fr"))).await.unwrap();
    let email: Email = "alice@example.fr".parse().unwrap();
    assert_eq!(store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap().id, UserId(8));
    assert_eq!(store.read(|tx| users::find(tx, UserId(7))).unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_101_an_address_belongs_to_one_person() {
    let store = store();
    store.write(|tx| users::insert(tx, &user(7, "alice@example.fr"))).await.unwrap();
    store.write(|tx| users::insert(tx, &user(8, "bob@example.fr"))).await.unwrap();
    let taken = Err(StoreError::Taken { table: "users_by_email" });
    assert_eq!(store.write(|tx| users::insert(tx, &user(9, "alice@example.fr"))).await, taken);
    assert_eq!(store.write(|tx| users::update(tx, &user(8, "alice@example.fr"))).await, taken);
    assert_eq!(store.read(|tx| users::find(tx, UserId(9))).unwrap(), None);
    assert_eq!(store.read(|tx| users::get(tx, UserId(8))).unwrap().email.as_str(), "bob@example.fr");
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_the_index_by_siret_is_what_the_organizations_give() {
    let store = store();
    let mut dice = Dice(2);
    for _ in 0..200 {
        let (act, some) = (dice.roll(2), organization(1 + dice.roll(12), dice.roll(12)));
        let done = store.write(move |tx| match act {
            0 => organizations::update(tx, &some),
            _ => organizations::insert(tx, &some),
        });
        assert!(matches!(done.await, Ok(()) | Err(StoreError::Taken { .. } | StoreError::Absent { .. })));

        let mut all = store.read(|tx| organizations::list(tx, None, usize::MAX)).unwrap();
        all.sort_by(|one, other| one.siret.cmp(&other.siret));
        let rebuilt: Vec<OrganizationId> = all.iter().map(|organization| organization.id).collect();
        assert_eq!(store.read(|tx| organizations::BY_SIRET.list(tx, None, usize::MAX)).unwrap(), rebuilt);
        for organization in all {
            assert_eq!(
                store.read(|tx| organizations::find_by_siret(tx, &organization.siret)).unwrap(),
                Some(organization)
            );
        }
    }
}

/// A client of chance: whose, usable or not, public or not, with a page or not, at up to three of four origins.
fn client(dice: &mut Dice) -> Client {
    let policy = RedirectUriPolicy { native: true, plain_http: true };
    let uris = (0..dice.roll(4)).map(|_| match dice.roll(5) {
        4 => String::from("com.example.app:/callback"),
        host => format!("https://{}.example/{}", ["a", "aa", "b", "c"][usize::try_from(host).unwrap()], dice.roll(2)),
    });
    Client {
        redirect_uris: uris.map(|uri| RedirectUri::parse(&uri, policy).unwrap()).collect(),
        authentication: match dice.roll(3) {
            0 => ClientAuthentication::Undecided,
            _ => ClientAuthentication::Public,
        },
        state: if dice.roll(4) == 0 { ClientState::Disabled } else { ClientState::Enabled },
        origin: if dice.roll(4) == 0 { ClientOrigin::Recorded } else { ClientOrigin::Declared },
        client_uri: (dice.roll(2) == 0).then(|| String::from("https://service.example/")),
        ..Client::new(format!("client-{}", dice.roll(6)).parse().unwrap(), String::from("Service"), NOW)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_r_20_the_indexes_of_clients_are_what_the_clients_give() {
    let store = store();
    let mut dice = Dice(4);
    let (mut open, mut offered) = (0, 0);
    for _ in 0..300 {
        let (act, some) = (dice.roll(4), client(&mut dice));
        let done = store.write(move |tx| match act {
            0 => clients::delete(tx, &some.id).map(|_| ()),
            1 => clients::update(tx, &some),
            _ => clients::insert(tx, &some),
        });
        assert!(matches!(done.await, Ok(()) | Err(StoreError::Taken { .. } | StoreError::Absent { .. })));

        let all = store.read(|tx| clients::list(tx, None, usize::MAX)).unwrap();
        for origin in ["https://a.example", "https://aa.example", "https://b.example", "https://c.example", "null", ""]
        {
            let expected = all.iter().any(|client| client.script_origins().contains(origin));
            open += usize::from(expected);
            assert_eq!(store.read(|tx| clients::has_public_origin(tx, origin)).unwrap(), expected, "{origin}");
        }
        let expected: Vec<Client> = all.into_iter().filter(Client::is_offered).collect();
        offered += expected.len();
        assert_eq!(store.read(|tx| clients::list_offered(tx, None, usize::MAX)).unwrap(), expected);
        assert_eq!(store.check(NOW).unwrap().findings, []);
    }
    assert!(open > 100 && offered > 100, "{open} {offered}");
}

/// A client that both indexes hold.
fn indexed_client() -> Client {
    let uri = RedirectUri::parse("https://a.example/callback", RedirectUriPolicy::default()).unwrap();
    Client {
        authentication: ClientAuthentication::Public,
        redirect_uris: vec![uri],
        client_uri: Some(String::from("https://service.example/")),
        ..Client::new("service".parse().unwrap(), String::from("Service"), NOW)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_185_a_check_finds_clients_and_indexes_that_disagree() {
    let problems = |store: &Store| -> Vec<(String, Problem)> {
        let findings = store.check(NOW).unwrap().findings;
        findings.into_iter().map(|finding| (finding.table, finding.problem)).collect()
    };
    let client = indexed_client();
    let store = store();
    let bare = client.clone();
    store.write(move |tx| clients::CLIENTS.insert(tx, &bare.id, &bare)).await.unwrap();
    // The first that is found of a record is told.
    let missing = Problem::NotIn { index: clients::PUBLIC_ORIGINS.name() };
    assert_eq!(problems(&store), [(String::from("clients"), missing)]);
    store.write(clients::index_all).await.unwrap();
    assert_eq!(problems(&store), []);
    let id = client.id.clone();
    store.write(move |tx| clients::OFFERED.delete(tx, &id)).await.unwrap();
    let missing = Problem::NotIn { index: clients::OFFERED.name() };
    assert_eq!(problems(&store), [(String::from("clients"), missing)]);
    store.write(clients::index_all).await.unwrap();
    let disabled = Client { state: ClientState::Disabled, ..client };
    store.write(move |tx| clients::CLIENTS.update(tx, &disabled.id, &disabled)).await.unwrap();
    let left = Problem::Without { table: clients::CLIENTS.name() };
    let expected = [(String::from("public_origins"), left.clone()), (String::from("offered_clients"), left)];
    assert_eq!(problems(&store), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_215_a_database_without_indexes_of_clients_gets_them_when_it_is_opened() {
    let directory = tempfile::tempdir().unwrap();
    let opening = || Opening { location: Location::Directory(directory.path().to_path_buf()), ..opening() };
    let store = Store::open(opening()).unwrap();
    let (client, now) = (indexed_client(), store.header().format);
    store
        .write(move |tx| {
            clients::CLIENTS.insert(tx, &client.id, &client)?;
            engine::set_format(tx, 0)
        })
        .await
        .unwrap();
    assert!(!store.read(|tx| clients::has_public_origin(tx, "https://a.example")).unwrap());
    assert_eq!(store.check(NOW).unwrap().findings, [], "before as well as after");
    drop(store);
    let store = Store::open(opening()).unwrap();
    assert_eq!(store.header().format, now);
    assert!(store.read(|tx| clients::has_public_origin(tx, "https://a.example")).unwrap());
    assert_eq!(store.read(|tx| clients::list_offered(tx, None, 9)).unwrap().len(), 1);
    assert_eq!(store.check(NOW).unwrap().findings, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_memberships_are_the_same_from_both_sides() {
    let store = store();
    let mut dice = Dice(3);
    for _ in 0..200 {
        let (act, link) = (dice.roll(3), membership(dice.roll(6), dice.roll(6), dice.roll(1_000)));
        let done = store.write(move |tx| match act {
            0 => memberships::delete(tx, link.user_id, link.organization_id).map(|_| ()),
            1 => memberships::update(tx, &link),
            _ => memberships::insert(tx, &link),
        });
        assert!(matches!(done.await, Ok(()) | Err(StoreError::Taken { .. } | StoreError::Absent { .. })));

        let mut all = store.read(|tx| memberships::MEMBERSHIPS.list(tx, None, usize::MAX)).unwrap();
        all.sort_by_key(|link| (link.organization_id, link.user_id));
        let rebuilt: Vec<UserId> = all.iter().map(|link| link.user_id).collect();
        assert_eq!(store.read(|tx| memberships::BY_ORGANIZATION.list(tx, None, usize::MAX)).unwrap(), rebuilt);
        for organization_id in (0..6).map(OrganizationId) {
            let expected: Vec<_> = all.iter().filter(|link| link.organization_id == organization_id).cloned().collect();
            let found = store.read(|tx| memberships::list_of_organization(tx, organization_id, None, usize::MAX));
            assert_eq!(found.unwrap(), expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_organizations_are_listed_in_the_order_of_joining() {
    let store = store();
    let links = [membership(7, 3, 20), membership(7, 1, 30), membership(7, 2, 10), membership(8, 1, 5)];
    store.write(move |tx| links.iter().try_for_each(|link| memberships::insert(tx, link))).await.unwrap();
    let listed = store.read(|tx| memberships::list_of_user(tx, UserId(7))).unwrap();
    assert_eq!(listed.iter().map(|link| link.organization_id.0).collect::<Vec<_>>(), [2, 3, 1]);
    let after = store.read(|tx| memberships::list_of_organization(tx, OrganizationId(1), Some(UserId(7)), 5)).unwrap();
    assert_eq!(after, [membership(8, 1, 5)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_1_identifiers_of_organizations_go_on_after_those_brought_along() {
    let store = store();
    assert_eq!(store.write(organizations::next_id).await, Ok(OrganizationId(1)));
    store.write(|tx| organizations::insert(tx, &organization(16, 0))).await.unwrap();
    assert_eq!(store.write(organizations::next_id).await, Ok(OrganizationId(17)));
    store.write(|tx| organizations::insert(tx, &organization(2, 1))).await.unwrap();
    assert_eq!(store.write(organizations::next_id).await, Ok(OrganizationId(18)));
}

fn mail_to_alice() -> OutgoingMail {
    let content = MailContent::PasswordChanged { at: NOW };
    OutgoingMail::notice("alice@example.fr".parse().unwrap(), Locale::Fr, content, NOW)
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_leave_in_the_order_of_writing_and_their_places_are_not_given_again() {
    let store = store();
    let mail = mail_to_alice();
    for _ in 0..3 {
        let mail = mail.clone();
        store.write(move |tx| outbox::insert(tx, &mail)).await.unwrap();
    }
    assert!(store.write(|tx| outbox::delete(tx, 3)).await.unwrap());
    assert!(!store.write(|tx| outbox::delete(tx, 3)).await.unwrap());
    assert_eq!(store.write(move |tx| outbox::insert(tx, &mail)).await, Ok(4));
    let ids = |after| {
        let mails = store.read(|tx| outbox::list(tx, after, 10)).unwrap();
        mails.iter().map(|queued| queued.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None), [1, 2, 4]);
    assert_eq!(ids(Some(1)), [2, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_8_the_trail_is_in_the_order_of_time_and_every_event_comes_back_as_it_was_written() {
    let store = store();
    let client_id: crate::domain::ClientId = "test-id".parse().unwrap();
    let events = [
        AuditEvent::SignedIn { user_id: UserId(7), client_id: Some(client_id.clone()), method: SignInMethod::Password },
        AuditEvent::SignInFailed { user_id: None, reason: SignInFailure::UnknownAddress },
        AuditEvent::ConsentDecided { user_id: UserId(7), client_id: client_id.clone(), allowed: false },
        AuditEvent::InstanceReset,
    ];
    // Two in one millisecond, one from a clock that went back.
    let times = [2_000, 2_000, 1_000, 3_000];
    let records: Vec<AuditRecord> = events
        .into_iter()
        .zip(times)
        .map(|(event, at_millis)| {
            let origin = Origin { source: Some(String::from("192.0.2.1")), request_id: None, session: None };
            AuditRecord { at_millis, actor: Actor::Client(client_id.clone()), origin, event }
        })
        .collect();
    let written = records.clone();
    store.write(move |tx| written.iter().try_for_each(|record| audit::insert(tx, record))).await.unwrap();

    let first = store.read(|tx| audit::list_latest(tx, None, 2)).unwrap();
    let rest = store.read(|tx| audit::list_latest(tx, first.last(), 10)).unwrap();
    let listed: Vec<AuditRecord> = first.into_iter().chain(rest).map(|entry| entry.record).collect();
    assert_eq!(listed, [3, 1, 0, 2].map(|position| records[position].clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_credentials_and_signing_keys_are_written_read_and_deleted() {
    let store = store();
    let client = Client::new("test-id".parse().unwrap(), String::from("Test"), NOW);
    let credentials = Credentials::new(UserId(7), Some(String::from("$argon2id$…")), NOW);
    let key = StoredSigningKey { kid: String::from("k1"), body: json!({ "state": "current" }) };
    let (renamed, id) = (Client { name: String::from("Renamed"), ..client.clone() }, client.id.clone());
    let (rotated, kept) = (StoredSigningKey { body: json!({ "state": "retired" }), ..key.clone() }, key.clone());
    let (other, expected) = (Credentials { password_hash: None, ..credentials.clone() }, renamed.clone());
    store
        .write(move |tx| {
            clients::insert(tx, &client)?;
            credentials::insert(tx, &credentials)?;
            signing_keys::insert(tx, &key)
        })
        .await
        .unwrap();
    assert_eq!(store.read(|tx| signing_keys::list(tx, 10)).unwrap(), [kept]);
    store
        .write(move |tx| {
            clients::update(tx, &renamed)?;
            credentials::update(tx, &other)?;
            signing_keys::update(tx, &rotated)
        })
        .await
        .unwrap();
    assert_eq!(store.read(|tx| clients::get(tx, &id)).unwrap(), expected);
    assert_eq!(store.read(|tx| clients::list(tx, None, 10)).unwrap(), [expected]);
    assert_eq!(store.read(|tx| credentials::find(tx, UserId(7))).unwrap().unwrap().password_hash, None);
    let body = store.read(|tx| signing_keys::find(tx, "k1")).unwrap().unwrap().body;
    assert_eq!(body, json!({ "state": "retired" }));

    let gone = store.write(move |tx| {
        Ok([clients::delete(tx, &id)?, credentials::delete(tx, UserId(7))?, signing_keys::delete(tx, "k1")?])
    });
    assert_eq!(gone.await, Ok([true; 3]));
    assert!(store.read(|tx| signing_keys::list(tx, 10)).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_198_ten_thousand_mails_wait_at_the_most_and_the_oldest_gives_way() {
    let store = store();
    let mail = mail_to_alice();
    let fill = move |count: u64| {
        let mail = mail.clone();
        move |tx: &mut Tx| (0..count).try_for_each(|_| outbox::insert(tx, &mail).map(drop))
    };
    let waiting = || store.read(|tx| outbox::list(tx, None, 20_000)).unwrap();
    store.write(fill(10_000)).await.unwrap();
    assert_eq!((waiting().len(), waiting()[0].id), (10_000, 1));
    store.write(fill(3)).await.unwrap();
    assert_eq!((waiting().len(), waiting()[0].id), (10_000, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_168_the_mails_of_one_reader_are_taken_out_wherever_they_wait() {
    let store = store();
    let mail = |to: &str| OutgoingMail { to: to.parse().unwrap(), ..mail_to_alice() };
    for to in ["alice@example.fr", "bob@example.fr", "alice@example.fr"] {
        let mail = mail(to);
        store.write(move |tx| outbox::insert(tx, &mail)).await.unwrap();
    }
    for _ in 0..3 {
        store.write(|tx| outbox::note_failure(tx, 1)).await.unwrap();
    }
    assert_eq!(store.read(|tx| outbox::list_set_aside(tx, 9)).unwrap().len(), 1);
    let alice: Email = "alice@example.fr".parse().unwrap();
    store.write(move |tx| outbox::delete_where(tx, |mail| mail.to == alice)).await.unwrap();
    assert_eq!(store.read(|tx| outbox::list_set_aside(tx, 9)).unwrap(), []);
    let left: Vec<u64> = store.read(|tx| outbox::list(tx, None, 9)).unwrap().iter().map(|queued| queued.id).collect();
    assert_eq!(left, [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_193_a_database_that_was_put_back_keeps_its_bans_and_nothing_that_was_handed_out() {
    use crate::domain::{Ban, Banned, HandleKey, PasswordLink};
    let store = store();
    let ban = Ban { subject: 7, until: Timestamp(NOW.0 + 3_600), banned: Banned::Source };
    let key = HandleKey::<PasswordLink>::new(Timestamp(NOW.0 + 3_600), [1; 32]);
    let link = PasswordLink {
        user_id: UserId(7),
        user_epoch: 0,
        expires_at: Timestamp(NOW.0 + 3_600),
        used_at: None,
        is_mailed: false,
    };
    let written = ban;
    store
        .write(move |tx| {
            bans::insert(tx, &written)?;
            password_links::insert(tx, &key, &link)
        })
        .await
        .unwrap();
    store.write(void_what_was_handed_out).await.unwrap();
    assert_eq!(store.read(|tx| bans::list(tx, None, 10)).unwrap(), [ban]);
    assert_eq!(store.read(|tx| password_links::find(tx, &key)).unwrap(), None);
    store.purge(Timestamp(u64::from(u32::MAX) - 1)).await.unwrap();
    assert!(store.read(|tx| bans::list(tx, None, 10)).unwrap().is_empty(), "time ends a ban too");
}

#[tokio::test]
async fn sec_185_organizations_of_before_get_their_words_and_a_check_finds_words_that_are_not_theirs() {
    let store = store();
    let some = organization(7, 0);
    let (bare, id) = (some.clone(), some.id);
    let missing = || Problem::NotIn { index: organizations::BY_WORD.name() };
    store.write(move |tx| organizations::insert(tx, &bare)).await.unwrap();
    let found = |text: &str| store.read(|tx| organizations::search(tx, text, None, 10)).unwrap().0.len();
    assert_eq!((found("organization 7"), found("organization 8")), (1, 0));
    let rows = organizations::rows_of_words(&some);
    store
        .write(move |tx| rows.iter().try_for_each(|row| organizations::BY_WORD.delete(tx, row).map(drop)))
        .await
        .unwrap();
    assert_eq!((found("organization 7"), store.check(NOW).unwrap().findings.remove(0).problem), (0, missing()));
    store.write(organizations::index_all).await.unwrap();
    assert_eq!((found("organization 7"), store.check(NOW).unwrap().is_sound()), (1, true));
    let renamed = Organization { label: String::from("Commune"), ..some };
    store.write(move |tx| organizations::update(tx, &renamed)).await.unwrap();
    assert_eq!((found("organization"), found("commune")), (0, 1));
    assert!(store.check(NOW).unwrap().is_sound(), "no word of the former name is left: {id}");
}
