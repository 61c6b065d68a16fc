//! `imports`: people of another system, some hundreds of rows at a time.
//!
//! The names of the columns are those of the original's table of people, with `password_hash`, `last_name`, `first_name` and
//! `sub` beside; what its table holds beyond is known and left behind.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::organization_imports;
use super::refusal::Refusal;
use super::{Reply, Request, done};
use crate::acts::administration::{self as acts, ImportOutcome, ImportedUser};
use crate::crypto;
use crate::domain::{PersonalInformation, UserId};
use crate::protocol::Timestamp;
use crate::web::Method;

/// The most rows of a call.
const MOST_ROWS: usize = 500;

/// Columns that are read.
const READ: [&str; 18] = [
    "id",
    "sub",
    "email",
    "email_verified",
    "email_verified_at",
    "password_hash",
    "encrypted_password",
    "given_name",
    "first_name",
    "family_name",
    "last_name",
    "phone_number",
    "job",
    "created_at",
    "updated_at",
    "sign_in_count",
    "last_sign_in_at",
    "siret",
];

/// Columns of the original that are known and left behind: pending codes and links, which open nothing here, second factors
/// that its own key has sealed, and marks of its journeys.
const LEFT_BEHIND: [&str; 14] = [
    "verify_email_token",
    "verify_email_sent_at",
    "reset_password_token",
    "reset_password_sent_at",
    "magic_link_token",
    "magic_link_sent_at",
    "legacy_user",
    "current_challenge",
    "encrypted_totp_key",
    "totp_key_verified_at",
    "force_2fa",
    "needs_inclusionconnect_welcome_page",
    "needs_inclusionconnect_onboarding_help",
    "needs_email_address_renewal_on",
];

/// Rows to enter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    #[serde(default)]
    pub(super) dry_run: bool,
    pub(super) rows: Vec<Map<String, Value>>,
}

impl Order {
    pub(super) fn of(request: &Request<'_>) -> Result<Self, Refusal> {
        let order: Self = request.call.document()?;
        match order.rows.len() > MOST_ROWS {
            true => Err(Refusal::Malformed(format!("at most {MOST_ROWS} rows are expected"))),
            false => Ok(order),
        }
    }
}

/// What became of one.
#[derive(Debug, Serialize)]
struct View {
    outcome: &'static str,
    reason: Option<String>,
    user_id: Option<String>,
}

pub(super) async fn route(request: &Request<'_>, rest: &[&str]) -> Reply {
    match (&request.call.method, rest) {
        (&Method::POST, []) => import(request).await,
        (&Method::POST, ["organizations"]) => organization_imports::import(request).await,
        _ => Err(Refusal::NoSuchAddress),
    }
}

async fn import(request: &Request<'_>) -> Reply {
    let Order { dry_run, rows } = Order::of(request)?;
    let read: Vec<Result<Reading, String>> = rows.iter().map(Reading::of).collect();
    let people = read.iter().flatten().map(|reading| reading.person.clone()).collect();
    let mut outcomes = acts::import_users(request.app, request.by, people, dry_run).await?.into_iter();
    let views: Vec<View> = read
        .into_iter()
        .map(|reading| match reading {
            Err(reason) => View { outcome: "refused", reason: Some(reason), user_id: None },
            Ok(reading) => view(&reading, outcomes.next()),
        })
        .collect();
    Ok(done(&serde_json::json!({ "items": views })))
}

fn view(reading: &Reading, outcome: Option<ImportOutcome>) -> View {
    let refused = |reason: String| View { outcome: "refused", reason: Some(reason), user_id: None };
    let done = |outcome, id: Option<UserId>| View { outcome, reason: None, user_id: id.map(|id| id.to_string()) };
    match outcome {
        Some(ImportOutcome::Imported(id)) if reading.has_factor => done("imported_without_factor", id),
        Some(ImportOutcome::Imported(id)) => done("imported", id),
        Some(ImportOutcome::Unchanged(id)) => done("unchanged", Some(id)),
        Some(ImportOutcome::EmailTaken) => refused(String::from("email: somebody else has it")),
        Some(ImportOutcome::IdTaken) => refused(String::from("id: somebody else has it")),
        Some(ImportOutcome::IdErased) => refused(String::from("id: it was that of somebody who was erased")),
        Some(ImportOutcome::ClosedOrganization(key)) => refused(format!("siret: {key} is closed")),
        Some(ImportOutcome::UnconfirmedOrganization(key)) => {
            refused(format!("siret: no source of the register has said yet what {key} is: `org refresh` asks it"))
        }
        Some(ImportOutcome::UnknownOrganization(key)) => refused(format!("siret: no org {key}: `org add` enters it")),
        None => refused(String::from("nothing was answered")),
    }
}

/// A row as it is understood.
struct Reading {
    person: ImportedUser,
    /// Whether the person had a second factor, which cannot come along.
    has_factor: bool,
}

