//! Every link that is mailed, each misused: for another purpose, damaged, in another browser, in that of somebody else, twice,
//! and a second too late.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{UserKey, carry_out_factor_removals, grant_role};
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::domain::{Actor, Role};

use crate::accounts::organizations::waiting;
use crate::support::{Form, Instance, Operator, Page, Person, totp_code, totp_key};

const ADDRESS: &str = "user@yopmail.com";
const OTHER: &str = "datapass@yopmail.com";
const NEW: &str = "jean.user@commune.example";
const INVITED: &str = "marie@mairie.example";
const MODERATOR: &str = "user19@yopmail.com";
/// Whoever has nothing to do with any of them.
const BYSTANDER: &str = "editeur@yopmail.com";
const DATA: &str = "/connection-and-account/my-data";
const PASSWORD: &str = "une phrase de passe assez longue";

/// A link that is mailed.
#[derive(Clone)]
struct Kind {
    path: &'static str,
    /// The parameter that holds its value; none where the path does.
    name: &'static str,
    /// For how long it is good.
    seconds: u64,
    /// Whether it opens something in the browser alone in which it was asked for.
    is_bound: bool,
}

const fn kind(path: &'static str, name: &'static str, seconds: u64) -> Kind {
    Kind { path, name, seconds, is_bound: false }
}

const MAGIC: Kind = Kind { is_bound: true, ..kind("/users/sign-in-with-magic-link", "magic_link_token", 600) };
const RESET: Kind = kind("/users/change-password", "reset_password_token", 3_600);
const KEEP: Kind = kind("/users/keep-second-factor", "keep_factor_token", 24 * 3_600);
const RESTORE: Kind = kind("/users/restore-address", "restore_address_token", 72 * 3_600);
const INVITATION: Kind = kind("/users/accept-invitation", "invitation_token", 7 * 24 * 3_600);
const MODERATION: Kind = kind("/moderation", "", 7 * 24 * 3_600);

impl Kind {
    /// Where a value would be looked at, were it of this kind.
    fn at(&self, value: &str) -> String {
        match self.name {
            "" => format!("{}/{value}", self.path),
            name => format!("{}?{name}={value}", self.path),
        }
    }

    /// The form that would be sent with it. `bare` is any form of that browser.
    fn form(&self, bare: &Form, value: &str) -> Form {
        let mut form = bare.clone().without("login");
        form.action = form.action.join(&self.at(value)).unwrap();
        match self.name {
            "" => form.with("decision", "accept"),
            name => filled(form.with(name, value)),
        }
    }
}

fn filled(form: Form) -> Form {
    form.with("password", PASSWORD).with("password_confirmation", PASSWORD)
}

struct Mailed {
    kind: Kind,
    link: String,
    value: String,
}

/// One of each kind, those first whose use lets the others live; and the browser in which the first was asked for.
struct Links {
    mailed: Vec<Mailed>,
    asked: Person,
}

