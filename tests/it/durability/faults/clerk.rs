//! What those who run an instance do, and what it does by itself, one duty after the other: clients, people,
//! organizations, requests, keys, erasure, and the rounds that delete.

use std::time::Duration;

use moncomptepro::acts::{self, ActError, administration};
use moncomptepro::admin::{self, Call};
use moncomptepro::app::App;
use moncomptepro::domain::{Moderation, ModerationKind, ModerationState};
use moncomptepro::protocol::Locale;
use moncomptepro::store::{StoreError, moderations, organizations, users};
use moncomptepro::web::Method;
use serde_json::{Value, json};

const SIRET: &str = "21750001600019";
const ASKING: &str = "user10@yopmail.com";

/// Something to do.
#[derive(Debug, Clone)]
pub(super) enum Duty {
    /// What is asked of the administration: method, path, document.
    Call(Method, &'static str, Value),
    /// A run begins: numbers are set at a distance where that is needed.
    BeginRun,
    /// The time is noted.
    NoteTime,
    /// What has expired in a year is deleted.
    Purge,
    /// The round of retention is made.
    Retention,
}

impl Duty {
    /// All of them, in an order in which each has something to do.
    pub(super) fn all() -> Vec<Self> {
        let nothing = || Value::Null;
        let call = Self::Call;
        let client = json!({ "name": "Service", "redirect_uris": ["https://service.example/retour"] });
        let person = json!({ "email": "marie@mairie.example", "given_name": "Marie", "family_name": "Dupont" });
        let organization = json!({ "siret": "21640445900010", "label": "Commune de montardon" });
        vec![
            Self::BeginRun,
            call(Method::PUT, "/clients/service-1", client),
            call(Method::PATCH, "/clients/service-1", json!({ "name": "Autre" })),
            call(Method::POST, "/clients/service-1/secret", json!({ "overlap_seconds": 60 })),
            call(Method::POST, "/users", person),
            call(
                Method::PUT,
                "/users/marie@mairie.example/email",
                json!({ "email": "m@mairie.example", "verified": true }),
            ),
            call(Method::PUT, "/users/m@mairie.example/role", json!({ "role": "reader" })),
            call(Method::POST, "/organizations", organization),
            call(
                Method::PUT,
                "/organizations/21640445900010/members/m@mairie.example",
                json!({ "verification": "proof_received" }),
            ),
            call(Method::PUT, "/organizations/21640445900010/domains/mairie.example", json!({ "status": "verified" })),
            call(Method::POST, "/moderations/1/comment", json!({ "note": "À voir." })),
            call(Method::POST, "/moderations/1/accept", json!({ "verification": "proof_received" })),
            call(Method::POST, "/moderations/1/reopen", json!({ "note": "À revoir." })),
            call(Method::POST, "/moderations/1/reject", json!({ "reason": "Inconnue." })),
            call(Method::POST, "/keys/rotate", json!({ "algorithm": "ES256", "now": true })),
            Self::NoteTime,
            call(Method::POST, "/users/m@mairie.example/sign-out", nothing()),
            call(Method::POST, "/users/m@mairie.example/disable", nothing()),
            call(Method::POST, "/users/m@mairie.example/enable", nothing()),
            call(Method::DELETE, "/organizations/21640445900010/members/m@mairie.example", nothing()),
            call(Method::DELETE, "/users/m@mairie.example", nothing()),
            call(Method::DELETE, "/clients/service-1", nothing()),
            Self::Purge,
            Self::Retention,
        ]
    }

    /// Whether it is done in several transactions, each whole: what one of them did stays.
    pub(super) fn comes_in_pieces(&self) -> bool {
        matches!(self, Self::Purge | Self::Retention)
    }

    /// Whether it waits for the store and is tried again by itself: what it writes is the same however often it is done.
    pub(super) fn is_tried_again(&self) -> bool {
        matches!(self, Self::BeginRun)
    }

    /// Whether it was done; not, where the store failed.
    pub(super) async fn is_done(&self, app: &App) -> bool {
        let outcome = match self {
            Self::Call(method, path, document) => return answered(app, method, path, document).await,
            Self::BeginRun => acts::begin_run(app).await.map(drop),
            Self::NoteTime => acts::note_time(app, Some(app.clock.now())).await,
            Self::Purge => {
                let later = app.clock.now().plus(Duration::from_secs(400 * 24 * 3600));
                app.store.purge(later).await.map(drop).map_err(ActError::Store)
            }
            Self::Retention => administration::make_retention_round(app).await.map(drop),
        };
        match outcome {
            Ok(()) => true,
            Err(ActError::Store(StoreError::Unavailable)) => false,
            Err(other) => panic!("{self:?}: {other}"),
        }
    }
}

async fn answered(app: &App, method: &Method, path: &str, document: &Value) -> bool {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let call = Call::new(method.clone(), &segments);
    let call = if document.is_null() { call } else { call.with_body(document) };
    let answer = admin::answer(app, &admin::by_command_line(app, "root"), &call).await;
    let is_refused_by_the_store = answer.status == 503 && answer.body["error"] == "store";
    assert!(answer.status.is_success() || is_refused_by_the_store, "{method} {path}: {}", answer.body);
    answer.status.is_success()
}

/// What the duties need to be there: signing keys of the instance's own, and somebody who asks to join an organization.
pub(super) async fn prepare(app: &App) {
    administration::make_keys(&app.store, &app.master_keys.in_use(), &app.random, 2048, app.clock.now()).await.unwrap();
    let organization = json!({ "siret": SIRET, "label": "Commune de paris" });
    assert!(answered(app, &Method::POST, "/organizations", &organization).await);
    let now = app.clock.now();
    let asking = app.store.write(move |tx| {
        let user = users::find_by_email(tx, &ASKING.parse().unwrap())?.unwrap();
        let organization = organizations::find_by_siret(tx, &SIRET.parse().unwrap())?.unwrap();
        let id = moderations::next_id(tx)?;
        let request = Moderation {
            id,
            user_id: user.id,
            organization_id: organization.id,
            kind: ModerationKind::OrganizationJoinBlock,
            state: ModerationState::Pending { since: now, by: None },
            client_id: None,
            created_at: now,
            as_external: false,
            asked_with: Some(user.email),
            locale: Locale::Fr,
            effect: None,
            history: Vec::new(),
            notes: Vec::new(),
        };
        moderations::insert(tx, &request)?;
        Ok(id)
    });
    assert_eq!(asking.await.unwrap().to_string(), "1");
    acts::note_start(app, std::collections::BTreeMap::new()).await.unwrap();
}
