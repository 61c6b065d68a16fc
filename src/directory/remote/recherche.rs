//! Recherche d'entreprises, the open interface to the register: no key, a few questions a second.
//!
//! Whatever it answers is judged field by field.

use serde_json::Value;
use url::Url;

use super::fields::{Written, cleaned, text};
use super::guard::Call;
use crate::directory::Answer;
use crate::domain::{Diffusion, Establishment, EstablishmentQuery, EstablishmentSource, NameParts, Siren, Siret};
use crate::protocol::Timestamp;

/// The most establishments of one answer.
const MAX_FOUND: usize = 25;

/// The address of a look-up.
pub(super) fn find_url(base: &Url, siret: &Siret) -> Option<Url> {
    address(base, &[("q", siret.as_str()), ("page", "1"), ("per_page", "1"), ("limite_matching_etablissements", "1")])
}

/// The address of the establishments of a legal entity.
pub(super) fn list_url(base: &Url, siren: &Siren) -> Option<Url> {
    address(base, &[("q", siren.as_str()), ("page", "1"), ("per_page", "1"), ("limite_matching_etablissements", "100")])
}

/// The address of a search; its words are those of the person.
pub(super) fn search_url(base: &Url, query: &EstablishmentQuery) -> Option<Url> {
    let limit = query.limit().min(MAX_FOUND).to_string();
    let words = format!("{} {}", query.name(), query.town().unwrap_or_default());
    let mut parameters = vec![("q", words.trim()), ("etat_administratif", "A"), ("page", "1"), ("per_page", &limit)];
    parameters.push(("limite_matching_etablissements", "1"));
    match query.postal_code() {
        Some(code) if code.len() == 5 => parameters.push(("code_postal", code)),
        Some(digits) => parameters.extend(departments(digits).map(|codes| ("departement", codes))),
        None => {}
    }
    address(base, &parameters)
}

/// The departments of postal codes that begin with these digits, as the service names them; `None` where they leave more
/// of them open than it takes.
fn departments(digits: &str) -> Option<&str> {
    match digits.get(..2)? {
        "20" => Some("2A,2B"),
        // Overseas they have three digits.
        "97" | "98" => digits.get(..3),
        department => Some(department),
    }
}

fn address(base: &Url, parameters: &[(&str, &str)]) -> Option<Url> {
    let mut url = base.clone();
    url.path_segments_mut().ok()?.pop_if_empty().push("search");
    url.query_pairs_mut().clear().extend_pairs(parameters);
    Some(url)
}

/// What a look-up has told.
pub(super) fn read_found(call: &Call, siret: &Siret, now: Timestamp) -> Answer<Establishment> {
    let Some(results) = call.document.get("results").and_then(Value::as_array) else { return Answer::Failed };
    let found = results.iter().find_map(|entity| {
        let place = places(entity).find(|place| text(place, "siret").as_deref() == Some(siret.as_str()))?;
        Some((entity, place))
    });
    match found {
        Some((entity, place)) if has_status(entity, place, "N") => Answer::Withheld,
        Some((entity, place)) => establishment(entity, place, now).map_or(Answer::Unknown, Answer::Known),
        None => Answer::Unknown,
    }
}

/// What the question for a legal entity has told.
pub(super) fn read_listed(call: &Call, siren: &Siren, now: Timestamp) -> Answer<Vec<Establishment>> {
    let Some(results) = call.document.get("results").and_then(Value::as_array) else { return Answer::Failed };
    let is_entity = |entity: &&Value| text(entity, "siren").as_deref() == Some(siren.as_str());
    let Some(entity) = results.iter().find(is_entity) else { return Answer::Unknown };
    if text(entity, "statut_diffusion").as_deref() == Some("N") {
        return Answer::Withheld;
    }
    if places(entity).next().is_some() && places(entity).all(|place| has_status(entity, place, "N")) {
        return Answer::Withheld;
    }
    let told = places(entity).filter_map(|place| establishment(entity, place, now));
    Answer::Known(told.filter(|found| found.siret.siren() == siren.as_str()).collect())
}

