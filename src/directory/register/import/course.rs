//! How far an import is as a whole, whatever step it is at, told in bytes of its files.

use super::report::{Progress, Step};

/// The course of an import from the first line of its first file to the last name. To index the names of establishments takes
/// about as long as to read them: of each file of them, as much as is kept of it.
pub(in crate::directory) struct Course<'a> {
    /// Size of the files.
    files: u64,
    /// What of that is read.
    read: u64,
    /// What the names count for.
    names: u64,
    watch: &'a mut dyn FnMut(Progress),
}

impl<'a> Course<'a> {
    /// Before anything is read of files of these sizes; `named` is that of those whose names are indexed.
    pub(in crate::directory) fn begin(files: u64, named: u64, watch: &'a mut dyn FnMut(Progress)) -> Self {
        Self { files, read: 0, names: named, watch }
    }

    /// So many bytes of the file that is being read, and so many of its lines, are read.
    pub(in crate::directory) fn tell(&mut self, step: Step, bytes: u64, rows: u64) {
        let (done, whole) = (self.read.saturating_add(bytes).min(self.files), self.whole());
        (self.watch)(Progress { step, done, whole, rows });
    }

    /// A file of this size, which was said before, is read.
    pub(in crate::directory) fn pass(&mut self, step: Step, size: u64, rows: u64) {
        self.read = self.read.saturating_add(size).min(self.files);
        self.tell(step, 0, rows);
    }

    /// Of a file of this size, whose names are indexed, no more than these of its lines are kept.
    pub(super) fn keep(&mut self, size: u64, kept: u64, lines: u64) {
        let left = lines.saturating_sub(kept);
        let spared = u128::from(size) * u128::from(left) / u128::from(lines.max(1));
        self.names = self.names.saturating_sub(u64::try_from(spared).unwrap_or(u64::MAX));
    }

    /// So many of the establishments are looked at, of so many.
    pub(super) fn index(&mut self, seen: u64, of: u64) {
        let indexed = u128::from(self.names) * u128::from(seen.min(of)) / u128::from(of.max(1));
        let done = self.files.saturating_add(u64::try_from(indexed).unwrap_or(u64::MAX));
        let whole = self.whole();
        (self.watch)(Progress { step: Step::Names, done, whole, rows: seen });
    }

    fn whole(&self) -> u64 {
        self.files.saturating_add(self.names)
    }
}
