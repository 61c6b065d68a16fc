//! Who has which role.

use serde::Serialize;

use crate::render::Page;

/// The team, `/admin/team`: posts `email`, `role`, `organizations` and `until`.
#[derive(Debug, Clone, Serialize)]
pub struct Team {
    /// What was just done.
    pub notification: Option<String>,
    /// Why a role was not taken away: `last_administrator`.
    pub refused: Option<String>,
    /// Who has one.
    pub people: Vec<TeamMember>,
    /// Where the list goes on.
    pub next_href: Option<String>,
    /// Whether the officer may give roles.
    pub may_manage: bool,
    /// A role to give.
    pub form: GrantForm,
}

/// Somebody who has a role.
#[derive(Debug, Clone, Serialize)]
pub struct TeamMember {
    /// Their identifier.
    pub id: String,
    /// Their name, where it is known.
    pub name: Option<String>,
    /// Their address.
    pub email: String,
    /// Their role, as the catalogue names it.
    pub role: &'static str,
    /// Whether it is for some organizations only.
    pub is_delegated: bool,
    /// Some of those.
    pub organizations: Vec<TeamOrganization>,
    /// How many there are.
    pub organizations_count: usize,
    /// Its end, where it has one.
    pub until: Option<u64>,
    /// Whether that has come.
    pub is_over: bool,
    /// Whether their account is closed.
    pub is_disabled: bool,
    /// Whether they have the second factor that the console wants.
    pub has_second_factor: bool,
}

/// An organization that a role is for.
#[derive(Debug, Clone, Serialize)]
pub struct TeamOrganization {
    /// Our identifier.
    pub id: String,
    /// Its name.
    pub label: String,
}

/// A role to give.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GrantForm {
    /// The address that was typed.
    pub email: String,
    /// The role that was chosen.
    pub role: Option<&'static str>,
    /// SIRETs, one a line.
    pub organizations: String,
    /// A day.
    pub until: String,
    /// What is wrong with the address: `malformed`, `unknown`, `disabled` or `last_administrator`.
    pub email_problem: Option<String>,
    /// What is wrong with the SIRETs: `malformed`, `unknown`, `too_many` or `not_a_moderator`.
    pub organizations_problem: Option<String>,
    /// What is wrong with the day: `malformed`, `past` or `not_a_moderator`.
    pub until_problem: Option<String>,
}

impl GrantForm {
    /// Whether anything is wrong.
    pub fn has_problem(&self) -> bool {
        self.email_problem.is_some() || self.organizations_problem.is_some() || self.until_problem.is_some()
    }
}

impl Page for Team {
    const TEMPLATE: &'static str = "admin/team.html";

    fn samples() -> Vec<Self> {
        let administrator = TeamMember {
            id: String::from("1"),
            name: Some(String::from("Jean Martin")),
            email: String::from("jean.martin@mairie.example"),
            role: "administrator",
            is_delegated: false,
            organizations: Vec::new(),
            organizations_count: 0,
            until: None,
            is_over: false,
            is_disabled: false,
            has_second_factor: true,
        };
        let label = "Syndicat <b>intercommunal</b> à vocation multiple ".repeat(5);
        let moderator = TeamMember {
            name: None,
            email: format!("{}@mairie.example", "a".repeat(64)),
            role: "moderator",
            is_delegated: true,
            organizations: vec![TeamOrganization { id: String::from("1"), label }],
            organizations_count: 3,
            until: Some(1_795_424_400),
            is_disabled: true,
            has_second_factor: false,
            ..administrator.clone()
        };
        let over = TeamMember { is_over: true, organizations_count: 1, ..moderator.clone() };
        let reader = TeamMember { role: "reader", ..administrator.clone() };
        let plain = Self {
            notification: None,
            refused: None,
            people: vec![administrator, moderator, over, reader],
            next_href: Some(String::from("/admin/team?after=1")),
            may_manage: true,
            form: GrantForm::default(),
        };
        let wrong = |email: &str, organizations: &str, until: &str| Self {
            form: GrantForm {
                email: String::from("<b>"),
                role: Some("reader"),
                organizations: String::from("</textarea><b>"),
                until: String::from("<b>"),
                email_problem: Some(email.to_owned()),
                organizations_problem: Some(organizations.to_owned()),
                until_problem: Some(until.to_owned()),
            },
            ..plain.clone()
        };
        let did = |notification: &str| Self { notification: Some(notification.to_owned()), ..plain.clone() };
        vec![
            plain.clone(),
            Self { people: Vec::new(), next_href: None, may_manage: false, ..plain.clone() },
            Self { refused: Some(String::from("last_administrator")), ..plain.clone() },
            wrong("malformed", "malformed", "malformed"),
            wrong("unknown", "unknown", "past"),
            wrong("disabled", "too_many", "not_a_moderator"),
            wrong("last_administrator", "not_a_moderator", "malformed"),
            did("role_granted"),
            did("role_revoked"),
        ]
    }
}
