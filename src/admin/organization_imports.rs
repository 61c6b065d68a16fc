//! `imports/organizations`: organizations of another system, their e-mail domains and their links, some hundreds of rows at a
//! time. A row says by its columns which of the three it is.
//!
//! The names of the columns are those of the original's tables and of its own scripts; what its tables hold beyond is known
//! and left behind.

use serde::Serialize;
use serde_json::{Map, Value};

use super::imports::{Fields, Order};
use super::{Reply, Request, done};
use crate::acts::administration::{self as acts, ImportedOrganization, ImportedRow, RowOutcome};
use crate::domain::{
    Email, EmailDomain, EmailDomainStatus, OrganizationFacts, OrganizationId, Siret, UNKNOWN_NAME, Verification,
};

/// Columns that are read.
const READ: [&str; 32] = [
    "id",
    "siret",
    "label",
    "cached_libelle",
    "legal_category",
    "cached_categorie_juridique",
    "activity",
    "cached_activite_principale",
    "headcount",
    "cached_tranche_effectifs",
    "entity_headcount",
    "cached_tranche_effectifs_unite_legale",
    "is_active",
    "cached_est_active",
    "is_head_office",
    "cached_siege_social",
    "address",
    "cached_adresse",
    "cached_statut_diffusion",
    "cached_est_diffusible",
    "created_at",
    "organization_info_fetched_at",
    "verified_email_domains",
    "trackdechets_email_domains",
    "resp_traitement_email",
    "domain",
    "sirets",
    "verification_type",
    "user_id",
    "email",
    "is_external",
    "needs_official_contact_email_verification",
];

/// Columns of the original that are known and left behind: other words for the same facts, marks of its journeys, codes that
/// open nothing here, and domains that the first member of an organization once opened it to (SEC-108).
const LEFT_BEHIND: [&str; 17] = [
    "organization_id",
    "updated_at",
    "verified_at",
    "can_be_suggested",
    "has_been_greeted",
    "authorized_email_domains",
    "external_authorized_email_domains",
    "authentication_by_peers_type",
    "sponsor_id",
    "official_contact_email_verification_token",
    "official_contact_email_verification_sent_at",
    "cached_nom_complet",
    "cached_enseigne",
    "cached_code_postal",
    "cached_etat_administratif",
    "cached_code_officiel_geographique",
    "cached_libelle_tranche_effectif",
];

/// Labels of codes, which have tables here.
const LABELS: [&str; 2] = ["cached_libelle_activite_principale", "cached_libelle_categorie_juridique"];

/// The most organizations of one row of domains.
const MOST_SIRETS: usize = 50;

/// What became of a row.
#[derive(Debug, Serialize)]
struct View {
    outcome: &'static str,
    reason: Option<String>,
}

pub(super) async fn import(request: &Request<'_>) -> Reply {
    let Order { dry_run, rows } = Order::of(request)?;
    let read: Vec<Result<Vec<ImportedRow>, String>> = rows.iter().map(read).collect();
    let all = read.iter().flatten().cloned().collect();
    let mut outcomes = acts::import_organizations(request.app, request.by, all, dry_run).await?.into_iter();
    let views: Vec<View> = read
        .into_iter()
        .map(|rows| match rows {
            Err(reason) => View { outcome: "refused", reason: Some(reason) },
            Ok(rows) => view(&rows, outcomes.next().unwrap_or_default()),
        })
        .collect();
    Ok(done(&serde_json::json!({ "items": views })))
}

