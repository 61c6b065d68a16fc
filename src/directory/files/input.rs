//! A file as it was published, zipped or not, read ahead of who looks at it and never further than it may go.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use flate2::read::MultiGzDecoder;
use zip_archive::ZipArchive;

use super::error::ImportError;

/// How much is read at a time.
const CHUNK_BYTES: usize = 1024 * 1024;
/// How many pieces wait to be looked at.
const CHUNKS_AHEAD: usize = 4;
/// How many times its size a file may unpack to; the register's unpack to six times theirs.
const MAX_RATIO: u64 = 200;
/// How many times its size a file of `gzip` is believed to unpack to: it does not say.
const LIKELY_RATIO: u64 = 5;
/// What a small one may unpack to in any case.
const SMALL_BYTES: u64 = 1024 * 1024;
/// What no file may exceed: five times the largest of the register.
const MAX_BYTES: u64 = 64 * 1024 * 1024 * 1024;
/// The first bytes of a zip archive.
const ZIP: &[u8; 4] = b"PK\x03\x04";
/// Those of a file that `gzip` made.
const GZIP: &[u8; 2] = b"\x1f\x8b";
/// Those of a file that `bzip2` made.
const BZIP2: &[u8; 3] = b"BZh";

/// The pieces of a file, one after the other.
pub(in crate::directory) struct Chunks {
    receiver: Receiver<Result<Vec<u8>, ImportError>>,
    /// One that was looked at before its turn.
    ahead: Option<Vec<u8>>,
    /// How many bytes came so far.
    pub(in crate::directory) bytes: u64,
}

impl Chunks {
    /// The next piece, which stays the next one; empty at the end.
    pub(in crate::directory) fn peek(&mut self) -> Result<&[u8], ImportError> {
        if self.ahead.is_none() {
            self.ahead = self.next()?;
        }
        Ok(self.ahead.as_deref().unwrap_or_default())
    }

    /// The next piece; `None` at the end.
    pub(in crate::directory) fn next(&mut self) -> Result<Option<Vec<u8>>, ImportError> {
        match self.ahead.take() {
            Some(ahead) => Ok(Some(ahead)),
            None => {
                let came = self.receiver.recv().ok().transpose()?;
                let length = came.as_ref().map_or(0, Vec::len);
                self.bytes = self.bytes.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
                Ok(came)
            }
        }
    }
}

/// Lets `look` see a file, unpacked where it is zipped, with the size that it is said to have, or likely has.
pub(in crate::directory) fn with_chunks<T>(
    path: &Path,
    look: impl FnOnce(&mut Chunks, u64) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    let name = path.display().to_string();
    let unreadable = |cause| ImportError::Unreadable { file: name.clone(), cause };
    let mut file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let mut first = [0; 4];
    let is_long = file.read_exact(&mut first).is_ok();
    let file = File::open(path).map_err(unreadable)?;
    let most = length.saturating_mul(MAX_RATIO).saturating_add(SMALL_BYTES).min(MAX_BYTES);
    let broken = |reason: String| ImportError::Archive { file: name.clone(), reason };
    match first {
        _ if is_long && first == *ZIP => {}
        _ if is_long && first.starts_with(GZIP) => {
            let likely = length.saturating_mul(LIKELY_RATIO).min(most);
            let unpacked = MultiGzDecoder::new(io::BufReader::new(file));
            return read_ahead(name.clone(), unpacked, most, |chunks| look(chunks, likely));
        }
        _ if is_long && first.starts_with(BZIP2) => {
            return Err(broken(String::from("unpack it first, with `tar -xjf`, and give the CSV or JSON files in it")));
        }
        _ => return read_ahead(name.clone(), file, MAX_BYTES, |chunks| look(chunks, length)),
    }
    let mut archive = ZipArchive::new(io::BufReader::new(file)).map_err(|cause| broken(cause.to_string()))?;
    let index = match archive.len() {
        1 => 0,
        count => return Err(broken(format!("{count} files in the archive: one file is expected, as published"))),
    };
    let entry = archive.by_index(index).map_err(|cause| broken(cause.to_string()))?;
    if entry.encrypted() || !entry.is_file() {
        return Err(broken(String::from("the file in the archive is encrypted, or is none")));
    }
    // What an archive says of itself is for the progress only.
    let said = entry.size().min(most);
    read_ahead(name.clone(), entry, most, |chunks| look(chunks, said))
}

/// Reads in a thread of its own: unpacking and looking each have a processor.
fn read_ahead<T>(
    file: String,
    input: impl Read + Send,
    most_bytes: u64,
    look: impl FnOnce(&mut Chunks) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(CHUNKS_AHEAD);
        scope.spawn(move || pump(&file, input, most_bytes, &sender));
        look(&mut Chunks { receiver, ahead: None, bytes: 0 })
    })
}

fn pump(file: &str, mut input: impl Read, most_bytes: u64, sender: &SyncSender<Result<Vec<u8>, ImportError>>) {
    let mut total = 0_u64;
    loop {
        let piece = read_chunk(&mut input);
        let (message, is_last) = match piece {
            Ok(bytes) if bytes.is_empty() => return,
            Ok(bytes) => {
                total = total.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
                match total > most_bytes {
                    true => (Err(ImportError::Bomb { file: file.to_owned(), most_bytes }), true),
                    false => (Ok(bytes), false),
                }
            }
            Err(cause) => (Err(ImportError::Unreadable { file: file.to_owned(), cause }), true),
        };
        // Who looks may have seen enough.
        if sender.send(message).is_err() || is_last {
            return;
        }
    }
}

fn read_chunk(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(CHUNK_BYTES);
    let most = u64::try_from(CHUNK_BYTES).unwrap_or(u64::MAX);
    input.by_ref().take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