impl Links {
    async fn mailed(instance: &Instance, directory: &Path) -> Self {
        let operator = Operator::at(directory);
        let mut mailed = Vec::new();
        let mut keep = |kind: Kind, link: String| {
            let before = if kind.name.is_empty() { "/moderation/" } else { &format!("{}=", kind.name) };
            let (_, value) = link.split_once(before).unwrap_or_else(|| panic!("no {before} in {link}"));
            let value = value.split('&').next().unwrap().to_owned();
            mailed.push(Mailed { kind, link, value });
        };
        let (by, key) = (By::local(Actor::System), UserKey::Email(MODERATOR.parse().unwrap()));
        let role = Role::Moderator { organizations: None, until: None };
        grant_role(&instance.app, &by, key, role, true).await.unwrap().unwrap();
        waiting(instance).await;
        let mails = instance.mails_to(MODERATOR).await;
        let lines = mails.iter().flat_map(|mail| mail.text.lines());
        let moderation = lines.map(str::trim).find(|line| line.contains("/moderation/")).unwrap().to_owned();
        operator.asks(&["user", "invite", INVITED]).await;
        let invitation = instance.link_of(INVITED).await;
        let other = signed_in(instance, OTHER).await;
        let offer = other.visit("/totp-configuration").await;
        let code = totp_code(&totp_key(&offer), instance.clock.now());
        other.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await;
        operator.asks(&["user", "factor", "remove", OTHER, "--reason", "perdu"]).await;
        let kept = instance.link_of(OTHER).await;
        let person = signed_in(instance, ADDRESS).await;
        let page = person.visit("/connection-and-account/email").await;
        let asks = person.submit(page.form_with("email", None).with("email", NEW)).await;
        let code = instance.code_of(NEW).await;
        person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
        let restored = instance.link_of(ADDRESS).await;
        let asked = instance.person();
        let page = asked.visit("/users/reset-password").await;
        asked.submit(page.form_with("login", None).with("login", NEW)).await;
        let reset = instance.link_of(NEW).await;
        let page = asked.visit("/users/start-sign-in").await;
        let asks = asked.submit(page.form_with("login", None).with("login", NEW)).await;
        asked.submit(asks.form_to("send-magic-link")).await;
        keep(MAGIC, instance.link_of(NEW).await);
        keep(RESET, reset);
        keep(KEEP, kept);
        keep(RESTORE, restored);
        keep(INVITATION, invitation);
        keep(MODERATION, moderation);
        Self { mailed, asked }
    }

    /// Who does what a link is for: where it is bound, in the browser in which it was asked for.
    fn reader<'a>(&'a self, mailed: &Mailed, anybody: &'a Person) -> &'a Person {
        if mailed.kind.is_bound { &self.asked } else { anybody }
    }
}

async fn signed_in(instance: &Instance, address: &str) -> Person {
    let person = instance.person();
    let home = person.sign_in(person.visit("/users/start-sign-in").await, address, address).await;
    assert_eq!(home.url.path(), "/", "{address}");
    person
}

async fn bare_form(person: &Person) -> Form {
    person.visit("/users/reset-password").await.form_with("login", None)
}

/// The form that a page of a link shows, filled in.
fn form_of(kind: &Kind, page: &Page) -> Form {
    match kind.name {
        "" => page.form_with("decision", Some("accept")).with("decision", "accept"),
        name => filled(page.form_with(name, None)),
    }
}

