//! A disk that fails, fills up or turns read-only under an instance that serves: what is refused says so, what was
//! acknowledged stays, reads go on, and service comes back by itself.

mod clerk;

use std::sync::Arc;
use std::time::Duration;

use moncomptepro::acts::{self, ActError, BackupOrder, By, TokenOutcome};
use moncomptepro::admin::{self, Call};
use moncomptepro::app::App;
use moncomptepro::domain::Actor;
use moncomptepro::store::backup::{BackupFile, import};
use moncomptepro::store::{StoreError, TableCount};
use moncomptepro::web::Method;

use super::errand::Errand;
use super::work;
use super::world;
use crate::support::{Disk, Fault, Instance, Page, Person, RelyingParty};
use clerk::Duty;

const ADDRESS: &str = "user@yopmail.com";

/// Waits for the store, which tries to open its database again every millisecond.
pub(crate) async fn until_healthy(app: &App) {
    let recovered = async {
        while !app.store.is_healthy() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), recovered).await.unwrap();
}

fn error_of(page: &Page) -> (u16, String) {
    let code = page.json().get("error").and_then(|error| error.as_str()).unwrap_or_default().to_owned();
    (page.status.as_u16(), code)
}

/// Somebody signed in, a client with a live token and a code not redeemed yet, before the disk fails.
struct Scene {
    disk: Arc<Disk>,
    instance: Instance,
    person: Person,
    client: RelyingParty,
    token: String,
    code: String,
}

impl Scene {
    async fn set() -> Self {
        let disk = Arc::new(Disk::default());
        let instance = Instance::on_disk(&disk).await;
        let (person, client) = (instance.person(), instance.standard_client());
        let first = client.code(&client.sign_in(&person, "openid email", ADDRESS).await);
        let token = client.redeem(&first).await.access_token;
        let code = client.code(&person.visit(&client.authorization("openid email", &[])).await);
        Self { disk, instance, person, client, token, code }
    }
}

