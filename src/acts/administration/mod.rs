//! What an operator does to clients, people, organizations and keys, whether asked for by command or in the console.
//!
//! Each act checks its facts and writes in one transaction, with the event that tells of it. What it refuses is a value
//! that names what can be done about it; nothing has changed then.

mod audit;
mod clients;
mod directory_imports;
mod email_domains;
mod erasure;
mod factor_removals;
mod import;
mod invitations;
mod keys;
mod moderation;
mod officers;
mod organization_import;
mod organizations;
mod overview;
mod register;
mod retention;
mod roles;
mod sessions;
mod users;

use serde::Serialize;
use serde_json::Value;

use super::ActError;
use crate::domain::FieldChange;

pub use clients::{
    ClientRefusal, IssuedClient, MAX_SECRET_OVERLAP, create_client, delete_client, find_client, list_clients,
    rotate_client_secret, update_client,
};

pub use audit::{AuditPosition, follow_audit, note_taken_list, read_audit, read_latest_audit};
pub use directory_imports::{DirectoryImport, note_directory_import};
pub(super) use email_domains::{approve_official_domains, status_for};
pub use email_domains::{
    delete_email_domain, find_own_cause, has_email_domain, list_email_domains, weigh_waiting_links, write_email_domain,
};
pub use erasure::erase_user;
pub(super) use erasure::{Leaving, Wish, carry_out as erase_completely, erase};
pub use factor_removals::{
    PendingRemoval, ask_factor_removal, cancel_factor_removal, carry_out_factor_removals, list_factor_removals,
};
pub use import::{ImportOutcome, ImportedUser, import_users};
pub use invitations::{
    InvitationRefusal, ListedInvitation, NewInvitation, forget_old_invitations, invite, list_invitations,
    revoke_invitation,
};
pub use keys::{
    KEPT_AFTER_RETIREMENT, KeyRefusal, KeyRotation, KeyStoreError, Urgency, drop_retired_keys, keys_due, look_at_keys,
    make_keys, read_keys, rotate_keys,
};
pub use moderation::{
    Acceptance, Accepted, Contacts, LinkDecision, LinkOutcome, LinkUndone, ListedModeration, ModerationDossier,
    ModerationFilter, ModerationLinkPlace, ModerationPage, ModerationRefusal, Rejection, Shown, SimilarOnes, Undoing,
    accept_moderation, comment_moderation, decide_by_moderation_link, list_authors, list_moderations,
    list_more_moderations, look_at_moderation_link, reject_moderation, reopen_moderation, view_moderation,
};
pub(super) use moderation::{Heralds, those_who_moderate};
pub use officers::{EntryRefusal, Officer, enter_console, find_officer, leave_console, note_refusal};
pub use organization_import::{ImportedOrganization, ImportedRow, RowOutcome, import_organizations};
pub use organizations::{
    Link, MalformedOrganizationKey, OrganizationDossier, OrganizationKey, OrganizationRefusal, create_organization,
    find_membership, find_organization, link_user, list_organizations, unlink_user, view_organization,
};
pub use overview::{Overview, look_over};
pub(super) use register::note_not_found;
pub use register::{
    ORGANIZATIONS_SHOWN, OrganizationAct, OrganizationSearch, OrganizationWanted, RefreshRound, enter_from_register,
    follow_import, gather_organizations, list_organization_acts, look_for_organizations, note_organization_view,
    refresh_organization, refresh_stale_organizations, search_organizations,
};
pub use retention::{RetentionReport, make_retention_round, report_retention};
pub(super) use roles::{active_administrators, is_last_administrator};
pub use roles::{grant_role, list_administrators, note_team_view, revoke_role};
pub use sessions::{ListedSession, UnknownSession, list_sessions, revoke_every_session, revoke_session};
pub use users::{
    LinkedUser, MalformedUserKey, NewUser, UserDossier, UserKey, UserRefusal, change_user_address, create_user,
    disable_user, enable_user, list_users, reset_password, sign_out_user, view_user,
};

/// What an act answers: done, refused by its rules, or not carried out at all.
pub type Decided<T, Refusal> = Result<Result<T, Refusal>, ActError>;

/// The settings that differ, by their names.
fn changes(before: &impl Serialize, after: &impl Serialize) -> Vec<FieldChange> {
    let (Ok(Value::Object(before)), Ok(Value::Object(after))) =
        (serde_json::to_value(before), serde_json::to_value(after))
    else {
        return Vec::new();
    };
    let differing = after.into_iter().filter_map(|(field, after)| {
        let before = before.get(&field).cloned().unwrap_or_default();
        (before != after).then_some(FieldChange { field, before, after })
    });
    differing.collect()
}
