//! What belongs to one person and to nobody else, apart from who they are; and what administrators hear of.

pub mod alerts;
pub mod credentials;
pub mod logout_notices;
pub mod passkey_owners;
pub mod retention_rounds;
pub mod sent_mails;
pub mod service_uses;
pub mod trusted_browsers;
pub mod user_sessions;
