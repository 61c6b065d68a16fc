//! `retention`: what was and will be erased because nobody uses it, and what time has ended.

use serde_json::json;

use super::refusal::Refusal;
use super::{Reply, Request, done};
use crate::acts::administration::{self as acts, RetentionReport};
use crate::protocol::Timestamp;

/// How many rounds are shown.
const ROUNDS: usize = 31;

pub(super) async fn route(request: &Request<'_>, rest: &[&str]) -> Reply {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => report(request).await,
        _ => Err(Refusal::NoSuchAddress),
    }
}

async fn report(request: &Request<'_>) -> Reply {
    request.call.nothing_else()?;
    let RetentionReport { rounds, purged, announced, to_announce, to_erase, kept_for_their_role } =
        acts::report_retention(request.app, ROUNDS).await?;
    let days = |duration: std::time::Duration| duration.as_secs() / 86_400;
    let rules = &request.app.config.retention;
    let rounds: Vec<_> = rounds
        .into_iter()
        .map(|round| {
            json!({
                "round": round.number,
                "at": round.at.to_iso8601(),
                "announced": round.announced,
                "withdrawn": round.withdrawn,
                "erased": round.erased,
                "addresses_removed": round.addresses_removed,
                "addresses_removed_until": Timestamp(round.addresses_until_millis / 1000).to_iso8601(),
                "audit_trimmed_until": round.audit_until.map(Timestamp::to_iso8601),
                "ended_by_time": round.purged,
            })
        })
        .collect();
    Ok(done(&json!({
        "unused_accounts_kept_days": rules.unused_accounts.map(days),
        "audit_kept_days": rules.audit.map(days),
        "audit_addresses_kept_days": days(rules.audit_addresses),
        "can_announce": !request.app.config.lacks_mail(),
        "announced": announced,
        "to_announce_within_30_days": to_announce,
        "to_erase_within_30_days": to_erase,
        "kept_for_their_role": kept_for_their_role,
        "ended_by_time_since_last_round": purged,
        "rounds": rounds,
    })))
}
