//! SEC-206: an instance that is killed while its master key is changed, at any moment of the change.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use moncomptepro::acts::{administration, read_mac_keys};
use moncomptepro::clock::{self, Clock};
use moncomptepro::config::Config;
use moncomptepro::crypto::{MasterKey, MasterKeyChange, Random, Sealed};
use moncomptepro::domain::{Credentials, MailContent, OutgoingMail, Totp};
use moncomptepro::mail::Enclosure;
use moncomptepro::protocol::Locale;
use moncomptepro::serve::control::call;
use moncomptepro::site;
use moncomptepro::store::{StillImage, credentials, outbox, signing_keys, users};
use moncomptepro::web::Method;
use serde_json::Value;

use crate::durability::killed::Site;
use crate::support::run;

/// At so many moments the instance is killed.
const MOMENTS: u32 = 50;
const ADDRESS: &str = "marie@mairie.example";

/// Somebody with an application, and a mail with a code: both sealed.
async fn furnish(file: &Path) {
    let app = site::open(Config::from_file(file).unwrap(), Clock::system(), Random::system()).await.unwrap();
    let (now, random) = (app.clock.now(), app.random.clone());
    let enclosure = Enclosure::new(&app.master_keys, &random, &ADDRESS.parse().unwrap(), "0123456789");
    let key = app.master_keys.in_use();
    app.store
        .write(move |tx| {
            let mail = OutgoingMail::notice(ADDRESS.parse().unwrap(), Locale::Fr, MailContent::Trial { at: now }, now);
            outbox::insert(tx, &mail.carrying(enclosure.seal(tx)?, now.plus(Duration::from_secs(86_400))))?;
            let user_id = users::find_by_email(tx, &ADDRESS.parse().unwrap())?.unwrap().id;
            let mut person = Credentials::new(user_id, None, now);
            let sealed = Sealed::seal(&key, &random, &format!("totp of {}", person.user_id), &[7; 20]);
            let sealed_key = serde_json::to_string(&sealed).unwrap();
            let totp = Totp { sealed_key, added_at: now, last_period: 0 };
            person.second_factors.set_up(totp, Vec::new());
            credentials::delete(tx, user_id)?;
            credentials::insert(tx, &person)
        })
        .await
        .unwrap();
}

/// The id of the key under which everything is that the instance left, and which the next start takes.
fn one_key_opens_everything(data: &Path, place: &Path) -> String {
    let image = StillImage::of_directory(data).unwrap();
    let named = image.read(signing_keys::sealing_key).unwrap();
    let key = MasterKeyChange::at(place).look(named.as_deref()).unwrap();
    assert_eq!(administration::look_at_keys(&image, &key).unwrap().unwrap().keys().len(), 4);
    image.read(|tx| Ok(read_mac_keys(tx, &key).unwrap())).unwrap();
    let (people, mails) = image.read(|tx| Ok((credentials::list(tx, None, 10)?, outbox::list(tx, None, 10)?))).unwrap();
    let person = people.iter().find(|person| person.second_factors.totp.is_some()).unwrap();
    let sealed: Sealed = serde_json::from_str(&person.second_factors.totp.as_ref().unwrap().sealed_key).unwrap();
    assert_eq!(sealed.open(&key, &format!("totp of {}", person.user_id)).unwrap().as_slice(), [7; 20]);
    let carried = mails.iter().find_map(|queued| queued.mail.carries.as_ref()).unwrap();
    let sealed: Sealed = serde_json::from_str(carried.secret.as_str()).unwrap();
    assert_eq!(sealed.open(&key, &format!("mail to {ADDRESS}")).unwrap().as_slice(), b"0123456789");
    key.id().to_owned()
}

/// Asks the instance that runs to change its key; whether it said that it is done, before it went.
async fn rotate(data: &Path) -> bool {
    let asked = call(data, &Method::POST, "/master-key/rotate", b"{}".to_vec()).await;
    let Ok((status, document)) = asked else { return false };
    assert_eq!(status.as_u16(), 200, "{:?}", String::from_utf8(document));
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_206_an_instance_that_is_killed_at_fifty_moments_of_the_change_leaves_everything_under_one_key() {
    let mut site = Site::new();
    let (data, file) = (site.data(), site.file());
    let place = data.join("master.key");
    let config = file.to_str().unwrap().to_owned();
    let names = ["--given-name", "Marie", "--family-name", "Dupont", "--output", "json", "--config", &config];
    let created = run(&[&["user", "create", ADDRESS][..], &names].concat());
    assert_eq!(created.code, 0, "{created:?}");
    furnish(&file).await;
    let keys = |config: &str| -> Value { run(&["keys", "list", "--output", "json", "--config", config]).json() };
    let signing = keys(&config);

    site.start();
    let begun = clock::machine_instant();
    assert!(rotate(&data).await);
    let whole = begun.elapsed();
    site.kill();
    let mut known = BTreeSet::from([one_key_opens_everything(&data, &place)]);
    let (mut cut, mut changed) = (0, 0);
    for moment in 0..MOMENTS {
        site.start();
        let asked = tokio::spawn({
            let data = data.clone();
            async move { rotate(&data).await }
        });
        tokio::time::sleep(whole * moment / (MOMENTS - 5)).await;
        site.kill();
        let is_done = asked.await.unwrap();
        let is_new = known.insert(one_key_opens_everything(&data, &place));
        assert!(is_new || !is_done, "it said that it was done, at {moment}");
        cut += u32::from(!is_done);
        changed += u32::from(is_new);
    }
    assert!(cut > MOMENTS / 10 && changed > 0, "{cut} of {MOMENTS} were cut short in {whole:?}, {changed} changed");
    assert_eq!(keys(&config), signing, "and what signed goes on");
    assert_eq!(MasterKey::load(&place).unwrap().id(), one_key_opens_everything(&data, &place));
    let beside = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let beside: BTreeSet<String> =
        beside.filter_map(|name| name.strip_prefix("master.key.").map(str::to_owned)).collect();
    let former = known.iter().filter(|id| beside.contains(*id)).count();
    assert_eq!(former + 1, known.len(), "each key of before is kept: {beside:?}, {known:?}");
}