/// A row about several organizations is refused wholly when one of them is, and says which.
fn view(rows: &[ImportedRow], outcomes: Vec<RowOutcome>) -> View {
    let (mut outcome, mut reasons) = ("unchanged", Vec::new());
    for (row, became) in rows.iter().zip(outcomes) {
        let reason = match became {
            RowOutcome::Imported => {
                outcome = "imported";
                continue;
            }
            RowOutcome::ImportedUnderAnotherId => {
                outcome = "imported_under_another_id";
                continue;
            }
            RowOutcome::ImportedWithoutDomains => {
                outcome = "imported_without_domains";
                continue;
            }
            RowOutcome::Unchanged => continue,
            RowOutcome::Invalid(faults) => {
                let told = faults.into_iter().map(|fault| format!("{}: {}", fault.field, fault.expected));
                told.collect::<Vec<_>>().join("; ")
            }
            RowOutcome::UnknownOrganization => {
                format!("siret: no source knows {}: `org add` enters it", siret_of(row))
            }
            RowOutcome::Unavailable => {
                format!("siret: no source of the register answers about {}: try the same file later", siret_of(row))
            }
            RowOutcome::DecidedOtherwise(here) => {
                format!("domain: is {} for {} here: `org domain` changes it", here.as_str(), siret_of(row))
            }
            RowOutcome::Closed => format!("siret: {} is closed", siret_of(row)),
            RowOutcome::Unconfirmed => {
                format!(
                    "siret: no source of the register has said yet what {} is: `org refresh` asks it",
                    siret_of(row)
                )
            }
            RowOutcome::UnknownUser => String::from("user_id: no such person: `user import` comes first"),
            RowOutcome::OpenToAnybody => String::from("domain: anybody has an address there"),
            RowOutcome::Unverified => {
                String::from("verification_type: nothing proves it, and joining.allow_unverified is false")
            }
        };
        reasons.push(reason);
    }
    match reasons.is_empty() {
        true => View { outcome, reason: None },
        false => View { outcome: "refused", reason: Some(reasons.join("; ")) },
    }
}

fn siret_of(row: &ImportedRow) -> &Siret {
    match row {
        ImportedRow::Organization(organization) => &organization.siret,
        ImportedRow::Domain { siret, .. } | ImportedRow::Link { siret, .. } => siret,
    }
}

/// A row as it is understood: of several organizations where it names several.
fn read(row: &Map<String, Value>) -> Result<Vec<ImportedRow>, String> {
    let is_known = |name: &str| READ.contains(&name) || LEFT_BEHIND.contains(&name) || LABELS.contains(&name);
    if let Some(name) = row.keys().find(|name| !is_known(name)) {
        let name: String = name.chars().take(64).collect();
        return Err(format!("no column {name} is known: {}", READ.join(", ")));
    }
    let fields = Fields(row);
    if row.contains_key("organization_id") && !row.contains_key("siret") {
        return Err(String::from(
            "organization_id: is a number of another system: its table is given with --organizations",
        ));
    }
    let is = |name: &str| row.contains_key(name);
    match (is("user_id") || is("email"), is("domain")) {
        (true, _) => link(&fields).map(|row| vec![row]),
        (false, true) => domains(&fields),
        (false, false) => organization(&fields).map(|row| vec![row]),
    }
}

fn siret(text: &str) -> Result<Siret, String> {
    text.parse().map_err(|_| String::from("siret: 14 digits with their check digit are expected"))
}

fn domain(text: &str) -> Result<EmailDomain, String> {
    let text = text.trim().trim_start_matches('@').to_lowercase();
    text.parse().map_err(|_| String::from("domain: an e-mail domain is expected, such as mairie-exemple.fr"))
}

fn required(fields: &Fields<'_>, name: &str) -> Result<String, String> {
    fields.one_of(name, name)?.ok_or_else(|| format!("{name}: is missing"))
}

fn link(fields: &Fields<'_>) -> Result<ImportedRow, String> {
    let named = fields.one_of("user_id", "email")?.ok_or("user_id: is missing")?;
    let user = named.parse().map_err(|_| String::from("user_id: an identifier or an address is expected"))?;
    if fields.flag("needs_official_contact_email_verification")? == Some(true) {
        return Err(String::from("needs_official_contact_email_verification: the link was not proven yet"));
    }
    let word = fields.one_of("verification_type", "verification_type")?;
    Ok(ImportedRow::Link {
        siret: siret(&required(fields, "siret")?)?,
        user,
        is_external: fields.flag("is_external")?.unwrap_or(false),
        verification: verification(word.as_deref())?,
        created_at: fields.instant("created_at")?,
    })
}

