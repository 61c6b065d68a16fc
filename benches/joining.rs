//! Joining an organization of ten members and one of ten thousand: by a proven domain, and by a request that moderators are
//! told of. What it costs may not depend on how many belong to it.
//!
//! `cargo bench --bench joining`. The shares compare between machines; the times do not.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a measurement fails where it stands")]

use std::time::{Duration, Instant};

use moncomptepro::acts::{self, ActiveSession, By, InBrowser, JoiningAttempt, JoiningOutcome, SignInAs};
use moncomptepro::app::App;
use moncomptepro::clock::Clock;
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::crypto::Random;
use moncomptepro::domain::{
    Actor, Deed, EmailDomain, EmailDomainStatus, Membership, OrganizationDomain, User, UserId, Verification,
};
use moncomptepro::protocol::{Locale, Timestamp};
use moncomptepro::site;
use moncomptepro::store::{email_domains, memberships, organizations, users};

/// How many people join each organization.
const RUNS: u64 = 400;
const NOW: Timestamp = Timestamp(1_795_424_400);

#[tokio::main]
async fn main() {
    let app = site::start(Config::dev(DevOptions::default(), 0), Clock::manual(NOW), Random::system()).await.unwrap();
    let few = crowd(&app, "13002526500013", 1_000_000, 10).await;
    let many = crowd(&app, "21920023500014", 2_000_000, 10_000).await;
    for (what, domain) in [("by a proven domain", "proven.example"), ("by a moderator", "unknown.example")] {
        // One after the other, so that both meet the same machine.
        let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
        for run in 0..RUNS {
            of_few.push(join(&app, few, &format!("few{run}@{domain}")).await);
            of_many.push(join(&app, many, &format!("many{run}@{domain}")).await);
        }
        let (of_few, of_many) = (median(of_few), median(of_many));
        println!(
            "{what}: {of_few:?} among 10 members, {of_many:?} among 10,000; ratio {:.2}",
            of_many.as_secs_f64() / of_few.as_secs_f64()
        );
    }
}

/// An organization with this many members, which knows a domain as its own.
async fn crowd(app: &App, siret: &'static str, first: u64, members: u64) -> &'static str {
    let fill = app.store.write(move |tx| {
        let organization = organizations::find_by_siret(tx, &siret.parse().unwrap())?.unwrap();
        let domain: EmailDomain = "proven.example".parse().unwrap();
        let status = EmailDomainStatus::Verified;
        let known = OrganizationDomain {
            organization_id: organization.id,
            domain,
            status,
            decided_by: None,
            created_at: NOW,
            updated_at: NOW,
        };
        email_domains::put(tx, &known)?;
        for number in first..first + members {
            let user = User::new(UserId(number), format!("member{number}@proven.example").parse().unwrap(), NOW);
            users::insert(tx, &user)?;
            let between = (user.id, organization.id);
            memberships::insert(
                tx,
                &Membership::begin(between, Verification::Domain, false, Deed::of_the_program(NOW)),
            )?;
        }
        Ok(())
    });
    fill.await.unwrap();
    siret
}

async fn join(app: &App, siret: &str, email: &str) -> Duration {
    let active = newcomer(app, email).await;
    let by = By::local(Actor::User(active.user.id));
    let attempt = JoiningAttempt {
        siret: siret.parse().unwrap(),
        is_confirmed: true,
        interaction: None,
        is_external: false,
        locale: Locale::Fr,
    };
    let begun = Instant::now();
    let outcome = acts::join_organization(app, &by, &active, attempt).await.unwrap();
    let taken = begun.elapsed();
    assert!(matches!(outcome, JoiningOutcome::Joined(_) | JoiningOutcome::UnderReview(_)), "{outcome:?}");
    taken
}

async fn newcomer(app: &App, email: &str) -> ActiveSession {
    let user = User::new(UserId(app.random.user_id()), email.parse().unwrap(), NOW);
    let user = User { email_verified_at: Some(NOW), ..user };
    let user_id = user.id;
    app.store.write(move |tx| users::insert(tx, &user)).await.unwrap();
    let place = InBrowser { handle: acts::issue_browser_handle(app).key, session: None };
    let request = SignInAs { user_id, asserted: None, interaction: None, place, locale: Locale::Fr };
    acts::sign_in_as(app, &By::local(Actor::Visitor), request).await.unwrap().unwrap().active
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap()
}
