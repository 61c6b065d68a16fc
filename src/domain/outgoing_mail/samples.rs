//! Every kind of mail in every state, for those who try templates.

use super::{Alert, MailContent};
use crate::domain::{AccountAct, Email, PersonalInformationChange, PersonalInformationField};
use crate::protocol::Timestamp;

impl MailContent {
    /// Those that tell a person of an organization.
    fn samples_of_joining(town: &str) -> Vec<Self> {
        let (organization, name) = (|| town.to_owned(), || Some(String::from("Marie & <Martin>")));
        vec![
            Self::Welcome { organization: organization(), name: name() },
            Self::Welcome { organization: organization(), name: None },
            Self::ModerationRequested { organization: organization() },
            Self::ModerationCancelled { organization: organization(), name: name() },
            Self::ModerationCancelled { organization: organization(), name: None },
            Self::ModerationAccepted { organization: organization() },
            Self::LinkUnproven { organization: organization() },
        ]
    }

    /// Every kind in every state that its templates know, for those who try them.
    pub fn samples(somebody: &Email) -> Vec<Self> {
        let at = Timestamp(1_795_424_400);
        let town = || String::from("Commune de clamart & <associés>");
        let changes = [
            (PersonalInformationField::FamilyName, Some(String::from("Martin & <fils>"))),
            (PersonalInformationField::Job, None),
        ]
        .map(|(field, value)| PersonalInformationChange { field, value });
        let (expires_at, applicant) = (at, somebody.clone());
        let code =
            |name| Self::OfficialContactCode { expires_at, applicant: applicant.clone(), name, organization: town() };
        let mut samples = vec![
            Self::NewSignIn { at, service: None },
            Self::NewSignIn { at, service: Some(String::from("Démarches & <aides>")) },
            Self::AdministratorsChanged { at, about: somebody.clone() },
            Self::EmailCode { expires_at: at, service: None },
            Self::EmailCode { expires_at: at, service: Some(String::from("Démarches & <aides>")) },
            Self::MagicLink { expires_at: at, service: None },
            Self::MagicLink { expires_at: at, service: Some(String::from("Démarches & <aides>")) },
            Self::PasswordLink { expires_at: at },
            Self::DataLink { expires_at: at },
            Self::SecondFactorAdded { at },
            Self::SecondFactorRemoved { at },
            Self::SecondFactorOnDemand { at },
            Self::SecondFactorSuspended { at },
            Self::PasskeyAdded { at },
            Self::PasskeyRemoved { at },
            Self::PasskeySuspended { at },
            Self::RecoveryCodeUsed { at, left: 9, are_few: false },
            Self::RecoveryCodeUsed { at, left: 1, are_few: true },
            Self::RecoveryCodesMade { at },
            Self::FactorRemovalAsked { due_at: at, reason: String::from("Téléphone <perdu> & retrouvé") },
            Self::FactorRemovalStopped { at },
            Self::FactorRemovalDone { at },
            Self::UnusedAccount { erased_from: at },
            Self::Invitation { expires_at: at, organization: None },
            Self::Invitation { expires_at: at, organization: Some(String::from("Commune de <L’Haÿ> & fils")) },
            Self::PasswordChanged { at },
            Self::PasswordSuspended { at },
            Self::AddressCode { expires_at: at },
            Self::AddressTaken { at },
            Self::AddressChanged { at, expires_at: at },
            Self::AddressConfirmed { at },
            Self::AddressRestored { at },
            Self::PersonalInformationChanged { at, changes: changes.to_vec() },
            Self::AccountDeleted { at },
            Self::ModerationRejected { organization: town(), reason: None, may_be_corrected: false },
            Self::ModerationRejected {
                organization: town(),
                reason: Some(String::from("Nom & <prénom> absents de l’annuaire")),
                may_be_corrected: true,
            },
            code(Some(String::from("Jean & <fils>"))),
            code(None),
            Self::ModerationArrived {
                expires_at: at,
                applicant: somebody.clone(),
                name: Some(String::from("Jean & <fils>")),
                organization: town(),
                is_review: false,
                is_for_console: false,
                console_href: None,
            },
            Self::ModerationArrived {
                expires_at: at,
                applicant: somebody.clone(),
                name: None,
                organization: town(),
                is_review: true,
                is_for_console: true,
                console_href: Some(String::from("https://identite.example/admin/moderations/7")),
            },
            Self::Trial { at },
        ];
        samples.extend(Self::samples_of_joining(&town()));
        let told = |count| Alert::ALL.iter().map(move |alert| Self::Alert { alert: *alert, at, count });
        samples.extend(told(1).chain(told(12)));
        samples.extend(AccountAct::ALL.map(|act| Self::AccountAdministered { at, act }));
        samples.extend([false, true].map(|is_member| Self::ModerationReopened { organization: town(), is_member }));
        samples
    }
}
