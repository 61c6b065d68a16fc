//! The list of requests, narrowed down in the address.

use super::row;
use crate::acts::administration::{self, ModerationFilter};
use crate::admin::console::csv::{Csv, grouped, word_of};
use crate::admin::console::pages::{Criteria, ModerationRow, Moderations, QueryProblem, StandingTab};
use crate::app::App;
use crate::domain::{
    Day, Email, ModerationId, ModerationQuery, ModerationQueryFault, ModerationStanding, Siret, TakenList,
};
use crate::protocol::{Parameters, Timestamp};
use crate::web::{Error, Response, StatusCode, Visit, paths};

/// How many requests a page shows.
const SHOWN: usize = 30;

/// The fields of the form, and the words of the line that they stand for.
const FIELDS: [(&str, &str); 7] = [
    ("is", "is"),
    ("email", "email"),
    ("siret", "siret"),
    ("service", "service"),
    ("other_service", "-service"),
    ("by", "by"),
    ("date", "date"),
];

/// Shows it.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let officer = visit.browser.officer()?;
    let cursor = cursor_of(&visit.query)?;
    let (query, fault) = match read(&visit.query) {
        Ok(query) => (query, None),
        Err(fault) => (ModerationQuery::default(), Some(fault)),
    };
    let status = if fault.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let mut page = Moderations {
        tabs: tabs(&query),
        line: query.to_string(),
        criteria: criteria(&query),
        is_narrowed: query != ModerationQuery { standing: query.standing, ..ModerationQuery::default() },
        problem: None,
        requests: Vec::new(),
        is_later: cursor.is_some(),
        first_href: href(&query, None),
        next_href: None,
        file_href: address(paths::ADMIN_MODERATIONS_FILE, &query, cursor),
        is_delegated: officer.role.is_delegated(),
    };
    match fault {
        Some(fault) => {
            page.line = visit.query.get("q").unwrap_or_default().to_owned();
            page.criteria = as_asked(&visit.query);
            page.is_narrowed = true;
            page.problem = Some(QueryProblem { name: fault.name(), written: fault.written().to_owned() });
        }
        None => {
            let by = officer.by(&visit.request);
            let filter = ModerationFilter { query: query.clone(), ..ModerationFilter::default() };
            let found = administration::list_moderations(&app, &by, &filter, cursor, SHOWN).await?;
            page.requests = found.listed.iter().map(row).collect();
            page.next_href = found.next.map(|last| href(&query, Some(last)));
        }
    }
    visit.browser.page_with(&app, &page, status, None)
}

fn cursor_of(parameters: &Parameters) -> Result<Option<ModerationId>, Error> {
    let cursor = parameters.get("cursor").map(str::parse).transpose();
    cursor.map_err(|_| Error::bad_request("bad_request").with_detail("cursor"))
}

/// How many requests are gathered at once for a file, and how often.
const GATHERED: usize = 500;
const GATHERINGS: usize = 50;

/// The same list as a file, from where the page of this address begins. That it was taken is recorded once.
pub(super) async fn file(app: App, visit: Visit) -> Result<Response, Error> {
    let officer = visit.browser.officer()?;
    let mut cursor = cursor_of(&visit.query)?;
    let query = read(&visit.query).map_err(|_| Error::bad_request("bad_request").with_detail("q"))?;
    let filter = ModerationFilter { query: query.clone(), ..ModerationFilter::default() };
    let by = officer.by(&visit.request);
    let mut file = Csv::new(&COLUMNS);
    let mut found = administration::list_more_moderations(&app, &by, &filter, cursor, GATHERED).await?;
    for _ in 0..GATHERINGS {
        found.listed.iter().map(row).for_each(|item| add(&mut file, &item));
        cursor = found.next;
        if cursor.is_none() || file.room() == 0 {
            break;
        }
        let limit = GATHERED.min(file.room());
        found = administration::list_more_moderations(&app, &by, &filter, cursor, limit).await?;
    }
    administration::note_taken_list(&app, &by, TakenList::Moderations, file.rows()).await?;
    let next = cursor.map(|last| address(paths::ADMIN_MODERATIONS_FILE, &query, Some(last)));
    file.into_response("moderations", next)
}

/// The columns of the file.
const COLUMNS: [&str; 12] = [
    "id",
    "status",
    "is_blocking",
    "requested_at",
    "name",
    "email",
    "organization",
    "siret",
    "service",
    "as_external",
    "decided_at",
    "decided_by",
];

fn add(file: &mut Csv, item: &ModerationRow) {
    let at = |seconds: u64| Timestamp(seconds).to_iso8601();
    let siret = grouped(&item.siret);
    let (id, requested_at, decided_at) = (item.id.to_string(), at(item.requested_at), item.decided_at.map(at));
    file.row([
        Some(id.as_str()),
        Some(item.status),
        Some(word_of(item.is_blocking)),
        Some(&requested_at),
        item.name.as_deref(),
        Some(&item.email),
        Some(&item.organization),
        Some(&siret),
        item.service.as_deref(),
        Some(word_of(item.as_external)),
        decided_at.as_deref(),
        item.decided_by.as_deref(),
    ]);
}

/// What is looked for: fields of their own where there are any, else the line.
fn read(parameters: &Parameters) -> Result<ModerationQuery, ModerationQueryFault> {
    if !FIELDS.iter().any(|(field, _)| parameters.get(field).is_some()) {
        return parameters.get("q").unwrap_or_default().parse();
    }
    let mut query = ModerationQuery::default();
    for (field, word) in FIELDS {
        if let Some(value) = parameters.get(field) {
            query.narrow(word, value.trim())?;
        }
    }
    Ok(query)
}

fn tabs(query: &ModerationQuery) -> Vec<StandingTab> {
    let tab = |standing: ModerationStanding| StandingTab {
        standing: standing.as_str(),
        href: href(&ModerationQuery { standing, ..query.clone() }, None),
        is_here: standing == query.standing,
    };
    ModerationStanding::ALL.map(tab).into()
}

fn href(query: &ModerationQuery, cursor: Option<ModerationId>) -> String {
    address(paths::ADMIN_MODERATIONS, query, cursor)
}

fn address(path: &str, query: &ModerationQuery, cursor: Option<ModerationId>) -> String {
    let mut address = form_urlencoded::Serializer::new(String::new());
    address.append_pair("q", &query.to_string());
    if let Some(cursor) = cursor {
        address.append_pair("cursor", &cursor.to_string());
    }
    format!("{path}?{}", address.finish())
}

fn criteria(query: &ModerationQuery) -> Criteria {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Criteria {
        is: query.standing.as_str().to_owned(),
        email: text(query.email.as_ref().map(Email::as_str)),
        siret: text(query.siret.as_ref().map(Siret::as_str)),
        service: text(query.service.as_deref()),
        other_service: text(query.other_service.as_deref()),
        by: text(query.by.as_deref()),
        date: text(query.date.as_ref().map(Day::as_str)),
    }
}

fn as_asked(parameters: &Parameters) -> Criteria {
    let asked = |name: &str| parameters.get(name).unwrap_or_default().to_owned();
    Criteria {
        is: asked("is"),
        email: asked("email"),
        siret: asked("siret"),
        service: asked("service"),
        other_service: asked("other_service"),
        by: asked("by"),
        date: asked("date"),
    }
}
