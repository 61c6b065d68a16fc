//! What people, clients and operators do, chosen by chance and the same for the same seed: real acts on a real store.
//!
//! Some acts come one by one, some at once: the writer is held while they queue, so that they form one batch.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::Poll;
use std::time::Duration;

use moncomptepro::acts::administration::{UserKey, erase_user};
use moncomptepro::acts::{
    self, ActError, ActiveSession, By, CodeRequest, InBrowser, Issue, PasswordAttempt, PasswordChange, PasswordChoice,
    TokenOutcome,
};
use moncomptepro::app::App;
use moncomptepro::domain::{
    Actor, Client, CodePresentation, Destination, Email, PasswordFault, PendingAuthorization, PersonalInformation,
    Source, User, UserId,
};
use moncomptepro::protocol::{AuthorizationAttempt, ClientRules, Locale, Parameters, RedirectUriPolicy, ResponseType};
use moncomptepro::store::{Tx, clients, credentials, organizations, users};

use super::dice::Dice;
use super::holder::Holder;
use super::journal::{Fact, Journal};

const REDIRECT_URI: &str = "http://localhost:4000/login-callback";
pub(crate) const CLIENT: &str = "standard_client_id";
/// Who signs in; the first three with their password, which is their address.
const PEOPLE: [&str; 5] = [
    "user@yopmail.com",
    "api-particulier@yopmail.com",
    "editeur@yopmail.com",
    "user10@yopmail.com",
    "user11@yopmail.com",
];
const NEW_PASSWORDS: [&str; 3] =
    ["une phrase que personne ne devine", "trois tasses et un violon vert", "le train de nuit pour Brest"];

type Act = Pin<Box<dyn Future<Output = Vec<Fact>>>>;

/// Somebody who does things, one round after the other.
pub(crate) struct Workers {
    app: App,
    by: By,
    dice: Dice,
    client: Client,
    sessions: Vec<ActiveSession>,
    /// Codes not presented yet, with the session that they came from.
    codes: Vec<(String, ActiveSession)>,
    /// Codes redeemed, with their tokens.
    redeemed: Vec<(String, String)>,
    newcomers: u64,
    /// People whom nobody but these workers knows.
    entered: Vec<UserId>,
    holder: Option<Holder>,
}

impl Workers {
    pub(crate) fn new(app: &App, seed: u64) -> Self {
        Self {
            app: app.clone(),
            by: By::local(Actor::System),
            dice: Dice::new(seed),
            client: client(app),
            sessions: Vec::new(),
            codes: Vec::new(),
            redeemed: Vec::new(),
            newcomers: 0,
            entered: Vec::new(),
            holder: None,
        }
    }

    /// One round: an act, or several at once. What was acknowledged goes into the journal as it is acknowledged.
    pub(crate) async fn round(&mut self, journal: &mut Journal) {
        let acts = match self.dice.below(18) {
            0 => vec![self.change_password()],
            1 => vec![self.sign_in_with_password()],
            2 => vec![self.pass_time()],
            16 => vec![self.give_second_factor()],
            17 => vec![self.erase()],
            3..=7 => (0..2 + self.dice.below(7)).map(|_| self.any()).collect(),
            _ => vec![self.any()],
        };
        journal.begin_round(self.app.clock.now());
        for fact in at_once(&self.app, acts).await {
            self.learn(&fact);
            journal.acknowledge(fact);
        }
    }

    /// An act that hashes nothing: it is queued as soon as it begins.
    fn any(&mut self) -> Act {
        match self.dice.below(10) {
            0 | 1 => self.sign_in(),
            2 | 3 => self.issue_code(),
            4 | 5 => self.redeem(),
            6 => self.replay(),
            7 => self.sign_out(),
            8 => self.tell_about_oneself(),
            _ => self.administer(),
        }
    }

