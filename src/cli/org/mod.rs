//! `moncomptepro org`: organizations, and who belongs to them.

mod import;
pub(super) mod moderation;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::admin::Call;
use crate::cli::output::{Column, Paging};
use crate::cli::spelling::{parse_line, parse_organization, parse_user};
use crate::cli::{Ending, Noun};
use crate::domain::{EmailDomain, OrganizationFacts, OrganizationStanding, Siret};
use crate::web::Method;

const COLUMNS: &[Column] = &[
    ("ORG", "organization_id"),
    ("SIRET", "siret"),
    ("LABEL", "label"),
    ("CATEGORY", "legal_category"),
    ("PUBLIC SERVICE", "is_public_service"),
    ("ACTIVE", "is_active"),
];

const FOUND: &[Column] = &[
    ("ORG", "organization_id"),
    ("SIRET", "siret"),
    ("LABEL", "label"),
    ("ADDRESS", "address"),
    ("HEAD OFFICE", "is_head_office"),
    ("ACTIVE", "is_active"),
];

/// What a domain can be, or nothing any more.
const DOMAINS: [&str; 7] =
    ["verified", "official_contact", "trackdechets_postal_mail", "external", "not_verified_yet", "refused", "none"];

/// How a link was proven, as it is typed.
const PROOFS: [&str; 7] = ["domain", "contact", "proof", "rne", "rna", "order", "none"];

/// The same as it is kept.
fn proof(word: &str) -> &'static str {
    match word {
        "domain" => "domain",
        "contact" => "official_contact_email",
        "rne" => "in_liste_dirigeants_rne",
        "rna" => "in_liste_dirigeants_rna",
        "order" => "ordre_professionnel_domain",
        "none" => "unverified",
        _ => "proof_received",
    }
}

