//! API Sirene of INSEE, version 3.11: the register itself, for whoever has a key.
//!
//! Field names are those of the published files, nested by what they are about.

use serde_json::Value;
use url::Url;

use super::fields::{Written, parsed, text};
use super::guard::Call;
use crate::directory::Answer;
use crate::domain::{
    Diffusion, Establishment, EstablishmentQuery, EstablishmentSource, NameParts, Siren, Siret, folded,
};
use crate::protocol::Timestamp;

/// The header of the key.
pub(super) const KEY_HEADER: &str = "x-insee-api-key-integration";
/// The most establishments of one answer.
const MAX_FOUND: usize = 25;
/// The most words of a name that are looked for.
const MAX_WORDS: usize = 8;

/// What is asked of an establishment that has not closed.
const IN_ACTIVITY: &str = "periode(etatAdministratifEtablissement:A)";

/// The address of a look-up.
pub(super) fn find_url(base: &Url, siret: &Siret) -> Option<Url> {
    let mut url = base.clone();
    url.path_segments_mut().ok()?.pop_if_empty().push("siret").push(siret.as_str());
    Some(url)
}

/// The address of a search. Its language has operators: only letters and digits of what a person wrote reach it, in
/// capitals and without accents, as the register has them.
pub(super) fn search_url(base: &Url, query: &EstablishmentQuery, now: Timestamp) -> Option<Url> {
    let of_name = |word: &String| {
        format!(
            "(denominationUniteLegale:{word}* OR sigleUniteLegale:{word}* OR nomUniteLegale:{word}* OR \
             periode(enseigne1Etablissement:{word}*))"
        )
    };
    let mut conditions: Vec<String> = words(query.name()).iter().take(MAX_WORDS).map(of_name).collect();
    if conditions.is_empty() {
        return None;
    }
    let towns = words(query.town().unwrap_or_default());
    conditions.extend(towns.iter().take(MAX_WORDS).map(|word| format!("libelleCommuneEtablissement:{word}*")));
    let digits: String = query.postal_code().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    if !digits.is_empty() {
        conditions.push(format!("codePostalEtablissement:{digits}*"));
    }
    conditions.push(String::from(IN_ACTIVITY));
    question(base, &conditions, query.limit(), now)
}

/// The addresses of the head office of a legal entity, and of its other establishments that are in activity: one has more
/// of them than one answer.
pub(super) fn list_urls(base: &Url, siren: &Siren, now: Timestamp) -> [Option<Url>; 2] {
    let of = |condition: &str| vec![format!("siren:{siren}"), condition.to_owned()];
    let mut others = of("etablissementSiege:false");
    others.push(String::from(IN_ACTIVITY));
    [question(base, &of("etablissementSiege:true"), 1, now), question(base, &others, MAX_FOUND, now)]
}

fn question(base: &Url, conditions: &[String], limit: usize, now: Timestamp) -> Option<Url> {
    let mut url = base.clone();
    url.path_segments_mut().ok()?.pop_if_empty().push("siret");
    let limit = limit.min(MAX_FOUND).to_string();
    url.query_pairs_mut().append_pair("q", &conditions.join(" AND ")).append_pair("nombre", &limit);
    // Without a day, a period of any time fits.
    let today = now.to_iso8601();
    if let Some((day, _)) = today.split_once('T') {
        let _ = url.query_pairs_mut().append_pair("date", day);
    }
    Some(url)
}

fn words(text: &str) -> Vec<String> {
    let text = folded(text).to_uppercase();
    let words = text.split(|character: char| !character.is_ascii_alphanumeric());
    // The words of the language itself are no words of a name.
    let is_word = |word: &&str| !word.is_empty() && !matches!(*word, "AND" | "OR" | "NOT" | "TO");
    words.filter(is_word).map(|word| word.chars().take(40).collect()).collect()
}

/// Whether the service itself says that it may not tell: a gateway before it refuses with documents of other forms.
pub(super) fn is_withholding(document: &Value) -> bool {
    document.pointer("/header/statut").and_then(Value::as_u64) == Some(403)
}

/// What a look-up has told.
pub(super) fn read_found(call: &Call, siret: &Siret, now: Timestamp) -> Answer<Establishment> {
    let Some(place) = call.document.get("etablissement").filter(|place| place.is_object()) else {
        return Answer::Failed;
    };
    if is_withheld(place) {
        return Answer::Withheld;
    }
    let found = establishment(place, now).filter(|found| found.siret == *siret);
    found.map_or(Answer::Unknown, Answer::Known)
}

