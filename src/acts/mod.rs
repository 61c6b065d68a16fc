//! One function for each act, whoever asks for it: a page, a client, a command, a job.
//!
//! An act takes who acts, reads, decides with `domain`, writes once, and appends its audit event and its mails in
//! that same transaction. Refuses HTTP and pages. Doors: the functions re-exported here.

#![deny(clippy::wildcard_enum_match_arm)]

mod account;
pub mod administration;
mod attempts;
mod clients;
mod codes;
mod data;
mod facts;
mod instance;
mod interactions;
mod known_browsers;
mod mailbox;
mod mails;
mod new_session;
mod organizations;
mod people;
mod pre_sessions;
mod sessions;
mod sign_in;
mod tokens;

use thiserror::Error;

use crate::app::App;
use crate::crypto::{OpenError, PasskeyRefusal};
use crate::domain::{Actor, AuditEvent, AuditRecord, BrowserHint, Deed, Origin, Session, Whereabouts};
use crate::protocol::Timestamp;
use crate::store::{StoreError, Tx, audit};

pub use account::{
    AddressAttempt, AddressChangePlace, AddressOutcome, EndedSessions, FactorOutcome, FactorRemovalPlace, InSession,
    NewAddress, OwnPasswordChange, OwnPasswordChoice, OwnSession, PasskeyAnswer, PasskeyAsked, PasskeyAttempt,
    PasskeyOutcome, PendingDataLink, Presented, SessionsEnd, SetUpOutcome, TotpOffer, TrustedBrowser, UsedService,
    add_passkey, ask_for_passkey, ask_new_address, ask_passkey_as_second_factor, ask_passkey_to_sign_in,
    change_address, change_own_password, delete_own_account, distrust_browsers, end_own_sessions, export_personal_data,
    find_data_link, find_pending_removal, forget_former_addresses, is_data_link_good, keep_own_second_factors,
    keep_second_factors, list_own_sessions, list_trusted_browsers, list_used_services, look_at_address_change,
    look_at_factor_removal, mail_data_link, make_recovery_codes, may_delete_own_account, offer_totp, present_passkey,
    present_second_factor, redeem_data_link, remove_passkey, remove_totp, rename_passkey, restore_address,
    revoke_service, set_up_totp, sign_in_with_passkey, update_personal_information, use_second_factor,
};
pub use attempts::{FormTaken, is_in_surge, note_turned_away, restore_bans, take_form, tell_turned_away};
pub use clients::{
    ClientAuthenticationOutcome, DeclarationError, authenticate_client, declare_clients, enabled_client,
    has_certificate, list_unheard_clients, may_call, record_client, record_post_logout_uri,
};
pub use codes::{CodeRequest, Issue, TokenGrant, TokenOutcome, issue_code, redeem_code};
pub(in crate::acts) use data::sealing_key;
pub use data::{
    BackupMade, BackupOrder, BackupRefusal, BackupSecret, Continuity, MasterKeyRotationError, Resealed, RestoreError,
    RestoreOrder, Restored, RotatedMasterKey, SalvageError, SalvageOrder, Salvaged, about_key_file,
    back_up_before_migration, back_up_when_due, begin_run, check_seal, check_seal_by_key_inside, clear_workshops,
    create_backup, list_own_backups, master_key_place, newest_backup, note_backup, note_time, read_mac_keys, restore,
    rotate_master_key, salvage, unlock_backup, verify_backup,
};
pub use facts::{
    Standing, facts_of_account, gather, has_every_factor, has_officers_proof, mailbox_standing, security_step,
    subject_of,
};
pub use instance::{SandboxReset, is_writer_alive, note_reload, note_start, note_stop, reset, reset_sandbox};
pub use interactions::{
    begin_interaction, begin_proof, bind_interaction, decide_consent, find_interaction, finish_interaction,
    note_locale, note_login, note_step,
};
pub use mailbox::{
    Acceptance, AcceptanceOutcome, AddressStanding, AddressVerdict, CodeAttempt, CodeOrder, CodeOutcome, CodeSent,
    InvitedStanding, LinkAttempt, LinkOrder, LinkPlace, OpenInvitation, PasswordChange, PasswordChoice, SignUp,
    SignUpOutcome, a_code_opens_accounts, accept_invitation, address_standing, change_password, disown_magic_link,
    find_password_link, issue_password_link, join_by_invitation, judge_address, look_at_invitation, look_at_magic_link,
    mail_code, mail_magic_link, mail_password_link, minimum_password_length, redeem_magic_link, redeem_mailed_code,
    sign_up, suggest_address, wait_for_code, wait_for_link, wait_for_password_link,
};
pub use mails::{deliver_to_mailbox, drop_stale_mails, is_stale, pen, settle_mail, tell_administrators};
pub use new_session::NewSession;
pub use organizations::{
    ContactAttempt, ContactChoice, ContactOrder, ContactOutcome, ContactSent, ContactStanding, JoiningAttempt,
    JoiningOutcome, OrganizationChoice, OwnMembership, OwnPlace, OwnRequest, Preview, PublicLook, RequestCancelled,
    cancel_request, contact_standing, correct_request, find_only_organization, find_own_organization, find_own_request,
    finish_greeting, join_organization, leave_organization, list_own_organizations, look_up_publicly,
    mail_contact_code, preview_organization, redeem_contact_code, search_organizations, select_organization,
    suggest_organizations,
};
pub use people::{Entries, NewPerson, enter, enter_person};
pub use pre_sessions::{InBrowser, find_browser_handle, is_code_awaited_elsewhere, issue_browser_handle};
pub use sessions::{ActiveSession, find_session, session_name, sign_out, tell_of_logouts};
pub use sign_in::{PasswordAttempt, SignInAs, sign_in_as, sign_in_with_password};
pub use tokens::{AuthorizedRequest, find_authorized};

