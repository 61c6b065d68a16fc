//! A disk with a cache that is lost with the power: what the machine wrote and did not flush is gone, or there, or torn, as
//! the dice fall. It is handed to the machine as a network block device.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::durability::dice::Dice;

/// What a drive writes whole or not at all.
const SECTOR: usize = 512;
/// Where file systems keep the block that they are found by. None of them bears half of it: it is written whole.
const FOUND_BY: u64 = 68 * 1024;

const HANDSHAKE: &[u8] = b"NBDMAGICIHAVEOPT\x00\x03";
const OPTION_REPLY: u64 = 0x0003_e889_0455_65a9;
const REQUEST: u32 = 0x2560_9513;
const REPLY: u32 = 0x6744_6698;
/// There are flags; it can flush.
const FLAGS: u16 = 0b101;

/// What a drive does when it is told to flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Honesty {
    /// What was written before is kept from now on.
    Honest,
    /// What was written before the flush before is, and of the rest nothing stays in parts: no order is broken, only the
    /// last of all is missing.
    OneBehind,
}

/// What becomes of the cache when the power is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// Only the memory of the machine is lost: somebody pressed the reset button.
    Memory,
    /// The entire cache.
    Cache,
    /// Some of it, in any order, some torn between sectors.
    Parts,
}

#[derive(Debug)]
struct Write {
    offset: u64,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Write {
    fn range(&self) -> std::ops::Range<usize> {
        let begin = usize::try_from(self.offset).unwrap();
        begin..begin + self.after.len()
    }

    /// Puts it on the disk, or some sectors of it.
    fn survive(&self, image: &mut [u8], dice: &mut Dice) {
        let is_torn = self.offset >= FOUND_BY && dice.percent(30);
        for (sector, after) in image[self.range()].chunks_mut(SECTOR).zip(self.after.chunks(SECTOR)) {
            if !is_torn || dice.percent(50) {
                sector.copy_from_slice(after);
            }
        }
    }
}

/// What is on the disk, and what is only in its cache.
#[derive(Debug)]
struct Platter {
    /// As the machine sees it.
    image: Vec<u8>,
    /// Those that may be lost, in the order in which they came.
    cached: Vec<Write>,
    /// How many of them came before the flush before.
    flushed_late: usize,
    honesty: Honesty,
    is_on: bool,
    /// So many writes and flushes are heard yet.
    heard_yet: Option<usize>,
}

impl Platter {
    fn write(&mut self, offset: u64, after: Vec<u8>) -> Option<()> {
        let begin = usize::try_from(offset).ok()?;
        let place = self.image.get_mut(begin..begin.checked_add(after.len())?)?;
        let before = place.to_vec();
        place.copy_from_slice(&after);
        self.cached.push(Write { offset, before, after });
        Some(())
    }

    fn flush(&mut self) {
        match self.honesty {
            Honesty::Honest => self.cached.clear(),
            Honesty::OneBehind => {
                self.cached.drain(..self.flushed_late);
                self.flushed_late = self.cached.len();
            }
        }
    }

    fn lose(&mut self, loss: Loss, dice: &mut Dice) -> usize {
        let mut cached = std::mem::take(&mut self.cached);
        self.flushed_late = 0;
        let count = cached.len();
        if loss == Loss::Memory {
            return count;
        }
        for write in cached.iter().rev() {
            self.image[write.range()].copy_from_slice(&write.before);
        }
        let is_in_parts = loss == Loss::Parts && self.honesty == Honesty::Honest;
        while is_in_parts && !cached.is_empty() {
            let write = cached.swap_remove(dice.below(cached.len()));
            if dice.percent(50) {
                write.survive(&mut self.image, dice);
            }
        }
        count
    }

    /// Whether there is power for a request.
    fn hears(&mut self, kind: u16) -> bool {
        match &mut self.heard_yet {
            Some(0) if kind != 0 => self.is_on = false,
            Some(count) if kind != 0 => *count -= 1,
            Some(_) | None => {}
        }
        self.is_on
    }

