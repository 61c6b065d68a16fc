//! Where the headers and bodies of an HTTP/1.1 stream begin and end, read by stricter rules than the parser behind it.
//!
//! The parser accepts lines that end without a carriage return, drops `Content-Length` silently where
//! `Transfer-Encoding` stands beside it, and takes codings before `chunked`. A proxy in front may read each of these
//! differently: that is how requests are smuggled (RFC 9112 §11.2).

/// The longest beginning of a line that is looked at; the two headers that matter are shorter.
const LOOKED_AT: usize = 128;

/// A reader of one direction of a connection.
#[derive(Default)]
pub(super) struct Framing {
    place: Place,
    /// The beginning of the line that is coming in, at most [`LOOKED_AT`] bytes.
    line: Vec<u8>,
    line_length: u64,
    last_byte: u8,
    head: Head,
}

/// What the next byte belongs to.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first line of a request.
    #[default]
    Between,
    Headers,
    /// So many bytes of a body, or of a chunk and its line end.
    Body(u64),
    Chunk(u64),
    ChunkSize,
    Trailers,
    /// The parser behind finds the same fault and ends the connection.
    Lost,
}

/// What the headers say about the body.
#[derive(Default)]
struct Head {
    length: Option<u64>,
    is_chunked: bool,
}

/// What was found in some bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// The byte at which the stream became one that must not be understood.
    pub(super) refused_at: Option<usize>,
    /// Whether the bytes end inside of headers.
    pub(super) is_in_head: bool,
    /// Whether headers ended in these bytes.
    pub(super) head_ended: bool,
}

struct Refused;

impl Framing {
    pub(super) fn inspect(&mut self, bytes: &[u8]) -> Report {
        let mut report = Report::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (used, outcome) = self.step(rest, &mut report);
            let (_, later) = rest.split_at(used.min(rest.len()));
            if outcome.is_err() {
                report.refused_at = Some(bytes.len().saturating_sub(later.len()).saturating_sub(1));
                self.place = Place::Lost;
                break;
            }
            rest = later;
        }
        report.is_in_head = self.place == Place::Headers || (self.place == Place::Between && self.line_length > 0);
        report
    }

    /// Reads to the end of what is coming in, or of `bytes`: how many bytes that is.
    fn step(&mut self, bytes: &[u8], report: &mut Report) -> (usize, Result<(), Refused>) {
        match self.place {
            Place::Body(left) => (self.skip(left, bytes, Place::Body, Place::Between), Ok(())),
            Place::Chunk(left) => (self.skip(left, bytes, Place::Chunk, Place::ChunkSize), Ok(())),
            Place::Lost => (bytes.len(), Ok(())),
            Place::Between | Place::Headers | Place::ChunkSize | Place::Trailers => {
                let end = bytes.iter().position(|byte| *byte == b'\n');
                let (part, _) = bytes.split_at(end.unwrap_or(bytes.len()));
                self.collect(part);
                match end {
                    None => (bytes.len(), Ok(())),
                    Some(end) => (end.saturating_add(1), self.end_line(report)),
                }
            }
        }
    }

    fn skip(&mut self, left: u64, bytes: &[u8], more: fn(u64) -> Place, done: Place) -> usize {
        let here = u64::try_from(bytes.len()).unwrap_or(u64::MAX).min(left);
        let left = left.saturating_sub(here);
        self.place = if left == 0 { done } else { more(left) };
        usize::try_from(here).unwrap_or(usize::MAX)
    }

    fn collect(&mut self, part: &[u8]) {
        let room = LOOKED_AT.saturating_sub(self.line.len());
        self.line.extend(part.iter().take(room));
        self.line_length = self.line_length.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
        if let Some(last) = part.last() {
            self.last_byte = *last;
        }
    }

    fn end_line(&mut self, report: &mut Report) -> Result<(), Refused> {
        let is_whole = self.line_length > 0 && self.last_byte == b'\r';
        let is_empty = self.line_length == 1;
        let is_cut = self.line_length > u64::try_from(LOOKED_AT).unwrap_or(u64::MAX);
        let mut line = std::mem::take(&mut self.line);
        (self.line_length, self.last_byte) = (0, 0);
        if !is_whole {
            return Err(Refused);
        }
        let outcome = match self.place {
            // Empty lines before a request are passed over (RFC 9112 §2.2).
            Place::Between if is_empty => Ok(()),
            Place::Between => {
                self.head = Head::default();
                self.place = Place::Headers;
                Ok(())
            }
            Place::Headers if is_empty => {
                report.head_ended = true;
                self.end_head()
            }
            Place::Headers => self.head.read(&line, is_cut),
            Place::ChunkSize => chunk(&line).map(|place| self.place = place),
            Place::Trailers if is_empty => {
                self.place = Place::Between;
                Ok(())
            }
            Place::Trailers | Place::Body(_) | Place::Chunk(_) | Place::Lost => Ok(()),
        };
        // The room of a line is used again for the next one.
        line.clear();
        self.line = line;
        outcome
    }

    fn end_head(&mut self) -> Result<(), Refused> {
        self.place = match (self.head.length, self.head.is_chunked) {
            (Some(_), true) => return Err(Refused),
            (None, true) => Place::ChunkSize,
            (Some(0) | None, false) => Place::Between,
            (Some(length), false) => Place::Body(length),
        };
        Ok(())
    }
}

impl Head {
    fn read(&mut self, line: &[u8], is_cut: bool) -> Result<(), Refused> {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = parts.next().unwrap_or_default().trim_ascii();
        let value = parts.next().unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let is_number = !is_cut && !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            let number = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
            match (number, self.length) {
                (Some(length), None) if is_number => self.length = Some(length),
                (Some(length), Some(before)) if is_number && length == before => {}
                _ => return Err(Refused),
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if is_cut || self.is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Refused);
            }
            self.is_chunked = true;
        }
        Ok(())
    }
}

/// What follows a line with the size of a chunk: its bytes and their line end, or the trailers.
fn chunk(line: &[u8]) -> Result<Place, Refused> {
    const MOST_DIGITS: usize = 16;
    let digits: Vec<u8> = line.iter().copied().take_while(u8::is_ascii_hexdigit).collect();
    // Zeros in front without end would reach beyond what is looked at.
    if digits.len() > MOST_DIGITS {
        return Err(Refused);
    }
    let size = std::str::from_utf8(&digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
    Ok(match size {
        None => Place::Lost,
        Some(0) => Place::Trailers,
        Some(size) => Place::Chunk(size.saturating_add(2)),
    })
}
