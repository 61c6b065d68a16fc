//! Between the bytes of a peer and the parser that reads them: refuses streams with two readings, counts floods, and
//! tells when headers begin and end.

mod http1;
mod http2;
#[cfg(test)]
mod tests;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Http2Limits;
use super::activity::Activity;
use crate::clock;
use http1::Framing;
use http2::Budget;

/// A stream in clear, inspected as it is read.
pub(super) struct Gate<Stream> {
    stream: Stream,
    inspection: Inspection,
    activity: Arc<Activity>,
}

enum Inspection {
    Http1(Framing),
    Http2(Budget),
    /// The stream has ended here, for the parser.
    Over,
    /// Nothing more is read until the connection is ended.
    Flooded,
}

impl<Stream> Gate<Stream> {
    pub(super) fn http1(stream: Stream, activity: Arc<Activity>) -> Self {
        Self { stream, inspection: Inspection::Http1(Framing::default()), activity }
    }

    pub(super) fn http2(stream: Stream, activity: Arc<Activity>, limits: Http2Limits) -> Self {
        Self { stream, inspection: Inspection::Http2(Budget::new(limits)), activity }
    }
}

impl<Stream: AsyncRead + Unpin> AsyncRead for Gate<Stream> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let gate = self.get_mut();
        match gate.inspection {
            Inspection::Over => return Poll::Ready(Ok(())),
            // Nobody is woken: who drives the connection looks at the activity after each turn.
            Inspection::Flooded => return Poll::Pending,
            Inspection::Http1(_) | Inspection::Http2(_) => {}
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut gate.stream).poll_read(context, buffer))?;
        let (_, bytes) = buffer.filled_mut().split_at_mut(before);
        match &mut gate.inspection {
            Inspection::Http1(framing) => {
                let report = framing.inspect(bytes);
                gate.activity.note_head(report.is_in_head, report.head_ended);
                if let Some(at) = report.refused_at {
                    // What must not be understood is handed on as what cannot be: the parser answers 400 in its turn,
                    // after the answers that are due before, and closes.
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = 0;
                    }
                    buffer.set_filled(before.saturating_add(at).saturating_add(1));
                    gate.inspection = Inspection::Over;
                }
            }
            Inspection::Http2(budget) => {
                if budget.is_exceeded_by(bytes, clock::machine_instant) {
                    gate.activity.note_flood();
                    gate.inspection = Inspection::Flooded;
                }
            }
            Inspection::Over | Inspection::Flooded => {}
        }
        Poll::Ready(Ok(()))
    }
}

impl<Stream: AsyncWrite + Unpin> Gate<Stream> {
    /// Over HTTP/1.1 whatever is written is an answer: a peer that takes it is not idle. Over HTTP/2 it makes room for more.
    fn note(&mut self, written: &Poll<io::Result<usize>>) {
        let Poll::Ready(Ok(bytes)) = written else { return };
        match &mut self.inspection {
            Inspection::Http1(_) | Inspection::Over => self.activity.note_progress(),
            Inspection::Http2(budget) => budget.earn(*bytes),
            Inspection::Flooded => {}
        }
    }
}

impl<Stream: AsyncWrite + Unpin> AsyncWrite for Gate<Stream> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let gate = self.get_mut();
        let written = Pin::new(&mut gate.stream).poll_write(context, bytes);
        gate.note(&written);
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let gate = self.get_mut();
        let written = Pin::new(&mut gate.stream).poll_write_vectored(context, slices);
        gate.note(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