    /// What a request is answered: an error number, and what was read.
    fn answer(&mut self, kind: u16, offset: u64, length: usize, sent: Vec<u8>) -> (u32, Vec<u8>) {
        const INVALID: u32 = 22;
        let begin = usize::try_from(offset).unwrap_or(usize::MAX);
        match kind {
            0 => match self.image.get(begin..begin.saturating_add(length)) {
                Some(read) => (0, read.to_vec()),
                None => (INVALID, Vec::new()),
            },
            1 => (self.write(offset, sent).map_or(INVALID, |()| 0), Vec::new()),
            3 => {
                self.flush();
                (0, Vec::new())
            }
            _ => (INVALID, Vec::new()),
        }
    }
}

/// The disk of a machine.
pub(super) struct Drive {
    platter: Arc<Mutex<Platter>>,
    socket: PathBuf,
}

impl Drive {
    /// A disk with this on it, for the machine that looks for it at this socket.
    pub(super) fn new(image: Vec<u8>, honesty: Honesty, socket: PathBuf) -> Self {
        let platter = Platter { image, cached: Vec::new(), flushed_late: 0, honesty, is_on: false, heard_yet: None };
        Self { platter: Arc::new(Mutex::new(platter)), socket }
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Waits for the machine, on a thread of its own. Gives what is on the disk at this moment.
    pub(super) fn power_on(&self) -> Vec<u8> {
        if self.socket.exists() {
            std::fs::remove_file(&self.socket).unwrap();
        }
        let listener = UnixListener::bind(&self.socket).unwrap();
        let platter = Arc::clone(&self.platter);
        let mut held = self.platter.lock().unwrap();
        (held.is_on, held.heard_yet) = (true, None);
        std::thread::spawn(move || {
            let (mut machine, _) = listener.accept().unwrap();
            // It ends with the machine, in the midst of whatever was asked.
            drop(serve(&mut machine, &platter));
        });
        held.image.clone()
    }

    /// After so many more writes and flushes, nothing that the machine asks is heard.
    pub(super) fn power_off_after(&self, count: usize) {
        self.platter.lock().unwrap().heard_yet = Some(count);
    }

    /// From now on nothing is heard.
    pub(super) fn power_off(&self) {
        self.platter.lock().unwrap().is_on = false;
    }

    pub(super) fn is_on(&self) -> bool {
        self.platter.lock().unwrap().is_on
    }

    /// What becomes of the cache of a disk without power; gives how many writes were in it.
    pub(super) fn lose(&self, loss: Loss, dice: &mut Dice) -> usize {
        self.platter.lock().unwrap().lose(loss, dice)
    }
}

fn take<const N: usize>(machine: &mut UnixStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    machine.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn take_bytes(machine: &mut UnixStream, length: u32) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).unwrap()];
    machine.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn serve(machine: &mut UnixStream, platter: &Mutex<Platter>) -> io::Result<()> {
    greet(machine, platter)?;
    loop {
        let magic = u32::from_be_bytes(take(machine)?);
        let [_, _, kind @ ..] = take::<4>(machine)?;
        let (handle, offset) = (take::<8>(machine)?, u64::from_be_bytes(take(machine)?));
        let (kind, length) = (u16::from_be_bytes(kind), u32::from_be_bytes(take(machine)?));
        assert_eq!(magic, REQUEST);
        let sent = if kind == 1 { take_bytes(machine, length)? } else { Vec::new() };
        let answered = {
            let mut platter = platter.lock().unwrap();
            // Two: it takes its leave.
            if kind == 2 || !platter.hears(kind) {
                return Ok(());
            }
            platter.answer(kind, offset, usize::try_from(length).unwrap(), sent)
        };
        let (error, read) = answered;
        let head = [&REPLY.to_be_bytes()[..], &error.to_be_bytes(), &handle].concat();
        machine.write_all(&[head, read].concat())?;
    }
}

/// Agrees on how to speak: the machine asks for what this drive does not know until it asks to begin.
fn greet(machine: &mut UnixStream, platter: &Mutex<Platter>) -> io::Result<()> {
    machine.write_all(HANDSHAKE)?;
    take::<4>(machine)?;
    loop {
        take::<8>(machine)?;
        let option = u32::from_be_bytes(take(machine)?);
        let length = u32::from_be_bytes(take(machine)?);
        take_bytes(machine, length)?;
        let reply = |kind: u32, data: &[u8]| {
            let length = u32::try_from(data.len()).unwrap();
            [&OPTION_REPLY.to_be_bytes()[..], &option.to_be_bytes(), &kind.to_be_bytes(), &length.to_be_bytes(), data]
                .concat()
        };
        // Six asks about the disk, seven asks the same to begin with it.
        if option != 6 && option != 7 {
            machine.write_all(&reply(0x8000_0001, &[]))?;
            continue;
        }
        let size = u64::try_from(platter.lock().unwrap().image.len()).unwrap();
        let about = [&0_u16.to_be_bytes()[..], &size.to_be_bytes(), &FLAGS.to_be_bytes()].concat();
        machine.write_all(&reply(3, &about))?;
        machine.write_all(&reply(1, &[]))?;
        if option == 7 {
            return Ok(());
        }
    }
}

#[test]
fn sec_186_a_drive_keeps_what_was_flushed_and_of_the_rest_what_the_dice_say() {
    let begun = |honesty| {
        let mut platter = Platter {
            image: vec![0; 256 * 1024],
            cached: Vec::new(),
            flushed_late: 0,
            honesty,
            is_on: true,
            heard_yet: None,
        };
        for (number, offset) in [(1, FOUND_BY), (2, FOUND_BY + 4096), (3, FOUND_BY + 8192)] {
            platter.flush();
            assert_eq!(platter.answer(1, offset, 4096, vec![number; 4096]).0, 0);
        }
        platter
    };
    let left = |platter: &Platter| -> Vec<u8> {
        let first = usize::try_from(FOUND_BY).unwrap();
        [first, first + 4096, first + 8192].map(|offset| platter.image[offset]).to_vec()
    };
    let mut dice = Dice::new(1);
    for (honesty, loss, expected) in [
        (Honesty::Honest, Loss::Memory, [1, 2, 3]),
        (Honesty::Honest, Loss::Cache, [1, 2, 0]),
        (Honesty::OneBehind, Loss::Cache, [1, 0, 0]),
    ] {
        let mut platter = begun(honesty);
        assert_eq!(left(&platter), [1, 2, 3]);
        platter.lose(loss, &mut dice);
        assert_eq!(left(&platter), expected, "{honesty:?} {loss:?}");
    }
    let mut fates = std::collections::BTreeSet::new();
    for _ in 0..100 {
        let mut platter = begun(Honesty::Honest);
        platter.lose(Loss::Parts, &mut dice);
        assert_eq!(left(&platter)[..2], [1, 2]);
        let last = usize::try_from(FOUND_BY).unwrap() + 8192;
        let sectors = platter.image[last..last + 4096].chunks(SECTOR).filter(|sector| sector[0] == 3).count();
        fates.insert(sectors);
    }
    assert!(fates.contains(&0) && fates.contains(&8) && fates.len() > 2, "lost, there or torn: {fates:?}");
}
