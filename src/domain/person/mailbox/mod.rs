//! What shows that somebody reads a mailbox: codes and links that were sent there, and browsers that were trusted after one.

mod data_link;
mod email_spelling;
mod known_browser;
mod magic_link;
mod mailed_code;
mod sent_mail;
mod standing;

pub use data_link::{DATA_LINK_LIFETIME, DataLink};
pub use email_spelling::suggest_spelling;
pub use known_browser::{BrowserTrust, KNOWN_BROWSER_LIFETIME, KnownBrowser};
pub use magic_link::{LinkRequest, MagicLink};
pub(in crate::domain) use mailed_code::wait_after;
pub use mailed_code::{CodePurpose, MAILED_CODE_DIGITS, MailedCode, MailedCodeRefusal, digits_of_code};
pub use sent_mail::{MailOutcome, SentMail};
pub use standing::{MailboxPolicy, MailboxStanding};
