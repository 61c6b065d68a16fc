//! Mails leave the outbox: at once when one is written, later where the server is away or asks for patience. One
//! conversation takes many of them. Nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};

use super::supervision::Supervisor;
use crate::acts;
use crate::app::App;
use crate::config::Mailing;
use crate::logs::Counted;
use crate::mail::{
    Agenda, Conversation, Fate, Handed, Meaning, Reason, Stage, Steps, Trouble, Urgency, hand_over, retry_at,
};
use crate::store::StoreError;
use crate::store::outbox::{self, QueuedMail};

/// How long between two looks at the agenda, when nothing was written meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the mail under way may take once the instance is told to stop.
const LAST_MAIL: Duration = Duration::from_secs(5);
/// The most mails of one conversation: many servers end it at a hundred.
const CONVERSATION: usize = 100;
/// How many mails of the outbox are entered at once.
const PAGE: usize = 500;
/// After how long a mail that cannot be written, or not yet be dropped, is looked at again.
const AGAIN: Duration = Duration::from_secs(60);

/// Empties the outbox until `stopped` becomes true.
pub(super) async fn deliver(
    current: impl Fn() -> App + Send + Sync + 'static,
    is_steady: impl Fn() -> bool + Clone + Send + Sync + 'static,
    supervisor: &Supervisor,
    mut stopped: watch::Receiver<bool>,
) {
    let mut agenda = Arc::new(Mutex::new(Agenda::default()));
    loop {
        let app = current();
        let store = app.store.clone();
        let round = Round { app, is_steady: is_steady(), stopped: stopped.clone() };
        let kept = Arc::clone(&agenda);
        let outcome = tokio::spawn(async move { round.go(&mut *kept.lock().await).await }).await;
        match &outcome {
            Ok(Ok(())) => {}
            Ok(Err(cause)) => tracing::warn!(%cause, "the outbox was not emptied"),
            Err(cause) => {
                tracing::error!(work = "outbox", %cause, "periodic work panicked; it goes on with its next round");
                // What was known of the mails under way is not to be trusted: it is read again.
                agenda = Arc::default();
            }
        }
        supervisor.note(outcome.is_err());
        tokio::select! {
            () = store.mail_was_queued() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopped.wait_for(|is_stopped| *is_stopped) => return,
        }
    }
}

/// What was written to many at once waits for what somebody waits for.
fn urgency(queued: &QueuedMail) -> Urgency {
    match queued.mail.content.can_wait() {
        true => Urgency::Patient,
        false => Urgency::Awaited,
    }
}

struct Round {
    app: App,
    is_steady: bool,
    stopped: watch::Receiver<bool>,
}

