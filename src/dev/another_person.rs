//! A person made up on the spot: any claim, any organization, any level of assurance.

use serde_json::{Map, Value};

use super::inventions::invent;
use super::pages::{AnotherPerson, AnotherPersonError};
use crate::acts::{self, NewPerson, SignInAs};
use crate::app::App;
use crate::domain::{AssertedAssurance, Email, OrganizationId, PersonalInformation, Siret};
use crate::journey::{self, Current};
use crate::protocol::{Parameters, Timestamp};
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit};

/// The most characters of a field.
const LONGEST_TEXT: usize = 255;
/// The most characters of the claims.
const LONGEST_CLAIMS: usize = 8000;

/// Asks who it shall be; the address that the client hinted at is filled in.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    let hint = current.as_ref().and_then(|current| {
        let given = current.interaction.login.as_ref().map(ToString::to_string);
        let hinted = || current.interaction.authorization().and_then(|pending| pending.request.login_hint.clone());
        given.or_else(hinted)
    });
    let page = AnotherPerson { email: hint.unwrap_or_default(), ..filled(&Parameters::default(), current.as_ref()) };
    answer(&app, visit.browser, current.as_ref(), &page, StatusCode::OK)
}

/// Enters the person and signs them in.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let browser = journey::speak(browser, current.as_ref());
    let wish = match Wish::parse(&form, app.clock.now()) {
        Ok(wish) => wish,
        Err(errors) => {
            let page = AnotherPerson { errors, ..filled(&form, current.as_ref()) };
            return answer(&app, browser, current.as_ref(), &page, StatusCode::BAD_REQUEST);
        }
    };
    let by = browser.by(&request);
    let (user_id, _) = acts::enter_person(&app, &by, wish.person).await?;
    let sign_in = SignInAs {
        user_id,
        asserted: wish.asserted,
        interaction: current.as_ref().map(|current| current.key),
        place: browser.place(),
        locale: browser.locale,
    };
    match acts::sign_in_as(&app, &by, sign_in).await? {
        Some(session) => journey::go_on_signed_in(&app, &request, &browser, &session, current.as_ref()).await,
        None => Err(Error::bad_request("bad_request").with_detail("email")),
    }
}

/// Who it shall be.
struct Wish {
    person: NewPerson,
    asserted: Option<AssertedAssurance>,
}

impl Wish {
    /// Reads the form.
    ///
    /// # Errors
    /// Every field that cannot stand, in the order of the form.
    fn parse(form: &Parameters, now: Timestamp) -> Result<Self, Vec<AnotherPersonError>> {
        let mut fields = Fields { form, errors: Vec::new() };
        let email = fields.required("email", |text| text.parse::<Email>().ok());
        let information = PersonalInformation {
            given_name: fields.text("given_name"),
            family_name: fields.text("family_name"),
            phone_number: fields.text("phone_number"),
            job: fields.text("job"),
        };
        let siret = fields.optional("siret", LONGEST_TEXT, |text| text.parse::<Siret>().ok());
        let acr = fields.text("acr");
        let amr = fields.text("amr").map(|text| text.split_whitespace().map(str::to_owned).collect());
        let claims =
            fields.optional("claims", LONGEST_CLAIMS, |text| serde_json::from_str::<Map<String, Value>>(text).ok());
        let (Some(email), true) = (email, fields.errors.is_empty()) else { return Err(fields.errors) };

        let organization = siret.map(|siret| {
            let organization = invent(&siret).establishment.to_organization(OrganizationId(0), now);
            (organization, form.has("is_external"))
        });
        let asserted = match (acr, amr) {
            (None, None) => None,
            (acr, amr) => Some(AssertedAssurance { acr, amr }),
        };
        let additional_claims = claims.unwrap_or_default();
        Ok(Self { person: NewPerson { email, information, organization, additional_claims }, asserted })
    }
}

/// Reads one field after the other and keeps what cannot stand.
struct Fields<'a> {
    form: &'a Parameters,
    errors: Vec<AnotherPersonError>,
}