/// How a link was proven, in the words of the original and in ours.
fn verification(word: Option<&str>) -> Result<Verification, String> {
    Ok(match word {
        None | Some("domain_not_verified_yet") => Verification::DomainNotVerifiedYet,
        Some("domain") => Verification::Domain,
        Some("official_contact_email") => Verification::OfficialContactEmail,
        Some("code_sent_to_official_contact_email") => Verification::CodeSentToOfficialContactEmail,
        Some("in_liste_dirigeants_rna") => Verification::InListeDirigeantsRna,
        Some("in_liste_dirigeants_rne" | "organization_dirigeant") => Verification::InListeDirigeantsRne,
        Some("ordre_professionnel_domain") => Verification::OrdreProfessionnelDomain,
        Some(
            "proof_received"
            | "imported_from_inclusion_connect"
            | "imported_from_coop_mediation_numerique"
            | "verified_by_coop_mediation_numerique",
        ) => Verification::ProofReceived,
        Some("bypassed") => Verification::Bypassed,
        Some("no_verification_means_for_entreprise_unipersonnelle") => {
            Verification::NoVerificationMeansForEntrepriseUnipersonnelle
        }
        Some("no_verification_means_for_small_association") => Verification::NoVerificationMeansForSmallAssociation,
        Some("no_verification_means_for_small_organization") => Verification::NoVerificationMeansForSmallOrganization,
        Some("no_validation_means_available" | "no_verification_means_available" | "unverified") => {
            Verification::Unverified
        }
        Some(_) => {
            return Err(String::from("verification_type: a word of the original's links is expected, such as domain"));
        }
    })
}

fn domains(fields: &Fields<'_>) -> Result<Vec<ImportedRow>, String> {
    let domain = domain(&required(fields, "domain")?)?;
    let several = fields.one_of("sirets", "sirets")?;
    let word = fields.one_of("verification_type", "verification_type")?;
    // The original's script lists domains that are known to be right; its table says what each is.
    let status = match (&several, word.as_deref()) {
        (Some(_), None) => EmailDomainStatus::Verified,
        (None, None) => EmailDomainStatus::NotVerifiedYet,
        (_, Some("blacklisted")) => EmailDomainStatus::Refused,
        (_, Some(word)) => {
            let found = EmailDomainStatus::ALL.into_iter().find(|status| status.as_str() == word);
            let words = EmailDomainStatus::ALL.map(EmailDomainStatus::as_str).join(", ");
            found.ok_or_else(|| format!("verification_type: one of {words} is expected"))?
        }
    };
    let sirets = match several {
        Some(several) => several.split([' ', ',', ';']).filter(|text| !text.is_empty()).map(siret).collect(),
        None => siret(&required(fields, "siret")?).map(|one| vec![one]),
    };
    let sirets: Vec<Siret> = sirets?;
    if sirets.is_empty() || sirets.len() > MOST_SIRETS {
        return Err(format!("sirets: 1 to {MOST_SIRETS} are expected"));
    }
    Ok(sirets.into_iter().map(|siret| ImportedRow::Domain { siret, domain: domain.clone(), status }).collect())
}

