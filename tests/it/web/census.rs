//! Every route, who may come through it, and that nobody else does.

use std::time::Duration;

use moncomptepro::config::{Config, DevOptions};
use moncomptepro::site;
use moncomptepro::web::{Declaration, Guard, Input, paths};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, ORIGIN};

use crate::support::{Instance, Page, Person, totp_code, totp_key};

const ADDRESS: &str = "user@yopmail.com";
/// A number that the register knows.
const SIRET: &str = "21920023500014";

/// The routes of production: a new one is entered here, by somebody who thought about its guard.
const ROUTES: &str = "\
GET / Person
GET /.well-known/oauth-authorization-server Public
OPTIONS /.well-known/oauth-authorization-server Public
GET /.well-known/openid-configuration Public
OPTIONS /.well-known/openid-configuration Public
GET /admin Administration(Enter)
GET /admin/sign-in AdministrationEntrance
POST /admin/sign-in AdministrationEntrance
POST /admin/sign-out Administration(Enter)
GET /api/organization-info Public
GET /api/sirene/organization-info/{id} Public
GET /admin/moderations Administration(ReadModerations)
GET /admin/moderations.csv Administration(ReadModerations)
GET /admin/moderations/{id} Administration(ReadModerations)
POST /admin/moderations/{id}/accept Administration(Moderate)
POST /admin/moderations/{id}/comment Administration(Moderate)
POST /admin/moderations/{id}/reject Administration(Moderate)
POST /admin/moderations/{id}/reopen Administration(Moderate)
GET /moderation/{id} Link
POST /moderation/{id} Link
GET /admin/team Administration(ReadTeam)
POST /admin/team Administration(ManageTeam)
POST /admin/team/{id}/revoke Administration(ManageTeam)
GET /admin/organizations Administration(ReadOrganizations)
POST /admin/organizations Administration(ManageOrganizations)
GET /admin/organizations.csv Administration(ReadOrganizations)
GET /admin/organizations/{id} Administration(ReadOrganizations)
GET /admin/organizations/{id}/history Administration(ReadOrganizations)
POST /admin/organizations/{id}/refresh Administration(ManageOrganizations)
POST /admin/organizations/{id}/domains Administration(ManageOrganizations)
POST /admin/organizations/{id}/domains/{id} Administration(ManageOrganizations)
POST /admin/organizations/{id}/domains/{id}/remove Administration(ManageOrganizations)
POST /admin/organizations/{id}/members Administration(ManageOrganizations)
POST /admin/organizations/{id}/members/{id} Administration(ManageOrganizations)
POST /admin/organizations/{id}/members/{id}/remove Administration(ManageOrganizations)
GET /assets/{id} Public
GET /connection-and-account RecentProof(ConnectionAndAccount)
GET /connection-and-account/my-data RecentProof(MyData)
POST /connection-and-account/my-data RecentProof(MyData)
GET /connection-and-account/my-data/file RecentProof(MyData)
POST /connection-and-account/my-data/file RecentProof(MyData)
POST /delete-totp-configuration RecentProof(DoubleAuthentication)
GET /double-authentication RecentProof(DoubleAuthentication)
POST /recovery-codes RecentProof(DoubleAuthentication)
POST /set-force-2fa RecentProof(DoubleAuthentication)
GET /totp-configuration RecentProof(DoubleAuthentication)
POST /totp-configuration RecentProof(DoubleAuthentication)
GET /users/2fa-sign-in Session
POST /users/2fa-sign-in-with-recovery-code Session
POST /users/2fa-sign-in-with-totp Session
GET /users/totp-configuration Session
POST /users/totp-configuration Session
GET /connection-and-account/password RecentProof(Password)
POST /connection-and-account/password RecentProof(Password)
GET /connection-and-account/email RecentProof(Email)
POST /connection-and-account/email RecentProof(Email)
POST /connection-and-account/email/code RecentProof(Email)
POST /connection-and-account/browsers RecentProof(ConnectionAndAccount)
POST /connection-and-account/services RecentProof(ConnectionAndAccount)
POST /connection-and-account/sessions RecentProof(ConnectionAndAccount)
GET /connection-and-account/sign-in-history RecentProof(SignInHistory)
GET /interaction/{id} SignIn
POST /interaction/{id}/cancel SignIn
GET /interaction/{id}/consent SignIn
POST /interaction/{id}/consent SignIn
GET /livez Public
GET /oauth/authorize ClientRequest
POST /oauth/authorize ClientRequest
GET /oauth/jwks Public
OPTIONS /oauth/jwks Public
GET /oauth/logout ClientRequest
POST /oauth/logout ClientRequest
OPTIONS /oauth/token Public
POST /oauth/token Client
GET /oauth/userinfo Bearer
OPTIONS /oauth/userinfo Public
POST /oauth/userinfo Bearer
GET /personal-information Person
POST /personal-information Person
GET /manage-organizations Person
GET /users/access-restricted-to-private-sector-email Person
GET /users/access-restricted-to-public-sector-email Person
POST /users/cancel-moderation/{id} Person
POST /users/cancel-moderation-and-redirect-to-join-org/{id} Person
POST /users/cancel-moderation-and-redirect-to-personal-information/{id} Person
POST /users/cancel-moderation-and-redirect-to-sign-in/{id} Person
GET /users/domain-not-allowed-for-organization Person
GET /users/domain-refused-for-organization Person
GET /users/join-organization Person
POST /users/join-organization Person
GET /users/join-organization-confirm Person
GET /users/moderation-rejected Person
GET /users/official-contact-ask-which-email/{id} Person
GET /users/official-contact-email-verification/{id} Person
POST /users/official-contact-email-verification/{id} Person
GET /users/organization-suggestions Person
GET /users/organization/{id} Person
POST /users/quit-organization/{id} Person
POST /users/reopen-moderation/{id} Person
POST /users/send-official-contact-email-verification/{id} Person
GET /users/unable-to-auto-join-organization Person
GET /users/welcome Person
GET /users/welcome/{id} Person
POST /users/welcome Person
GET /readyz Public
GET /users/change-password Link
POST /users/change-password Link
POST /users/disown-magic-link Link
GET /personal-data-notice Visitor
GET /terms Visitor
GET /help Visitor
GET /accessibility Visitor
GET /users/restore-address Link
POST /users/restore-address Link
GET /users/accept-invitation Link
POST /users/accept-invitation Link
GET /users/keep-second-factor Link
POST /users/keep-second-factor Link
GET /users/magic-link-sent Visitor
GET /users/delete RecentProof(Delete)
POST /users/delete RecentProof(Delete)
GET /users/personal-information Person
POST /users/personal-information Person
GET /users/reset-password Visitor
POST /users/reset-password Visitor
GET /users/select-account Session
GET /users/dormant-account Session
POST /users/select-account Session
GET /users/select-organization Person
POST /users/select-organization Person
POST /users/send-email-verification Visitor
POST /users/send-magic-link Visitor
POST /users/sign-out Session
POST /users/sign-in-with-passkey Visitor
POST /users/2fa-sign-in-with-passkey Session
POST /users/passkey-options Visitor
GET /users/double-authentication-choice Session
GET /users/mfa-decision-helper Session
GET /users/mfa-decision-helper/{id} Session
GET /mfa-decision-helper RecentProof(DoubleAuthentication)
GET /mfa-decision-helper/{id} RecentProof(DoubleAuthentication)
POST /users/passkeys/verify-registration Session
POST /passkeys/options RecentProof(DoubleAuthentication)
POST /passkeys/verify-registration RecentProof(DoubleAuthentication)
POST /delete-passkeys/{id} RecentProof(DoubleAuthentication)
POST /rename-passkeys/{id} RecentProof(DoubleAuthentication)
POST /keep-second-factor Person
GET /users/sign-in Visitor
POST /users/sign-in Visitor
GET /users/sign-in-with-magic-link Link
POST /users/sign-in-with-magic-link Link
GET /users/sign-up Visitor
POST /users/sign-up Visitor
GET /users/start-sign-in Visitor
POST /users/start-sign-in Visitor
GET /users/verify-email Visitor
POST /users/verify-email Visitor
";

