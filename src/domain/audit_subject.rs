//! Of whom an event tells: what the person's own history and export show, and for how long from where it was.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{AuditEvent, AuditRecord, Moderation, ModerationStep, OrganizationId, UserId};
use crate::protocol::Timestamp;

/// Where a record has its place in what a person may ask about themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditSubject {
    /// Among their sign-ins, and the attempts at one.
    SignIn(UserId),
    /// Among everything else that was done by them or to their account.
    Act(UserId),
    /// Nowhere: it tells of nobody, or of somebody who is not there any more, or says what the list of services says.
    Nobody,
}

impl AuditEvent {
    /// A request to join moved.
    pub fn moderation(request: &Moderation, step: ModerationStep) -> Self {
        let Moderation { id, user_id, organization_id, .. } = *request;
        Self::ModerationMoved { moderation_id: id, user_id, organization_id, step }
    }

    /// The person whom it is about, if it is about one.
    pub fn person(&self) -> Option<UserId> {
        match self.subject() {
            AuditSubject::SignIn(user_id) | AuditSubject::Act(user_id) => Some(user_id),
            AuditSubject::Nobody => None,
        }
    }

    /// The organization whose history it is part of: what was done to it, to its domains and to who belongs to it. That
    /// somebody looked at it, or acts for it, is none.
    pub fn organization(&self) -> Option<OrganizationId> {
        if let Self::InvitationSent { organization_id, .. } | Self::InvitationAccepted { organization_id, .. } = self {
            return *organization_id;
        }
        let (Self::OrganizationCreated { organization_id }
        | Self::OrganizationRefreshed { organization_id }
        | Self::MembershipWritten { organization_id, .. }
        | Self::MembershipDeleted { organization_id, .. }
        | Self::ContactCodeMailed { organization_id, .. }
        | Self::ContactCodeRefused { organization_id, .. }
        | Self::ModerationMoved { organization_id, .. }
        | Self::EmailDomainWritten { organization_id, .. }
        | Self::EmailDomainDeleted { organization_id, .. }) = self
        else {
            return None;
        };
        Some(*organization_id)
    }

