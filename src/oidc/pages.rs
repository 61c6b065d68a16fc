//! What the pages of the provider show.

use serde::Serialize;

use crate::protocol::Scope;
use crate::render::{Page, PageCheck};
use crate::web::pages::ClientLabel;

/// Every page of this room.
pub fn templates() -> Vec<PageCheck> {
    vec![
        PageCheck::of::<Consent>(),
        PageCheck::of::<FormPost>(),
        PageCheck::of::<Onward>(),
        PageCheck::of::<LogoutConfirmation>(),
        PageCheck::of::<LoggedOut>(),
    ]
}

/// Consent, `/interaction/{id}/consent`: posts `decision`, `allow` or `deny`.
#[derive(Debug, Clone, Serialize)]
pub struct Consent {
    /// The sign-in under way.
    pub interaction: String,
    /// Who asks.
    pub client: ClientLabel,
    /// Whose information it is.
    pub email: String,
    /// What is asked, one line each.
    pub scopes: Vec<Scope>,
    /// The organization that is told, where the client asks for one.
    pub organization: Option<ConsentOrganization>,
}

/// The organization that a consent tells.
#[derive(Debug, Clone, Serialize)]
pub struct ConsentOrganization {
    /// Its name.
    pub label: String,
    /// Its SIRET, digits only.
    pub siret: String,
}

impl Page for Consent {
    const TEMPLATE: &'static str = "oidc/consent.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            interaction: "aUJ3gA".repeat(8),
            client: ClientLabel::sample(),
            email: String::from("jean.martin@exemple.fr"),
            scopes: vec![Scope::Openid, Scope::Email],
            organization: None,
        };
        let organization = ConsentOrganization {
            label: String::from("Commune de les martres sur morge - Mairie"),
            siret: String::from("21630215800011"),
        };
        vec![
            plain.clone(),
            Self {
                client: ClientLabel::sample_long(),
                scopes: Scope::ALL.to_vec(),
                organization: Some(organization),
                ..plain
            },
        ]
    }
}

/// A field of a form that is not shown.
#[derive(Debug, Clone, Serialize)]
pub struct HiddenField {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl HiddenField {
    /// A field.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    fn samples() -> Vec<Self> {
        [("code", "aUJ3gA"), ("state", "\"><script>alert(1)</script>"), ("iss", "https://id.example")]
            .map(|(name, value)| Self::new(name, value))
            .into()
    }
}

/// The answer to a client by the `form_post` response mode: a form that sends itself, or is sent by its button.
#[derive(Debug, Clone, Serialize)]
pub struct FormPost {
    /// The redirect URI.
    pub action: String,
    /// The parameters of the answer.
    pub fields: Vec<HiddenField>,
}

impl Page for FormPost {
    const TEMPLATE: &'static str = "oidc/form-post.html";

    fn samples() -> Vec<Self> {
        vec![Self { action: String::from("https://service.example/callback?a=1&b=2"), fields: HiddenField::samples() }]
    }
}

/// On the way to a client: a page that goes on by itself, or by its link.
#[derive(Debug, Clone, Serialize)]
pub struct Onward {
    /// Where to: the address of the client with its parameters.
    pub href: String,
    /// The client's name.
    pub client: Option<String>,
}

impl Page for Onward {
    const TEMPLATE: &'static str = "oidc/onward.html";

    fn samples() -> Vec<Self> {
        let onward = |href: &str, client: Option<ClientLabel>| Self {
            href: href.to_owned(),
            client: client.map(|client| client.name),
        };
        vec![
            onward("https://service.example/callback?a=1&code=aUJ3gA&state=%22%3E%27", Some(ClientLabel::sample())),
            onward("http://localhost:4000/login-callback", Some(ClientLabel::sample_long())),
            onward("https://service.example/", None),
            onward("javascript:alert(1)", None),
        ]
    }
}

/// The question whether to sign out, when no ID token proves who asks. Posts the fields given and the token.
#[derive(Debug, Clone, Serialize)]
pub struct LogoutConfirmation {
    /// Where the form goes.
    pub action: String,
    /// What it carries.
    pub fields: Vec<HiddenField>,
    /// The client that asks, when it says who it is.
    pub client: Option<ClientLabel>,
    /// Who is signed in.
    pub email: String,
}

impl Page for LogoutConfirmation {
    const TEMPLATE: &'static str = "oidc/logout-confirmation.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            action: String::from("/oauth/logout/confirm"),
            fields: Vec::new(),
            client: None,
            email: String::from("jean.martin@exemple.fr"),
        };
        vec![plain.clone(), Self { fields: HiddenField::samples(), client: Some(ClientLabel::sample_long()), ..plain }]
    }
}

/// What one sees when signed out.
#[derive(Debug, Clone, Serialize)]
pub struct LoggedOut {
    /// The client to go back to.
    pub client: Option<ClientLabel>,
    /// Where it wants people after sign-out.
    pub continue_href: Option<String>,
}

impl Page for LoggedOut {
    const TEMPLATE: &'static str = "oidc/logged-out.html";

    fn samples() -> Vec<Self> {
        let back =
            |client: ClientLabel, href: &str| Self { client: Some(client), continue_href: Some(href.to_owned()) };
        vec![
            Self { client: None, continue_href: None },
            back(ClientLabel::sample(), "https://service.example/?state=1"),
            back(ClientLabel::sample_long(), "com.example.app:/signed-out"),
        ]
    }
}
