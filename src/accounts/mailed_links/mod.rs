//! Where links of mails lead: an account is opened there, or what was done or is to be done to one is stopped.

pub(super) mod accept_invitation;
pub(super) mod keep_second_factor;
pub(super) mod restore_address;
