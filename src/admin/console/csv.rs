//! Lists of the console as files for spreadsheets: a mark of UTF-8, semicolons, every cell between quotation marks.
//!
//! What people wrote stands in cells, and is no formula in any of them (SEC-151).

use crate::web::{Error, HeaderValue, Response, header};

/// The most rows of a file; where there are more, its answer says where it goes on.
pub(super) const MOST_ROWS: usize = 5_000;

/// A file that is being written.
pub(super) struct Csv {
    text: String,
    rows: usize,
}

impl Csv {
    /// With these columns.
    pub(super) fn new(columns: &[&str]) -> Self {
        let mut file = Self { text: String::from("\u{feff}"), rows: 0 };
        file.line(columns.iter().copied());
        file
    }

    /// One more row; nothing is an empty cell.
    pub(super) fn row<'a>(&mut self, cells: impl IntoIterator<Item = Option<&'a str>>) {
        self.line(cells.into_iter().map(Option::unwrap_or_default));
        self.rows = self.rows.saturating_add(1);
    }

    /// How many rows it has.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// How many rows it takes yet.
    pub(super) fn room(&self) -> usize {
        MOST_ROWS.saturating_sub(self.rows)
    }

    fn line<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        for (position, cell) in cells.enumerate() {
            self.text.push_str(if position == 0 { "\"" } else { ";\"" });
            if is_formula(cell) {
                self.text.push('\'');
            }
            self.text.push_str(&cell.replace('"', "\"\""));
            self.text.push('"');
        }
        self.text.push_str("\r\n");
    }

    /// The answer that hands it out under a name; `next` is where the list goes on.
    pub(super) fn into_response(self, name: &str, next: Option<String>) -> Result<Response, Error> {
        let mut response = Response::new(self.text.into());
        let value = |text: String| HeaderValue::from_str(&text).map_err(Error::internal);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
        headers.insert(header::CONTENT_DISPOSITION, value(format!("attachment; filename=\"{name}.csv\""))?);
        if let Some(next) = next {
            headers.insert(header::LINK, value(format!("<{next}>; rel=\"next\""))?);
        }
        Ok(response)
    }
}

/// Whether a spreadsheet would compute what stands in a cell.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A SIRET as people read it: a spreadsheet takes fourteen digits for a number, and shows a rounded one.
pub(super) fn grouped(siret: &str) -> String {
    let mut grouped = String::with_capacity(siret.len().saturating_add(3));
    for (position, digit) in siret.chars().enumerate() {
        if matches!(position, 3 | 6 | 9) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// Yes or no, as the interchange formats of the program say it.
pub(super) fn word_of(yes: bool) -> &'static str {
    if yes { "true" } else { "false" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_151_no_cell_is_a_formula_or_ends_before_its_quotation_mark() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("+33 1", "'+33 1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("a=1", "a=1"),
            ("", ""),
            ("\"; =1\r\nb", "\"\"; =1\r\nb"),
        ] {
            let mut file = Csv::new(&["a"]);
            file.row([Some(cell), None]);
            assert_eq!(file.text, format!("\u{feff}\"a\"\r\n\"{written}\";\"\"\r\n"));
        }
    }
}