fn line(declaration: &Declaration) -> String {
    format!("{} {} {:?}\n", declaration.method, declaration.path, declaration.guard)
}

#[tokio::test]
async fn sec_1_every_route_of_production_says_who_may_come_through() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let table = site::routes(&instance.app);
    let mut lines: Vec<String> = table.declarations().map(line).collect();
    let mut expected: Vec<String> = ROUTES.lines().map(|line| format!("{line}\n")).collect();
    lines.sort();
    expected.sort();
    assert_eq!(lines.concat(), expected.concat());
    lines.dedup();
    assert_eq!(lines.len(), expected.len(), "no route is there twice");
    for declaration in table.declarations() {
        let has_effect = declaration.method == Method::POST;
        let is_of_programs =
            matches!(declaration.guard, Guard::Client | Guard::Bearer | Guard::ClientRequest | Guard::Operator);
        if has_effect && !is_of_programs {
            assert_eq!(declaration.input, Input::Submission, "SEC-115: {}", line(declaration));
        }
    }
}

fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
}

/// What is tried on every route: somebody who has nothing but a browser of their own.
struct Stranger<'a> {
    instance: &'a Instance,
    person: Person,
    /// The token for forms of their browser.
    token: String,
    /// A sign-in under way, and a style, of which paths speak.
    foreign_sign_in: String,
    style: String,
}