/// What a search has told. Whoever asked for discretion is found by their number only: a search by a name that led to them
/// would confirm it (SEC-113).
pub(super) fn read_searched(call: &Call, query: &EstablishmentQuery, now: Timestamp) -> Answer<Vec<Establishment>> {
    let Some(results) = call.document.get("results").and_then(Value::as_array) else { return Answer::Failed };
    let found = results.iter().filter_map(|entity| establishment(entity, places(entity).next()?, now));
    // A department holds more codes than those that begin with three or four digits.
    let lies_there = |found: &Establishment| match (query.postal_code(), &found.postal_code) {
        (Some(digits), Some(code)) => code.as_str().starts_with(digits),
        (Some(_), None) => false,
        (None, _) => true,
    };
    let is_found = |found: &Establishment| found.is_active && found.diffusion == Diffusion::Full && lies_there(found);
    Answer::Known(found.filter(is_found).take(MAX_FOUND).collect())
}

/// Whether the establishment or its legal entity has this status of diffusion.
fn has_status(entity: &Value, place: &Value, status: &str) -> bool {
    let said = [text(entity, "statut_diffusion"), text(place, "statut_diffusion_etablissement")];
    said.iter().flatten().any(|said| said == status)
}

/// The establishments that match first, then the head office.
fn places(entity: &Value) -> impl Iterator<Item = &Value> {
    let matching = entity.get("matching_etablissements").and_then(Value::as_array);
    matching.into_iter().flatten().chain(entity.get("siege"))
}

/// An establishment with its legal entity; `None` where nothing of it may be told, or its number is none.
fn establishment(entity: &Value, place: &Value, now: Timestamp) -> Option<Establishment> {
    if has_status(entity, place, "N") {
        return None;
    }
    let field = |name: &str| text(place, name);
    let (denomination, acronym) = match text(entity, "nom_raison_sociale") {
        Some(name) => (Some(name), text(entity, "sigle")),
        // Of people the one name that there is.
        None => (text(entity, "nom_complet"), None),
    };
    let signs: Vec<String> = place
        .get("liste_enseignes")
        .and_then(Value::as_array)
        .map(|signs| signs.iter().filter_map(Value::as_str).filter_map(cleaned).take(3).collect())
        .unwrap_or_default();
    let sign = |index: usize| signs.get(index).map(String::as_str);
    let names = NameParts {
        denomination: denomination.as_deref(),
        acronym: acronym.as_deref(),
        signs: [sign(0), sign(1), sign(2)],
        ..NameParts::default()
    };
    let parts = [
        "complement_adresse",
        "numero_voie",
        "indice_repetition",
        "type_voie",
        "libelle_voie",
        "distribution_speciale",
        "cedex",
        "libelle_cedex",
        "libelle_pays_etranger",
    ];
    let address = Written::of(place, parts, "code_postal", ["libelle_commune", "libelle_commune_etranger"]);
    Some(Establishment {
        siret: field("siret")?.parse().ok()?,
        name: names.name(),
        legal_category: text(entity, "nature_juridique").and_then(|code| code.parse().ok()),
        activity: field("activite_principale").and_then(|code| code.parse().ok()),
        headcount: field("tranche_effectif_salarie").and_then(|code| code.parse().ok()),
        headcount_year: field("annee_tranche_effectif_salarie").and_then(|year| year.parse().ok()),
        entity_headcount: text(entity, "tranche_effectif_salarie").and_then(|code| code.parse().ok()),
        is_head_office: place.get("est_siege").and_then(Value::as_bool).unwrap_or(false),
        is_active: field("etat_administratif").as_deref() == Some("A"),
        is_entity_active: text(entity, "etat_administratif").as_deref() == Some("A"),
        diffusion: if has_status(entity, place, "P") { Diffusion::Partial } else { Diffusion::Full },
        address: if address.has_street() { address.line() } else { field("adresse").or_else(|| address.line()) },
        postal_code: address.postal_code,
        commune_code: field("commune").and_then(|code| code.parse().ok()),
        commune: address.commune,
        source: EstablishmentSource::RechercheEntreprises,
        fetched_at: now,
    })
}
