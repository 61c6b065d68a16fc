//! The rows of a file that somebody else wrote, one after the other: CSV by the names of its columns, or JSON lines. No row
//! takes more memory than its bound, and one that cannot be read is told with its line while the others are (SEC-150).

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde_json::{Map, Value};

use crate::cli::Ending;

/// The most bytes of a row.
const MAX_ROW: usize = 64 * 1024;

/// A row, or why it is none.
#[derive(Debug, PartialEq)]
pub(in crate::cli) struct Row {
    /// The line that it begins in, from 1.
    pub(in crate::cli) line: u64,
    /// Its fields by name; of CSV texts, and none for what is empty.
    pub(in crate::cli) fields: Result<Map<String, Value>, &'static str>,
}

/// The fields of a record of CSV, or why it is none.
type Record = Result<Vec<Vec<u8>>, &'static str>;

enum Form {
    JsonLines,
    Csv { columns: Vec<String>, delimiter: u8 },
}

/// The rows of a file.
pub(in crate::cli) struct Rows<R> {
    input: R,
    form: Form,
    /// The line that comes next.
    line: u64,
}

impl Rows<BufReader<File>> {
    /// Opens a file, and reads the names of its columns.
    ///
    /// # Errors
    /// When there is none, or it begins with something else than either form.
    pub(in crate::cli) fn open(path: &Path) -> Result<Self, Ending> {
        let said = |cause: &dyn std::fmt::Display| Ending::refused(format!("{}: {cause}", path.display()));
        let file = File::open(path).map_err(|cause| said(&cause))?;
        Self::begin(BufReader::new(file)).map_err(|cause| said(&cause))
    }

    /// The same of a table that names one of the columns `wanted`, and none that is not `known` where these are all.
    ///
    /// # Errors
    /// As well when its first line names other columns, or is a row already.
    pub(in crate::cli) fn open_with(path: &Path, wanted: &[&str], known: Option<&[&str]>) -> Result<Self, Ending> {
        let named = |reason| Ending::refused(format!("{}: {reason}", path.display()));
        Self::open(path)?.expect(wanted, known).map_err(named)
    }
}

impl<R: BufRead> Rows<R> {
    fn expect(self, wanted: &[&str], known: Option<&[&str]>) -> Result<Self, String> {
        let Form::Csv { columns, .. } = &self.form else { return Ok(self) };
        let is_wanted = columns.iter().any(|column| wanted.contains(&column.as_str()));
        let is_foreign = |column: &&String| known.is_some_and(|known| !known.contains(&column.as_str()));
        match (columns.iter().find(is_foreign), is_wanted) {
            (None, true) => Ok(self),
            (Some(column), true) => {
                let known = known.unwrap_or(wanted).join(", ");
                Err(format!("line 1: no column {column} is expected: {known}"))
            }
            (_, false) => {
                let wanted = wanted.first().copied().unwrap_or_default();
                Err(format!("line 1: a column {wanted} is expected: the first line holds the names of the columns"))
            }
        }
    }

