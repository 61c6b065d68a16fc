//! The data as a whole: checked and backed up while the instance serves.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::refusal::Refusal;
use super::{Reply, Request, created, done};
use crate::acts::{self, BackupOrder, BackupSecret, Salvaged};
use crate::store::backup::Manifest;
use crate::store::{CheckReport, StoreError};

/// What a backup is to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    path: Option<PathBuf>,
    passphrase: Option<String>,
    key_file: Option<PathBuf>,
    #[serde(default)]
    with_master_key: bool,
}

/// Writes a backup.
pub(super) async fn back_up(request: &Request<'_>) -> Reply {
    let wish: Wish = request.call.document()?;
    let secret = match (wish.passphrase, wish.key_file) {
        (Some(_), Some(_)) => {
            return Err(Refusal::Malformed(String::from("a passphrase or a key file, not both")));
        }
        (Some(passphrase), None) => Some(BackupSecret::passphrase(Zeroizing::new(passphrase).as_bytes())?),
        (None, Some(file)) => Some(BackupSecret::KeyFile(file)),
        (None, None) => None,
    };
    let order = BackupOrder { path: wish.path, secret, with_master_key: wish.with_master_key, is_scheduled: false };
    let made = acts::create_backup(request.app, request.by, order).await?;
    Ok(created(&described_backup(&made.manifest, json!({ "path": made.path }))))
}

/// Another master key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    new_key_file: Option<PathBuf>,
}

/// Seals everything with another master key.
pub(super) async fn rotate_master_key(request: &Request<'_>) -> Reply {
    let NewKey { new_key_file } = request.call.document()?;
    if let Some(file) = new_key_file.as_ref().filter(|file| file.is_relative()) {
        return Err(Refusal::Malformed(format!("{} is not an absolute path", file.display())));
    }
    let rotated = acts::rotate_master_key(request.app, request.by, new_key_file.clone()).await?;
    let mut notes = vec![String::from(
        "backups made before need the key of before: keep it as long as the last of them, then delete it",
    )];
    if let Some(file) = &new_key_file {
        let file = file.display();
        notes.push(format!("the instance starts with the key in {file} only: put it where the one of before lay"));
    }
    if rotated.resealed.unreadable > 0 {
        notes.push(String::from("what could not be opened before is as it was: `unreadable` says how much"));
    }
    Ok(done(&json!({
        "master_key": rotated.id,
        "former_master_key": rotated.former_id,
        "former_key_file": rotated.former_file,
        "signing_keys": rotated.resealed.signing_keys,
        "applications": rotated.resealed.applications,
        "mails": rotated.resealed.mails,
        "unreadable": rotated.resealed.unreadable,
        "notes": notes,
    })))
}

/// Reads everything and compares it with itself.
pub(super) async fn check(request: &Request<'_>) -> Reply {
    request.call.nothing_else()?;
    let (store, now) = (request.app.store.clone(), request.app.clock.now());
    let checking = tokio::task::spawn_blocking(move || store.check(now)).await;
    let report = checking.unwrap_or(Err(StoreError::Panicked)).map_err(acts::ActError::from)?;
    Ok(done(&described_check(&report)))
}

/// What is told of a backup, with the members of `more` after it.
pub fn described_backup(manifest: &Manifest, more: Value) -> Value {
    let records: u64 = manifest.tables.iter().map(|table| table.records).sum();
    let mut document = json!({
        "taken_at": manifest.taken_at.to_iso8601(),
        "version": manifest.product,
        "schema": manifest.schema,
        "issuer": manifest.issuer,
        "instance": manifest.instance_id,
        "master_key": manifest.master_key_id,
        "holds_master_key": manifest.holds_master_key,
        "protection": manifest.protection.to_string(),
        "records": records,
    });
    if let (Some(members), Value::Object(more)) = (document.as_object_mut(), more) {
        members.extend(more);
    }
    document
}

/// What is told of a check.
pub fn described_check(report: &CheckReport) -> Value {
    let tables: serde_json::Map<String, Value> =
        report.tables.iter().map(|count| (count.table.to_owned(), json!(count.records))).collect();
    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    let former = &report.with_former_addresses;
    json!({ "sound": report.is_sound(), "findings": findings, "with_former_addresses": former, "records": tables })
}

/// What is told of a salvage; of a sound database there is nothing to tell.
pub fn described_salvage(salvaged: Option<&Salvaged>) -> Value {
    let Some(salvaged) = salvaged else {
        return json!({ "sound": true, "notes": ["the database is sound: nothing was done"] });
    };
    let mut tables = serde_json::Map::new();
    for table in &salvaged.tables {
        let told = match (table.is_left_behind, table.lost) {
            (true, left_behind) => json!({ "left_behind": left_behind }),
            (false, lost) => json!({ "kept": table.kept, "lost": lost }),
        };
        tables.insert(table.table.to_owned(), told);
    }
    let mut notes = vec!["everybody signs in anew: sessions, codes, tokens and links of before are void"];
    if !salvaged.disabled.is_empty() {
        notes.push(
            "people whose credentials are lost are disabled, since nobody can say whether they had a second factor: \
             enable each (`user enable`) once it is certain who asks",
        );
    }
    if salvaged.kept.is_none() {
        notes.push(
            "nothing was replaced: look at the new database with `check --data-dir`, then type the same with --replace",
        );
    }
    let disabled: Vec<u64> = salvaged.disabled.iter().map(|id| id.0).collect();
    json!({
        "sound": false,
        "database": salvaged.database,
        "damaged_database": salvaged.kept,
        "lost": salvaged.lost(),
        "disabled_users": disabled,
        "tables": tables,
        "notes": notes,
    })
}
