//! The text format of Prometheus (version 0.0.4).

use std::fmt::Write as _;

use crate::logs::DurationsRead;

/// A document of metrics, one family after the other.
#[derive(Default)]
pub(super) struct Exposition {
    text: String,
}

/// What the numbers of a family do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// They only grow.
    Counter,
    /// They come and go.
    Gauge,
    /// They are counted by size.
    Histogram,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Exposition {
    /// Begins a family; its samples follow.
    pub(super) fn family(&mut self, name: &str, kind: Kind, help: &str) {
        // Writing into a text cannot fail.
        let _written = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {}", kind.as_str());
    }

    /// One sample.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.text.push_str(name);
        for (position, (label, word)) in labels.iter().enumerate() {
            let before = if position == 0 { '{' } else { ',' };
            let _written = write!(self.text, "{before}{label}=\"");
            for character in word.chars() {
                match character {
                    '\\' => self.text.push_str("\\\\"),
                    '"' => self.text.push_str("\\\""),
                    '\n' => self.text.push_str("\\n"),
                    character => self.text.push(character),
                }
            }
            self.text.push('"');
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        let _written = writeln!(self.text, " {value}");
    }

    /// A family of one number.
    pub(super) fn single(&mut self, name: &str, kind: Kind, help: &str, value: impl std::fmt::Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    /// The classes of a histogram, their number and their sum.
    pub(super) fn durations(&mut self, name: &str, labels: &[(&str, &str)], read: &DurationsRead) {
        let bucket = format!("{name}_bucket");
        let infinite = std::iter::once(("+Inf", read.count));
        for (end, number) in read.classes.iter().copied().chain(infinite) {
            let mut labels = labels.to_vec();
            labels.push(("le", end));
            self.sample(&bucket, &labels, number);
        }
        self.sample(&format!("{name}_sum"), labels, read.seconds);
        self.sample(&format!("{name}_count"), labels, read.count);
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}