    fn learn(&mut self, fact: &Fact) {
        match fact {
            Fact::SignedIn { session } => self.sessions.push(session.clone()),
            Fact::CodeIssued { code, session } => self.codes.push((code.clone(), session.clone())),
            Fact::Redeemed { code, token, .. } => self.redeemed.push((code.clone(), token.clone())),
            Fact::SignedOut { value } => self.sessions.retain(|session| session.value != *value),
            Fact::PasswordChanged { user_id, .. } => self.sessions.retain(|session| session.user.id != *user_id),
            Fact::Entered { user_id, .. } => self.entered.push(*user_id),
            Fact::FactorSetUp { holder } => self.holder = Some(holder.clone()),
            Fact::Presented { .. }
            | Fact::Replayed { .. }
            | Fact::Told { .. }
            | Fact::Erased { .. }
            | Fact::CodeUsed { .. }
            | Fact::PeriodUsed { .. }
            | Fact::ClientChanged { .. } => {}
        }
    }

    fn person(&mut self, among: &[&str]) -> User {
        let email: Email = self.dice.pick(among).parse().unwrap();
        self.app.store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap()
    }

    fn session(&mut self) -> Option<ActiveSession> {
        let recent = self.sessions.len().saturating_sub(12);
        let recent = &self.sessions[recent..];
        (!recent.is_empty()).then(|| self.dice.pick(recent).clone())
    }

    fn sign_in(&mut self) -> Act {
        let (app, by, user_id) = (self.app.clone(), self.by.clone(), self.person(&PEOPLE).id);
        Box::pin(async move {
            let place = fresh_browser(&app);
            let request = acts::SignInAs { user_id, asserted: None, interaction: None, place, locale: Locale::Fr };
            let session = acts::sign_in_as(&app, &by, request).await.unwrap().unwrap();
            vec![Fact::SignedIn { session: session.active }]
        })
    }

    fn sign_in_with_password(&mut self) -> Act {
        let (app, by) = (self.app.clone(), self.by.clone());
        let address = *self.dice.pick(&PEOPLE[..3]);
        Box::pin(async move {
            let email: Email = address.parse().unwrap();
            let interaction = acts::begin_interaction(&app, Source::of([127, 0, 0, 1].into()), None, Destination::Home)
                .await
                .unwrap();
            let attempt = PasswordAttempt {
                source: Source::of([192, 0, 2, 1].into()),
                email: &email,
                password: address,
                known_browser: None,
                interaction: interaction.key,
                place: fresh_browser(&app),
                locale: Locale::Fr,
            };
            let session = acts::sign_in_with_password(&app, &by, attempt).await.unwrap().unwrap();
            vec![Fact::SignedIn { session: session.active }]
        })
    }

    fn issue_code(&mut self) -> Act {
        let Some(session) = self.session() else { return self.sign_in() };
        let (app, by, pending) = (self.app.clone(), self.by.clone(), pending(&self.client));
        Box::pin(async move {
            let request = CodeRequest { session: Some(session.key), interaction: None, pending };
            match acts::issue_code(&app, &by, request).await.unwrap() {
                Issue::Issued(code) => vec![Fact::CodeIssued { code, session }],
                // The session ended meanwhile.
                Issue::Open(_) | Issue::Gone => Vec::new(),
            }
        })
    }

    fn redeem(&mut self) -> Act {
        let Some((code, session)) = self.codes.pop() else { return self.issue_code() };
        let (app, client) = (self.app.clone(), self.client.clone());
        Box::pin(async move {
            let presented = Fact::Presented { code: code.clone() };
            match redeem(&app, &client, &code).await {
                TokenOutcome::Granted(grant) => {
                    vec![presented, Fact::Redeemed { code, token: grant.access_token, session }]
                }
                // Its session ended, or its time came, meanwhile.
                TokenOutcome::Refused => vec![presented],
            }
        })
    }

    fn replay(&mut self) -> Act {
        let recent = self.redeemed.len().saturating_sub(6);
        let recent = &self.redeemed[recent..];
        if recent.is_empty() {
            return self.redeem();
        }
        let (code, token) = self.dice.pick(recent).clone();
        let (app, client) = (self.app.clone(), self.client.clone());
        Box::pin(async move {
            let outcome = redeem(&app, &client, &code).await;
            assert!(matches!(outcome, TokenOutcome::Refused), "a code was redeemed twice");
            vec![Fact::Replayed { token }]
        })
    }

    fn sign_out(&mut self) -> Act {
        if self.sessions.len() < 5 {
            return self.sign_in();
        }
        let Some(session) = self.session() else { return self.sign_in() };
        self.sessions.retain(|known| known.value != session.value);
        let (app, by) = (self.app.clone(), self.by.clone());
        Box::pin(async move {
            acts::sign_out(&app, &by, &session, fresh_browser(&app).handle).await.unwrap();
            vec![Fact::SignedOut { value: session.value }]
        })
    }

