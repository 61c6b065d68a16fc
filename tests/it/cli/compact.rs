//! `compact`: while nothing runs, and only there.

use std::fs;

use moncomptepro::store::Tx;
use moncomptepro::store::signing_keys::{self, StoredSigningKey};
use serde_json::json;

use crate::support::{Instance, Operator};

/// Makes the file of the database large with records that are gone again.
pub(crate) async fn swell(instance: &Instance) {
    let body = json!("x".repeat(4_000));
    let kid = |number: u32| format!("gone-{number}");
    let write = move |tx: &mut Tx| {
        (0..4_000)
            .try_for_each(|number| signing_keys::insert(tx, &StoredSigningKey { kid: kid(number), body: body.clone() }))
    };
    instance.app.store.write(write).await.unwrap();
    let delete = move |tx: &mut Tx| (0..4_000).try_for_each(|number| signing_keys::delete(tx, &kid(number)).map(drop));
    instance.app.store.write(delete).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_183_the_room_that_is_free_is_given_back_while_nothing_runs() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("data/moncomptepro.redb");
    let size = || fs::metadata(&file).unwrap().len();
    let operator = Operator::of(directory.path());
    let instance = Instance::production(directory.path()).await;
    operator.asks(&["user", "create", "marie@mairie.example", "--given-name", "Marie", "--family-name", "D"]).await;
    let keys = operator.asks(&["keys", "list"]).await;
    swell(&instance).await;
    let refused = operator.types(&["compact"]).await;
    assert!(refused.code == 4 && refused.stderr.contains("stop it before its file is compacted"), "{refused:?}");
    instance.stop().await;
    let large = size();
    assert!(large > 8_000_000, "{large}");
    let told = operator.asks(&["compact"]).await;
    assert_eq!((&told["bytes_before"], &told["bytes_after"]), (&large.into(), &size().into()));
    assert!(size() < large / 4, "{large} and {}", size());
    operator.asks(&["check"]).await;
    assert_eq!(operator.asks(&["keys", "list"]).await, keys);
    assert_eq!(operator.asks(&["user", "list"]).await["items"].as_array().unwrap().len(), 1);
    Instance::production(directory.path()).await.stop().await;

    let nothing = tempfile::tempdir().unwrap();
    Operator::at(nothing.path()).types(&["compact"]).await.refused(1, "moncomptepro.redb");
    assert_eq!(fs::read_dir(nothing.path()).unwrap().count(), 0, "nothing is made");
    fs::write(&file, "no database").unwrap();
    operator.types(&["compact"]).await.refused(65, "");
    assert_eq!(fs::read(&file).unwrap(), b"no database");
}
