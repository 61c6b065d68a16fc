//! Who made links and decided on domains, in a database whose records did not say it.

use super::*;
use crate::domain::{Actor, AuditEvent, AuditRecord, Deed, EmailDomain, EmailDomainStatus, OrganizationDomain, Origin};
use crate::store::engine;

const WOMAN: Actor = Actor::User(UserId(1));

fn record(at: u64, actor: Actor, event: AuditEvent) -> AuditRecord {
    AuditRecord { at_millis: at * 1_000, actor, origin: Origin::default(), event }
}

fn written(user_id: u64, verification: Verification) -> AuditEvent {
    let (user_id, organization_id) = (UserId(user_id), OrganizationId(7));
    AuditEvent::MembershipWritten { user_id, organization_id, is_external: false, verification }
}

fn domain(name: &str) -> EmailDomain {
    name.parse().unwrap()
}

fn judged(name: &str, status: EmailDomainStatus) -> AuditEvent {
    AuditEvent::EmailDomainWritten { organization_id: OrganizationId(7), domain: domain(name), status }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_108_a_database_of_before_learns_from_the_audit_who_made_links_and_decided_on_domains() {
    let directory = tempfile::tempdir().unwrap();
    let opening = || Opening { location: Location::Directory(directory.path().to_path_buf()), ..opening() };
    let store = Store::open(opening()).unwrap();
    let cli = || Actor::CommandLine(String::from("root"));
    let officer = || Actor::Officer { user_id: UserId(9), role: crate::domain::RoleName::Moderator };
    let left = AuditEvent::MembershipDeleted { user_id: UserId(2), organization_id: OrganizationId(7) };
    let invited = AuditEvent::InvitationAccepted {
        user_id: UserId(4),
        invitation: String::from("a"),
        organization_id: Some(OrganizationId(7)),
    };
    let trail = [
        // She joined with a domain to be reviewed, which was approved twice.
        record(10, WOMAN, written(1, Verification::DomainNotVerifiedYet)),
        record(11, WOMAN, judged("a.example", EmailDomainStatus::NotVerifiedYet)),
        record(20, officer(), written(1, Verification::Domain)),
        record(20, officer(), judged("a.example", EmailDomainStatus::Verified)),
        record(21, cli(), judged("a.example", EmailDomainStatus::Verified)),
        record(22, cli(), written(1, Verification::Domain)),
        // He left what the moderator had made, and came back by command.
        record(30, officer(), written(2, Verification::Domain)),
        record(31, Actor::User(UserId(2)), left),
        record(32, cli(), written(2, Verification::Domain)),
        // A rule let this one in, who asked; and this one was invited.
        record(40, Actor::User(UserId(3)), written(3, Verification::Domain)),
        record(41, Actor::User(UserId(3)), judged("hall.example", EmailDomainStatus::OfficialContact)),
        record(42, Actor::Visitor, invited),
        // What was decided of this domain is not what it is now.
        record(50, cli(), judged("b.example", EmailDomainStatus::Refused)),
    ];
    let known = |name: &str, status| OrganizationDomain {
        organization_id: OrganizationId(7),
        domain: domain(name),
        status,
        created_at: NOW,
        updated_at: NOW,
        decided_by: None,
    };
    let domains = [
        known("a.example", EmailDomainStatus::Verified),
        known("b.example", EmailDomainStatus::Verified),
        known("hall.example", EmailDomainStatus::OfficialContact),
    ];
    let format = store.header().format;
    store
        .write(move |tx| {
            for user_id in 1..=5 {
                memberships::insert(tx, &membership(user_id, 7, 5))?;
            }
            domains.iter().try_for_each(|known| email_domains::put(tx, known))?;
            trail.iter().try_for_each(|record| audit::insert(tx, record))?;
            engine::set_format(tx, 4)
        })
        .await
        .unwrap();
    drop(store);
    let store = Store::open(opening()).unwrap();
    assert_eq!(store.header().format, format);
    let told = |user_id| {
        let link = store.read(|tx| memberships::find(tx, UserId(user_id), OrganizationId(7))).unwrap().unwrap();
        (link.made_by, link.verified)
    };
    let deed = |by, at| Some(Deed { by, at: Timestamp(at) });
    assert_eq!(told(1), (Some(WOMAN), deed(officer(), 20)), "the first who proved it");
    assert_eq!(told(2), (Some(cli()), deed(cli(), 32)), "of the link of now");
    assert_eq!(told(3), (Some(Actor::User(UserId(3))), deed(Actor::System, 40)), "nobody proves their own");
    assert_eq!(told(4), (Some(Actor::User(UserId(4))), None));
    assert_eq!(told(5), (None, None), "the audit does not tell");
    let decided = |name: &str| {
        store.read(|tx| email_domains::find(tx, OrganizationId(7), &domain(name))).unwrap().unwrap().decided_by
    };
    assert_eq!(decided("a.example"), Some(officer()));
    assert_eq!(decided("b.example"), None);
    assert_eq!(decided("hall.example"), Some(Actor::System));
}
