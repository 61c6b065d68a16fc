//! How far an import is as a whole, whatever step it is at, told in bytes of its files.

use super::report::{Progress, Step};

/// The course of an import from the first line of its first file to the last name. To index the names of establishments takes
/// about as long as to read them: of each file of them, as much as is kept of it.
pub(in crate::directory) struct Course<'a> {
    /// Size of the files: as they say, and once they are read, as they are.
    files: u64,
    /// What of that is read, of the files that were read to their end.
    read: u64,
    /// Size of the file that is being read: what was said, until it turns out to be longer.
    size: u64,
    /// What the names count for.
    names: u64,
    watch: &'a mut dyn FnMut(Progress),
}

impl<'a> Course<'a> {
    /// Before anything is read of files of these sizes; `named` is that of those whose names are indexed.
    pub(in crate::directory) fn begin(files: u64, named: u64, watch: &'a mut dyn FnMut(Progress)) -> Self {
        Self { files, read: 0, size: 0, names: named, watch }
    }

    /// A file is begun of which this size was said before.
    pub(in crate::directory) fn open(&mut self, size: u64) {
        self.size = size;
    }

    /// So many bytes of the file that is being read, and so many of its lines, are read.
    pub(in crate::directory) fn tell(&mut self, step: Step, bytes: u64, rows: u64) {
        if bytes > self.size {
            self.correct(bytes);
        }
        let (done, whole) = (self.read.saturating_add(bytes), self.whole());
        (self.watch)(Progress { step, done, whole, rows });
    }

    /// The file is read: it has so many bytes, whatever was said.
    pub(in crate::directory) fn pass(&mut self, step: Step, bytes: u64, rows: u64) {
        self.correct(bytes);
        self.read = self.read.saturating_add(bytes);
        self.size = 0;
        self.tell(step, 0, rows);
    }

    fn correct(&mut self, size: u64) {
        self.files = self.files.saturating_sub(self.size).saturating_add(size);
        self.size = size;
    }

    /// Of a file of which this size was said, whose names are indexed and which has so many bytes, no more than these of its
    /// lines are kept. Names never count for more than was said: whoever watches is not led back.
    pub(super) fn keep(&mut self, (said, bytes): (u64, u64), kept: u64, lines: u64) {
        let of_names = u128::from(said.min(bytes)) * u128::from(kept.min(lines)) / u128::from(lines.max(1));
        self.names = self.names.saturating_sub(said.saturating_sub(u64::try_from(of_names).unwrap_or(u64::MAX)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_150_whether_files_turn_out_longer_or_shorter_than_was_said_the_course_ends_where_they_do_and_never_goes_back()
     {
        // The bytes of two files of which 100 are said each: as many, five times as many, a tenth.
        for (first, second) in [(100, 100), (500, 500), (10, 10), (500, 10), (10, 500)] {
            let mut told = Vec::new();
            let mut watch = |progress: Progress| told.push((progress.done, progress.whole));
            let mut course = Course::begin(200, 100, &mut watch);
            for (step, bytes) in [(Step::Establishments, first), (Step::Entities, second)] {
                course.open(100);
                for tenth in 1..=10 {
                    course.tell(step, bytes / 10 * tenth, tenth);
                }
                if step == Step::Establishments {
                    course.keep((100, bytes), 5, 10);
                }
                course.pass(step, bytes, 10);
            }
            course.index(0, 5);
            course.index(5, 5);
            let is_ahead = |two: &[(u64, u64)]| two[0].0 * two[1].1 <= two[1].0 * two[0].1;
            assert!(told.windows(2).all(is_ahead) && told.iter().all(|(done, whole)| done <= whole), "{told:?}");
            let names = first.min(100) / 2;
            let all = first + second + names;
            assert_eq!(told[told.len() - 2..], [(first + second, all), (all, all)], "{told:?}");
        }
    }
}