impl Stranger<'_> {
    fn path(&self, declaration: &Declaration) -> String {
        match declaration.guard {
            Guard::Public if declaration.path == paths::ORGANIZATION_INFO => {
                format!("{}?siret={SIRET}", declaration.path)
            }
            Guard::Public => declaration.path.replace("/assets/{id}", &self.style).replace("{id}", SIRET),
            Guard::Visitor
            | Guard::Session
            | Guard::Person
            | Guard::RecentProof(_)
            | Guard::Administration(_)
            | Guard::AdministrationEntrance
            | Guard::Link
            | Guard::SignIn
            | Guard::ClientRequest
            | Guard::Client
            | Guard::Bearer
            | Guard::Operator => declaration.path.replace("{id}", &self.foreign_sign_in),
        }
    }

    /// Sends what the route reads: a form of one's own browser where a form is wanted.
    async fn knock(&self, declaration: &Declaration) -> Page {
        let own = self.instance.address.as_str();
        let form = (CONTENT_TYPE, "application/x-www-form-urlencoded");
        let (sent, body) = match declaration.input {
            Input::Visit => (headers(&[]), String::new()),
            Input::Call => (headers(&[form]), String::new()),
            Input::Submission => (headers(&[(ORIGIN, own), form]), format!("_csrf={}", self.token)),
        };
        self.person.send(declaration.method.clone(), &self.path(declaration), sent, &body).await
    }

    /// The same from a page of somebody else.
    async fn knock_from_elsewhere(&self, declaration: &Declaration) -> Page {
        let sent = headers(&[(ORIGIN, "https://evil.example"), (CONTENT_TYPE, "application/x-www-form-urlencoded")]);
        let body = format!("_csrf={}", self.token);
        self.person.send(declaration.method.clone(), &self.path(declaration), sent, &body).await
    }
}

