//! What the notices show.

use serde::Serialize;

use crate::accounts::pages::long_address;
use crate::render::{Page, PageCheck};

/// Every notice.
pub(in crate::accounts) fn templates() -> Vec<PageCheck> {
    vec![
        PageCheck::of::<PersonalData>(),
        PageCheck::of::<Terms>(),
        PageCheck::of::<Accessibility>(),
        PageCheck::of::<Help>(),
    ]
}

fn samples() -> [(Option<String>, Option<String>); 2] {
    [(None, None), (Some(String::from("Commune de <b>Clamart</b>")), Some(long_address()))]
}

/// What is kept about people, `/personal-data-notice`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PersonalData {
    /// Who answers for it; the instance where nobody is named.
    pub controller: Option<String>,
    /// The address to write to.
    pub contact: Option<String>,
    /// After how many months an account is erased that nobody uses; none where it is kept for ever.
    pub unused_months: Option<u64>,
    /// After how many months the journal gives up what happened; none where it is kept for ever.
    pub audit_months: Option<u64>,
    /// After how many months the journal gives up network addresses.
    pub address_months: u64,
}

impl Page for PersonalData {
    const TEMPLATE: &'static str = "accounts/personal-data-notice.html";

    fn samples() -> Vec<Self> {
        let kept = [(None, None, 1), (Some(36), Some(24), 6)];
        let page = |((controller, contact), (unused_months, audit_months, address_months))| Self {
            controller,
            contact,
            unused_months,
            audit_months,
            address_months,
        };
        samples().into_iter().zip(kept).map(page).collect()
    }
}

/// The terms of use, `/terms`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Terms {
    /// Who offers the service; the instance where nobody is named.
    pub controller: Option<String>,
    /// The address to write to.
    pub contact: Option<String>,
}

impl Page for Terms {
    const TEMPLATE: &'static str = "accounts/terms.html";

    fn samples() -> Vec<Self> {
        samples().map(|(controller, contact)| Self { controller, contact }).to_vec()
    }
}

/// The state of accessibility, `/accessibility`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Accessibility {
    /// Who answers for it; the instance where nobody is named.
    pub controller: Option<String>,
    /// The address to write to.
    pub contact: Option<String>,
    /// `none`, `partial` or `full`.
    pub state: &'static str,
}

impl Page for Accessibility {
    const TEMPLATE: &'static str = "accounts/accessibility.html";

    fn samples() -> Vec<Self> {
        let page = |((controller, contact), state)| Self { controller, contact, state };
        samples().into_iter().cycle().zip(["none", "partial", "full"]).map(page).collect()
    }
}

/// Answers to what people ask most, `/help`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Help {
    /// Who offers the service; the instance where nobody is named.
    pub controller: Option<String>,
    /// The address to write to.
    pub contact: Option<String>,
    /// The address that mails come from, where they leave the instance.
    pub mail_from: Option<String>,
}

impl Page for Help {
    const TEMPLATE: &'static str = "accounts/help.html";

    fn samples() -> Vec<Self> {
        samples().map(|(controller, contact)| Self { controller, mail_from: contact.clone(), contact }).to_vec()
    }
}