impl Reading {
    fn of(row: &Map<String, Value>) -> Result<Self, String> {
        if let Some(name) =
            row.keys().find(|name| !READ.contains(&name.as_str()) && !LEFT_BEHIND.contains(&name.as_str()))
        {
            let name: String = name.chars().take(64).collect();
            return Err(format!("no column {name} is known: {}", READ.join(", ")));
        }
        let fields = Fields(row);
        let email = fields.one_of("email", "email")?.ok_or("email: is missing")?;
        let email = email.parse().map_err(|_| String::from("email: an e-mail address is expected"))?;
        let password_hash = fields.one_of("password_hash", "encrypted_password")?;
        if password_hash.as_deref().is_some_and(|hash| !crypto::is_password_hash(hash)) {
            return Err(String::from(
                "password_hash: argon2, bcrypt (cost 4 to 14) or PBKDF2 (at most 2000000 rounds) is expected",
            ));
        }
        let email_verified_at = match fields.flag("email_verified")? {
            Some(false) => None,
            Some(true) | None => fields.instant("email_verified_at")?,
        };
        let sign_in_count = match fields.one_of("sign_in_count", "sign_in_count")? {
            Some(count) => count.parse().map_err(|_| String::from("sign_in_count: a number is expected"))?,
            None => 0,
        };
        let organizations = fields.one_of("siret", "siret")?.unwrap_or_default();
        let organizations = organizations.split_whitespace().map(|siret| {
            let is_siret = siret.len() == 14;
            siret
                .parse()
                .ok()
                .filter(|_| is_siret)
                .ok_or_else(|| String::from("siret: 14 digits are expected, several with spaces between"))
        });
        let person = ImportedUser {
            id: fields.id()?,
            email,
            email_verified_at,
            password_hash,
            information: fields.information()?,
            created_at: fields.instant("created_at")?,
            updated_at: fields.instant("updated_at")?,
            sign_in_count,
            last_sign_in_at: fields.instant("last_sign_in_at")?,
            organizations: organizations.collect::<Result<_, _>>()?,
        };
        let has_factor = fields.flag("force_2fa")? == Some(true)
            || fields.one_of("encrypted_totp_key", "encrypted_totp_key")?.is_some();
        Ok(Self { person, has_factor })
    }
}

/// The fields of a row, whose values are texts in CSV and anything in JSON.
pub(super) struct Fields<'a>(pub(super) &'a Map<String, Value>);

impl Fields<'_> {
    /// A field that goes by two names; nothing where it says nothing.
    pub(super) fn one_of(&self, name: &str, other: &str) -> Result<Option<String>, String> {
        let value = self.0.get(name).or_else(|| self.0.get(other));
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Bool(flag)) => Ok(Some(flag.to_string())),
            Some(Value::Array(_) | Value::Object(_)) => Err(format!("{name}: one value is expected")),
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, String> {
        match self.one_of(name, name)?.as_deref() {
            None => Ok(None),
            Some("true" | "t" | "1") => Ok(Some(true)),
            Some("false" | "f" | "0") => Ok(Some(false)),
            Some(_) => Err(format!("{name}: true or false is expected")),
        }
    }

    pub(super) fn instant(&self, name: &str) -> Result<Option<Timestamp>, String> {
        let Some(text) = self.one_of(name, name)? else { return Ok(None) };
        let expected = || format!("{name}: an instant is expected, such as 2022-08-08T15:43:15Z");
        Timestamp::parse_iso8601(&text).map(Some).ok_or_else(expected)
    }

    fn id(&self) -> Result<Option<UserId>, String> {
        let Some(text) = self.one_of("id", "sub")? else { return Ok(None) };
        // Beyond that, JSON of clients knows no whole numbers.
        let id = text.parse().ok().filter(|id: &UserId| (1..1 << 53).contains(&id.0));
        id.map(Some).ok_or_else(|| String::from("id: a number of at most 53 bits is expected"))
    }

    /// What is known of a person's names, telephone and position; what is not is asked when they sign in.
    fn information(&self) -> Result<PersonalInformation, String> {
        const ABSENT: &str = "X";
        let given = self.one_of("given_name", "first_name")?;
        let family = self.one_of("family_name", "last_name")?;
        let text = |name: &str| self.one_of(name, name).map(Option::unwrap_or_default);
        let (phone, job) = (text("phone_number")?, text("job")?);
        let or_absent = |name: &Option<String>| name.clone().unwrap_or_else(|| ABSENT.to_owned());
        let parsed = PersonalInformation::parse(&or_absent(&given), &or_absent(&family), &phone, &job);
        let known = parsed.map_err(|faults| {
            let faults = faults
                .into_iter()
                .map(|fault| format!("{}: {}", super::users::field(fault), super::users::reason(fault)));
            faults.collect::<Vec<_>>().join("; ")
        })?;
        Ok(PersonalInformation {
            given_name: known.given_name.filter(|_| given.is_some()),
            family_name: known.family_name.filter(|_| family.is_some()),
            ..known
        })
    }
}
