//! What happens when the costly work has no place left: who asks for more of it is told when to come back, and everybody
//! else is answered as ever.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use moncomptepro::config::{Config, DevOptions};
use moncomptepro::crypto::{LaneLimits, Parameters, PasswordLane, Random};
use moncomptepro::domain::{MailContent, OutgoingMail};
use moncomptepro::fetch::{MailExchange, MailExchanges};
use moncomptepro::jobs::{self, Pace};
use moncomptepro::protocol::Locale;
use moncomptepro::site;
use moncomptepro::store::{Tx, outbox};
use reqwest::header::{HOST, HeaderMap};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Instance, Operator, Person, join_all};

const ADDRESS: &str = "user@yopmail.com";
/// How many may wait for a hash.
const WAITING: usize = 3;

/// What services and those who watch over an instance ask, answered: from a runtime of their own, as they are elsewhere.
pub(crate) async fn documents_of(address: String, issuer: String) {
    let asking = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            // Behind a proxy, services name the instance by its public address.
            let host =
                url::Url::parse(&issuer).unwrap()[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
            let headers = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
            let asker = Person::new(address, issuer, None);
            let documents =
                ["/.well-known/openid-configuration", "/oauth/jwks", "/livez", "/readyz", "/users/start-sign-in"];
            for answer in
                join_all(documents.iter().cycle().take(50).map(|path| asker.get_with(path, headers.clone()))).await
            {
                assert_eq!(answer.status, 200, "{}: {}", answer.url, answer.body);
            }
        });
    });
    while !asking.is_finished() {
        tokio::task::yield_now().await;
    }
    asking.join().unwrap();
}

async fn everybody_else_is_answered(instance: &Instance) {
    documents_of(instance.address.clone(), instance.app.config.issuer().to_owned()).await;
}

