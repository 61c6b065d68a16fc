//! SEC-158: whoever looks something up while too many do is told so within a second, and whoever looks up nothing notices
//! nothing.

use moncomptepro::directory::{DirectoryError, Filter};
use moncomptepro::domain::EstablishmentQuery;

use super::files::{both, imported};
use super::remote::{found, instance, ok};
use crate::overload::documents_of;
use crate::support::service::{Does, Service};
use crate::support::{Instance, join_all};

const CLAMART: &str = "21920023500014";

#[tokio::test(flavor = "multi_thread")]
async fn sec_158_while_a_service_answers_nobody_the_fifth_who_asks_it_is_told_when_to_come_back() {
    let service = Service::start(Does::Hangs).await;
    let instance = instance(service.port).await;
    let look = format!("/api/organization-info?siret={CLAMART}");
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let (person, look) = (instance.person(), look.clone());
            tokio::spawn(async move { person.get(&look).await })
        })
        .collect();
    while service.asked().len() < 4 {
        tokio::task::yield_now().await;
    }
    let (busy, ()) = tokio::join!(
        async { instance.person().get(&look).await },
        documents_of(instance.address.clone(), instance.app.config.issuer().to_owned())
    );
    assert_eq!(busy.status, 503, "{}", busy.body);
    assert!(busy.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(service.asked().len(), 4, "it was not asked for the fifth");
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap().status, 504, "no answer came");
    }
    // It failed four times, and not five: it is asked again.
    service.does(ok(&found(serde_json::json!({}))));
    instance.clock.advance(std::time::Duration::from_secs(2)).unwrap();
    assert_eq!(instance.person().get(&look).await.status, 200);
}

/// The pool of threads is as small as it gets, and somebody holds it: no search ends before they let go.
#[test]
fn sec_158_while_no_search_in_the_register_ends_more_are_refused_and_the_rest_goes_on() {
    let runtime = tokio::runtime::Builder::new_multi_thread().max_blocking_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let instance = Instance::production(directory.path()).await;
        imported(&directory.path().join("data"), both(directory.path()), Filter::default()).unwrap();
        let query = EstablishmentQuery::by_name("mairie").unwrap();
        let search = async || instance.app.directory.search(&query).await;
        assert!(!search().await.unwrap().is_empty());
        let (release, held) = std::sync::mpsc::channel::<()>();
        let holder = tokio::task::spawn_blocking(move || held.recv().is_err());
        for given_up in join_all((0..4).map(|_| search())).await {
            assert_eq!(given_up.unwrap_err(), DirectoryError::Unavailable);
        }
        // Nobody waits for those four any more; they have not ended, and take their places.
        assert_eq!(search().await.unwrap_err(), DirectoryError::Busy);
        documents_of(instance.address.clone(), instance.app.config.issuer().to_owned()).await;
        drop(release);
        assert!(holder.await.unwrap());
        assert!(!search().await.unwrap().is_empty());
        instance.stop().await;
    });
}
