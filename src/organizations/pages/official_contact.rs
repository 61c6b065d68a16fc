//! The proof by an organization's own address.

use serde::Serialize;

use super::sample_interaction;
use crate::render::Page;
use crate::web::pages::ClientLabel;

/// The code to an organization's own address, `/users/official-contact-email-verification/{id}`: posts `contact`, then
/// `official_contact_email_verification_token`.
#[derive(Debug, Clone, Serialize)]
pub struct OfficialContact {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// For whom one joins.
    pub client: Option<ClientLabel>,
    /// The number of the organization in the path.
    pub organization_id: String,
    /// Its name.
    pub label: String,
    /// Its SIRET.
    pub siret: String,
    /// What it is: `school`, `town_hall` or `organization`.
    pub kind: &'static str,
    /// What stands in the way: `wrong`, `over`, `too_soon`, `not_chosen`.
    pub problem: Option<String>,
    /// How far one is.
    pub state: OfficialContactState,
}

/// How far one is with the proof.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum OfficialContactState {
    /// An address is to be chosen.
    Choose {
        /// Among these.
        contacts: Vec<ContactOption>,
    },
    /// A code is on its way.
    Sent {
        /// To this address, masked.
        masked: String,
    },
    /// The directory gives no address now.
    Unavailable,
}

/// An address to choose.
#[derive(Debug, Clone, Serialize)]
pub struct ContactOption {
    /// The value of `contact`.
    pub name: String,
    /// The address, masked.
    pub masked: String,
}

impl Page for OfficialContact {
    const TEMPLATE: &'static str = "organizations/official-contact-email-verification.html";

    fn samples() -> Vec<Self> {
        let contact = |number: u8| ContactOption {
            name: format!("choix-{number}"),
            masked: String::from("m•••e@clamart.fr"),
        };
        let of = |problem: Option<&str>, state: OfficialContactState| Self {
            interaction: sample_interaction(),
            client: Some(ClientLabel::sample()),
            organization_id: String::from("1"),
            label: String::from("Commune de <b>clamart</b> - Mairie"),
            siret: String::from("21920023500014"),
            kind: "town_hall",
            problem: problem.map(str::to_owned),
            state,
        };
        let sent = || OfficialContactState::Sent { masked: String::from("m•••e@clamart.fr") };
        let choose = |count| OfficialContactState::Choose { contacts: (0..count).map(contact).collect() };
        let bare = Self { interaction: None, client: None, kind: "school", ..of(None, choose(1)) };
        let other = Self { kind: "organization", ..of(None, choose(1)) };
        vec![
            of(None, sent()),
            of(Some("wrong"), sent()),
            of(Some("too_soon"), sent()),
            of(Some("over"), choose(2)),
            of(Some("not_chosen"), choose(2)),
            of(None, OfficialContactState::Unavailable),
            bare,
            other,
        ]
    }
}
