//! What the pages of the account show.

use serde::Serialize;

use super::notification::Notification;
use crate::accounts::pages::{FieldError, long_address};
use crate::render::{Page, PageCheck};

/// Every page of the account.
pub fn templates() -> Vec<PageCheck> {
    vec![PageCheck::of::<PersonalInformation>(), PageCheck::of::<ConnectionAndAccount>()]
}

/// Names, telephone number and position, `/personal-information`: posts `given_name`, `family_name`, `phone_number` and
/// `job`.
#[derive(Debug, Clone, Serialize)]
pub struct PersonalInformation {
    /// What was just done.
    pub notification: Option<Notification>,
    /// First names.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Telephone number; may be left empty.
    pub phone_number: String,
    /// Position; may be left empty.
    pub job: String,
    /// What cannot stand as typed, at most one for each field.
    pub errors: Vec<FieldError>,
}

impl Page for PersonalInformation {
    const TEMPLATE: &'static str = "console/personal-information.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            notification: None,
            given_name: String::from("Jean"),
            family_name: String::from("Martin"),
            phone_number: String::from("01 23 45 67 89"),
            job: String::from("Chargé de mission"),
            errors: Vec::new(),
        };
        let error = |field: &str| FieldError { field: field.to_owned(), problem: String::from("malformed") };
        let all = ["given_name", "family_name", "phone_number", "job"].map(error).to_vec();
        vec![
            Self { notification: Some(Notification::PersonalInformationUpdateSuccess), ..plain.clone() },
            Self { errors: all, given_name: String::from("<b>1</b>"), job: String::from("9"), ..plain },
        ]
    }
}

/// Address and password, `/connection-and-account`.
#[derive(Debug, Clone, Serialize)]
pub struct ConnectionAndAccount {
    /// The address.
    pub email: String,
    /// When the password was chosen, in Unix seconds; `None` where there is none.
    pub password_chosen_at: Option<u64>,
}

impl Page for ConnectionAndAccount {
    const TEMPLATE: &'static str = "console/connection-and-account.html";

    fn samples() -> Vec<Self> {
        vec![
            Self { email: String::from("jean.martin@exemple.fr"), password_chosen_at: Some(1_795_424_400) },
            Self { email: long_address(), password_chosen_at: None },
        ]
    }
}
