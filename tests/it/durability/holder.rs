//! Somebody with an application and recovery codes: each code is good once, whatever is cut off.

use moncomptepro::acts::{self, ActiveSession, By, FactorOutcome, InSession, Presented, SetUpOutcome, SignInAs};
use moncomptepro::app::App;
use moncomptepro::domain::{Email, SecondFactors, UserId};
use moncomptepro::protocol::Locale;
use moncomptepro::store::{credentials, users};

use super::journal::Fact;
use super::work::fresh_browser;
use crate::support::totp_code;

/// Nobody else's in these runs.
const ADDRESS: &str = "wanajoin@beta.gouv.fr";
/// Seconds for which an application shows one code.
const PERIOD: u64 = 30;

/// What they hold.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) user_id: UserId,
    key: String,
    codes: Vec<String>,
}

/// The second factors of a person, as they are stored.
pub(crate) fn factors(app: &App, user_id: UserId) -> SecondFactors {
    app.store.read(|tx| credentials::find(tx, user_id)).unwrap().map(|known| known.second_factors).unwrap_or_default()
}

async fn signed_in(app: &App, by: &By, user_id: UserId) -> ActiveSession {
    let place = fresh_browser(app);
    let request = SignInAs { user_id, asserted: None, interaction: None, place, locale: Locale::Fr };
    acts::sign_in_as(app, by, request).await.unwrap().unwrap().active
}

fn place<'a>(app: &App, active: &'a ActiveSession) -> InSession<'a> {
    let browser = fresh_browser(app).handle;
    InSession { active, browser, known_browser: None, interaction: None, locale: Locale::Fr }
}

impl Holder {
    /// Sets an application up.
    pub(crate) async fn begin(app: &App, by: &By) -> Self {
        let email: Email = ADDRESS.parse().unwrap();
        let user_id = app.store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap().id;
        let active = signed_in(app, by, user_id).await;
        let offer = acts::offer_totp(app, &active, None).unwrap();
        let key = offer.key.expose().to_owned();
        let code = totp_code(&key, app.clock.now());
        match acts::set_up_totp(app, by, place(app, &active), &offer.sealed, &code).await.unwrap() {
            SetUpOutcome::Done(_, codes) => {
                Self { user_id, key, codes: codes.iter().map(|code| code.expose().to_owned()).collect() }
            }
            SetUpOutcome::Wrong => panic!("the code of the application is wrong"),
        }
    }

    /// Whether the application shows a code that was not given yet.
    pub(crate) fn has_new_period(&self, app: &App) -> bool {
        factors(app, self.user_id).totp.is_some_and(|totp| app.clock.now().0 / PERIOD > totp.last_period)
    }

    /// Gives the code that the application shows.
    pub(crate) async fn give_period(self, app: &App, by: &By) -> Vec<Fact> {
        let active = signed_in(app, by, self.user_id).await;
        let code = totp_code(&self.key, app.clock.now());
        let outcome = acts::present_second_factor(app, by, place(app, &active), Presented::Totp(&code)).await.unwrap();
        assert!(matches!(outcome, FactorOutcome::Accepted(_)), "{outcome:?}");
        let period = factors(app, self.user_id).totp.unwrap().last_period;
        vec![Fact::PeriodUsed { user_id: self.user_id, period }]
    }

    /// The next recovery code that was not used.
    pub(crate) fn take_code(&mut self) -> Option<String> {
        self.codes.pop()
    }

    /// Uses a recovery code up.
    pub(crate) async fn give_code(self, app: &App, by: &By, code: String) -> Vec<Fact> {
        let before = factors(app, self.user_id).recovery_tags;
        let active = signed_in(app, by, self.user_id).await;
        let presented = Presented::RecoveryCode(&code);
        let outcome = acts::present_second_factor(app, by, place(app, &active), presented).await.unwrap();
        assert!(matches!(outcome, FactorOutcome::Accepted(_)), "{outcome:?}");
        let after = factors(app, self.user_id).recovery_tags;
        let used = before.into_iter().find(|tag| !after.contains(tag)).unwrap();
        vec![Fact::CodeUsed { user_id: self.user_id, tag: used }]
    }
}
