//! What the pages of the account show.

use serde::Serialize;

use crate::accounts::pages::long_address;
use crate::render::{Page, PageCheck};

/// Every page of the account.
pub fn templates() -> Vec<PageCheck> {
    vec![PageCheck::of::<ConnectionAndAccount>()]
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
