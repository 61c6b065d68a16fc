//! Records that are kept until a time and then purged: codes, tokens, grants, sessions, links, sign-ins under way, bans. Their
//! keys begin with that time, so that neighbours in time are neighbours on disk.

pub mod access_tokens;
pub mod address_changes;
pub mod administration_sessions;
pub mod authorization_codes;
pub mod bans;
pub mod browser_sessions;
pub mod data_links;
pub mod factor_removals;
pub mod grants;
pub mod interactions;
pub mod invitations;
pub mod known_browsers;
pub mod magic_links;
pub mod moderation_links;
pub mod passkey_ceremonies;
pub mod password_links;
pub mod pre_sessions;