impl Fields<'_> {
    fn refuse(&mut self, field: &str, problem: &str) {
        self.errors.push(AnotherPersonError { field: field.to_owned(), problem: problem.to_owned() });
    }

    fn required<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let is_given = self.form.get(name).is_some_and(|text| !text.trim().is_empty());
        if !is_given {
            self.refuse(name, "missing");
        }
        self.optional(name, LONGEST_TEXT, parse)
    }

    fn optional<T>(&mut self, name: &str, longest: usize, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.form.get(name).map(str::trim).filter(|text| !text.is_empty())?;
        if text.chars().count() > longest {
            self.refuse(name, "too_long");
            return None;
        }
        let parsed = parse(text);
        if parsed.is_none() {
            self.refuse(name, "malformed");
        }
        parsed
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.optional(name, LONGEST_TEXT, |text| Some(text.to_owned()))
    }
}

/// The page with what was typed.
fn filled(form: &Parameters, current: Option<&Current>) -> AnotherPerson {
    let typed = |name: &str| form.get(name).unwrap_or_default().chars().take(LONGEST_CLAIMS).collect::<String>();
    AnotherPerson {
        interaction: current.map(|current| current.id.clone()),
        email: typed("email"),
        given_name: typed("given_name"),
        family_name: typed("family_name"),
        phone_number: typed("phone_number"),
        job: typed("job"),
        siret: typed("siret"),
        is_external: form.has("is_external"),
        acr: typed("acr"),
        amr: typed("amr"),
        claims: typed("claims"),
        errors: Vec::new(),
    }
}

fn answer(
    app: &App,
    browser: Browser,
    current: Option<&Current>,
    page: &AnotherPerson,
    status: StatusCode,
) -> Result<Response, Error> {
    let browser = journey::speak(browser, current);
    browser.page_with(app, page, status, current.and_then(Current::form_target).as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(form: &str) -> Result<Wish, Vec<(String, String)>> {
        let form = Parameters::parse(form.as_bytes()).unwrap();
        Wish::parse(&form, Timestamp(1))
            .map_err(|errors| errors.into_iter().map(|error| (error.field, error.problem)).collect())
    }

    #[test]
    fn any_claim_and_any_level_can_be_stated() {
        let wish =
            parsed("email=a%40b.fr&siret=21630215800011&acr=eidas3&amr=pwd++mfa&claims=%7B%22roles%22%3A%5B1%5D%7D");
        let wish = wish.unwrap_or_else(|errors| panic!("{errors:?}"));
        let asserted = wish.asserted.unwrap();
        assert_eq!(asserted.acr.as_deref(), Some("eidas3"));
        assert_eq!(asserted.amr.unwrap(), ["pwd", "mfa"]);
        assert_eq!(wish.person.additional_claims["roles"][0], 1);
        assert!(!wish.person.organization.unwrap().1);
        assert!(
            parsed("email=a%40b.fr").is_ok_and(|wish| wish.asserted.is_none() && wish.person.organization.is_none())
        );
    }

    #[test]
    fn every_field_that_cannot_stand_is_named() {
        let long = format!("email=a%40b.fr&job={}", "x".repeat(256));
        let cases: [(&str, &[(&str, &str)]); 5] = [
            ("", &[("email", "missing")]),
            ("email=a%40b.fr&siret=1", &[("siret", "malformed")]),
            ("email=a%40b.fr&claims=%5B%5D", &[("claims", "malformed")]),
            (&long, &[("job", "too_long")]),
            ("email=a&siret=2&claims=%7B", &[("email", "malformed"), ("siret", "malformed"), ("claims", "malformed")]),
        ];
        for (form, expected) in cases {
            let errors = parsed(form).map(|_| ()).unwrap_err();
            let errors: Vec<(&str, &str)> =
                errors.iter().map(|(field, problem)| (field.as_str(), problem.as_str())).collect();
            assert_eq!(errors, expected, "{form}");
        }
    }
}
