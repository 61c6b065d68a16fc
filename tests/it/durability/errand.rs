//! One person's errand, step by step: sign in, get a code, redeem it, choose another password, sign in again, leave. A
//! step that was refused is taken again; what was acknowledged is looked for at every step.

use moncomptepro::acts::{
    self, ActError, ActiveSession, By, CodeRequest, Issue, PasswordChange, PasswordChoice, SignInAs, TokenOutcome,
};
use moncomptepro::app::App;
use moncomptepro::domain::{Actor, Client, Email, Source, User};
use moncomptepro::protocol::Locale;
use moncomptepro::store::users;

use super::work;

const ADDRESS: &str = "user10@yopmail.com";
const PASSWORD: &str = "une phrase que personne ne devine";

/// How far it has come.
#[derive(Debug, Default)]
pub(crate) struct Errand {
    session: Option<ActiveSession>,
    code: Option<String>,
    token: Option<String>,
    link: Option<String>,
    is_changed: bool,
    again: Option<ActiveSession>,
    is_leaving: bool,
    is_out: bool,
}

impl Errand {
    pub(crate) fn begin() -> Self {
        Self::default()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.is_out
    }

    /// Looks whether everything acknowledged so far holds, and takes the next step.
    pub(crate) async fn go_on(&mut self, app: &App) -> Result<(), ActError> {
        self.look_back(app).await?;
        let client = work::client(app);
        match (&self.session, &self.code, &self.token, &self.link, self.is_changed, &self.again) {
            (None, ..) => self.session = Some(sign_in(app, ADDRESS).await?),
            (Some(session), None, ..) => self.code = Some(issue(app, &client, session).await?),
            (Some(_), Some(code), None, ..) => match work::try_redeem(app, &client, code).await? {
                TokenOutcome::Granted(grant) => self.token = Some(grant.access_token),
                // It was redeemed when nobody knew: another code does it.
                TokenOutcome::Refused => self.code = None,
            },
            (Some(_), Some(_), Some(_), None, ..) => {
                let by = By::local(Actor::Operator);
                self.link = acts::issue_password_link(app, &by, user(app, ADDRESS).id).await?;
            }
            (Some(_), Some(_), Some(_), Some(link), false, _) => match choose_password(app, link).await? {
                PasswordChange::Changed(_) => self.is_changed = true,
                PasswordChange::Refused(fault) => panic!("{fault:?}"),
                PasswordChange::LinkVoid => self.is_changed = true,
            },
            (.., true, None) => self.again = Some(sign_in(app, ADDRESS).await?),
            (.., true, Some(session)) => {
                self.is_leaving = true;
                let browser = work::fresh_browser(app).handle;
                acts::sign_out(app, &By::local(Actor::User(session.user.id)), session, browser).await?;
                self.is_out = true;
            }
        }
        Ok(())
    }

    async fn look_back(&self, app: &App) -> Result<(), ActError> {
        // An act whose outcome nobody knows may have ended them.
        let (changing, leaving) = (self.link.is_some() && !self.is_changed, self.is_leaving);
        for (session, is_alive, may_be_over) in
            [(&self.session, !self.is_changed, changing), (&self.again, true, leaving)]
        {
            let Some(session) = session else { continue };
            let found = acts::find_session(app, &session.value).await?.is_some();
            assert!(found == is_alive || may_be_over, "a session was lost or came back: {self:?}");
        }
        if let Some(token) = &self.token {
            let found = acts::find_authorized(app, token)?.is_some();
            let may_be_over = self.link.is_some();
            assert!(found || may_be_over, "a token was lost: {self:?}");
            assert!(!(found && self.is_changed), "a token outlived the password: {self:?}");
        }
        Ok(())
    }
}

fn user(app: &App, address: &str) -> User {
    let email: Email = address.parse().unwrap();
    app.store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap()
}

async fn sign_in(app: &App, address: &str) -> Result<ActiveSession, ActError> {
    let request = SignInAs {
        user_id: user(app, address).id,
        asserted: None,
        interaction: None,
        place: work::fresh_browser(app),
        locale: Locale::Fr,
    };
    Ok(acts::sign_in_as(app, &By::local(Actor::Visitor), request).await?.unwrap().active)
}

async fn issue(app: &App, client: &Client, session: &ActiveSession) -> Result<String, ActError> {
    let request = CodeRequest { session: Some(session.key), interaction: None, pending: work::pending(client) };
    match acts::issue_code(app, &By::local(Actor::Visitor), request).await? {
        Issue::Issued(code) => Ok(code),
        other @ (Issue::Open(_) | Issue::Gone) => panic!("{other:?}"),
    }
}

/// A code of somebody who has just signed in, on a disk that works.
pub(crate) async fn code_for(app: &App, client: &Client, address: &str) -> String {
    let session = sign_in(app, address).await.unwrap();
    issue(app, client, &session).await.unwrap()
}

async fn choose_password(app: &App, link: &str) -> Result<PasswordChange, ActError> {
    let choice = PasswordChoice {
        link,
        password: PASSWORD,
        source: Source::of([192, 0, 2, 1].into()),
        place: work::fresh_browser(app),
        locale: Locale::Fr,
    };
    acts::change_password(app, &By::local(Actor::Visitor), choice).await
}
