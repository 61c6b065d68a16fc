//! The records of a CSV file, in bounded memory whatever the file holds.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::error::ImportError;
use super::input::Chunks;

/// The most bytes of a record: the longest of the register has 2,000.
const MAX_RECORD_BYTES: usize = 64 * 1024;
/// The most fields of a record: the register's have 54.
const MAX_FIELDS: usize = 256;

/// How much of a record that is a line is looked at before it is asked whether it still is one.
const LOOKED_AT_ONCE: usize = 4 * 1024;

/// What comes next.
pub(in crate::directory) enum Next<'a> {
    /// A record.
    Record(Record<'a>),
    /// Something without an end, up to a line that may be one again.
    TooLong {
        /// In which line it begins.
        line: u64,
    },
}

/// The fields of a record.
#[derive(Clone, Copy)]
pub(in crate::directory) struct Record<'a> {
    /// The line in which it begins; the first is 1.
    pub(in crate::directory) line: u64,
    bytes: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Record<'a> {
    /// How many fields there are.
    pub(in crate::directory) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A field; `None` where there is none.
    pub(in crate::directory) fn get(&self, index: usize) -> Option<&'a [u8]> {
        self.bytes.get(range(self.ends, index)?)
    }

    /// The same as text; `None` where it is none.
    pub(in crate::directory) fn text(&self) -> Option<TextRecord<'a>> {
        std::str::from_utf8(self.bytes).ok().map(|text| TextRecord { text, ends: self.ends })
    }
}

/// The fields of a record that is text.
#[derive(Clone, Copy)]
pub(in crate::directory) struct TextRecord<'a> {
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> TextRecord<'a> {
    /// A field; `None` where there is none.
    pub(in crate::directory) fn get(&self, index: usize) -> Option<&'a str> {
        self.text.get(range(self.ends, index)?)
    }
}

fn range(ends: &[usize], index: usize) -> Option<std::ops::Range<usize>> {
    let end = *ends.get(index)?;
    let start = match index.checked_sub(1) {
        Some(before) => *ends.get(before)?,
        None => 0,
    };
    Some(start..end)
}

/// Reads one record after the other.
pub(in crate::directory) struct Records<'a> {
    chunks: &'a mut Chunks,
    chunk: Vec<u8>,
    at: usize,
    has_ended: bool,
    /// How many bytes were looked at.
    pub(in crate::directory) read_bytes: u64,
    core: Reader,
    fields: Vec<u8>,
    ends: Vec<usize>,
    /// The most bytes that are looked at before it is asked whether the record goes over the end of its line; `None` where
    /// records may.
    within_lines: Option<usize>,
    /// The byte before those at hand.
    byte_before: Option<u8>,
}

impl<'a> Records<'a> {
    /// The same for a file whose records are lines: a quotation mark without another one spoils its own line, and none of
    /// those behind it.
    pub(in crate::directory) fn of_lines(chunks: &'a mut Chunks) -> Result<Self, ImportError> {
        Ok(Self { within_lines: Some(LOOKED_AT_ONCE), ..Self::new(chunks)? })
    }

    /// Begins a file: skips its mark of byte order, and tells commas from semicolons by its first line.
    pub(in crate::directory) fn new(chunks: &'a mut Chunks) -> Result<Self, ImportError> {
        let chunk = chunks.next()?.unwrap_or_default();
        let at = if chunk.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let first_line = chunk.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |delimiter: u8| first_line.iter().filter(|byte| **byte == delimiter).count();
        let delimiter = if count(b';') > count(b',') { b';' } else { b',' };
        let core = ReaderBuilder::new().delimiter(delimiter).build();
        Ok(Self {
            chunks,
            chunk,
            at,
            has_ended: false,
            read_bytes: 0,
            core,
            fields: vec![0; MAX_RECORD_BYTES],
            ends: vec![0; MAX_FIELDS],
            within_lines: None,
            byte_before: None,
        })
    }

