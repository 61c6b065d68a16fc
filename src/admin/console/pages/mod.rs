//! What the pages of the console show.

mod entrance;

use crate::render::PageCheck;

pub use entrance::{Home, SignIn};

/// Every page of the console.
pub fn templates() -> Vec<PageCheck> {
    vec![PageCheck::of::<SignIn>(), PageCheck::of::<Home>()]
}
