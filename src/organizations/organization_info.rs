//! What the register says of a number, for the preview of the join page and for programs of the original: the same document
//! at both of its addresses.

use serde_json::{Value, json};

use crate::acts::{self, PublicLook};
use crate::app::App;
use crate::domain::{Diffusion, Establishment, Siret};
use crate::web::{Error, HeaderValue, Request, Response, StatusCode, header, json_response};

/// The number is in the query.
pub(super) async fn of_query(app: App, request: Request) -> Result<Response, Error> {
    let siret = request.query()?.get("siret").unwrap_or_default().to_owned();
    respond(&app, &request, &siret).await
}

/// The number is in the path.
pub(super) async fn of_path(siret: String, app: App, request: Request) -> Result<Response, Error> {
    respond(&app, &request, &siret).await
}

async fn respond(app: &App, request: &Request, siret: &str) -> Result<Response, Error> {
    let refused = |status, message: &str| json_response(status, &json!({ "message": message }));
    let Ok(siret) = siret.parse::<Siret>() else {
        return Ok(refused(StatusCode::BAD_REQUEST, "siret: 14 digits with their check digit are expected"));
    };
    Ok(match acts::look_up_publicly(app, request.source(), &siret).await? {
        PublicLook::Known(establishment) => {
            let now = app.clock.now();
            let mut response = json_response(StatusCode::OK, &json!({ "organizationInfo": document(&establishment) }));
            // The document has the members of the original, and none for this (RFC 9111 §5.1).
            if establishment.is_stale(now) {
                let age = HeaderValue::from(now.seconds_since(establishment.fetched_at));
                response.headers_mut().insert(header::AGE, age);
            }
            response
        }
        PublicLook::Unknown if app.directory.keeps_a_part() => refused(
            StatusCode::NOT_FOUND,
            "no establishment has this SIRET in the part of the register that is kept here",
        ),
        PublicLook::Unknown => refused(StatusCode::NOT_FOUND, "no establishment has this SIRET, or it may not be told"),
        PublicLook::Unavailable => refused(StatusCode::GATEWAY_TIMEOUT, "no source of the register answered"),
    })
}

/// Member names and forms are those of the original; the labels are INSEE's. One is told in activity by the establishment,
/// the other by its legal entity.
fn document(establishment: &Establishment) -> Value {
    let category = establishment.legal_category.as_ref();
    let activity = establishment.activity.as_ref();
    let band = establishment.headcount;
    let band_label = band.map(|band| match &establishment.headcount_year {
        Some(year) => format!("{}, en {year}", band.label()),
        None => band.label().to_owned(),
    });
    json!({
        "siret": establishment.siret.as_str(),
        "libelle": establishment.name.label(),
        "nomComplet": establishment.name.full_name,
        "enseigne": establishment.name.sign,
        "trancheEffectifs": band.map(|band| band.as_str()),
        "libelleTrancheEffectif": band_label,
        "trancheEffectifsUniteLegale": establishment.entity_headcount.map(|band| band.as_str()),
        "etatAdministratif": if establishment.is_entity_active { "A" } else { "C" },
        "estActive": establishment.is_active,
        "statutDiffusion": match establishment.diffusion {
            Diffusion::Full => "diffusible",
            Diffusion::Partial => "partiellement_diffusible",
        },
        "estDiffusible": establishment.diffusion == Diffusion::Full,
        "adresse": establishment.address,
        "codePostal": establishment.postal_code,
        "codeOfficielGeographique": establishment.commune_code.as_ref().map(|code| code.as_str()),
        "activitePrincipale": activity.map(|code| code.as_str()),
        "libelleActivitePrincipale": activity.and_then(|code| Some(format!("{} - {}", code.as_str(), code.label()?))),
        "categorieJuridique": category.map(|code| code.as_str()),
        "libelleCategorieJuridique": category.and_then(|code| code.label()),
        "siegeSocial": establishment.is_head_office,
    })
}