    fn tell_about_oneself(&mut self) -> Act {
        let Some(session) = self.session() else { return self.sign_in() };
        let job = format!("position {}", self.dice.roll());
        let information = PersonalInformation::parse("Jeanne", "Martin", "", &job).unwrap();
        let (app, by) = (self.app.clone(), self.by.clone());
        Box::pin(async move {
            let told = information.clone();
            acts::update_personal_information(&app, &by, &session, None, information, Locale::Fr).await.unwrap();
            vec![Fact::Told { user_id: session.user.id, information: told }]
        })
    }

    /// A person is entered with an organization, or a client changed.
    fn administer(&mut self) -> Act {
        let (app, by) = (self.app.clone(), self.by.clone());
        if self.dice.percent(50) {
            self.newcomers += 1;
            let email: Email = format!("agent-{}@mairie.exemple.fr", self.newcomers).parse().unwrap();
            let information = PersonalInformation::parse("Alix", "Durand", "", "").unwrap();
            let known = self.app.store.read(|tx| organizations::list(tx, None, 3)).unwrap();
            let organization = Some((self.dice.pick(&known).clone(), false));
            let person = acts::NewPerson {
                email: email.clone(),
                information,
                organization,
                additional_claims: serde_json::Map::new(),
            };
            return Box::pin(async move {
                let (user_id, _) = acts::enter_person(&app, &by, person).await.unwrap();
                vec![Fact::Entered { user_id, email }]
            });
        }
        let client = Client { name: format!("Service {}", self.dice.roll()), ..self.client.clone() };
        Box::pin(async move {
            let entries = acts::Entries { clients: vec![client.clone()], ..acts::Entries::default() };
            acts::enter(&app, &by, entries).await.unwrap();
            vec![Fact::ClientChanged { name: client.name }]
        })
    }

    /// A second factor is set up, and from then on given: by the application when it shows another code, or by a recovery
    /// code.
    fn give_second_factor(&mut self) -> Act {
        let (app, by) = (self.app.clone(), self.by.clone());
        let Some(holder) = &mut self.holder else {
            return Box::pin(async move { vec![Fact::FactorSetUp { holder: Holder::begin(&app, &by).await }] });
        };
        if holder.has_new_period(&self.app) {
            let holder = holder.clone();
            return Box::pin(async move { holder.give_period(&app, &by).await });
        }
        match holder.take_code() {
            Some(code) => {
                let holder = holder.clone();
                Box::pin(async move { holder.give_code(&app, &by, code).await })
            }
            None => self.pass_time(),
        }
    }

    /// Somebody who was entered is erased.
    fn erase(&mut self) -> Act {
        let Some(user_id) = self.entered.pop() else { return self.administer() };
        let (app, by) = (self.app.clone(), self.by.clone());
        Box::pin(async move {
            erase_user(&app, &by, UserKey::Id(user_id), false).await.unwrap().unwrap();
            vec![Fact::Erased { user_id }]
        })
    }

    fn change_password(&mut self) -> Act {
        let (app, by) = (self.app.clone(), self.by.clone());
        let (user_id, password) = (self.person(&PEOPLE[3..]).id, *self.dice.pick(&NEW_PASSWORDS));
        Box::pin(async move {
            let link = acts::issue_password_link(&app, &by, user_id).await.unwrap().unwrap();
            let choice = PasswordChoice {
                link: &link,
                password,
                source: Source::of([192, 0, 2, 1].into()),
                place: fresh_browser(&app),
                locale: Locale::Fr,
            };
            let changed = acts::change_password(&app, &by, choice).await.unwrap();
            match changed {
                PasswordChange::Changed(_) => {
                    let hash = password_hash(&app, user_id);
                    vec![Fact::PasswordChanged { user_id, link, hash }]
                }
                // The dice gave the one that it is already.
                PasswordChange::Refused(PasswordFault::SameAsBefore) => Vec::new(),
                other => panic!("{other:?}"),
            }
        })
    }