/// What the operator at the machine is answered.
async fn by_command(app: &App, method: Method, path: &[&str]) -> u16 {
    let call = Call::new(method, path);
    admin::answer(app, &admin::by_command_line(app, "root"), &call).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_190_sec_191_commands_that_only_look_go_on_while_nothing_can_be_written() {
    for fault in [Fault::ReadOnly, Fault::Broken] {
        let Scene { disk, instance, .. } = Scene::set().await;
        let app = &instance.app;
        disk.suffer(fault);
        // The first that writes finds out.
        assert_eq!(by_command(app, Method::POST, &["users", ADDRESS, "sign-out"]).await, 503, "{fault:?}");
        let looks: [&[&str]; 7] = [
            &["users"],
            &["users", ADDRESS],
            &["sessions"],
            &["audit"],
            &["clients"],
            &["organizations"],
            &["administrators"],
        ];
        for path in looks {
            assert_eq!(by_command(app, Method::GET, path).await, 200, "{fault:?} {path:?}");
        }
        assert_eq!(by_command(app, Method::POST, &["users", ADDRESS, "sign-out"]).await, 503, "{fault:?}");
        instance.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_190_sec_191_while_nothing_can_be_written_acts_are_refused_and_reads_go_on() {
    for fault in [Fault::Full, Fault::ReadOnly, Fault::Broken] {
        let Scene { disk, instance, person, client, token, code } = Scene::set().await;
        disk.suffer(fault);
        // A disk that is full still takes what has its place already: it is full when something new finds none.
        let mut refused = None;
        for number in 0..200 {
            let page = person.visit(&format!("/users/start-sign-in?round={number}")).await;
            let newcomer = instance.person();
            let asks = newcomer.visit(&client.authorization("openid", &[])).await;
            if asks.status == 303 || asks.status == 503 {
                refused = Some(asks);
                break;
            }
            assert_eq!(page.status, 200, "{fault:?} {}", page.body);
        }
        let refused = refused.unwrap_or_else(|| panic!("{fault:?}: everything was written"));
        assert!(!refused.body.contains("disk"), "{}", refused.body);

        for path in ["/.well-known/openid-configuration", "/oauth/jwks", "/livez"] {
            assert_eq!(person.get(path).await.status, 200, "{fault:?} {path}");
        }
        assert_eq!(client.userinfo(&token).await.status, 200, "{fault:?}: a live token is honoured");
        // What fits into the room that is there already may still be written to a full disk.
        if fault != Fault::Full {
            assert_eq!(person.get("/readyz").await.status, 503, "{fault:?}");
            let answer = client.present(&code).await;
            assert_eq!(error_of(&answer), (503, String::from("temporarily_unavailable")), "{fault:?}");
            assert!(answer.header("retry-after").parse::<u64>().is_ok(), "{fault:?}");
        }
        let home = person.get("/").await;
        assert_eq!(home.status, 200, "{fault:?}: whoever is signed in is still known: {}", home.body);

        disk.mend();
        until_healthy(&instance.app).await;
        assert_eq!(person.get("/readyz").await.status, 200, "{fault:?}: without a restart");
        let late = client.present(&code).await;
        assert_eq!(late.status, 200, "{fault:?}: the code was not used up: {}", late.body);
        assert_eq!(client.present(&code).await.status, 400, "{fault:?}");
        assert!(instance.app.store.check(instance.clock.now()).unwrap().is_sound(), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_190_a_person_is_told_that_nothing_can_be_recorded() {
    let Scene { disk, instance, client, .. } = Scene::set().await;
    let newcomer = instance.person();
    let asks_address = newcomer.visit(&client.authorization("openid", &[])).await;
    disk.suffer(Fault::ReadOnly);
    let refused = newcomer.submit(asks_address.form_with("login", None).with("login", ADDRESS)).await;
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(refused.body.contains(r#"data-error="storage""#), "{}", refused.body);
    assert!(refused.header("retry-after").parse::<u64>().is_ok());
    assert!(!refused.body.to_lowercase().contains("redb"), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_190_whoever_is_at_the_machine_is_told_what_is_wrong_with_the_disk_and_nobody_else() {
    let table = [
        (Fault::Full, "the disk is full"),
        (Fault::ReadOnly, "the disk is mounted for reading only"),
        (Fault::Broken, "the disk fails"),
    ];
    for (fault, words) in table {
        // What was freed on a full disk is written to: a small act may find room where a larger one did not.
        let mut attempts = 20;
        while !is_told_at_the_machine_only(fault, words).await {
            attempts -= 1;
            assert!(fault == Fault::Full && attempts > 0, "{fault:?}: somebody is served");
        }
    }
}

/// What is wrong is told to whoever types a command; false where somebody else found room.
async fn is_told_at_the_machine_only(fault: Fault, words: &str) -> bool {
    let Scene { disk, instance, person, client, code, .. } = Scene::set().await;
    let app = &instance.app;
    let create = async |number: usize| {
        let document = serde_json::json!({
            "email": format!("agent-{number}@mairie.example"), "given_name": "Marie", "family_name": "Dupont"
        });
        let call = Call::new(Method::POST, &["users"]).with_body(&document);
        admin::answer(app, &admin::by_command_line(app, "root"), &call).await
    };
    assert_eq!(app.store.trouble(), None);
    disk.suffer(fault);
    // What was freed before is written to first.
    let mut told = create(0).await;
    for number in 1..500 {
        if !told.status.is_success() {
            break;
        }
        told = create(number).await;
    }
    assert_eq!((told.status.as_u16(), &told.body["error"]), (503, &"store".into()), "{fault:?}: {}", told.body);
    assert!(told.body["message"].as_str().unwrap().contains(words), "{fault:?}: {}", told.body);
    let answers = [client.present(&code).await, person.get("/readyz").await];
    if answers.iter().any(|answer| answer.status == 200) {
        disk.mend();
        until_healthy(app).await;
        instance.stop().await;
        return false;
    }
    for answer in answers {
        assert_eq!(answer.status, 503, "{fault:?}");
        assert!(!answer.body.contains("disk"), "{fault:?}: {}", answer.body);
    }
    disk.mend();
    until_healthy(app).await;
    let known = async {
        while app.store.trouble().is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), known).await.expect("what is mended is told no more");
    assert!(create(1_000).await.status.is_success());
    instance.stop().await;
    true
}

/// Runs the errands one after the other, each until it succeeds; what was acknowledged must hold at the end.
async fn run_errands(app: &App, fault_is_lifted: impl Fn()) -> usize {
    let mut refusals = 0;
    let mut errand = Errand::begin();
    while !errand.is_done() {
        match errand.go_on(app).await {
            Ok(()) => {}
            Err(ActError::Store(StoreError::Unavailable)) => {
                refusals += 1;
                fault_is_lifted();
                until_healthy(app).await;
            }
            Err(other) => panic!("{other}"),
        }
    }
    refusals
}

/// Every write, flush and change of length of an errand fails: once, and from then on until somebody mends the disk.
#[tokio::test(flavor = "multi_thread")]
async fn sec_181_sec_190_whichever_write_fails_nothing_acknowledged_is_lost_and_service_comes_back() {
    let blank = Disk::with(Vec::new());
    let seeded = world::begin(1, blank.backend()).await;
    let bytes = {
        drop(seeded.clone());
        blank.bytes()
    };
    let quiet = Disk::with(bytes.clone());
    let app = world::on(&seeded, quiet.backend()).unwrap();
    let before = quiet.calls();
    assert_eq!(run_errands(&app, || {}).await, 0);
    let calls = quiet.calls() - before;
    assert!(calls > 50, "the errands write {calls} times");

    for number in 0..calls {
        for times in [1, usize::MAX] {
            let disk = Disk::with(bytes.clone());
            let app = world::on(&seeded, disk.backend()).unwrap();
            disk.fail_after(number, times);
            let refusals = run_errands(&app, || disk.mend()).await;
            assert_eq!(refusals, 1, "call {number} of {calls}, {times} times");
            let report = app.store.check(app.clock.now()).unwrap();
            assert!(report.is_sound(), "call {number} of {calls}, {times} times: {:?}", report.findings);
            // What is on the disk now is what a restart finds.
            drop(app);
            let app = world::on(&seeded, Disk::with(disk.bytes()).backend()).unwrap();
            assert!(app.store.check(app.clock.now()).unwrap().is_sound(), "call {number} of {calls}, {times} times");
        }
    }
}

/// What every table holds: number and digest of its records. Fails where anything contradicts anything.
fn content(app: &App, what: &str) -> Vec<TableCount> {
    let report = app.store.check(app.clock.now()).unwrap();
    assert!(report.is_sound(), "{what}: {:?}", report.findings);
    report.tables
}

fn counts(content: &[TableCount]) -> Vec<(&'static str, u64)> {
    content.iter().map(|table| (table.table, table.records)).collect()
}

/// Every write, flush and change of length of every duty of whoever runs the instance fails: the duty is done, or nothing of
/// it is; whoever finds it not done does it again.
#[tokio::test(flavor = "multi_thread")]
async fn sec_181_sec_190_whichever_write_of_a_duty_fails_it_is_done_whole_or_not_at_all() {
    let blank = Disk::with(Vec::new());
    let seeded = world::begin(3, blank.backend()).await;
    clerk::prepare(&seeded).await;
    let mut points = 0;
    for duty in Duty::all() {
        let (bytes, before) = (blank.bytes(), content(&seeded, "before"));
        assert!(duty.is_done(&seeded).await, "{duty:?}");
        let after = content(&seeded, "after");
        assert!(after != before || duty.comes_in_pieces(), "{duty:?} changes nothing");

        let quiet = Disk::with(bytes.clone());
        let app = world::on(&seeded, quiet.backend()).unwrap();
        let begun = quiet.calls();
        assert!(duty.is_done(&app).await, "{duty:?}");
        let calls = quiet.calls() - begun;
        assert!(calls > 2, "{duty:?} writes {calls} times");
        points += calls;
        let times: &[usize] = if duty.is_tried_again() { &[1] } else { &[1, usize::MAX] };
        for (number, times) in (0..calls).flat_map(|number| times.iter().map(move |times| (number, *times))) {
            let what = format!("{duty:?}, call {number} of {calls}, {times} times");
            let disk = Disk::with(bytes.clone());
            let app = world::on(&seeded, disk.backend()).unwrap();
            disk.fail_after(number, times);
            let is_done = duty.is_done(&app).await;
            assert_eq!(is_done, duty.is_tried_again(), "{what}: {is_done}");
            disk.mend();
            until_healthy(&app).await;
            let found = content(&app, &what);
            let is_undone = found == before;
            let is_whole = counts(&found) == counts(&after);
            assert!(is_undone || is_whole || duty.comes_in_pieces(), "{what}: {found:?}");
            assert!(!is_done || is_whole, "{what}: what was acknowledged is not there");
            if !is_done && (is_undone || duty.comes_in_pieces()) {
                assert!(duty.is_done(&app).await, "{what}: it cannot be done again");
            }
            let at_last = content(&app, &what);
            assert_eq!(counts(&at_last), counts(&after), "{what}");
            // What is on the disk now is what a restart finds.
            drop(app);
            let app = world::on(&seeded, Disk::with(disk.bytes()).backend()).unwrap();
            assert_eq!(content(&app, &what), at_last, "{what}");
        }
    }
    assert!(points > 100, "{points}");
}

/// A restore reads a backup into a new database: it never takes one for whole that is not.
#[tokio::test(flavor = "multi_thread")]
async fn sec_181_sec_214_whichever_write_of_a_restore_fails_it_does_not_call_itself_done() {
    let blank = Disk::with(Vec::new());
    let seeded = world::begin(4, blank.backend()).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.backup");
    let order = BackupOrder { path: Some(path.clone()), ..BackupOrder::default() };
    acts::create_backup(&seeded, &By::local(Actor::System), order).await.unwrap();
    let restored = async |disk: &Arc<Disk>, failing: Option<(usize, usize)>| {
        let app = world::on(&seeded, disk.backend()).unwrap();
        let begun = disk.calls();
        if let Some((number, times)) = failing {
            disk.fail_after(number, times);
        }
        let (target, file) = (app.store.clone(), BackupFile::open(&path).unwrap());
        let reading = tokio::task::spawn_blocking(move || import(&target, file, None).map(drop));
        let outcome = reading.await.unwrap();
        (app, outcome.is_ok(), disk.calls() - begun)
    };
    let disk = Disk::with(Vec::new());
    let (app, is_done, calls) = restored(&disk, None).await;
    assert!(is_done && calls > 2, "{calls}");
    let whole = content(&app, "restored");
    assert!(counts(&whole).iter().any(|(table, records)| *table == "users" && *records > 3), "{whole:?}");
    for (number, times) in (0..calls).flat_map(|number| [(number, 1), (number, usize::MAX)]) {
        let disk = Disk::with(Vec::new());
        let (_, is_done, _) = restored(&disk, Some((number, times))).await;
        assert!(!is_done, "call {number} of {calls}, {times} times: it calls itself done");
    }
    // The next try, into a new database, is whole.
    let (app, is_done, _) = restored(&Disk::with(Vec::new()), None).await;
    assert!(is_done);
    assert_eq!(content(&app, "again"), whole);
}

/// A code whose redemption was refused may have been redeemed: the outcome of a failed commit is unknown. It is never
/// redeemed twice.
#[tokio::test(flavor = "multi_thread")]
async fn sec_181_an_act_of_unknown_outcome_is_judged_anew_and_not_done_twice() {
    let blank = Disk::with(Vec::new());
    let seeded = world::begin(2, blank.backend()).await;
    for number in 0..40 {
        let disk = Disk::with(blank.bytes());
        let app = world::on(&seeded, disk.backend()).unwrap();
        let client = work::client(&app);
        let code = super::errand::code_for(&app, &client, ADDRESS).await;
        disk.fail_after(number, 1);
        let first = work::try_redeem(&app, &client, &code).await;
        until_healthy(&app).await;
        let second = work::try_redeem(&app, &client, &code).await;
        until_healthy(&app).await;
        let tokens: Vec<String> = [first, second]
            .into_iter()
            .filter_map(|outcome| match outcome {
                Ok(TokenOutcome::Granted(grant)) => Some(grant.access_token),
                Ok(TokenOutcome::Refused) | Err(_) => None,
            })
            .collect();
        assert!(tokens.len() <= 1, "after {number} calls: redeemed twice");
        let honoured = tokens.iter().filter(|token| acts::find_authorized(&app, token).unwrap().is_some()).count();
        assert!(honoured <= 1, "after {number} calls");
        assert!(app.store.check(app.clock.now()).unwrap().is_sound(), "after {number} calls");
    }
}

/// On one thread: whatever blocked it would keep everybody waiting.
#[tokio::test]
async fn sec_211_a_flush_that_takes_long_delays_who_writes_and_nobody_else() {
    let Scene { disk, instance, person, client, token, .. } = Scene::set().await;
    disk.hold_flushes();
    // Were the thread of requests held too, nothing below would ever run: then it goes on, and fails.
    let (watched, (tell, told)) = (Arc::clone(&disk), std::sync::mpsc::channel::<()>());
    let watch = std::thread::spawn(move || {
        let is_held_for_ever = told.recv_timeout(Duration::from_secs(60)).is_err();
        watched.release_flushes();
        is_held_for_ever
    });
    let target = client.authorization("openid email", &[]);
    let mut writing = Box::pin(person.visit(&target));
    let is_written = async {
        tokio::select! {
            biased;
            page = &mut writing => panic!("it was answered before it was durable: {}", page.url),
            () = async { while disk.flushes_held() == 0 { tokio::task::yield_now().await; } } => {}
        }
    };
    is_written.await;
    let reader = instance.person();
    for target in ["/livez", "/oauth/jwks", "/.well-known/openid-configuration", "/users/start-sign-in"] {
        assert_eq!(reader.get(target).await.status, 200, "{target}");
    }
    assert_eq!(client.userinfo(&token).await.status, 200);
    assert_eq!(disk.flushes_held(), 1, "the flush has not ended meanwhile");
    tell.send(()).unwrap();
    assert!(!watch.join().unwrap(), "nothing went on while a flush was under way");
    client.code(&writing.await);
    instance.stop().await;
}
