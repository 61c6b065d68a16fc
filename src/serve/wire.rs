//! The socket itself: a peer that takes nothing is let go, and one whose handshake is too long too.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream with a limit on every wait for the peer to take what is sent to it.
pub(super) struct Wire<Stream> {
    stream: Stream,
    stall: Duration,
    /// Set while the peer takes nothing.
    waiting: Option<Pin<Box<Sleep>>>,
    /// How many bytes may still be read; `None` is any number.
    allowance: Option<usize>,
}

impl<Stream> Wire<Stream> {
    pub(super) fn new(stream: Stream, stall: Duration) -> Self {
        Self { stream, stall, waiting: None, allowance: None }
    }

    /// Reads no more than `bytes`, until told otherwise.
    pub(super) fn limited_to(self, bytes: usize) -> Self {
        Self { allowance: Some(bytes), ..self }
    }

    /// Reads any number of bytes again.
    pub(super) fn unlimited(&mut self) {
        self.allowance = None;
    }

    fn judge<T>(&mut self, outcome: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.waiting = None;
            return outcome;
        }
        let stall = self.stall;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(stall)));
        waiting.as_mut().poll(context).map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, "the peer takes nothing")))
    }
}

impl<Stream: AsyncRead + Unpin> AsyncRead for Wire<Stream> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut wire.stream).poll_read(context, buffer);
        if let (Some(allowance), Poll::Ready(Ok(()))) = (wire.allowance, &outcome) {
            let read = buffer.filled().len().saturating_sub(before);
            let Some(left) = allowance.checked_sub(read) else {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "the handshake is too long")));
            };
            wire.allowance = Some(left);
        }
        outcome
    }
}

impl<Stream: AsyncWrite + Unpin> AsyncWrite for Wire<Stream> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let outcome = Pin::new(&mut wire.stream).poll_write(context, bytes);
        wire.judge(outcome, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let outcome = Pin::new(&mut wire.stream).poll_write_vectored(context, slices);
        wire.judge(outcome, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let outcome = Pin::new(&mut wire.stream).poll_flush(context);
        wire.judge(outcome, context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let outcome = Pin::new(&mut wire.stream).poll_shutdown(context);
        wire.judge(outcome, context)
    }
}
