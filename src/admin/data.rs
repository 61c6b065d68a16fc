//! The data as a whole: checked and backed up while the instance serves.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::refusal::Refusal;
use super::{Reply, Request, created, done};
use crate::acts::{self, BackupOrder, BackupSecret};
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
        (Some(passphrase), None) => Some(BackupSecret::Passphrase(Zeroizing::new(passphrase))),
        (None, Some(file)) => Some(BackupSecret::KeyFile(file)),
        (None, None) => None,
    };
    let order = BackupOrder { path: wish.path, secret, with_master_key: wish.with_master_key, is_scheduled: false };
    let made = acts::create_backup(request.app, request.by, order).await?;
    Ok(created(&described_backup(&made.manifest, json!({ "path": made.path }))))
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
    json!({ "sound": report.is_sound(), "findings": findings, "records": tables })
}
