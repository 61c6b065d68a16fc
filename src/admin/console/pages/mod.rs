//! What the pages of the console show.

mod entrance;
mod organizations;
mod team;

use crate::render::PageCheck;

pub use entrance::{Home, SignIn};
pub use organizations::{
    ActRow, DomainForm, DomainRow, MemberForm, MemberRow, OrganizationCard, OrganizationHistory, OrganizationTile,
    Organizations, RegisterFacts,
};
pub use team::{GrantForm, Team, TeamMember, TeamOrganization};

/// Every page of the console.
pub fn templates() -> Vec<PageCheck> {
    vec![
        PageCheck::of::<SignIn>(),
        PageCheck::of::<Home>(),
        PageCheck::of::<Organizations>(),
        PageCheck::of::<OrganizationCard>(),
        PageCheck::of::<OrganizationHistory>(),
        PageCheck::of::<Team>(),
    ]
}