    fn begin(mut input: R) -> io::Result<Self> {
        const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
        if input.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
            input.consume(BYTE_ORDER_MARK.len());
        }
        if input.fill_buf()?.first() == Some(&b'{') {
            return Ok(Self { input, form: Form::JsonLines, line: 1 });
        }
        let mut rows = Self { input, form: Form::JsonLines, line: 1 };
        let head = match rows.next_line()? {
            Some(Ok(head)) => head,
            Some(Err(reason)) => return Err(io::Error::other(format!("line 1: {reason}"))),
            None => return Err(io::Error::other("the file is empty")),
        };
        let count = |delimiter: u8| head.iter().filter(|byte| **byte == delimiter).count();
        let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|delimiter| (count(*delimiter), *delimiter == b','));
        let delimiter = delimiter.unwrap_or(b',');
        let named = Scan::new(delimiter).whole(&head).and_then(texts).map_err(io::Error::other)?;
        let columns: Vec<String> = named.iter().map(|name| name.trim().to_lowercase()).collect();
        let is_doubled = (1..columns.len()).any(|at| {
            columns.get(..at).is_some_and(|before| columns.get(at).is_some_and(|name| before.contains(name)))
        });
        if is_doubled || columns.iter().any(String::is_empty) {
            return Err(io::Error::other("line 1: each column needs a name of its own"));
        }
        Ok(Self { form: Form::Csv { columns, delimiter }, ..rows })
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(in crate::cli) fn next(&mut self) -> io::Result<Option<Row>> {
        let line = self.line;
        let fields = match &self.form {
            Form::JsonLines => match self.next_line()? {
                None => return Ok(None),
                Some(found) => found.and_then(|line| document(&line)),
            },
            Form::Csv { columns, delimiter } => {
                let (columns, mut scan) = (columns.clone(), Scan::new(*delimiter));
                match self.record(&mut scan)? {
                    None => return Ok(None),
                    Some(record) => record.and_then(texts).and_then(|texts| named(&columns, texts)),
                }
            }
        };
        Ok(Some(Row { line, fields }))
    }

    /// A line without its end; one that is too long is passed over.
    fn next_line(&mut self) -> io::Result<Option<Result<Vec<u8>, &'static str>>> {
        let (mut found, mut has_any, mut is_long) = (Vec::new(), false, false);
        loop {
            let piece = self.input.fill_buf()?;
            if piece.is_empty() {
                break;
            }
            has_any = true;
            let end = piece.iter().position(|byte| *byte == b'\n');
            let taken = piece.get(..end.unwrap_or(piece.len())).unwrap_or_default();
            is_long |= found.len().saturating_add(taken.len()) > MAX_ROW;
            if !is_long {
                found.extend_from_slice(taken);
            }
            let consumed = taken.len().saturating_add(usize::from(end.is_some()));
            self.input.consume(consumed);
            if end.is_some() {
                break;
            }
        }
        if !has_any {
            return Ok(None);
        }
        self.line = self.line.saturating_add(1);
        if found.last() == Some(&b'\r') {
            found.pop();
        }
        Ok(Some(if is_long { Err("the row is longer than 64 KiB") } else { Ok(found) }))
    }

    /// A record of CSV, which may hold ends of lines between quotes.
    fn record(&mut self, scan: &mut Scan) -> io::Result<Option<Record>> {
        let Some(mut line) = self.next_line()? else { return Ok(None) };
        loop {
            match line {
                Ok(line) => scan.take(&line),
                Err(reason) => return Ok(Some(Err(reason))),
            }
            if !scan.is_open() {
                return Ok(Some(scan.end()));
            }
            if scan.bytes > MAX_ROW {
                return Ok(Some(Err("the row is longer than 64 KiB")));
            }
            scan.put(b'\n');
            line = match self.next_line()? {
                Some(line) => line,
                None => return Ok(Some(Err("a quote is not closed"))),
            };
        }
    }
}

/// Where one is within a record.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    FieldBegins,
    Plain,
    Quoted,
    AfterQuote,
}

/// RFC 4180, one line after the other.
struct Scan {
    delimiter: u8,
    place: Place,
    fields: Vec<Vec<u8>>,
    bytes: usize,
    is_misquoted: bool,
}

impl Scan {
    fn new(delimiter: u8) -> Self {
        Self { delimiter, place: Place::FieldBegins, fields: vec![Vec::new()], bytes: 0, is_misquoted: false }
    }

    fn whole(mut self, line: &[u8]) -> Record {
        self.take(line);
        self.end()
    }

    fn is_open(&self) -> bool {
        self.place == Place::Quoted
    }

    fn put(&mut self, byte: u8) {
        self.bytes = self.bytes.saturating_add(1);
        if let Some(field) = self.fields.last_mut() {
            field.push(byte);
        }
    }

    fn take(&mut self, line: &[u8]) {
        for byte in line {
            let is_delimiter = *byte == self.delimiter;
            self.place = match (self.place, *byte) {
                (Place::Quoted, b'"') => Place::AfterQuote,
                (Place::FieldBegins, b'"') => Place::Quoted,
                (Place::AfterQuote, b'"') => {
                    self.put(b'"');
                    Place::Quoted
                }
                (Place::FieldBegins | Place::Plain | Place::AfterQuote, _) if is_delimiter => {
                    self.fields.push(Vec::new());
                    Place::FieldBegins
                }
                (Place::AfterQuote, _) => {
                    self.is_misquoted = true;
                    Place::AfterQuote
                }
                (Place::FieldBegins | Place::Plain, _) => {
                    self.put(*byte);
                    Place::Plain
                }
                (Place::Quoted, _) => {
                    self.put(*byte);
                    Place::Quoted
                }
            };
        }
    }

    fn end(&mut self) -> Record {
        if self.is_open() {
            return Err("a quote is not closed");
        }
        if self.is_misquoted {
            return Err("something follows a closing quote");
        }
        Ok(std::mem::take(&mut self.fields))
    }
}

