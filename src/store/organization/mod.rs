//! Organizations, who belongs to them, who wants to, and what e-mail domains are for them.

pub(in crate::store) mod authorship;
pub mod contact_proofs;
pub mod email_domains;
pub mod memberships;
pub mod moderations;
pub mod organizations;
