//! What clients hear when the provider itself fails.

use std::sync::Arc;

use super::{JEAN, signed_in};
use crate::support::{Disk, Instance};

#[tokio::test]
async fn auth_29_sec_15_when_the_disk_fails_the_client_is_told_and_nothing_more() {
    let disk = Arc::new(Disk::default());
    let instance = Instance::on_disk(&disk).await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    disk.break_down();
    let page = person.visit(&client.authorization("openid", &[])).await;
    assert_eq!(client.error(&page), "temporarily_unavailable");
    assert!(!page.location().contains("disk"), "{}", page.location());
    let answer = client.present(&code).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (503, Some("temporarily_unavailable")));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.body.contains("disk"), "{}", answer.body);
    assert_eq!(person.get("/readyz").await.status, 503, "and the operator sees it");
}