/// The command, and where it is carried out.
pub(in crate::cli) type Arguments = Noun<Command>;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Enter an organization, as the register has it, or by hand with `--label`.
    Add {
        /// The register's number: 14 digits.
        siret: Siret,
        #[command(flatten)]
        facts: Facts,
    },
    /// Enter organizations, e-mail domains and links of another system, from a file; also the original's tables.
    Import(import::Arguments),
    /// List organizations, fifty a page.
    List {
        /// Those alone that the register closed, or knows no more.
        #[arg(long, value_parser = PossibleValuesParser::new(OrganizationStanding::ALL.map(OrganizationStanding::as_str)))]
        standing: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Look for organizations, fifty a page: those that are known here, and those of the register, without identifier.
    Search {
        /// A SIRET, a SIREN, or words of the name and the town.
        #[arg(value_parser = parse_line)]
        words: String,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show an organization, and fifty of those who belong to it.
    Show {
        /// Its SIRET or identifier.
        #[arg(value_name = "ORG", value_parser = parse_organization)]
        organization: String,
        /// Go on with its people where the page before ended: `members.next`.
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<String>,
    },
    /// Link a person to an organization, or change their link.
    Link {
        /// Its SIRET or identifier.
        #[arg(value_name = "ORG", value_parser = parse_organization)]
        organization: String,
        /// The person's address or identifier.
        #[arg(value_parser = parse_user)]
        user: String,
        /// The person works for the organization without belonging to it.
        #[arg(long)]
        external: bool,
        /// How it was proven: the e-mail domain is the organization's, the address is its own, a proof was received, the
        /// person stands in the register of enterprises, of associations, or has the domain of a professional order, or
        /// nothing proves it. Without it, a link that there is keeps its proof, and a new one is your decision.
        #[arg(long, value_parser = PossibleValuesParser::new(PROOFS))]
        verified: Option<String>,
    },
    /// List what e-mail domains are for an organization, or say what one is.
    Domain {
        /// Its SIRET or identifier.
        #[arg(value_name = "ORG", value_parser = parse_organization)]
        organization: String,
        /// The domain: mairie-exemple.fr.
        domain: Option<EmailDomain>,
        /// What it is: whoever has an address there belongs to the organization, by your word, by that of its official contact
        /// or by a letter of Trackdéchets, or works for it, or is still to be reviewed, or never joins it; nothing any more.
        #[arg(value_parser = PossibleValuesParser::new(DOMAINS), requires = "domain")]
        status: Option<String>,
    },
    /// Read anew what the register says of an organization.
    Refresh {
        /// Its SIRET or identifier.
        #[arg(value_name = "ORG", value_parser = parse_organization)]
        organization: String,
    },
    /// Show what was done to an organization, the latest first.
    History {
        /// Its SIRET or identifier.
        #[arg(value_name = "ORG", value_parser = parse_organization)]
        organization: String,
    },
    /// Take a person's link away: they act for the organization nowhere any more, and tokens that were given for it end. What
    /// they have elsewhere goes on.
    Unlink {
        /// Its SIRET or identifier.
        #[arg(value_name = "ORG", value_parser = parse_organization)]
        organization: String,
        /// The person's address or identifier.
        #[arg(value_parser = parse_user)]
        user: String,
    },
}

/// What the register says.
#[derive(Debug, Args)]
pub(in crate::cli) struct Facts {
    /// Its name and sign as people know it. Without it, the register is asked.
    #[arg(long)]
    label: Option<String>,
    /// INSEE's legal category, level III: 7210 is a commune.
    #[arg(long, value_name = "CODE", requires = "label")]
    legal_category: Option<String>,
    /// Activity, NAF rev. 2: 84.11Z.
    #[arg(long, value_name = "CODE", requires = "label")]
    activity: Option<String>,
    /// Head-count band of the establishment: NN, 00, 12…
    #[arg(long, value_name = "BAND", requires = "label")]
    headcount: Option<String>,
    /// Head-count band of the legal entity.
    #[arg(long, value_name = "BAND", requires = "label")]
    entity_headcount: Option<String>,
    /// Whether it is the head office of its legal entity.
    #[arg(long, value_name = "true|false", default_value_t = true, action = clap::ArgAction::Set, requires = "label")]
    head_office: bool,
    /// Whether it is active.
    #[arg(long, value_name = "true|false", default_value_t = true, action = clap::ArgAction::Set, requires = "label")]
    active: bool,
    /// Postal code and commune in one line.
    #[arg(long, requires = "label")]
    address: Option<String>,
}

impl Facts {
    /// What to ask for a number.
    fn entering(self, siret: Siret) -> Call {
        let Some(label) = self.label else {
            return Call::new(Method::POST, &["organizations", siret.as_str(), "enter"]);
        };
        Call::new(Method::POST, &["organizations"]).with_body(&OrganizationFacts {
            siret,
            label,
            legal_category: self.legal_category,
            activity: self.activity,
            headcount: self.headcount,
            entity_headcount: self.entity_headcount,
            is_head_office: self.head_office,
            is_active: self.active,
            address: self.address,
        })
    }
}

pub(in crate::cli) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let Noun { place, output, command } = arguments;
    let call = match command {
        Command::List { standing, paging } => {
            let call = Call::new(Method::GET, &["organizations"]);
            let call = match standing {
                Some(standing) => call.with_parameter("standing", &standing),
                None => call,
            };
            return output.listing(&place.open().await?, &call, &paging, COLUMNS).await;
        }
        Command::Search { words, paging } => {
            let call = Call::new(Method::GET, &["organizations", "search"]).with_parameter("q", &words);
            return output.listing(&place.open().await?, &call, &paging, FOUND).await;
        }
        Command::Import(arguments) => return import::run(&place, &output, arguments).await,
        Command::Add { siret, facts } => facts.entering(siret),
        Command::Show { organization, cursor } => {
            let call = Call::new(Method::GET, &["organizations", &organization]);
            match cursor {
                Some(cursor) => call.with_parameter("cursor", &cursor),
                None => call,
            }
        }
        Command::Link { organization, user, external, verified } => {
            let verification = verified.as_deref().map(proof);
            Call::new(Method::PUT, &["organizations", &organization, "members", &user])
                .with_body(&json!({ "is_external": external, "verification": verification }))
        }
        Command::Domain { organization, domain: None, .. } => {
            Call::new(Method::GET, &["organizations", &organization, "domains"])
        }
        Command::Domain { organization, domain: Some(domain), status } => match status.as_deref() {
            Some("none") => Call::new(Method::DELETE, &["organizations", &organization, "domains", domain.as_str()]),
            status => Call::new(Method::PUT, &["organizations", &organization, "domains", domain.as_str()])
                .with_body(&json!({ "status": status.unwrap_or("verified") })),
        },
        Command::Refresh { organization } => Call::new(Method::POST, &["organizations", &organization, "refresh"]),
        Command::History { organization } => Call::new(Method::GET, &["organizations", &organization, "history"]),
        Command::Unlink { organization, user } => {
            Call::new(Method::DELETE, &["organizations", &organization, "members", &user])
        }
    };
    output.one(&place.open().await?.ask(call).await?);
    Ok(())
}