    /// Of whom it tells.
    #[expect(clippy::too_many_lines, reason = "a line for each event")]
    pub fn subject(&self) -> AuditSubject {
        let of =
            |user_id: &Option<UserId>, place: fn(UserId) -> AuditSubject| user_id.map_or(AuditSubject::Nobody, place);
        match self {
            Self::SignedIn { user_id, .. } => AuditSubject::SignIn(*user_id),
            Self::SignInFailed { user_id, .. } => of(user_id, AuditSubject::SignIn),
            Self::UserCreated { user_id, .. }
            | Self::AccountOpened { user_id, .. }
            | Self::EmailVerified { user_id, .. }
            | Self::SignedOut { user_id, .. }
            | Self::PasswordLinkIssued { user_id, .. }
            | Self::PasswordChanged { user_id, .. }
            | Self::PersonalInformationChanged { user_id, .. }
            | Self::OrganizationSelected { user_id, .. }
            | Self::ConsentDecided { user_id, .. }
            | Self::UserViewed { user_id, .. }
            | Self::UserDisabled { user_id, .. }
            | Self::UserEnabled { user_id, .. }
            | Self::UserSignedOut { user_id, .. }
            | Self::RoleGranted { user_id, .. }
            | Self::RoleRevoked { user_id, .. }
            | Self::AdministrationEntered { user_id, .. }
            | Self::AdministrationLeft { user_id }
            | Self::AdministrationRefused { user_id }
            | Self::MembershipWritten { user_id, .. }
            | Self::MembershipDeleted { user_id, .. }
            | Self::SessionRevoked { user_id, .. }
            | Self::AddressChanged { user_id }
            | Self::AddressRestored { user_id }
            | Self::ContactCodeMailed { user_id, .. }
            | Self::ContactCodeRefused { user_id, .. }
            | Self::ModerationMoved { user_id, .. }
            | Self::ModerationViewed { user_id, .. }
            | Self::BrowserDistrusted { user_id, .. }
            | Self::PersonalDataExported { user_id, .. }
            | Self::SecondFactorAdded { user_id }
            | Self::SecondFactorRemoved { user_id }
            | Self::PasskeyAdded { user_id }
            | Self::PasskeyRemoved { user_id }
            | Self::PasskeyRenamed { user_id }
            | Self::DormantAccountHeld { user_id }
            | Self::DormantAccountFreed { user_id }
            | Self::PasskeySuspended { user_id }
            | Self::SecondFactorGiven { user_id }
            | Self::SecondFactorRefused { user_id }
            | Self::SecondFactorSuspended { user_id }
            | Self::SecondFactorUseChosen { user_id, .. }
            | Self::RecoveryCodesMade { user_id }
            | Self::FactorRemovalAsked { user_id, .. }
            | Self::FactorRemovalStopped { user_id, .. }
            | Self::FactorRemovalDone { user_id }
            | Self::UnusedAccountAnnounced { user_id, .. }
            | Self::InvitationAccepted { user_id, .. }
            | Self::ServiceRevoked { user_id, .. } => AuditSubject::Act(*user_id),
            Self::SecretMailed { user_id, .. }
            | Self::MailGivenUp { user_id, .. }
            | Self::MagicLinkDisowned { user_id, .. }
            | Self::LockedOut { user_id, .. }
            | Self::PasswordSuspended { user_id, .. }
            | Self::SessionsListed { user_id, .. } => of(user_id, AuditSubject::Act),
            Self::CodeIssued { .. }
            | Self::CodeRedeemed { .. }
            | Self::UserErased { .. }
            | Self::RequestsTurnedAway { .. }
            | Self::CodeRefused { .. }
            | Self::CodeReplayed { .. }
            | Self::ClientWritten { .. }
            | Self::ClientRecorded { .. }
            | Self::ClientSecretPinned { .. }
            | Self::ClientCredentialsRefused { .. }
            | Self::ClientSourceRefused { .. }
            | Self::ClientCertificateRefused { .. }
            | Self::UsersListed
            | Self::TeamViewed
            | Self::FactorRemovalsListed
            | Self::InvitationSent { .. }
            | Self::InvitationRevoked { .. }
            | Self::InvitationsListed
            | Self::OrganizationCreated { .. }
            | Self::OrganizationRefreshed { .. }
            | Self::OrganizationViewed { .. }
            | Self::ModerationsListed
            | Self::ListTaken { .. }
            | Self::EmailDomainWritten { .. }
            | Self::EmailDomainDeleted { .. }
            | Self::RegisterImported { .. }
            | Self::ContactsImported { .. }
            | Self::EverySessionRevoked
            | Self::AuditTrimmed { .. }
            | Self::AuditRead
            | Self::SigningKeyRotated { .. }
            | Self::SigningKeyDropped { .. }
            | Self::MasterKeyRotated { .. }
            | Self::ClientCreated { .. }
            | Self::ClientChanged { .. }
            | Self::ClientDeleted { .. }
            | Self::ClientSecretRotated { .. }
            | Self::DatabasePutBack
            | Self::DateWasAhead
            | Self::BackupCreated { .. }
            | Self::DatabaseRestored { .. }
            | Self::DatabaseSalvaged { .. }
            | Self::InstanceReset
            | Self::InstanceStarted { .. }
            | Self::ConfigurationReloaded { .. }
            | Self::InstanceStopped => AuditSubject::Nobody,
        }
    }
}

/// How long an address is shown whole (SEC-167).
const WHOLE_FOR_SECONDS: u64 = 30 * 24 * 3600;

impl AuditRecord {
    /// The network address as it may be shown at `now`: whole for 30 days, then cut to its /24 or /56 (SEC-167).
    pub fn shown_source(&self, now: Timestamp) -> Option<String> {
        let source = self.origin.source.as_deref()?;
        let age = now.seconds_since(Timestamp(self.at_millis / 1000));
        if age < WHOLE_FOR_SECONDS { Some(source.to_owned()) } else { cut(source) }
    }
}

/// The network of an address; `None` for what is no address.
fn cut(source: &str) -> Option<String> {
    Some(match source.parse().ok()? {
        IpAddr::V4(address) => {
            let [one, two, three, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(one, two, three, 0))
        }
        IpAddr::V6(address) => {
            let [one, two, three, four, ..] = address.segments();
            format!("{}/56", Ipv6Addr::new(one, two, three, four & 0xff00, 0, 0, 0, 0))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Actor, Origin};
    use super::*;

    #[test]
    fn sec_167_addresses_are_shown_whole_for_thirty_days_and_cut_after() {
        let record = |source: &str| AuditRecord {
            at_millis: 1_000_000_999,
            actor: Actor::Visitor,
            origin: Origin { source: Some(source.to_owned()), ..Origin::default() },
            event: AuditEvent::AuditRead,
        };
        let last_whole = Timestamp(1_000_000 + WHOLE_FOR_SECONDS - 1);
        for (whole, cut) in [("192.0.2.17", "192.0.2.0/24"), ("2001:db8:1:2345::9", "2001:db8:1:2300::/56")] {
            assert_eq!(record(whole).shown_source(last_whole).as_deref(), Some(whole));
            assert_eq!(record(whole).shown_source(Timestamp(last_whole.0 + 1)).as_deref(), Some(cut));
        }
        assert_eq!(record("?").shown_source(Timestamp(last_whole.0 + 1)), None);
    }
}
