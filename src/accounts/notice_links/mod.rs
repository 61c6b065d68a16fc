//! Where the links of notices lead: what was done, or is to be done, to an account is stopped there.

pub(super) mod keep_second_factor;
pub(super) mod restore_address;
