//! What goes through the mailbox of a person: codes and links to sign in with, and links to choose a password with.
//!
//! A mailed secret is kept as a digest or a keyed tag, is used once, and belongs to the sign-in in which it was asked.
//! Whether anybody has the address, nobody learns from here.

mod address_judgement;
mod codes;
mod entry;
mod invitations;
mod limits;
mod magic_links;
mod password_judgement;
mod password_links;
mod passwords;
mod sign_up;

pub use address_judgement::{AddressVerdict, judge_address, suggest_address};
pub(super) use codes::next_number;
pub use codes::{
    CodeAttempt, CodeOrder, CodeOutcome, CodeSent, a_code_opens_accounts, mail_code, redeem_code as redeem_mailed_code,
    wait_for_code,
};
pub(super) use invitations::invitation_name;
pub use invitations::{
    Acceptance, AcceptanceOutcome, InvitedStanding, OpenInvitation, accept_invitation, join_by_invitation,
    look_at_invitation,
};
pub use limits::wait_for_password_link;
pub(super) use limits::{
    take_code_guess, take_contact_guess, take_contact_mail, take_directory_look, take_joining_request, take_mail,
    take_public_look, take_second_factor, write_bans,
};
pub use magic_links::{
    LinkAttempt, LinkOrder, LinkPlace, disown_magic_link, look_at_magic_link, mail_magic_link, redeem_magic_link,
    wait_for_link,
};
pub use password_judgement::minimum_password_length;
pub(super) use password_judgement::{Chooser, judge_password};
pub(super) use password_links::{LINK_LIFETIME, write_link};
pub use password_links::{issue_password_link, mail_password_link};
pub use passwords::{PasswordChange, PasswordChoice, change_password, find_password_link};
pub(super) use passwords::{is_password_of, set_password};
pub use sign_up::{AddressStanding, SignUp, SignUpOutcome, address_standing, sign_up};
