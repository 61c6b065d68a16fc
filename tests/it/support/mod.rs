//! A cast for stories: an instance on a free port with a clock of our own, people with browsers, relying parties.

mod command;
mod declared;
mod faulty;
mod instance;
mod page;
mod person;
mod relying_party;
mod stored;

pub(crate) use command::{Operator, run};
pub(crate) use declared::{CALLBACK, SIGNED_OUT, uri};
pub(crate) use faulty::{Disk, Fault};
pub(crate) use instance::{Instance, MORNING};
pub(crate) use page::{Form, Page};
pub(crate) use person::Person;
pub(crate) use relying_party::{RelyingParty, jose_header, jose_payload};
pub(crate) use stored::stored;