fn texts(fields: Vec<Vec<u8>>) -> Result<Vec<String>, &'static str> {
    let texts = fields.into_iter().map(String::from_utf8).collect::<Result<Vec<_>, _>>();
    texts.map_err(|_| "the row is not UTF-8")
}

fn named(columns: &[String], texts: Vec<String>) -> Result<Map<String, Value>, &'static str> {
    if texts.len() != columns.len() {
        return Err("the row has more or fewer fields than there are columns");
    }
    let pairs = columns.iter().cloned().zip(texts).map(|(name, text)| (name, text.trim().to_owned()));
    Ok(pairs.filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, Value::from(text))).collect())
}

fn document(line: &[u8]) -> Result<Map<String, Value>, &'static str> {
    match serde_json::from_slice(line) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) | Err(_) => Err("a JSON object is expected on each line"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sec_152_no_file_of_rows_panics_and_each_row_is_told_with_its_line(
            head in proptest::sample::select(&["siret,label\n", "a;b;c\r\n", "{", "\u{feff}a\tb\n", ""][..]),
            bytes in proptest::collection::vec(
                prop_oneof![any::<u8>(), proptest::sample::select(&b"\"\n\r,;\t{}[]:\\"[..])], 0..600
            ),
        ) {
            let text = [head.as_bytes(), &bytes].concat();
            match Rows::begin(text.as_slice()) {
                Err(cause) => prop_assert!(!cause.to_string().is_empty()),
                Ok(mut rows) => {
                    let mut last = 0;
                    while let Some(Row { line, fields }) = rows.next().unwrap() {
                        prop_assert!(line > last, "{line} comes after {last}");
                        last = line;
                        prop_assert!(fields.map_or_else(|reason| !reason.is_empty(), |_| true));
                    }
                }
            }
        }
    }

    fn read(text: &[u8]) -> Vec<(u64, Result<String, &'static str>)> {
        let mut rows = Rows::begin(text).unwrap();
        let mut found = Vec::new();
        while let Some(Row { line, fields }) = rows.next().unwrap() {
            found.push((line, fields.map(|fields| Value::Object(fields).to_string())));
        }
        found
    }

    fn ok(text: &str) -> Result<String, &'static str> {
        Ok(text.to_owned())
    }

    #[test]
    fn csv_is_read_by_the_names_of_its_columns_whatever_divides_them() {
        for text in ["a,b\r\n1,2\r\n", "A; b\n1;2", "\u{feff}a\tb\n1\t2\n"] {
            assert_eq!(read(text.as_bytes()), [(2, ok(r#"{"a":"1","b":"2"}"#))], "{text:?}");
        }
        let quoted = "a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\n,3\n";
        let expected = [(2, ok(r#"{"a":"x, \"y\"","b":"two\nlines"}"#)), (4, ok(r#"{"b":"3"}"#))];
        assert_eq!(read(quoted.as_bytes()), expected);
    }

    #[test]
    fn sec_150_a_row_that_cannot_be_read_is_told_with_its_line_and_the_others_are_read() {
        let mut text = b"a,b\n1\n\xff,2\n\"x\"y,2\n3,4\n".to_vec();
        text.extend(vec![b'x'; 3 * MAX_ROW]);
        text.extend(b"\n5,6\n\"open");
        let told: Vec<(u64, String)> =
            read(&text).into_iter().map(|(line, found)| (line, found.unwrap_or_else(str::to_owned))).collect();
        let words = ["fewer fields", "UTF-8", "closing quote", "\"3\"", "64 KiB", "\"5\"", "not closed"];
        assert_eq!(told.len(), words.len(), "{told:?}");
        for ((at, (line, said)), word) in told.iter().enumerate().zip(words) {
            assert!(*line == at as u64 + 2 && said.contains(word), "{line} {said} {word}");
        }
        for head in ["", "a,a\n1,2\n", "a,\n1,2\n"] {
            assert!(Rows::begin(head.as_bytes()).is_err(), "{head:?}");
        }
    }

    #[test]
    fn sec_149_json_lines_are_one_object_each_and_nesting_is_bounded() {
        let nested = "[".repeat(100_000);
        let text = format!("{{\"a\": 1}}\nnothing\n{{\"a\": {nested}\n[1]\n");
        let found = read(text.as_bytes());
        assert_eq!(found[0], (1, ok(r#"{"a":1}"#)));
        assert!(found[1..].iter().all(|(_, fields)| fields.is_err()) && found.len() == 4);
    }
}
