//! The table: what was measured, what nothing could exceed, what is expected.

use std::time::Duration;

use super::load::Load;

/// One line.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) figure: String,
    pub(crate) p50: String,
    pub(crate) p99: String,
    /// Processor time of the server for one of what is counted.
    pub(crate) processor: String,
    pub(crate) ceiling: String,
    pub(crate) share: String,
    pub(crate) expected: String,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, figure: impl Into<String>) -> Self {
        Self { what: what.into(), figure: figure.into(), ..Self::default() }
    }

    #[must_use]
    pub(crate) fn expected(self, expected: impl Into<String>) -> Self {
        Self { expected: expected.into(), ..self }
    }

    #[must_use]
    pub(crate) fn with_latencies(self, load: &Load) -> Self {
        let processor = match load.processor {
            Duration::ZERO => String::new(),
            _ => format!("{:.0}", load.processor_micros()),
        };
        Self { p50: milliseconds(load.quantile(0.5)), p99: milliseconds(load.quantile(0.99)), processor, ..self }
    }

    #[must_use]
    pub(crate) fn beside(self, ceiling: impl Into<String>, share: f64) -> Self {
        Self { ceiling: ceiling.into(), share: format!("{:.0} %", share * 100.0), ..self }
    }

    fn cells(&self) -> [&str; 8] {
        [&self.what, &self.figure, &self.p50, &self.p99, &self.processor, &self.ceiling, &self.share, &self.expected]
    }
}

/// Rows in the order in which they were measured; each is told on standard error as it comes.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    pub(crate) fn add(&mut self, row: Row) {
        eprintln!("{}", row.cells().join(" | "));
        self.rows.push(row);
    }

    pub(crate) fn print(&self) {
        let head = ["measured", "figure", "p50 ms", "p99 ms", "CPU µs each", "ceiling", "share", "expected"];
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row.cells()[column]).chain([head[column]]);
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let line = |cells: [&str; 8]| {
            let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            println!("| {} |", padded.collect::<Vec<_>>().join(" | "));
        };
        line(head);
        println!("|{}", widths.iter().map(|width| format!("{}|", "-".repeat(width + 2))).collect::<String>());
        self.rows.iter().for_each(|row| line(row.cells()));
    }
}

pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

pub(crate) fn per_second(rate: f64) -> String {
    if rate < 1000.0 { format!("{rate:.1}/s") } else { format!("{rate:.0}/s") }
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