impl Round {
    async fn go(self, agenda: &mut Agenda) -> Result<(), StoreError> {
        let app = &self.app;
        if app.config.mailbox_page {
            return acts::deliver_to_mailbox(app).await.map(drop);
        }
        let Some(mailing) = app.config.mail.clone() else { return Ok(()) };
        for (id, fate) in agenda.unsettled() {
            acts::settle_mail(app, id, fate).await?;
            agenda.settled(id);
        }
        self.look(agenda)?;
        // Nothing is sent that could not be written down as sent.
        while agenda.is_due(app.clock.now())
            && !agenda.is_paused(&mailing, app.clock.elapsed())
            && app.store.is_healthy()
            && !self.is_stopped()
        {
            self.converse(agenda, &mailing).await?;
            self.look(agenda)?;
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    /// Enters what was written since the last look.
    fn look(&self, agenda: &mut Agenda) -> Result<(), StoreError> {
        loop {
            let page = self.app.store.read(|tx| outbox::list(tx, agenda.seen(), PAGE))?;
            for queued in &page {
                agenda.enter(queued.id, queued.due_at, urgency(queued));
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// One conversation with the server, for the mails that are due.
    async fn converse(&self, agenda: &mut Agenda, mailing: &Mailing) -> Result<(), StoreError> {
        let app = &self.app;
        let Some(first) = self.next(agenda).await? else { return Ok(()) };
        let steps = Steps::default();
        let opened = tokio::select! {
            opened = Conversation::begin(&mailing.server, &app.clock, &steps) => opened,
            () = is_over(self.stopped.clone()) => Err(Trouble { stage: Stage::Connect, reason: Reason::Closed }),
        };
        let mut conversation = match opened {
            Ok(conversation) => conversation,
            Err(trouble) => {
                agenda.enter(first.id, first.due_at, urgency(&first));
                self.server_failed(agenda, &trouble);
                return Ok(());
            }
        };
        app.counts.count(Counted::SmtpReached);
        let mut next = Some(first);
        let mut count = 0_usize;
        let goes_on = loop {
            let Some(queued) = next.take() else { break true };
            let goes_on = self.send(agenda, mailing, &mut conversation, &queued).await?;
            count = count.saturating_add(1);
            if !goes_on || count >= CONVERSATION || self.is_stopped() {
                break goes_on;
            }
            self.look(agenda)?;
            next = self.next(agenda).await?;
        };
        if goes_on {
            conversation.end().await;
        }
        Ok(())
    }

    /// The next mail that is due and worth sending.
    async fn next(&self, agenda: &mut Agenda) -> Result<Option<QueuedMail>, StoreError> {
        let app = &self.app;
        while let Some((id, urgency)) = agenda.next_due(app.clock.now()) {
            // Somebody may have erased it, or the outbox given it up.
            let found = app.store.read(|tx| outbox::find(tx, id));
            if found.is_err() {
                agenda.enter(id, app.clock.now(), urgency);
            }
            let Some(queued) = found? else { continue };
            if !acts::is_stale(&queued, app.config.mail_kept, app.clock.now()) {
                return Ok(Some(queued));
            }
            match self.is_steady {
                true => self.settle(agenda, id, Fate::Expired).await?,
                false => agenda.enter(id, app.clock.now().plus(AGAIN), urgency),
            }
        }
        Ok(None)
    }

    /// Sends one mail, and writes down what became of it. Whether the conversation can go on.
    async fn send(
        &self,
        agenda: &mut Agenda,
        mailing: &Mailing,
        conversation: &mut Conversation,
        queued: &QueuedMail,
    ) -> Result<bool, StoreError> {
        let (app, id, kind) = (&self.app, queued.id, queued.mail.content.name());
        let steps = Steps::default();
        let handed = tokio::select! {
            handed = hand_over(conversation, acts::pen(app), mailing, queued, &steps) => handed,
            // Cut off in the midst, it counts as what it is at that step.
            () = is_over(self.stopped.clone()) => {
                let stage = steps.taken().last().copied().unwrap_or(Stage::Sender);
                Handed::Failed(Trouble { stage, reason: Reason::TimedOut })
            }
        };
        let trouble = match handed {
            Handed::Accepted(said) => {
                agenda.reached();
                tracing::info!(id, kind, said, "a mail was taken by the server of mails");
                self.settle(agenda, id, Fate::Accepted).await?;
                return Ok(true);
            }
            Handed::Unwritable => {
                agenda.enter(id, app.clock.now().plus(AGAIN), urgency(queued));
                self.settle(agenda, id, Fate::Unwritable).await?;
                return Ok(true);
            }
            Handed::Failed(trouble) => trouble,
        };
        let retry_at = retry_at(app.clock.now(), app.config.mail_retried_after, queued.delays, &app.random);
        let meaning = trouble.meaning();
        match meaning {
            Meaning::ServerAway | Meaning::ServerRefusesUs => {
                agenda.enter(id, queued.due_at, urgency(queued));
                self.server_failed(agenda, &trouble);
                return Ok(false);
            }
            Meaning::Never => {
                tracing::warn!(id, kind, %trouble, "a mail was refused for good");
                self.settle(agenda, id, Fate::Refused).await?;
            }
            Meaning::Later | Meaning::CutShort => {
                tracing::warn!(id, kind, %trouble, "a mail was put off");
                agenda.enter(id, retry_at, urgency(queued));
                self.settle(agenda, id, Fate::Later(retry_at)).await?;
            }
            Meaning::Unconfirmed => {
                tracing::warn!(id, kind, %trouble, "nobody knows whether a mail was taken");
                agenda.enter(id, retry_at, urgency(queued));
                self.settle(agenda, id, Fate::Unconfirmed(retry_at)).await?;
            }
        }
        if matches!(meaning, Meaning::CutShort | Meaning::Unconfirmed) {
            agenda.leave_alone(Meaning::ServerAway, app.clock.elapsed(), &app.random);
            return Ok(false);
        }
        agenda.reached();
        Ok(conversation.forget().await)
    }

    /// Writes down what became of a mail; what cannot be written now is kept in mind.
    async fn settle(&self, agenda: &mut Agenda, id: u64, fate: Fate) -> Result<(), StoreError> {
        agenda.keep(id, fate);
        acts::settle_mail(&self.app, id, fate).await?;
        agenda.settled(id);
        Ok(())
    }

    fn server_failed(&self, agenda: &mut Agenda, trouble: &Trouble) {
        if self.is_stopped() {
            return;
        }
        let app = &self.app;
        app.counts.count(Counted::SmtpFailed);
        let wait = agenda.leave_alone(trouble.meaning(), app.clock.elapsed(), &app.random);
        let seconds = wait.as_secs();
        tracing::warn!(%trouble, seconds, "no mail leaves now; the server of mails is tried again after a pause");
    }
}

/// Ends some seconds after the instance was told to stop.
async fn is_over(mut stopped: watch::Receiver<bool>) {
    // Whoever cannot be told any more is told.
    stopped.wait_for(|is_stopped| *is_stopped).await.map(drop).unwrap_or_default();
    tokio::time::sleep(LAST_MAIL).await;
}