async fn instance(directory: &Path) -> Instance {
    let options = DevOptions { data_dir: Some(directory.to_owned()), ..DevOptions::default() };
    Instance::start(|port| Config::dev(options, port)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_9_what_a_mail_carries_for_one_purpose_opens_no_other_and_stays_good_for_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let instance = instance(directory.path()).await;
    let links = Links::mailed(&instance, directory.path()).await;
    let person = instance.person();
    let bare = bare_form(&person).await;
    for Mailed { kind: own, value, .. } in &links.mailed {
        for Mailed { kind, .. } in links.mailed.iter().filter(|other| other.kind.path != own.path) {
            let shown = person.get(&kind.at(value)).await;
            assert_eq!(shown.status, 410, "the value of {}, looked at on {}", own.path, kind.path);
            let sent = person.post(kind.form(&bare, value)).await;
            assert_eq!(sent.status, 410, "the value of {}, sent to {}", own.path, kind.path);
        }
        let interaction = person.get(&format!("/interaction/{value}")).await;
        assert_eq!(interaction.status, 410, "the value of {} as a sign-in", own.path);
    }
    // The link to one's own data is for its owner, signed in.
    let owner = signed_in(&instance, BYSTANDER).await;
    owner.submit(owner.visit(DATA).await.main_form()).await;
    let link = instance.link_of(BYSTANDER).await;
    let (_, data) = link.split_once("my_data_token=").unwrap();
    for Mailed { kind, value, .. } in &links.mailed {
        for asked in [owner.get(&kind.at(data)).await, owner.post(kind.form(&bare_form(&owner).await, data)).await] {
            assert_eq!(asked.status, 410, "the link to the data, on {}", kind.path);
        }
        let page = owner.visit(&link).await;
        let sent = owner.post(page.main_form().with("my_data_token", value)).await;
        assert_eq!(sent.status, 410, "the value of {}, for the data", kind.path);
    }
    assert_eq!(owner.get(&link).await.status, 200);
    for mailed in &links.mailed {
        assert_eq!(person.get(&mailed.kind.at(&mailed.value)).await.status, 200, "{} works still", mailed.kind.path);
    }
}

/// What a value becomes that was copied wrongly, or made up.
fn damaged(value: &str) -> Vec<String> {
    let (last, other) = (&value[value.len() - 1..], if value.ends_with('A') { "B" } else { "A" });
    let start = value.strip_suffix(last).unwrap();
    let swapped = value.chars().rev().collect();
    let case = value.chars().map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c }).collect();
    vec![
        String::from("x"),
        start.to_owned(),
        format!("{start}{other}"),
        format!("{value}A"),
        format!("{value}%00"),
        format!("{value}%E2%80%8B"),
        format!("{value}%20x"),
        format!("%D0%B0{}", &value[1..]),
        swapped,
        case,
        "A".repeat(value.len()),
        "A".repeat(4_000),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_9_sec_70_a_link_that_is_damaged_or_used_opens_nothing_and_nobody_is_signed_in_by_that_of_another() {
    let directory = tempfile::tempdir().unwrap();
    let instance = instance(directory.path()).await;
    let links = Links::mailed(&instance, directory.path()).await;
    let stranger = instance.person();
    let bystander = signed_in(&instance, BYSTANDER).await;
    let own = bare_form(&bystander).await;
    for mailed in &links.mailed {
        let (kind, at, bare) = (&mailed.kind, mailed.kind.path, bare_form(&stranger).await);
        for value in damaged(&mailed.value) {
            // What is no text in a path is no value either.
            let refused = if value.contains('%') && kind.name.is_empty() { [400, 410] } else { [410; 2] };
            let (looked, sent) = (stranger.get(&kind.at(&value)).await, stranger.post(kind.form(&bare, &value)).await);
            for page in [&looked, &sent] {
                assert!(refused.contains(&page.status.as_u16()), "{at} {value}: {} {}", page.status, page.body);
            }
            assert!(!looked.has(&format!("main form[action*='{at}']")), "{at} {value}");
        }
        // In the browser of somebody else who is signed in, whatever it does, it does not make them another person.
        let acts = instance.recorded_acts();
        let looked = bystander.visit(&mailed.link).await;
        assert_eq!(looked.status, 200, "{at}");
        if kind.is_bound {
            assert!(!looked.has(&format!("main form[action*='{at}']")), "{at}: {}", looked.body);
            bystander.post(kind.form(&own, &mailed.value)).await;
            assert_eq!(instance.recorded_acts(), acts, "{at}: nor by a form that was made up");
        }
        assert!(bystander.visit("/connection-and-account").await.text("main").contains(BYSTANDER), "{at}");
        let reader = links.reader(mailed, &stranger);
        let form = form_of(kind, &reader.visit(&mailed.link).await);
        let acts = instance.recorded_acts();
        let done = reader.submit(form.clone()).await;
        assert!(done.status == 200 && instance.recorded_acts() > acts, "{at}: {} {}", done.status, done.body);
        if at == "/users/accept-invitation" {
            stranger.submit(done.sign_out_form()).await;
        }
        let acts = instance.recorded_acts();
        let (again, looked) = (reader.post(form).await, reader.get(&mailed.link).await);
        assert!(matches!(again.status.as_u16(), 200 | 403 | 410) && instance.recorded_acts() == acts, "{at}: twice");
        // Nor by a form that is good: it is the link that is used up.
        let anew = reader.post(kind.form(&bare_form(reader).await, &mailed.value)).await;
        assert!(matches!(anew.status.as_u16(), 200 | 410), "{at}: {} {}", anew.status, anew.body);
        assert_eq!(instance.recorded_acts(), acts, "{at}: by another form");
        assert!(!looked.has(&format!("main form[action*='{at}']")), "{at}: it shows no form any more");
        assert!(bystander.visit("/connection-and-account").await.text("main").contains(BYSTANDER), "{at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_69_every_link_that_is_mailed_ends_to_the_second_and_so_does_what_was_opened_before() {
    let directory = tempfile::tempdir().unwrap();
    let instance = instance(directory.path()).await;
    let links = Links::mailed(&instance, directory.path()).await;
    let (begun, stranger) = (instance.clock.now(), instance.person());
    let lifetimes: BTreeSet<u64> = links.mailed.iter().map(|mailed| mailed.kind.seconds).collect();
    for seconds in lifetimes {
        let passed = instance.clock.now().0 - begun.0;
        instance.clock.advance(Duration::from_secs((seconds - 1).saturating_sub(passed))).unwrap();
        let ending: Vec<&Mailed> = links.mailed.iter().filter(|mailed| mailed.kind.seconds == seconds).collect();
        let mut opened = Vec::new();
        for mailed in &ending {
            let page = links.reader(mailed, &stranger).visit(&mailed.link).await;
            assert_eq!(page.status, 200, "{}: the last second", mailed.kind.path);
            opened.push(form_of(&mailed.kind, &page));
        }
        instance.clock.advance(Duration::from_secs(1)).unwrap();
        // Until it is done, a removal can be stopped.
        carry_out_factor_removals(&instance.app).await.unwrap();
        for (mailed, form) in ending.into_iter().zip(opened) {
            let (reader, at) = (links.reader(mailed, &stranger), mailed.kind.path);
            let acts = instance.recorded_acts();
            assert_eq!(reader.get(&mailed.link).await.status, 410, "{at}: over");
            let late = reader.post(form).await;
            assert!(matches!(late.status.as_u16(), 403 | 410), "{at}: {}", late.status);
            assert_eq!(instance.recorded_acts(), acts, "{at}: nothing was done");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_37_sec_91_no_link_opens_an_account_that_was_closed_or_erased_since_it_was_mailed() {
    for deed in ["disable", "delete"] {
        let directory = tempfile::tempdir().unwrap();
        let instance = instance(directory.path()).await;
        let links = Links::mailed(&instance, directory.path()).await;
        let (operator, stranger) = (Operator::at(directory.path()), instance.person());
        let mut opened = Vec::new();
        // An invitation is to nobody's account; of one that is closed, its owner still keeps address and second factor.
        let is_of_account = |kind: &Kind| kind.path != INVITATION.path && (deed == "delete" || !is_rescue(kind));
        for mailed in links.mailed.iter().filter(|mailed| is_of_account(&mailed.kind)) {
            let reader = links.reader(mailed, &stranger);
            opened.push((mailed, form_of(&mailed.kind, &reader.visit(&mailed.link).await)));
        }
        for address in [NEW, OTHER, MODERATOR] {
            operator.asks(&["user", deed, address]).await;
        }
        let acts = instance.recorded_acts();
        for (mailed, form) in opened {
            let (reader, at) = (links.reader(mailed, &stranger), mailed.kind.path);
            // A look is told what the form is told, and neither says why.
            let looked = reader.get(&mailed.link).await;
            assert_eq!(looked.status, 410, "{at}: {deed}");
            assert!(!looked.body.contains("fermé") || at == RESTORE.path, "{at}: {deed}: {}", looked.text("main"));
            assert_eq!(reader.post(form).await.status, 410, "{at}: {deed}");
            assert_eq!(reader.visit("/").await.url.path(), "/users/start-sign-in", "{at}: {deed}");
        }
        assert_eq!(instance.recorded_acts(), acts, "{deed}: nothing was done");
    }
}

/// Whether a link takes something back that others do to the account.
fn is_rescue(kind: &Kind) -> bool {
    [KEEP.path, RESTORE.path].contains(&kind.path)
}
