//! Addresses as thousands of people have written them: several in one field, pages and sentences in their place. What is no
//! address is not there (SEC-61).

use crate::domain::{Email, OfficialContact, OfficialContactKind};

/// The most addresses of one establishment.
const MAX_CONTACTS: usize = 10;

/// The addresses of a field.
pub(in crate::directory) fn addresses_in(field: &str) -> impl Iterator<Item = Email> {
    field.split([';', ',', ' ']).filter_map(|address| address.parse::<Email>().ok())
}

/// The addresses of one establishment, each once, in the order in which they were found.
#[derive(Debug, Clone, Default)]
pub(in crate::directory) struct Gathered(Vec<OfficialContact>);

impl Gathered {
    /// Adds those of a record; gives how many bytes of text that is.
    pub(in crate::directory) fn add(&mut self, addresses: &[Email], name: &str, kind: OfficialContactKind) -> usize {
        let mut bytes = 0_usize;
        for email in addresses {
            let is_new = !self.0.iter().any(|known| known.email == *email);
            if is_new && self.0.len() < MAX_CONTACTS {
                bytes = bytes.saturating_add(email.as_str().len()).saturating_add(name.len());
                self.0.push(OfficialContact { email: email.clone(), name: name.to_owned(), kind });
            }
        }
        bytes
    }

    pub(in crate::directory) fn into_contacts(self) -> Vec<OfficialContact> {
        self.0
    }
}
