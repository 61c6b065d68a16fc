//! Every key of a `[[clients]]`, in the order of the template.

use super::key::{ConfigKey, Kind, Standard};

/// The keys of one `[[clients]]`; words of OpenID Connect Dynamic Client Registration §2 where it has one.
pub(super) const CLIENT_KEYS: &[ConfigKey] = &[
    ConfigKey {
        path: "client_id",
        kind: Kind::Text(64),
        standard: Standard::Required("mon-service"),
        about: ["L'identifiant du service.", "The identifier of the service."],
    },
    ConfigKey {
        path: "client_secret",
        kind: Kind::Secret,
        standard: Standard::Absent(""),
        about: [
            "Le secret : 32 caractères au moins, tirés au hasard ; ou client_secret_file. Aucun pour un client public.",
            "The secret: 32 characters at least, drawn at random; or client_secret_file. None for a public client.",
        ],
    },
    ConfigKey {
        path: "name",
        kind: Kind::Text(100),
        standard: Standard::Absent("Mon service"),
        about: ["Le nom que lisent les personnes.", "The name shown to people."],
    },
    ConfigKey {
        path: "redirect_uris",
        kind: Kind::Texts,
        standard: Standard::Required("https://service.exemple.fr/login-callback"),
        about: ["Où la réponse peut être envoyée, à l'identique.", "Where it may be answered, compared exactly."],
    },
    ConfigKey {
        path: "post_logout_redirect_uris",
        kind: Kind::Texts,
        standard: Standard::Texts(&[]),
        about: ["Où revenir après la déconnexion.", "Where people may go after sign-out."],
    },
    ConfigKey {
        path: "backchannel_logout_uri",
        kind: Kind::WebPage,
        standard: Standard::Absent("https://service.exemple.fr/backchannel-logout"),
        about: [
            "Où le service apprend qu'une session est terminée (Back-Channel Logout).",
            "Where it is told that a session is over (Back-Channel Logout).",
        ],
    },
    ConfigKey {
        path: "scope",
        kind: Kind::Scopes,
        standard: Standard::Text("openid email profile organization"),
        about: ["Les scopes que le service peut demander.", "The scopes that it may ask."],
    },
    ConfigKey {
        path: "token_endpoint_auth_method",
        kind: Kind::OneOf(&["client_secret_basic", "client_secret_post", "none"]),
        standard: Standard::Text("client_secret_basic"),
        about: ["Comment le service s'authentifie.", "How it authenticates."],
    },
    ConfigKey {
        path: "claims_profile",
        kind: Kind::OneOf(&["standard", "moncomptepro", "readme-2022"]),
        standard: Standard::Text("standard"),
        about: ["La forme des claims.", "The rendering of claims."],
    },
    ConfigKey {
        path: "native",
        kind: Kind::Flag,
        standard: Standard::Flag(false),
        about: ["Une application sur l'appareil de la personne.", "An application on the person's own device."],
    },
    ConfigKey {
        path: "id_token_signed_response_alg",
        kind: Kind::OneOf(&["RS256", "ES256"]),
        standard: Standard::Text("RS256"),
        about: ["L'algorithme du jeton d'identité.", "The algorithm of its ID tokens."],
    },
    ConfigKey {
        path: "userinfo_signed_response_alg",
        kind: Kind::OneOf(&["RS256", "ES256"]),
        standard: Standard::Absent("RS256"),
        about: ["L'algorithme de UserInfo, quand il est signé.", "The algorithm of UserInfo, where it is signed."],
    },
    ConfigKey {
        path: "require_pkce",
        kind: Kind::Flag,
        standard: Standard::Flag(false),
        about: ["Si PKCE est exigé.", "Whether a code challenge is required."],
    },
    ConfigKey {
        path: "default_max_age",
        kind: Kind::Number(0, 31_536_000),
        standard: Standard::Absent("3600"),
        about: ["max_age en secondes quand la demande n'en a pas.", "max_age in seconds where a request has none."],
    },
    ConfigKey {
        path: "default_acr_values",
        kind: Kind::Texts,
        standard: Standard::Texts(&[]),
        about: ["acr_values quand la demande n'en a pas.", "acr_values where a request has none."],
    },
    ConfigKey {
        path: "require_verified_link",
        kind: Kind::Flag,
        standard: Standard::Flag(true),
        about: [
            "Si les rattachements que rien ne prouve lui sont cachés.",
            "Whether links that nothing proves are withheld from it.",
        ],
    },
    ConfigKey {
        path: "federation",
        kind: Kind::Flag,
        standard: Standard::Flag(false),
        about: [
            "Si c'est une fédération, dont les pages montrent le service final (sp_name).",
            "Whether it is a federation, whose final service (sp_name) pages show.",
        ],
    },
    ConfigKey {
        path: "allowed_sources",
        kind: Kind::Networks,
        standard: Standard::Texts(&[]),
        about: [
            "Les réseaux d'où ses secrets et ses jetons sont acceptés ; vide : de partout.",
            "Networks from which its secrets and tokens are taken; empty: from everywhere.",
        ],
    },
    ConfigKey {
        path: "certificates",
        kind: Kind::Thumbprints,
        standard: Standard::Texts(&[]),
        about: [
            "Les empreintes SHA-256 de ses certificats, dont il montre l'un à tls.mutual_listen ; vide : aucun n'est demandé.",
            "The SHA-256 fingerprints of its certificates, one of which it shows at tls.mutual_listen; empty: none is asked for.",
        ],
    },
    ConfigKey {
        path: "client_uri",
        kind: Kind::WebPage,
        standard: Standard::Absent("https://service.exemple.fr/"),
        about: ["La page du service.", "The page of the service."],
    },
    ConfigKey {
        path: "client_description",
        kind: Kind::Text(200),
        standard: Standard::Absent(""),
        about: ["Une phrase sur le service.", "One sentence about the service."],
    },
    ConfigKey {
        path: "policy_uri",
        kind: Kind::WebPage,
        standard: Standard::Absent(""),
        about: ["Sa politique de confidentialité.", "Its privacy policy."],
    },
    ConfigKey {
        path: "tos_uri",
        kind: Kind::WebPage,
        standard: Standard::Absent(""),
        about: ["Ses conditions d'utilisation.", "Its terms of use."],
    },
];
