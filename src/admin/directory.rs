//! `directory`: companies and administrations, as the sources of the register know them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::{Reply, Request, done};
use crate::acts::administration::{self, DirectoryImport};
use crate::directory::{Annuaire, ContactsReport, ImportReport, Standing};
use crate::domain::{
    CommuneCode, DepartmentCode, Diffusion, Establishment, EstablishmentQuery, EstablishmentSource, HeadcountYear,
    OfficialContact, PublicBody, Siren, Siret,
};
use crate::protocol::Timestamp;
use crate::web::Method;

/// An establishment as it is shown: codes with what they mean.
#[derive(Debug, Serialize)]
struct View {
    siret: Siret,
    label: String,
    full_name: String,
    sign: Option<String>,
    is_active: bool,
    is_entity_active: bool,
    is_head_office: bool,
    legal_category: Option<String>,
    legal_category_label: Option<&'static str>,
    public_body: Option<PublicBody>,
    activity: Option<String>,
    activity_label: Option<&'static str>,
    headcount: Option<&'static str>,
    headcount_year: Option<HeadcountYear>,
    entity_headcount: Option<&'static str>,
    entity_headcount_label: Option<&'static str>,
    address: Option<String>,
    town: Option<String>,
    commune_code: Option<String>,
    department_label: Option<&'static str>,
    region_label: Option<&'static str>,
    country_label: Option<&'static str>,
    diffusion: Diffusion,
    source: EstablishmentSource,
    fetched_at: String,
    is_stale: bool,
}

impl View {
    fn new(establishment: Establishment, now: Timestamp) -> Self {
        let commune = establishment.commune_code.as_ref();
        let department = commune.and_then(CommuneCode::department);
        Self {
            department_label: department.as_ref().and_then(DepartmentCode::label),
            region_label: department.as_ref().and_then(DepartmentCode::region_label),
            country_label: commune.and_then(CommuneCode::country).and_then(|code| code.label()),
            is_stale: establishment.is_stale(now),
            town: establishment.town(),
            public_body: establishment.public_body(),
            legal_category_label: establishment.legal_category.as_ref().and_then(|code| code.label()),
            legal_category: establishment.legal_category.map(String::from),
            activity_label: establishment.activity.as_ref().and_then(|code| code.label()),
            activity: establishment.activity.map(String::from),
            headcount: establishment.headcount.map(|band| band.as_str()),
            entity_headcount: establishment.entity_headcount.map(|band| band.as_str()),
            entity_headcount_label: establishment.entity_headcount.map(|band| band.label()),
            commune_code: establishment.commune_code.map(String::from),
            siret: establishment.siret,
            label: establishment.name.label(),
            full_name: establishment.name.full_name,
            sign: establishment.name.sign,
            headcount_year: establishment.headcount_year,
            is_active: establishment.is_active,
            is_entity_active: establishment.is_entity_active,
            is_head_office: establishment.is_head_office,
            address: establishment.address,
            diffusion: establishment.diffusion,
            source: establishment.source,
            fetched_at: establishment.fetched_at.to_string(),
        }
    }
}

/// An establishment with the addresses that it can be written to.
#[derive(Debug, Serialize)]
struct DossierView {
    #[serde(flatten)]
    establishment: View,
    official_contacts: Vec<OfficialContact>,
}

/// A search.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    name: String,
    #[serde(default)]
    place: String,
    limit: Option<String>,
}

pub(super) async fn route(request: &Request<'_>, rest: &[&str]) -> Reply {
    match rest {
        [] if request.call.is_get() => status(request),
        ["imports", what] if request.call.method == Method::POST => note_import(request, what).await,
        ["establishments"] if request.call.is_get() => search(request).await,
        ["establishments", siret] if request.call.is_get() => find(request, siret).await,
        _ => Err(Refusal::NoSuchAddress),
    }
}

fn status(request: &Request<'_>) -> Reply {
    request.call.nothing_else()?;
    let app = request.app;
    let sources: Vec<&str> = app.config.directory.sources.iter().map(|source| source.as_str()).collect();
    let contact_sources: Vec<&str> = app.config.directory.contacts.iter().map(|source| source.as_str()).collect();
    let now = app.clock.now();
    let register = app.directory.imported().map(|imported| described_import(&imported, now));
    let contacts = app.directory.imported_contacts().map(|imported| described_contacts(&imported, now));
    Ok(done(&json!({
        "sources": sources,
        "services": app.directory.standings().into_iter().map(described_standing).collect::<Vec<Value>>(),
        "register": register,
        "contact_sources": contact_sources,
        "contacts": contacts,
    })))
}

