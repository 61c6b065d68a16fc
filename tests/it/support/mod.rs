//! A cast for stories: an instance on a free port with a clock of our own, people with browsers, relying parties.

mod command;
mod declared;
mod device;
mod faulty;
mod instance;
mod page;
mod person;
mod relying_party;
pub(crate) mod service;
mod stored;
pub(crate) mod tls;
mod totp;

pub(crate) use command::{Ended, Operator, program, run};
pub(crate) use declared::{CALLBACK, SIGNED_OUT, uri};
pub(crate) use device::{Asked, Device, Lie, TRUTH};
pub(crate) use faulty::{Disk, Fault};
pub(crate) use instance::{Instance, MORNING, hiding};
pub(crate) use page::{Form, Page};
pub(crate) use person::Person;
pub(crate) use relying_party::{RelyingParty, jose_header, jose_payload};
pub(crate) use stored::{deface, stored};
pub(crate) use totp::{totp_code, totp_key};

/// Everything at once; the answers in the order of the questions.
pub(crate) async fn join_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut pending: Vec<_> = futures.map(Box::pin).collect();
    let mut results: Vec<Option<T>> = pending.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut waiting = false;
        for (future, result) in pending.iter_mut().zip(&mut results) {
            if result.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *result = Some(value),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    results.into_iter().flatten().collect()
}
