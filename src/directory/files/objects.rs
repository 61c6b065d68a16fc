//! The objects of a JSON file, one after the other, in bounded memory whatever the file holds: those of a list, or of the list
//! that an object has as `service` or `results`.

use super::error::ImportError;
use super::input::Chunks;

/// The most bytes of one object: the longest of the public directories have 30,000.
const MAX_OBJECT_BYTES: usize = 1024 * 1024;
/// The members under which a file has its list.
const LISTS: [&[u8]; 2] = [b"service", b"results"];
/// The most bytes of the name of a member that are looked at.
const MAX_NAME_BYTES: usize = 32;

/// What comes next.
pub(in crate::directory) enum NextObject<'a> {
    /// An element of the list: an object, or whatever stands in the place of one.
    Object {
        /// In which line it begins.
        line: u64,
        /// It.
        bytes: &'a [u8],
    },
    /// An element that is too long for one.
    TooLong {
        /// In which line it begins.
        line: u64,
    },
}

/// Reads one element after the other.
pub(in crate::directory) struct Objects<'a> {
    file: &'a str,
    chunks: &'a mut Chunks,
    chunk: Vec<u8>,
    at: usize,
    line: u64,
    element: Vec<u8>,
    /// How many bytes were looked at.
    pub(in crate::directory) read_bytes: u64,
}

impl<'a> Objects<'a> {
    /// Goes to the beginning of the list; `None` where there is none.
    pub(in crate::directory) fn begin(file: &'a str, chunks: &'a mut Chunks) -> Result<Option<Self>, ImportError> {
        let (chunk, element) = (Vec::new(), Vec::new());
        let mut objects = Self { file, chunks, chunk, at: 0, line: 1, element, read_bytes: 0 };
        let has_list = match objects.first()? {
            Some(b'[') => true,
            Some(b'{') => objects.find_list()?,
            Some(_) | None => false,
        };
        Ok(has_list.then_some(objects))
    }

    /// The next element; `None` at the end of the list.
    pub(in crate::directory) fn next(&mut self) -> Result<Option<NextObject<'_>>, ImportError> {
        let first = loop {
            match self.byte()? {
                Some(byte) if byte.is_ascii_whitespace() || byte == b',' => {}
                Some(b']') => return Ok(None),
                Some(byte) => break byte,
                None => return Err(self.cut()),
            }
        };
        let line = self.line;
        self.element.clear();
        let mut walk = Walk::default();
        let (mut byte, is_closed) = (first, matches!(first, b'{' | b'[' | b'"'));
        loop {
            if !is_closed && matches!(byte, b',' | b']') {
                // It belongs to the list.
                self.at = self.at.saturating_sub(1);
                break;
            }
            // One byte more than there may be tells that it is too long.
            if self.element.len() <= MAX_OBJECT_BYTES {
                self.element.push(byte);
            }
            walk.step(byte);
            if is_closed && walk.is_outside() {
                break;
            }
            byte = self.byte()?.ok_or_else(|| self.cut())?;
        }
        Ok(Some(match self.element.len() > MAX_OBJECT_BYTES {
            true => NextObject::TooLong { line },
            false => NextObject::Object { line, bytes: &self.element },
        }))
    }

    /// The first byte that says something.
    fn first(&mut self) -> Result<Option<u8>, ImportError> {
        loop {
            match self.byte()? {
                // The mark of byte order.
                Some(0xef | 0xbb | 0xbf) => {}
                Some(byte) if byte.is_ascii_whitespace() => {}
                found => return Ok(found),
            }
        }
    }

    /// Goes to the list that the object at hand has.
    fn find_list(&mut self) -> Result<bool, ImportError> {
        let (mut walk, mut name) = (Walk { depth: 1, ..Walk::default() }, Vec::new());
        while let Some(byte) = self.byte()? {
            match byte {
                b'[' if walk.is_between(1) && LISTS.contains(&name.as_slice()) => return Ok(true),
                b'"' if walk.is_between(1) => name.clear(),
                b'"' => {}
                byte if walk.is_in_string && walk.depth == 1 && name.len() < MAX_NAME_BYTES => name.push(byte),
                _ => {}
            }
            walk.step(byte);
            if walk.is_outside() {
                break;
            }
        }
        Ok(false)
    }

    fn byte(&mut self) -> Result<Option<u8>, ImportError> {
        while self.at >= self.chunk.len() {
            self.read_bytes = self.read_bytes.saturating_add(u64::try_from(self.chunk.len()).unwrap_or(u64::MAX));
            match self.chunks.next()? {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(None),
            }
            self.at = 0;
        }
        let byte = self.chunk.get(self.at).copied();
        self.at = self.at.saturating_add(1);
        if byte == Some(b'\n') {
            self.line = self.line.saturating_add(1);
        }
        Ok(byte)
    }

    fn cut(&self) -> ImportError {
        ImportError::Cut { file: self.file.to_owned(), line: self.line }
    }
}

/// Where in nested values one is.
#[derive(Debug, Default)]
struct Walk {
    depth: u32,
    is_in_string: bool,
    is_escaped: bool,
}

impl Walk {
    fn step(&mut self, byte: u8) {
        match (self.is_in_string, self.is_escaped, byte) {
            (true, true, _) => self.is_escaped = false,
            (true, false, b'\\') => self.is_escaped = true,
            (_, _, b'"') => self.is_in_string = !self.is_in_string,
            (false, _, b'{' | b'[') => self.depth = self.depth.saturating_add(1),
            (false, _, b'}' | b']') => self.depth = self.depth.saturating_sub(1),
            (_, _, _) => {}
        }
    }

    fn is_outside(&self) -> bool {
        self.depth == 0 && !self.is_in_string
    }

    fn is_between(&self, depth: u32) -> bool {
        self.depth == depth && !self.is_in_string
    }
}