/// How a service has answered since the start.
fn described_standing((source, standing): (&'static str, Standing)) -> Value {
    json!({
        "source": source,
        "calls": standing.calls,
        "failures": standing.failures,
        "last_answer": standing.last_answer.map(|at| at.to_string()),
        "last_failure": standing.last_failure.map(|at| at.to_string()),
        "left_alone_seconds": standing.left_alone_for.map(|left| left.as_secs()),
    })
}

/// Records what the command line has imported, as it lies now.
async fn note_import(request: &Request<'_>, what: &str) -> Reply {
    request.call.nothing_else()?;
    let import = match what {
        "register" => DirectoryImport::Register,
        "contacts" => DirectoryImport::Contacts,
        _ => return Err(Refusal::NoSuchAddress),
    };
    let is_source = administration::note_directory_import(request.app, request.by, import).await?;
    Ok(done(&json!({ "is_source": is_source })))
}

/// What an import has made, as it is shown.
pub fn described_import(report: &ImportReport, now: Timestamp) -> Value {
    let bytes = report.rows_bytes.saturating_add(report.names_bytes);
    json!({
        "imported_at": report.imported_at.to_string(),
        "age_days": age_days(report.imported_at, now),
        "establishments": report.establishments,
        "entities": report.entities,
        "repeated": report.repeated,
        "shrunk_from": report.shrunk_from,
        "searchable": report.searchable,
        "bytes": bytes,
        "bytes_per_establishment": bytes.checked_div(report.establishments),
        "filter": report.filter,
        "files": report.files,
        "rejected_file": report.rejected_file,
    })
}

/// What an import of official contacts has made, as it is shown.
pub fn described_contacts(report: &ContactsReport, now: Timestamp) -> Value {
    let of = |annuaire: Annuaire| {
        report.annuaires.get(&annuaire).map(|imported| {
            json!({
                "imported_at": imported.imported_at.to_string(),
                "age_days": age_days(imported.imported_at, now),
                "subjects": imported.subjects,
                "files": imported.files,
            })
        })
    };
    json!({
        "service_public": of(Annuaire::ServicePublic),
        "education": of(Annuaire::Education),
        "rejected_file": report.rejected_file,
    })
}

fn age_days(imported_at: Timestamp, now: Timestamp) -> u64 {
    now.seconds_since(imported_at) / (24 * 3600)
}

async fn find(request: &Request<'_>, siret: &str) -> Reply {
    request.call.nothing_else()?;
    if let Ok(siren) = siret.parse::<Siren>() {
        return list_of(request, siren).await;
    }
    let malformed = || Refusal::Identifier {
        noun: "establishment",
        id: siret.to_owned(),
        expected: "a SIRET has 14 digits, a SIREN 9, the last of which is a check digit",
    };
    let number: Siret = siret.parse().map_err(|_| malformed())?;
    let directory = &request.app.directory;
    let unknown = || unknown(request, siret.to_owned());
    let establishment = directory.find_establishment(&number).await?.ok_or_else(unknown)?;
    let official_contacts = directory.find_official_contacts(&establishment).await?;
    let establishment = View::new(establishment, request.app.clock.now());
    Ok(done(&DossierView { establishment, official_contacts }))
}

fn unknown(request: &Request<'_>, number: String) -> Refusal {
    match request.app.directory.keeps_a_part() {
        true => Refusal::LeftOut(number),
        false => Refusal::UnknownEstablishment(number),
    }
}

/// The establishments of a legal entity, its head office first.
async fn list_of(request: &Request<'_>, siren: Siren) -> Reply {
    let query = EstablishmentQuery::of_siren(siren.clone()).limited(usize::MAX);
    let found = request.app.directory.search(&query).await?;
    if found.is_empty() {
        return Err(unknown(request, siren.to_string()));
    }
    Ok(done(&listed(found, request.app.clock.now())))
}

fn listed(found: Vec<Establishment>, now: Timestamp) -> Value {
    let items: Vec<View> = found.into_iter().map(|establishment| View::new(establishment, now)).collect();
    json!({ "items": items })
}

async fn search(request: &Request<'_>) -> Reply {
    let Search { name, place, limit } = request.call.parameters()?;
    let limit = match limit {
        Some(text) => text.parse().map_err(|_| Refusal::Malformed(String::from("limit: a number is expected")))?,
        None => 10,
    };
    let wanted = EstablishmentQuery::by_name(&name).and_then(|query| query.at(&place));
    let query = wanted.map_err(|fault| Refusal::Malformed(fault.to_string()))?.limited(limit);
    let found = request.app.directory.search(&query).await?;
    Ok(done(&listed(found, request.app.clock.now())))
}