    /// The next record; `None` at the end of the file.
    pub(in crate::directory) fn next(&mut self) -> Result<Option<Next<'_>>, ImportError> {
        let (mut written, mut ended) = (0_usize, 0_usize);
        self.skip_line_ends()?;
        let line = self.core.line();
        let mut start = self.at;
        loop {
            if self.at >= self.chunk.len() && !self.has_ended {
                start = self.refill_behind(start)?;
            }
            let rest = self.chunk.get(self.at..).unwrap_or_default();
            let input = self.within_lines.and_then(|most| rest.get(..most)).unwrap_or(rest);
            let (Some(fields), Some(ends)) = (self.fields.get_mut(written..), self.ends.get_mut(ended..)) else {
                return self.resume(line).map(Some);
            };
            let is_at_end = input.is_empty();
            let (result, read, wrote, fields_ended) = self.core.read_record(input, fields, ends);
            self.at = self.at.saturating_add(read);
            written = written.saturating_add(wrote);
            ended = ended.saturating_add(fields_ended);
            if self.within_lines.is_some() && self.goes_over_its_line(start, line, is_at_end) {
                return Ok(Some(self.leave_line(start, line)));
            }
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => return self.resume(line).map(Some),
                ReadRecordResult::Record => {
                    let bytes = self.fields.get(..written).unwrap_or_default();
                    let ends = self.ends.get(..ended).unwrap_or_default();
                    return Ok(Some(Next::Record(Record { line, bytes, ends })));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// Whether the file ended with the record that was read last, and without an end of its line: what cannot be read is half of
    /// a record then.
    pub(in crate::directory) fn is_cut(&self) -> bool {
        let has_line_end = matches!(self.byte_before, Some(b'\n' | b'\r') | None);
        self.has_ended && self.at >= self.chunk.len() && !has_line_end
    }

    /// What is left of the end of the line before, and empty lines: the record begins in the line behind them.
    fn skip_line_ends(&mut self) -> Result<(), ImportError> {
        let mut line = self.core.line();
        loop {
            match self.chunk.get(self.at) {
                Some(b'\n') => line = line.saturating_add(1),
                Some(b'\r') => {}
                Some(_) => break,
                None if self.has_ended => break,
                None => {
                    self.refill()?;
                    continue;
                }
            }
            self.at = self.at.saturating_add(1);
        }
        self.core.set_line(line);
        Ok(())
    }

    /// Whether what was read of the record, from its start, has an end of a line within it: where the file ends, and the record
    /// had not, the last one too.
    fn goes_over_its_line(&self, start: usize, line: u64, is_at_end: bool) -> bool {
        let ends_with_one = !is_at_end && self.at > start && self.chunk.get(self.at.saturating_sub(1)) == Some(&b'\n');
        self.core.line().saturating_sub(line) > u64::from(ends_with_one)
    }

    /// Goes on in the line behind that in which the record began.
    fn leave_line(&mut self, start: usize, line: u64) -> Next<'_> {
        let read = self.chunk.get(start..).unwrap_or_default();
        let end = read.iter().position(|byte| *byte == b'\n').unwrap_or(read.len());
        self.at = start.saturating_add(end).saturating_add(1).min(self.chunk.len());
        self.core.reset();
        self.core.set_line(line.saturating_add(1));
        Next::TooLong { line }
    }

    /// The next chunk, behind what was read of the record where one may have to go back in it; where the record starts then.
    fn refill_behind(&mut self, start: usize) -> Result<usize, ImportError> {
        let kept = match self.within_lines {
            Some(_) => self.chunk.get(start..).unwrap_or_default().to_vec(),
            None => Vec::new(),
        };
        self.refill()?;
        let length = u64::try_from(kept.len()).unwrap_or(u64::MAX);
        self.read_bytes = self.read_bytes.saturating_sub(length);
        self.at = kept.len();
        if !kept.is_empty() {
            self.chunk.splice(..0, kept);
        }
        Ok(0)
    }

    fn refill(&mut self) -> Result<(), ImportError> {
        let length = u64::try_from(self.chunk.len()).unwrap_or(u64::MAX);
        self.read_bytes = self.read_bytes.saturating_add(length);
        match self.chunks.next()? {
            Some(chunk) => self.chunk = chunk,
            None => {
                self.byte_before = self.chunk.last().copied().or(self.byte_before);
                self.chunk.clear();
                self.has_ended = true;
            }
        }
        self.at = 0;
        Ok(())
    }

    /// Goes on behind the next end of a line, as if what came before had ended there.
    fn resume(&mut self, line: u64) -> Result<Next<'_>, ImportError> {
        let here = self.core.line();
        loop {
            let rest = self.chunk.get(self.at..).unwrap_or_default();
            if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                self.at = self.at.saturating_add(end).saturating_add(1);
                break;
            }
            if self.has_ended {
                break;
            }
            self.refill()?;
        }
        self.core.reset();
        self.core.set_line(here.saturating_add(1));
        Ok(Next::TooLong { line })
    }
}
