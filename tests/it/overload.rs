//! What happens when the costly work has no place left: who asks for more of it is told when to come back, and everybody
//! else is answered as ever.

use std::time::Duration;

use moncomptepro::app::App;
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::crypto::{LaneLimits, Parameters, PasswordLane, Random};
use moncomptepro::site;
use moncomptepro::store::Tx;

use crate::support::{Instance, join_all};

const ADDRESS: &str = "user@yopmail.com";
/// How many may wait for a hash.
const WAITING: usize = 3;

/// An instance in which nobody's hash is ever computed: its lane is as full as it gets, for as long as the story takes.
async fn saturated() -> Instance {
    let limits = LaneLimits { threads: 0, waiting: WAITING, wait: Duration::from_secs(3600) };
    let lane = PasswordLane::with_limits(Parameters::floor(), Random::system(), limits);
    Instance::changed(|port| Config::dev(DevOptions::default(), port), |app| App { passwords: lane, ..app }).await
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
