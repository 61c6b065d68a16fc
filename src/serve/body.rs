//! Bodies: a request's has to come at a pace, an answer's tells when it is taken.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::BodyLimits;
use super::activity::Untaken;
use crate::clock;

/// Why a body did not come whole.
#[derive(Debug)]
pub enum BodyError {
    /// Too slowly.
    TooSlow,
    /// The connection broke, or what came is no body.
    Broken(hyper::Error),
}

impl fmt::Display for BodyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSlow => formatter.write_str("the body came too slowly"),
            Self::Broken(cause) => cause.fmt(formatter),
        }
    }
}

impl std::error::Error for BodyError {}

/// The body of a request.
pub struct RequestBody {
    incoming: Incoming,
    limits: BodyLimits,
    since: Instant,
    received: u64,
    timer: Option<Pin<Box<Sleep>>>,
}

impl RequestBody {
    pub(super) fn new(incoming: Incoming, limits: BodyLimits) -> Self {
        Self { incoming, limits, since: clock::machine_instant(), received: 0, timer: None }
    }

    /// Until when the bytes that came are enough.
    fn deadline(&self) -> Instant {
        let earned = self.received / self.limits.bytes_per_second.max(1);
        let allowed = self.limits.grace.saturating_add(Duration::from_secs(earned));
        self.since + allowed.min(self.limits.whole)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let body = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut body.incoming).poll_frame(context) {
            let length = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref().map(Bytes::len));
            body.received = body.received.saturating_add(length.and_then(|length| length.try_into().ok()).unwrap_or(0));
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Broken)));
        }
        let deadline = body.deadline();
        let timer = body.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Some(Err(BodyError::TooSlow)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// The body of an answer, until the peer has taken it.
pub(super) struct AnswerBody<Inner> {
    inner: Inner,
    untaken: Untaken,
}

impl<Inner> AnswerBody<Inner> {
    pub(super) fn new(inner: Inner, untaken: Untaken) -> Self {
        Self { inner, untaken }
    }
}

impl<Inner: Body + Unpin> Body for AnswerBody<Inner> {
    type Data = Inner::Data;
    type Error = Inner::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Inner::Data>, Inner::Error>>> {
        let body = self.get_mut();
        let frame = Pin::new(&mut body.inner).poll_frame(context);
        if frame.is_ready() {
            body.untaken.note_progress();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