#[tokio::test]
async fn sec_1_sec_115_nobody_comes_through_a_guard_that_is_not_theirs() {
    let instance = Instance::start(|port| Config { people_picker: None, ..Config::dev(DevOptions::default(), port) });
    let instance = instance.await;
    let (owner, client) = (instance.person(), instance.standard_client());
    let page = owner.visit("/").await;
    owner.sign_in(page, ADDRESS, ADDRESS).await;
    let waiting = owner.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
    let person = instance.person();
    let start = person.visit("/users/start-sign-in").await;
    let stranger = Stranger {
        instance: &instance,
        token: start.attribute("input[name=_csrf]", "value").unwrap(),
        style: start.attribute("link[rel=stylesheet]", "href").unwrap(),
        foreign_sign_in: waiting.url.path().split('/').nth(2).unwrap().to_owned(),
        person,
    };
    let table = site::routes(&instance.app);
    // What puts the instance back to its beginning would end the story; that it is refused from elsewhere is tried.
    let before = instance.recorded_acts();
    for declaration in table.declarations() {
        let at = line(declaration);
        if declaration.input == Input::Submission || declaration.guard == Guard::Operator {
            let refused = stranger.knock_from_elsewhere(declaration).await;
            assert_eq!(refused.status, 403, "{at}: from another site");
        }
        if declaration.guard == Guard::Operator {
            continue;
        }
        let page = stranger.knock(declaration).await;
        // What is there to try services with lists its people to everybody.
        let is_beside = declaration.path.starts_with("/_");
        assert!(is_beside || !page.body.contains(ADDRESS), "{at}: shows somebody else's address");
        let status = page.status.as_u16();
        match declaration.guard {
            Guard::Public => {
                assert!(matches!(status, 200 | 204), "{at}: {status}");
                assert!(page.headers.get("set-cookie").is_none(), "{at}: the same for everybody");
            }
            Guard::Visitor => assert!(matches!(status, 200 | 303 | 400), "{at}: {status}"),
            Guard::Session
            | Guard::Person
            | Guard::RecentProof(_)
            | Guard::Administration(_)
            | Guard::AdministrationEntrance => {
                let is_asked = status == 303 && page.location().starts_with("/users/start-sign-in");
                assert!(is_asked, "{at}: {status} {}", page.location());
            }
            Guard::Link => assert_eq!(status, 410, "{at}"),
            Guard::SignIn => assert_eq!(status, 403, "{at}"),
            Guard::ClientRequest => {
                let is_refused = status == 400 || page.url.path() == "/oauth/logout";
                assert!(is_refused && !page.location().starts_with("http"), "{at}: {status} {}", page.location());
            }
            Guard::Client => assert!(matches!(status, 400 | 401), "{at}: {status}"),
            Guard::Bearer => assert_eq!(status, 401, "{at}"),
            Guard::Operator => {}
        }
    }
    assert_eq!(instance.recorded_acts(), before, "nothing was done");
    let allow = waiting.form_with("decision", Some("allow")).with("decision", "allow");
    client.redeem(&client.code(&owner.submit(allow).await)).await;
}

/// Whoever has a session without the proof that a page wants is led to give it, and what they sent does nothing.
async fn assert_led(stale: &Stranger<'_>, asks_at: &str) {
    let before = stale.instance.recorded_acts();
    let table = site::routes(&stale.instance.app);
    let mut tried = 0;
    for declaration in table.declarations() {
        let Guard::RecentProof(page) = declaration.guard else { continue };
        tried += 1;
        let at = line(declaration);
        let led = stale.knock(declaration).await;
        assert_eq!(led.status, 303, "{at}");
        let asks = stale.person.follow(led).await;
        assert_eq!(asks.url.path(), asks_at, "{at}");
        assert_eq!(stale.instance.recorded_acts(), before, "{at}: nothing was done");
        assert!(stale.person.visit(&paths::account(page)).await.url.path() == asks_at, "{at}: and comes back to it");
    }
    assert!(tried > 0);
}

#[tokio::test]
async fn sec_93_what_protects_an_account_wants_a_recent_proof_and_does_nothing_without() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let start = person.visit("/").await;
    let home = person.sign_in(start, ADDRESS, ADDRESS).await;
    let token = home.attribute("input[name=_csrf]", "value").unwrap();
    let (style, foreign_sign_in) = (String::new(), String::from("none"));
    let stale = Stranger { instance: &instance, token, style, foreign_sign_in, person };
    instance.clock.advance(Duration::from_secs(15 * 60 + 1)).unwrap();
    assert_led(&stale, "/users/sign-in").await;
    let asks = stale.person.visit("/connection-and-account/password").await;
    assert!(asks.text("main").contains(ADDRESS), "the password of that very account");
}

#[tokio::test]
async fn sec_80_sec_93_what_protects_an_account_with_a_second_factor_wants_it_whatever_sign_ins_want() {
    let instance = Instance::dev().await;
    let (owner, person) = (instance.person(), instance.person());
    owner.sign_in(owner.visit("/").await, ADDRESS, ADDRESS).await;
    let offer = owner.visit("/totp-configuration").await;
    let code = totp_code(&totp_key(&offer), instance.clock.now());
    assert_eq!(owner.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await.status, 200);
    let home = person.sign_in(person.visit("/").await, ADDRESS, ADDRESS).await;
    assert_eq!(home.url.path(), "/", "on demand only");
    let token = home.attribute("input[name=_csrf]", "value").unwrap();
    let (style, foreign_sign_in) = (String::new(), String::from("none"));
    let thief = Stranger { instance: &instance, token, style, foreign_sign_in, person };
    assert_led(&thief, "/users/2fa-sign-in").await;
}