    /// Some minutes pass, now and then some hours; what has expired is purged, mails leave.
    fn pass_time(&mut self) -> Act {
        let minutes = if self.dice.percent(30) { 90 } else { 7 };
        self.app.clock.advance(Duration::from_secs(minutes * 60)).unwrap();
        let app = self.app.clone();
        Box::pin(async move {
            app.store.purge(app.clock.now()).await.unwrap();
            acts::deliver_to_mailbox(&app).await.unwrap();
            Vec::new()
        })
    }
}

/// A browser in which nobody is signed in.
pub(crate) fn fresh_browser(app: &App) -> InBrowser<'static> {
    InBrowser { handle: acts::issue_browser_handle(app).key, session: None }
}

/// The client of these runs.
pub(crate) fn client(app: &App) -> Client {
    app.store.read(|tx| clients::get(tx, &CLIENT.parse().unwrap())).unwrap()
}

/// What that client asks.
pub(crate) fn pending(client: &Client) -> PendingAuthorization {
    let query = format!(
        "client_id={CLIENT}&response_type=code&scope=openid%20email&state=s&nonce=n&redirect_uri={REDIRECT_URI}"
    );
    let attempt = AuthorizationAttempt::parse(Parameters::parse(query.as_bytes()).unwrap()).unwrap();
    let policy = RedirectUriPolicy { native: false, plain_http: true };
    let rules = ClientRules {
        response_types: &[ResponseType::Code],
        pkce_required: false,
        allowed_scopes: &client.scopes,
        default_max_age: None,
        default_acr_values: &[],
    };
    let request = attempt.trust(&client.redirect_uris, policy).unwrap().parse(&rules).unwrap();
    PendingAuthorization { client_id: client.id.clone(), request, expected_user: None }
}

/// Presents a code as its client does.
pub(crate) async fn redeem(app: &App, client: &Client, code: &str) -> TokenOutcome {
    try_redeem(app, client, code).await.unwrap()
}

/// The same on a disk that may fail.
pub(crate) async fn try_redeem(app: &App, client: &Client, code: &str) -> Result<TokenOutcome, ActError> {
    let presented = CodePresentation {
        client_id: client.id.clone(),
        is_public: false,
        redirect_uri: Some(REDIRECT_URI.to_owned()),
        verifier_digest: None,
    };
    let by = By::local(Actor::Client(client.id.clone()));
    acts::redeem_code(app, &by, code, presented, client.clone()).await
}

pub(crate) fn password_hash(app: &App, user_id: UserId) -> Option<String> {
    app.store.read(|tx| credentials::find(tx, user_id)).unwrap().and_then(|known| known.password_hash)
}

/// Lets acts queue while the writer is held, so that they are written in one batch, in their order. One alone is
/// written as it comes: it may hash first.
async fn at_once(app: &App, mut acts: Vec<Act>) -> Vec<Fact> {
    if let [act] = acts.as_mut_slice() {
        return act.await;
    }
    let hold = Hold::take(app).await;
    let mut facts: Vec<Option<Vec<Fact>>> = acts.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (act, facts) in acts.iter_mut().zip(&mut facts).filter(|(_, facts)| facts.is_none()) {
            if let Poll::Ready(found) = act.as_mut().poll(context) {
                *facts = Some(found);
            }
        }
        hold.release();
        if facts.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    facts.into_iter().flatten().flatten().collect()
}

/// The writer, busy with a job that waits to be released.
struct Hold(Arc<(Mutex<Stage>, Condvar)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Queued,
    Running,
    Released,
}

impl Hold {
    async fn take(app: &App) -> Self {
        let hold = Self(Arc::new((Mutex::new(Stage::Queued), Condvar::new())));
        let (shared, store) = (Arc::clone(&hold.0), app.store.clone());
        tokio::spawn(async move {
            let wait = move |_: &mut Tx| {
                let (stage, changed) = &*shared;
                let mut stage = stage.lock().unwrap();
                if *stage == Stage::Queued {
                    *stage = Stage::Running;
                }
                drop(changed.wait_while(stage, |stage| *stage != Stage::Released).unwrap());
                Ok(())
            };
            store.write(wait).await
        });
        while *hold.0.0.lock().unwrap() == Stage::Queued {
            tokio::task::yield_now().await;
        }
        hold
    }

    fn release(&self) {
        *self.0.0.lock().unwrap() = Stage::Released;
        self.0.1.notify_all();
    }
}
