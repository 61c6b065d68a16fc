//! The page of the link by which one moderator decides on one request.

use serde::Serialize;

use super::moderation::{Applicant, ChosenTemplate, Moderation, RequestedOrganization, TemplateLine};
use super::moderations::ModerationRow;
use super::warnings::Warnings;
use crate::render::Page;

/// The page of a link, `/moderation/{id}`: posts `decision`, and of a refusal `reason` and `correctable`.
#[derive(Debug, Clone, Serialize)]
pub struct ModerationLink {
    /// `open`, `accepted`, `accepted_review`, `rejected`, `decided` or `void`.
    pub state: &'static str,
    /// What it decides on, where it does.
    pub open: Option<OpenLink>,
}

/// What a link decides on.
#[derive(Debug, Clone, Serialize)]
pub struct OpenLink {
    /// The value in the path.
    pub value: String,
    /// Whose it is.
    pub moderator: String,
    /// Why nothing was done, as a word of the catalogue.
    pub failure: Option<&'static str>,
    /// The person as the page shows them, which a decision says again.
    pub seen: String,
    /// The request.
    pub request: ModerationRow,
    /// Who asks.
    pub applicant: Applicant,
    /// The organization.
    pub organization: RequestedOrganization,
    /// What makes one hesitate.
    pub warnings: Warnings,
    /// Requests that seem to be the person's own.
    pub duplicates: Vec<ModerationRow>,
    /// How many members are looked at; twenty at most.
    pub members: usize,
    /// How many of them have the person's host.
    pub members_with_domain: usize,
    /// The templates of a reason.
    pub templates: Vec<TemplateLine>,
    /// The one that fills it in.
    pub template: Option<ChosenTemplate>,
    /// What was typed.
    pub reason: Option<String>,
    /// Why it cannot be a reason: `missing` or `malformed`.
    pub problem: Option<&'static str>,
    /// `yes` or `no`: whether the person may correct their request.
    pub correctable: String,
}

impl ModerationLink {
    /// A link that decides nothing any more.
    pub fn over(state: &'static str) -> Self {
        Self { state, open: None }
    }
}

impl Page for ModerationLink {
    const TEMPLATE: &'static str = "admin/moderation-link.html";

    fn samples() -> Vec<Self> {
        let mut samples: Vec<Self> =
            ["accepted", "accepted_review", "rejected", "decided", "void"].map(Self::over).into();
        let open = |open| Self { state: "open", open: Some(open) };
        samples.extend(Moderation::samples().into_iter().filter_map(OpenLink::sample).map(open));
        samples
    }
}

impl OpenLink {
    /// The same as on the page of the console.
    fn sample(page: Moderation) -> Option<Self> {
        let forms = page.forms?;
        Some(Self {
            value: "aUJ3gA".repeat(8),
            moderator: String::from("Marie <Durand>"),
            failure: page.failure,
            seen: forms.seen,
            request: page.request,
            applicant: page.applicant,
            organization: page.organization,
            warnings: page.warnings,
            members: page.members.len(),
            members_with_domain: page.duplicates.len(),
            duplicates: page.duplicates,
            templates: forms.reject.templates,
            template: forms.reject.template,
            reason: forms.reject.reason,
            problem: forms.reject.problem,
            correctable: forms.reject.correctable,
        })
    }
}