/// Who acts, and from where.
#[derive(Debug, Clone)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// From where.
    pub origin: Origin,
    /// In which browser, if in one.
    pub browser: Option<BrowserHint>,
}

impl By {
    /// The program itself, or its operator at the machine.
    pub fn local(actor: Actor) -> Self {
        Self { actor, origin: Origin::default(), browser: None }
    }
}

/// Why an act was not carried out at all. Refusals that are part of an act are values of its answer.
#[derive(Debug, Error)]
pub enum ActError {
    /// The password lane is full; nothing was counted.
    #[error("every password worker is busy")]
    Busy,
    /// Too many attempts were made.
    #[error("too many attempts")]
    TooManyAttempts {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// A hundred wrong passwords in a row: this one opens nothing until its owner chooses another by mail.
    #[error("the password is suspended")]
    Suspended,
    /// Attempts cannot be counted: nothing is tried.
    #[error("attempts cannot be counted")]
    Unguarded,
    /// The browser got another handle while this request was on its way: what it asks belongs to nobody any more.
    #[error("the browser has another handle since")]
    Superseded,
    /// A secret that was sealed cannot be opened.
    #[error(transparent)]
    Sealed(#[from] OpenError),
    /// A question about passkeys cannot be written.
    #[error(transparent)]
    Passkey(#[from] PasskeyRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The circumstances of an act, taken once before its transaction, which may run more than once.
#[derive(Clone)]
struct Circumstances {
    by: By,
    at_millis: u64,
}

impl Circumstances {
    fn of(app: &App, by: &By) -> Self {
        Self { by: by.clone(), at_millis: app.clock.now_millis() }
    }

    /// What is done here, as a record of who did it keeps it.
    fn deed(&self, at: Timestamp) -> Deed {
        Deed { by: self.by.actor.clone(), at }
    }

    /// The same from nowhere: what must not stay of somebody who goes.
    fn without_source(mut self) -> Self {
        self.by.origin.source = None;
        self
    }

    /// What the list of sessions says of where it was done.
    fn whereabouts(&self) -> Whereabouts {
        Whereabouts { browser: self.by.browser, source: self.by.origin.source.clone() }
    }

    /// The same in this session.
    fn in_session(&self, session: &Session) -> Self {
        let session = Some(session_name(&session.id));
        let origin = Origin { session, ..self.by.origin.clone() };
        Self { by: By { origin, ..self.by.clone() }, at_millis: self.at_millis }
    }

    /// Appends the act's event in its own transaction.
    fn record(&self, tx: &mut Tx, event: AuditEvent) -> Result<(), StoreError> {
        let record = AuditRecord {
            at_millis: self.at_millis,
            actor: self.by.actor.clone(),
            origin: self.by.origin.clone(),
            event,
        };
        audit::insert(tx, &record)
    }
}
