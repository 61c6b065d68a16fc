//! API Entreprise, version 3: the register for administrations that were given a token.
//!
//! It looks up one establishment, or the head office of a legal entity, and searches for none. Whoever asks says for whom and why.

use serde_json::Value;
use url::Url;

use super::fields::{Written, parsed, text};
use super::guard::Call;
use crate::directory::Answer;
use crate::domain::{Diffusion, Establishment, EstablishmentSource, NameParts, Siren, Siret};
use crate::protocol::Timestamp;

/// Why it is asked, in the words of its journal.
const OBJECT: &str = "rattachement d'une personne a son organisation";

/// The address of a look-up; `recipient` is the administration that asks.
pub(super) fn find_url(base: &Url, recipient: &Siret, siret: &Siret) -> Option<Url> {
    question(base, recipient, &["v3", "insee", "sirene", "etablissements", siret.as_str()])
}

/// The address of the head office of a legal entity.
pub(super) fn head_office_url(base: &Url, recipient: &Siret, siren: &Siren) -> Option<Url> {
    question(base, recipient, &["v3", "insee", "sirene", "unites_legales", siren.as_str(), "siege_social"])
}

fn question(base: &Url, recipient: &Siret, path: &[&str]) -> Option<Url> {
    let mut url = base.clone();
    url.path_segments_mut().ok()?.pop_if_empty().extend(path);
    let _ = url
        .query_pairs_mut()
        .append_pair("context", "MonComptePro")
        .append_pair("object", OBJECT)
        .append_pair("recipient", recipient.as_str());
    Some(url)
}

/// What a look-up has told.
pub(super) fn read_found(call: &Call, siret: &Siret, now: Timestamp) -> Answer<Establishment> {
    read(call, now, |found| found.siret == *siret)
}

/// What the question for a head office has told.
pub(super) fn read_head_office(call: &Call, siren: &Siren, now: Timestamp) -> Answer<Vec<Establishment>> {
    match read(call, now, |found| found.siret.siren() == siren.as_str()) {
        Answer::Known(found) => Answer::Known(vec![found]),
        Answer::Unknown => Answer::Unknown,
        Answer::Withheld => Answer::Withheld,
        Answer::Absent => Answer::Absent,
        Answer::Failed => Answer::Failed,
        Answer::Busy => Answer::Busy,
    }
}

fn read(call: &Call, now: Timestamp, is_it: impl Fn(&Establishment) -> bool) -> Answer<Establishment> {
    let Some(place) = call.document.get("data").filter(|place| place.is_object()) else { return Answer::Failed };
    if has_status(place, "non_diffusible") {
        return Answer::Withheld;
    }
    establishment(place, now).filter(is_it).map_or(Answer::Unknown, Answer::Known)
}

/// Whether the establishment, its legal entity or its address has this status of diffusion.
fn has_status(place: &Value, status: &str) -> bool {
    let of = |document: Option<&Value>| document.and_then(|document| text(document, "status_diffusion"));
    let said = [of(Some(place)), of(place.get("unite_legale")), of(place.get("adresse"))];
    said.iter().flatten().any(|said| said == status)
}

fn establishment(place: &Value, now: Timestamp) -> Option<Establishment> {
    let (entity, written) = (place.get("unite_legale")?, place.get("adresse")?);
    let legal = entity.get("personne_morale_attributs").unwrap_or(&Value::Null);
    let natural = entity.get("personne_physique_attributs").unwrap_or(&Value::Null);
    let (denomination, acronym) = (text(legal, "raison_sociale"), text(legal, "sigle"));
    let of_person = ["prenom_usuel", "prenom_1", "nom_usage", "nom_naissance"].map(|name| text(natural, name));
    let [usual, first, usage_name, birth_name] = of_person.each_ref().map(Option::as_deref);
    let sign = text(place, "enseigne");
    let names = NameParts {
        denomination: denomination.as_deref(),
        acronym: acronym.as_deref(),
        first_name: usual.or(first),
        usage_name,
        birth_name,
        signs: [sign.as_deref(), None, None],
    };
    let parts = [
        "complement_adresse",
        "numero_voie",
        "indice_repetition_voie",
        "type_voie",
        "libelle_voie",
        "distribution_speciale",
        "code_cedex",
        "libelle_cedex",
        "libelle_pays_etranger",
    ];
    let address = Written::of(written, parts, "code_postal", ["libelle_commune", "libelle_commune_etranger"]);
    let of = |document: &Value, group: &str| document.get(group).cloned().unwrap_or_default();
    Some(Establishment {
        siret: parsed(place, "siret")?,
        name: names.name(),
        legal_category: parsed(&of(entity, "forme_juridique"), "code"),
        activity: parsed(&of(place, "activite_principale"), "code"),
        headcount: parsed(&of(place, "tranche_effectif_salarie"), "code"),
        headcount_year: parsed(&of(place, "tranche_effectif_salarie"), "date_reference"),
        entity_headcount: parsed(&of(entity, "tranche_effectif_salarie"), "code"),
        is_head_office: place.get("siege_social").and_then(Value::as_bool).unwrap_or(false),
        is_active: text(place, "etat_administratif").as_deref() == Some("A"),
        is_entity_active: text(entity, "etat_administratif").as_deref() == Some("A"),
        diffusion: if has_status(place, "partiellement_diffusible") { Diffusion::Partial } else { Diffusion::Full },
        address: address.line(),
        postal_code: address.postal_code,
        commune_code: parsed(written, "code_commune"),
        commune: address.commune,
        source: EstablishmentSource::ApiEntreprise,
        fetched_at: now,
    })
}
