//! A database looked at without a byte of it being changed: what the engine writes stays in memory.
//!
//! The engine writes at every opening, and repairs what a crash left. Behind an overlay it does so for itself alone: the
//! header of a strange database can be read, a damaged one checked, and a full disk goes on serving reads.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

const PAGE: u64 = 4096;

/// What lies beneath is only read.
#[derive(Debug)]
pub(super) struct Overlay<B> {
    beneath: B,
    over: Mutex<Over>,
}

#[derive(Debug)]
struct Over {
    len: u64,
    /// How much of what lies beneath shows through: no more than the shortest length that was set.
    beneath_len: u64,
    pages: BTreeMap<u64, Box<[u8]>>,
}

impl<B: StorageBackend> Overlay<B> {
    pub(super) fn new(beneath: B) -> io::Result<Self> {
        let len = beneath.len()?;
        Ok(Self { beneath, over: Mutex::new(Over { len, beneath_len: len, pages: BTreeMap::new() }) })
    }

    fn over(&self) -> MutexGuard<'_, Over> {
        self.over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The page that begins at `start`, as it shows.
    fn page(&self, over: &Over, start: u64) -> io::Result<Box<[u8]>> {
        if let Some(page) = over.pages.get(&start) {
            return Ok(page.clone());
        }
        let mut page = vec![0; page_bytes()].into_boxed_slice();
        let shown = over.beneath_len.saturating_sub(start).min(PAGE);
        if let Some(part) = page.get_mut(..usize::try_from(shown).unwrap_or(0)).filter(|part| !part.is_empty()) {
            self.beneath.read(start, part)?;
        }
        Ok(page)
    }
}

fn page_bytes() -> usize {
    usize::try_from(PAGE).unwrap_or(usize::MAX)
}

/// The pieces of a range of bytes, page by page: the page's start, and the range within it.
fn pieces(offset: u64, length: usize) -> impl Iterator<Item = (u64, std::ops::Range<usize>)> {
    let end = offset.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
    let first = offset - offset % PAGE;
    (first..end).step_by(page_bytes()).map(move |start| {
        let from = usize::try_from(offset.saturating_sub(start)).unwrap_or(0);
        let to = usize::try_from(end.saturating_sub(start).min(PAGE)).unwrap_or(0);
        (start, from..to)
    })
}

impl<B: StorageBackend> StorageBackend for Overlay<B> {
    fn len(&self) -> io::Result<u64> {
        Ok(self.over().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let over = self.over();
        let end = offset.saturating_add(u64::try_from(out.len()).unwrap_or(u64::MAX));
        if end > over.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut rest = out;
        for (start, range) in pieces(offset, rest.len()).collect::<Vec<_>>() {
            let page = self.page(&over, start)?;
            let Some((now, later)) = rest.split_at_mut_checked(range.len()) else { break };
            now.copy_from_slice(page.get(range).unwrap_or_default());
            rest = later;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut over = self.over();
        over.len = len;
        over.beneath_len = over.beneath_len.min(len);
        over.pages.retain(|start, _| *start < len);
        if let Some(last) = over.pages.get_mut(&(len - len % PAGE))
            && let Some(gone) = last.get_mut(usize::try_from(len % PAGE).unwrap_or(0)..)
        {
            gone.fill(0);
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut over = self.over();
        let mut rest = data;
        for (start, range) in pieces(offset, data.len()) {
            let mut page = self.page(&over, start)?;
            let Some((now, later)) = rest.split_at_checked(range.len()) else { break };
            if let Some(place) = page.get_mut(range) {
                place.copy_from_slice(now);
            }
            over.pages.insert(start, page);
            rest = later;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use redb::backends::InMemoryBackend;

    use super::*;

    fn filled(len: usize) -> InMemoryBackend {
        let memory = InMemoryBackend::new();
        memory.set_len(len as u64).unwrap();
        let bytes: Vec<u8> = (0..len).map(|place| (place % 251) as u8 + 1).collect();
        memory.write(0, &bytes).unwrap();
        memory
    }

    fn content(backend: &impl StorageBackend) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(backend.len().unwrap()).unwrap()];
        backend.read(0, &mut bytes).unwrap();
        bytes
    }

    proptest! {
        #[test]
        fn an_overlay_shows_what_a_copy_would_and_leaves_the_original(
            len in 0_usize..20_000,
            acts in proptest::collection::vec((any::<bool>(), 0_usize..25_000, 1_usize..9_000, any::<u8>()), 0..12),
        ) {
            let (copy, overlay) = (filled(len), Overlay::new(filled(len)).unwrap());
            for (is_write, offset, length, byte) in acts {
                let known = usize::try_from(copy.len().unwrap()).unwrap();
                match is_write {
                    true if offset + length <= known => {
                        copy.write(offset as u64, &vec![byte; length]).unwrap();
                        overlay.write(offset as u64, &vec![byte; length]).unwrap();
                    }
                    true => {}
                    false => {
                        copy.set_len(offset as u64).unwrap();
                        overlay.set_len(offset as u64).unwrap();
                    }
                }
                prop_assert_eq!(content(&copy), content(&overlay));
            }
            prop_assert_eq!(content(&overlay.beneath), content(&filled(len)));
        }
    }
}