/// What a search has told. Whoever asked for discretion is found by their number only (SEC-113).
pub(super) fn read_searched(call: &Call, now: Timestamp) -> Answer<Vec<Establishment>> {
    let Some(places) = call.document.get("etablissements").and_then(Value::as_array) else { return Answer::Failed };
    let found = places.iter().filter_map(|place| establishment(place, now));
    let is_found = |found: &Establishment| found.is_active && found.diffusion == Diffusion::Full;
    Answer::Known(found.filter(is_found).take(MAX_FOUND).collect())
}

/// What the question for a legal entity has told.
pub(super) fn read_listed(call: &Call, siren: &Siren, now: Timestamp) -> Answer<Vec<Establishment>> {
    let Some(places) = call.document.get("etablissements").and_then(Value::as_array) else { return Answer::Failed };
    if !places.is_empty() && places.iter().all(is_withheld) {
        return Answer::Withheld;
    }
    let told = places.iter().filter_map(|place| establishment(place, now));
    Answer::Known(told.filter(|found| found.siret.siren() == siren.as_str()).collect())
}

/// The period that lasts; the service gives it first.
fn period(place: &Value) -> Option<&Value> {
    let periods = place.get("periodesEtablissement").and_then(Value::as_array)?;
    periods.iter().find(|period| period.get("dateFin").is_none_or(Value::is_null)).or_else(|| periods.first())
}

/// Whether the establishment or its legal entity has this status of diffusion.
fn has_status(place: &Value, status: &str) -> bool {
    let entity = place.get("uniteLegale").unwrap_or(&Value::Null);
    let said = [text(place, "statutDiffusionEtablissement"), text(entity, "statutDiffusionUniteLegale")];
    said.iter().flatten().any(|said| said == status)
}

fn is_withheld(place: &Value) -> bool {
    has_status(place, "N")
}

fn establishment(place: &Value, now: Timestamp) -> Option<Establishment> {
    let (entity, written) = (place.get("uniteLegale")?, place.get("adresseEtablissement")?);
    let period = period(place)?;
    if is_withheld(place) {
        return None;
    }
    let is_partial = has_status(place, "P");
    let of_entity = [
        "denominationUniteLegale",
        "sigleUniteLegale",
        "prenomUsuelUniteLegale",
        "nomUsageUniteLegale",
        "nomUniteLegale",
        "prenom1UniteLegale",
    ]
    .map(|name| text(entity, name));
    let [denomination, acronym, first_name, usage_name, birth_name, first_given] =
        of_entity.each_ref().map(Option::as_deref);
    let signs =
        ["enseigne1Etablissement", "enseigne2Etablissement", "enseigne3Etablissement"].map(|name| text(period, name));
    let [sign, second, third] = signs.each_ref().map(Option::as_deref);
    let names = NameParts {
        denomination,
        acronym,
        first_name: first_name.or(first_given),
        usage_name,
        birth_name,
        signs: [sign, second, third],
    };
    let parts = [
        "complementAdresseEtablissement",
        "numeroVoieEtablissement",
        "indiceRepetitionEtablissement",
        "typeVoieEtablissement",
        "libelleVoieEtablissement",
        "distributionSpecialeEtablissement",
        "codeCedexEtablissement",
        "libelleCedexEtablissement",
        "libellePaysEtrangerEtablissement",
    ];
    let communes = ["libelleCommuneEtablissement", "libelleCommuneEtrangerEtablissement"];
    let address = Written::of(written, parts, "codePostalEtablissement", communes);
    Some(Establishment {
        siret: parsed(place, "siret")?,
        name: names.name(),
        legal_category: parsed(entity, "categorieJuridiqueUniteLegale"),
        activity: parsed(period, "activitePrincipaleEtablissement"),
        headcount: parsed(place, "trancheEffectifsEtablissement"),
        headcount_year: parsed(place, "anneeEffectifsEtablissement"),
        entity_headcount: parsed(entity, "trancheEffectifsUniteLegale"),
        is_head_office: place.get("etablissementSiege").and_then(Value::as_bool).unwrap_or(false),
        is_active: text(period, "etatAdministratifEtablissement").as_deref() == Some("A"),
        is_entity_active: text(entity, "etatAdministratifUniteLegale").as_deref() == Some("A"),
        diffusion: if is_partial { Diffusion::Partial } else { Diffusion::Full },
        address: address.line(),
        postal_code: address.postal_code,
        commune_code: parsed(written, "codeCommuneEtablissement"),
        commune: address.commune,
        source: EstablishmentSource::Sirene,
        fetched_at: now,
    })
}