fn organization(fields: &Fields<'_>) -> Result<ImportedRow, String> {
    let siret = siret(&required(fields, "siret")?)?;
    let id = match fields.one_of("id", "id")? {
        Some(text) => {
            let id = text.parse().ok().filter(|id: &u64| (1..1 << 53).contains(id));
            Some(OrganizationId(id.ok_or("id: a number of at most 53 bits is expected")?))
        }
        None => None,
    };
    let flag = |name: &str, other: &str| match fields.flag(name)? {
        Some(flag) => Ok::<_, String>(Some(flag)),
        None => fields.flag(other),
    };
    let status = fields.one_of("cached_statut_diffusion", "cached_statut_diffusion")?;
    let is_discreet = fields.flag("cached_est_diffusible")? == Some(false)
        || status.is_some_and(|status| !matches!(status.as_str(), "O" | "diffusible"));
    let facts = match fields.one_of("label", "cached_libelle")? {
        None => None,
        Some(label) => Some(OrganizationFacts {
            siret: siret.clone(),
            // Whoever asked for discretion has a neutral name here, whatever name they had there (SEC-113).
            label: if is_discreet { UNKNOWN_NAME.to_owned() } else { label },
            legal_category: fields.one_of("legal_category", "cached_categorie_juridique")?,
            activity: fields.one_of("activity", "cached_activite_principale")?,
            headcount: fields.one_of("headcount", "cached_tranche_effectifs")?,
            entity_headcount: fields.one_of("entity_headcount", "cached_tranche_effectifs_unite_legale")?,
            is_head_office: flag("is_head_office", "cached_siege_social")?.unwrap_or(false),
            is_active: flag("is_active", "cached_est_active")?.unwrap_or(true),
            address: fields.one_of("address", "cached_adresse")?.filter(|_| !is_discreet),
        }),
    };
    let mut domains = Vec::new();
    for (column, status) in [
        ("verified_email_domains", EmailDomainStatus::Verified),
        ("trackdechets_email_domains", EmailDomainStatus::TrackdechetsPostalMail),
    ] {
        // PostgreSQL writes a list of texts between braces.
        let list = fields.one_of(column, column)?.unwrap_or_default();
        for text in list.trim_matches(['{', '}']).split(',').map(|text| text.trim_matches('"')) {
            if !text.is_empty() {
                domains.push((domain(text).map_err(|told| format!("{column}: {told}"))?, status));
            }
        }
    }
    // Whoever answers for the data has an address there: somebody looks at its domain before it opens anything (SEC-108).
    if let Some(address) = fields.one_of("resp_traitement_email", "resp_traitement_email")? {
        let address: Email = address.parse().map_err(|_| "resp_traitement_email: an e-mail address is expected")?;
        domains.push((EmailDomain::of(&address), EmailDomainStatus::NotVerifiedYet));
    }
    Ok(ImportedRow::Organization(Box::new(ImportedOrganization {
        id,
        siret,
        facts,
        created_at: fields.instant("created_at")?,
        told_at: fields.instant("organization_info_fetched_at")?,
        domains,
    })))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        const KNOWN: [&str; 12] = [
            "21920023500014",
            "21920023500014 13002526500013",
            "{a.fr,b.fr}",
            "{",
            "domain",
            "verified",
            "t",
            "P",
            "2024-01-01 00:00:00+00",
            "7210",
            "jean@mairie.example",
            "clamart.exemple.fr",
        ];
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            proptest::sample::select(&KNOWN[..]).prop_map(Value::from),
            proptest::collection::vec(any::<String>(), 0..3).prop_map(Value::from),
        ]
    }

    proptest! {
        #[test]
        fn sec_152_no_row_panics_and_what_is_refused_is_told(
            row in proptest::collection::vec((proptest::sample::select(&READ[..]), value()), 0..10),
            other in proptest::option::of((any::<String>(), value())),
        ) {
            let known = row.into_iter().map(|(name, value)| (name.to_owned(), value));
            let row: Map<String, Value> = known.chain(other).collect();
            match read(&row) {
                Ok(rows) => prop_assert!(!rows.is_empty() && rows.len() <= MOST_SIRETS),
                Err(reason) => prop_assert!(!reason.is_empty() && reason.chars().count() < 2_000),
            }
        }
    }
}