/// An instance in which nobody's hash is ever computed: its lane is as full as it gets, for as long as the story takes.
async fn saturated() -> Instance {
    let limits = LaneLimits { threads: 0, waiting: WAITING, wait: Duration::from_secs(3600) };
    let lane = PasswordLane::with_limits(Parameters::floor(), Random::system(), limits);
    Instance::changed(|port| Config::dev(DevOptions::default(), port), |app| app.with(|parts| parts.passwords = lane))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_158_with_the_password_lane_full_who_comes_too_many_is_told_when_and_the_rest_goes_on() {
    let instance = saturated().await;
    let client = instance.standard_client();
    // Somebody is signed in, without a password, before the crowd comes.
    let person = instance.person();
    let asks = person.visit(&client.authorization("openid email", &[])).await;
    let back = person.submit(asks.form_with("user_id", Some("1")).with("user_id", "1")).await;
    let token = client.redeem(&client.code(&back)).await.access_token;
    let lane = instance.app.passwords.clone();
    let waiting: Vec<_> = (0..WAITING)
        .map(|number| {
            let lane = lane.clone();
            tokio::spawn(async move { lane.verify(&format!("source {number}"), None, "a password").await })
        })
        .collect();
    while lane.depth() < WAITING {
        tokio::task::yield_now().await;
    }
    // The next one is refused at once, is told when to come back, and nothing is held for them.
    for _ in 0..2 {
        let asked = lane.verify("one more", None, "a password");
        let refused = tokio::time::timeout(Duration::from_secs(30), asked).await.expect("the queue has no end");
        assert!(refused.is_err());
    }
    let newcomer = instance.person();
    let asks = newcomer.visit(&client.authorization("openid", &[])).await;
    let asks_password = newcomer.submit(asks.form_with("login", None).with("login", ADDRESS)).await;
    let busy = newcomer.submit(asks_password.form_with("password", None).with("password", ADDRESS)).await;
    assert_eq!(busy.status, 503, "{}", busy.body);
    assert!(busy.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(lane.depth(), WAITING, "the queue is no longer than it may be");
    // Nothing else stands in that queue.
    let documents = ["/.well-known/openid-configuration", "/oauth/jwks", "/livez", "/readyz", "/users/start-sign-in"];
    let answers = join_all(documents.iter().cycle().take(50).map(|path| newcomer.get(path))).await;
    for answer in answers {
        assert_eq!(answer.status, 200, "{}: {}", answer.url, answer.body);
    }
    assert_eq!(client.userinfo(&token).await.status, 200);
    let again = person.visit(&client.authorization("openid email", &[])).await;
    client.redeem(&client.code(&again)).await;
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_187_while_the_writer_of_the_store_is_stuck_the_instance_does_not_call_itself_alive() {
    let instance = Instance::dev().await;
    let reception = site::Reception::new(instance.app.clone(), site::routes(&instance.app));
    assert!(site::is_alive(&reception).await);
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let store = instance.app.store.clone();
    let (begun, begins) = tokio::sync::oneshot::channel();
    let begun = std::sync::Mutex::new(Some(begun));
    let stuck = tokio::spawn(async move {
        let job = move |_: &mut Tx| {
            if let Some(begun) = begun.lock().unwrap().take() {
                begun.send(()).unwrap();
            }
            // Ends when the test lets go.
            Ok(held.lock().unwrap().recv().is_err())
        };
        store.write(job).await
    });
    begins.await.unwrap();
    let asked = tokio::time::timeout(Duration::from_millis(500), site::is_alive(&reception));
    assert!(asked.await.is_err(), "it says that it lives");
    // Requests that only read do not notice.
    assert_eq!(instance.person().get("/livez").await.status, 200);
    drop(release);
    assert_eq!(stuck.await.unwrap(), Ok(true));
    assert!(site::is_alive(&reception).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_158_of_two_hundred_domains_a_bounded_number_is_asked_about_and_nobody_waits_for_more() {
    let instance = Instance::dev().await;
    let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (silent.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&asked);
    let counting = tokio::spawn(async move {
        let mut buffer = [0; 512];
        while silent.recv_from(&mut buffer).await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let exchanges = Arc::new(MailExchanges::default());
    let asking = join_all((0..200).map(|_| {
        let exchanges = Arc::clone(&exchanges);
        async move { exchanges.find("mairie.example", &[address]).await }
    }));
    let (verdicts, ()) = tokio::join!(asking, everybody_else_is_answered(&instance));
    assert!(verdicts.iter().all(|verdict| *verdict == MailExchange::Unknown), "whoever cannot know does not refuse");
    let asked = asked.load(Ordering::SeqCst);
    assert!((64..=128).contains(&asked), "{asked}: 64 at one time, 64 who wait");
    counting.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_158_while_a_server_of_mails_says_nothing_one_conversation_waits_for_it_and_nobody_else() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = server.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let silent = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = server.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            held.push(stream);
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    let data_dir = directory.path().join("data");
    let text = format!(
        "public_url = \"https://identite.exemple.fr\"\ndata_dir = {data_dir:?}\nlisten = \"127.0.0.1:8080\"\n\
         tls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]\nkeys.rsa_bits = 2048\n\
         accounts.check_deliverability = false\nmail.from = \"identite@exemple.fr\"\nsmtp.host = \"127.0.0.1\"\n\
         smtp.port = {port}\nsmtp.tls = \"off\"\n"
    );
    std::fs::write(&file, text).unwrap();
    let instance = Instance::on_file(&file).await;
    let now = instance.clock.now();
    let job = move |tx: &mut Tx| {
        for number in 0..600 {
            let to = format!("agent-{number}@mairie.example").parse().unwrap();
            let mail = OutgoingMail::notice(to, Locale::Fr, MailContent::PasswordChanged { at: now }, now);
            outbox::insert(tx, &mail)?;
        }
        Ok(())
    };
    instance.app.store.write(job).await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let app = instance.app.clone();
    let working = tokio::spawn(jobs::run(move || app.clone(), || None, stopped, Pace::STANDARD));
    while connections.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    everybody_else_is_answered(&instance).await;
    // Writing another one takes no longer for it.
    instance.app.store.write(job).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    stop.send_replace(true);
    working.abort();
    silent.abort();
}

/// An import that never comes whole.
async fn half_an_import(data: &Path) -> tokio::net::UnixStream {
    let mut stream = tokio::net::UnixStream::connect(data.join("control.sock")).await.unwrap();
    let head = "POST /imports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{\"rows\":[";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_158_while_sixteen_imports_are_under_way_the_next_waits_at_the_door_and_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let data = directory.path().join("data");
    let mut imports = Vec::new();
    for _ in 0..16 {
        imports.push(half_an_import(&data).await);
    }
    let mut next = tokio::net::UnixStream::connect(data.join("control.sock")).await.unwrap();
    next.write_all(b"GET /instance HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    everybody_else_is_answered(&instance).await;
    let mut answer = String::new();
    let early = tokio::time::timeout(Duration::from_millis(500), next.read_to_string(&mut answer)).await;
    assert!(early.is_err(), "it was let in: {answer}");
    imports.pop();
    next.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(imports);
    Operator::of(directory.path()).asks(&["client", "list"]).await;
    instance.stop().await;
}
