//! The data that the executable is started on: people, organizations and two clients, entered through the library.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::ops::Range;
use std::path::{Path, PathBuf};

use moncomptepro::acts::{self, By, Entries};
use moncomptepro::app::App;
use moncomptepro::clock::Clock;
use moncomptepro::config::Config;
use moncomptepro::crypto::{Parameters, PasswordLane, Random, Sealed, TotpKey};
use moncomptepro::domain::{
    Actor, Deed, Greeting, Membership, Organization, OrganizationId, OrganizationSource, PersonalInformation,
    SecondFactorUse, Siret, Totp, User, UserId, Verification,
};
use moncomptepro::protocol::Timestamp;
use moncomptepro::site;
use moncomptepro::store::{Tx, credentials, users};

use super::http::Site;

/// Where clients are answered.
pub(crate) const CALLBACK: &str = "https://service.exemple.fr/login-callback";
/// Everybody's password.
pub(crate) const PASSWORD: &str = "un mot de passe assez long";
/// Both clients' secret.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// The client whose ID tokens are signed with ES256.
pub(crate) const ES256: &str = "service-es256";
/// The client whose ID tokens are signed with RS256.
pub(crate) const RS256: &str = "service-rs256";

const ISSUER: &str = "https://identite.exemple.fr";
const PEOPLE: u64 = 1000;
/// Those who have an application that shows codes.
pub(crate) const PROTECTED: Range<u64> = 550..PEOPLE;
const PEOPLE_OF_AN_ORGANIZATION: u64 = 10;
/// People of one transaction.
const PEOPLE_AT_ONCE: usize = 10_000;
/// People of `dev`, beside the seeded ones.
const FIXTURE_PEOPLE: u64 = 40;
const FIRST_FIXTURE: u64 = 10_000;

/// A data directory of production and what to start it with.
pub(crate) struct Data {
    pub(crate) config: PathBuf,
    pub(crate) site: Site,
    /// The command that starts are the argument of, word by word; none, but for a profile.
    pub(crate) under: Vec<String>,
}

/// The address of a person, counted from 0.
pub(crate) fn address(number: u64) -> String {
    format!("personne-{number}@exemple.fr")
}

/// Makes the data of a production instance with the shipped defaults.
pub(crate) async fn prepare(directory: &Path, under: Vec<String>) -> Data {
    prepare_with(directory, under, PEOPLE, PROTECTED).await
}

/// The same with so many people, of whom `protected` have an application that shows codes.
pub(crate) async fn prepare_with(directory: &Path, under: Vec<String>, people: u64, protected: Range<u64>) -> Data {
    let port = free_port();
    let config = directory.join("config.toml");
    let mut text = format!(
        "public_url = \"{ISSUER}\"\ndata_dir = {:?}\nlisten = \"127.0.0.1:{port}\"\ntls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]\naccounts.trusted_browsers = false\n",
        directory.join("data")
    );
    for (client, algorithm) in [(ES256, "ES256"), (RS256, "RS256")] {
        write!(
            text,
            "[[clients]]\nclient_id = \"{client}\"\nclient_secret = \"{SECRET}\"\nredirect_uris = [\"{CALLBACK}\"]\n\
             id_token_signed_response_alg = \"{algorithm}\"\n"
        )
        .unwrap();
    }
    std::fs::write(&config, text).unwrap();
    let app = site::start(Config::from_file(&config).unwrap(), Clock::system(), Random::system()).await.unwrap();
    let hash = app.passwords.hash("benchmark", PASSWORD).await.unwrap();
    for first in (0..people).step_by(PEOPLE_AT_ONCE) {
        let some = first..people.min(first + PEOPLE_AT_ONCE as u64);
        acts::enter(&app, &By::local(Actor::System), entries(&hash, some, app.clock.now())).await.unwrap();
    }
    for number in protected {
        protect(&app, number).await;
    }
    Data { config, site: Site { port, origin: String::from(ISSUER) }, under }
}

