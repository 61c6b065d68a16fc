//! What the pages of the console show.

mod authorship;
mod entrance;
mod moderation;
mod moderation_link;
mod moderations;
mod organization;
mod organizations;
mod team;
mod warnings;

use crate::render::PageCheck;

pub use authorship::{Author, Authorship};
pub use entrance::{Home, SignIn};
pub use moderation::{
    AcceptForm, Applicant, ChosenTemplate, ContactLine, DomainLine, Forms, HistoryLine, MemberLine, Moderation,
    OwnLink, RejectForm, RequestedOrganization, TemplateLine,
};
pub use moderation_link::{ModerationLink, OpenLink};
pub use moderations::{Criteria, ModerationRow, Moderations, QueryProblem, SimilarRequests, StandingTab};
pub use organization::{
    ActRow, DomainForm, DomainRow, MemberForm, MemberRow, OrganizationCard, OrganizationHistory, RegisterFacts,
};
pub use organizations::{OrganizationTile, Organizations};
pub use team::{GrantForm, Team, TeamMember, TeamOrganization};
pub use warnings::{LookAlikeLine, StandingLink, Undone, UndoneDomain, Warnings};

/// Every page of the console.
pub fn templates() -> Vec<PageCheck> {
    vec![
        PageCheck::of::<SignIn>(),
        PageCheck::of::<Home>(),
        PageCheck::of::<Moderations>(),
        PageCheck::of::<Moderation>(),
        PageCheck::of::<ModerationLink>(),
        PageCheck::of::<Organizations>(),
        PageCheck::of::<OrganizationCard>(),
        PageCheck::of::<OrganizationHistory>(),
        PageCheck::of::<Team>(),
    ]
}
