//! What a person does with their own account once they are signed in.
//!
//! Refuses to judge how old a proof may be. Doors: the functions re-exported here.

mod address;
mod data_link;
mod deletion;
mod former_address;
mod password;
mod personal_data;
mod personal_information;
mod restored_address;
mod second_factors;
mod services;
mod sessions;
mod trusted_browsers;

pub(super) use address::UNDO_LIFETIME;
pub(super) use address::suspend_links;
pub use address::{AddressAttempt, AddressOutcome, NewAddress, ask_new_address, change_address};
pub use data_link::{PendingDataLink, find_data_link, is_data_link_good, mail_data_link, redeem_data_link};
pub use deletion::{delete_own_account, may_delete_own_account};
pub use former_address::forget_former_addresses;
pub(super) use former_address::{WayBack, find_way_back, is_anothers};
pub use password::{OwnPasswordChange, OwnPasswordChoice, change_own_password};
pub use personal_data::export_personal_data;
pub use personal_information::update_personal_information;
pub use restored_address::{AddressChangePlace, look_at_address_change, restore_address};
pub use second_factors::{
    FactorOutcome, FactorRemovalPlace, InSession, PasskeyAnswer, PasskeyAsked, PasskeyAttempt, PasskeyOutcome,
    Presented, SetUpOutcome, TotpOffer, add_passkey, ask_for_passkey, ask_passkey_as_second_factor,
    ask_passkey_to_sign_in, find_pending_removal, keep_own_second_factors, keep_second_factors, look_at_factor_removal,
    make_recovery_codes, offer_totp, present_passkey, present_second_factor, remove_passkey, remove_totp,
    rename_passkey, set_up_totp, sign_in_with_passkey, use_second_factor,
};
pub(super) use second_factors::{credentials_of, find_removal, reseal_totp, stop_removal, take_away, tell};
pub use services::{UsedService, list_used_services, revoke_service};
pub use sessions::{EndedSessions, OwnSession, SessionsEnd, end_own_sessions, list_own_sessions};
pub use trusted_browsers::{TrustedBrowser, distrust_browsers, list_trusted_browsers};