/// The key of a person's application.
pub(crate) fn totp_key(number: u64) -> TotpKey {
    TotpKey::from_bytes(&[number.to_be_bytes().as_slice(), &[7; 12]].concat())
}

/// Sets the application of a person up, as the program keeps it; its code is asked for at every sign-in.
async fn protect(app: &App, number: u64) {
    let (user_id, now) = (UserId(number + 1), app.clock.now());
    let sealed = Sealed::seal(
        &app.master_keys.in_use(),
        &app.random,
        &format!("totp of {user_id}"),
        totp_key(number).as_bytes(),
    );
    let totp = Totp { sealed_key: serde_json::to_string(&sealed).unwrap(), added_at: now, last_period: 0 };
    let writing = move |tx: &mut Tx| {
        let mut known = credentials::find(tx, user_id)?.unwrap();
        known.second_factors.totp = Some(totp.clone());
        credentials::update(tx, &known)?;
        users::update(tx, &User { second_factor: SecondFactorUse::Always, ..users::get(tx, user_id)? })
    };
    app.store.write(writing).await.unwrap();
}

/// Makes a file of people for `dev`, whose password hashes are of the lower cost.
pub(crate) async fn fixtures(directory: &Path) -> (PathBuf, Site) {
    let lane = PasswordLane::new(Parameters::floor(), Random::system());
    let hash = lane.hash("benchmark", PASSWORD).await.unwrap();
    let mut text = String::new();
    for number in 0..FIXTURE_PEOPLE {
        let id = FIRST_FIXTURE + number;
        write!(
            text,
            "[[users]]\nid = {id}\nemail = \"{}\"\ngiven_name = \"Camille\"\nfamily_name = \"Martin\"\n\
             password_hash = \"{hash}\"\n",
            address(number)
        )
        .unwrap();
    }
    let path = directory.join("fixtures.toml");
    std::fs::write(&path, text).unwrap();
    let port = free_port();
    (path, Site { port, origin: format!("http://localhost:{port}") })
}

/// A port that nobody listened on a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn entries(hash: &str, people: std::ops::Range<u64>, now: Timestamp) -> Entries {
    let mut entries = Entries::default();
    for number in people.clone() {
        let information = PersonalInformation {
            given_name: Some(String::from("Camille")),
            family_name: Some(String::from("Martin")),
            phone_number: Some(String::from("+33123456789")),
            job: Some(String::from("Secrétaire de mairie")),
        };
        let user = User::new(UserId(number + 1), address(number).parse().unwrap(), now);
        let user = User { email_verified_at: Some(now), information, ..user };
        let organization_id = OrganizationId(number / PEOPLE_OF_AN_ORGANIZATION + 1);
        entries.memberships.push(Membership {
            user_id: user.id,
            organization_id,
            is_external: false,
            verification: Verification::Domain,
            greeting: Greeting::Done,
            made_by: Some(Actor::System),
            verified: Some(Deed::of_the_program(now)),
            created_at: now,
            updated_at: now,
        });
        entries.users.push((user, Some(hash.to_owned())));
    }
    for number in people.start / PEOPLE_OF_AN_ORGANIZATION..people.end.div_ceil(PEOPLE_OF_AN_ORGANIZATION) {
        entries.organizations.push(Organization {
            id: OrganizationId(number + 1),
            siret: siret(number),
            label: format!("Commune d'exemple {number} - Mairie"),
            legal_category: "7210".parse().ok(),
            activity: "84.11Z".parse().ok(),
            headcount: "12".parse().ok(),
            entity_headcount: "12".parse().ok(),
            is_head_office: true,
            is_active: true,
            is_entity_active: None,
            address: Some(String::from("92140 CLAMART")),
            source: OrganizationSource::Invented,
            told: None,
            not_found_at: None,
            created_at: now,
            updated_at: now,
        });
    }
    entries
}

/// The number with its check digit.
fn siret(number: u64) -> Siret {
    let candidates = (0..10).map(|digit| format!("{:013}{digit}", 2_000_000_000_000 + number));
    candidates.into_iter().find_map(|text| text.parse().ok()).unwrap()
}
