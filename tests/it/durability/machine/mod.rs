//! SEC-186: a machine of its own whose power is cut while the instance in it is at work, again and again.
//! `tests/machine/build` makes the machine, and says how this is run.
//!
//! Of the machine everything goes: qemu is killed, and with it the pages that its kernel had not written. Of its disk
//! goes what was written since the last flush: all of it, or some in any order and torn between sectors, or nothing, as
//! if the reset button had been pressed. Most cuts come in the midst of writing. What was flushed stays; the
//! block by which a file system is found is never torn. Acknowledged is what reached this process, which lives on.

mod computer;
mod drive;

use std::path::{Path, PathBuf};
use std::time::Duration;

use self::computer::Computer;
use self::drive::{Honesty, Loss};
use super::dice::{Dice, from_environment};
use super::killed::Moment;
use super::killed::clients::Desk;
use super::killed::crowd::Crowd;
use crate::support::run;

/// Mostly while it works, now and then while it starts.
fn moment(dice: &mut Dice) -> Moment {
    match dice.below(100) {
        0..15 => Moment::Starting(dice.time(1_000, 8_000)),
        15..80 => Moment::After(dice.time(200, 7_000)),
        _ => Moment::After(dice.time(7_000, 20_000)),
    }
}

fn loss(dice: &mut Dice) -> Loss {
    match dice.below(4) {
        0 => Loss::Memory,
        1 => Loss::Cache,
        _ => Loss::Parts,
    }
}

/// What happened in a run.
#[derive(Debug, Default)]
struct Tally {
    during_start: usize,
    only_memory_lost: usize,
    /// Cuts that found something in the cache of the disk, and how many writes were there.
    with_unflushed: usize,
    unflushed: usize,
    slowest_start: Duration,
}

/// A machine, those who use what runs in it, and what has happened so far.
struct Trial {
    machine: Computer,
    crowd: Option<Crowd>,
    tally: Tally,
}

impl Trial {
    /// Starts it, and holds what it found on its disk against what was acknowledged.
    async fn start(&mut self, dice: &mut Dice) -> Result<(), String> {
        self.machine.power_on();
        let shown = tempfile::tempdir().unwrap();
        self.machine.look_at_data(shown.path())?;
        let data = shown.path().join("instance/data");
        if let Some(crowd) = &self.crowd {
            crowd.verify(&data)?;
            let checked = run(&["check", "--data-dir", data.to_str().unwrap()]);
            if checked.code != 0 {
                return Err(format!("{checked:?}"));
            }
        }
        let took = self.machine.wait_until_ready().await?;
        self.tally.slowest_start = self.tally.slowest_start.max(took);
        let complaints = self.machine.complaints();
        if !complaints.is_empty() {
            return Err(format!("{complaints:?}"));
        }
        match &self.crowd {
            Some(crowd) => match crowd.look_back(self.machine.port, 3).await {
                again if again.is_empty() => Ok(()),
                again => Err(again.join(", ")),
            },
            None => {
                let desk = Desk::There(self.machine.desk);
                self.crowd = Some(Crowd::gather(&desk, self.machine.port, dice).await);
                Ok(())
            }
        }
    }

    /// One start, and one cut.
    async fn round(&mut self, dice: &mut Dice) -> Result<(), String> {
        let (moment, loss, writes) = (moment(dice), loss(dice), dice.below(12));
        match (moment, &mut self.crowd) {
            (Moment::Starting(time), Some(_)) => {
                self.tally.during_start += 1;
                self.machine.power_on();
                self.machine.pass_by(time);
                self.machine.cut_after(writes);
            }
            (moment, crowd) => {
                // The first time everybody arrives and signs in.
                let moment = if crowd.is_some() { moment } else { Moment::After(Duration::from_secs(20)) };
                self.start(dice).await?;
                let (machine, crowd) = (&mut self.machine, self.crowd.as_mut().unwrap());
                let amiss = crowd.work(machine.port, moment, || machine.cut_after(writes)).await;
                if !amiss.is_empty() {
                    return Err(amiss.join(", "));
                }
            }
        }
        let cached = self.machine.lose(loss, dice);
        self.tally.only_memory_lost += usize::from(loss == Loss::Memory);
        self.tally.with_unflushed += usize::from(cached > 0);
        self.tally.unflushed += cached;
        Ok(())
    }
}

/// Rounds of starting, working and cutting; the first failure ends them.
async fn reset_rounds(directory: &Path, seed: u64, rounds: usize, honesty: Honesty) -> Result<(), String> {
    let file_system = std::env::var("FILE_SYSTEM").unwrap_or_else(|_| String::from("ext4"));
    let machine = Computer::new(directory, &file_system, honesty);
    let mut trial = Trial { machine, crowd: None, tally: Tally::default() };
    for round in 0..=rounds {
        let mut dice = Dice::new((seed << 32) + round as u64);
        // What the last cut left is looked at, too.
        let ended = if round < rounds { trial.round(&mut dice).await } else { trial.start(&mut dice).await };
        if let Err(found) = ended {
            let kept = trial.machine.keep(&format!("seed-{seed}-round-{round}"));
            return Err(format!(
                "seed {seed}, round {round}: {found}\nthe disk as the power came back: {}",
                kept.display()
            ));
        }
        if round % 10 == 9 {
            let results = trial.crowd.as_ref().map_or(0, Crowd::results);
            println!("{} cuts, {results} results acknowledged", round + 1);
        }
    }
    let crowd = trial.crowd.as_ref().unwrap();
    let again = crowd.look_back(trial.machine.port, 50).await;
    println!("seed {seed}, {file_system}: {rounds} cuts, {:?}; {}", trial.tally, crowd.census());
    if again.is_empty() { Ok(()) } else { Err(again.join(", ")) }
}

fn directory() -> PathBuf {
    PathBuf::from(std::env::var_os("MACHINE").expect("MACHINE: the directory that tests/machine/build made"))
}

fn rounds() -> usize {
    usize::try_from(from_environment("RESETS", 100)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a machine: tests/machine/build"]
async fn sec_186_the_long_run_of_resets() {
    let ended = reset_rounds(&directory(), from_environment("RESET_SEED", 1), rounds(), Honesty::Honest).await;
    ended.unwrap_or_else(|found| panic!("{found}"));
}

/// The proof that the other run can fail: this drive acknowledges every flush, and loses the last.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a machine: tests/machine/build"]
async fn sec_186_a_drive_that_is_one_flush_behind_is_found_out() {
    let ended = reset_rounds(&directory(), from_environment("RESET_SEED", 1), rounds(), Honesty::OneBehind).await;
    let found = ended.expect_err("nothing was found");
    println!("{found}");
    // It was found in the data: no order was broken, so that everything starts and is sound.
    for less in ["not start", "not ready", "not sound", "not opened", "not read"] {
        assert!(!found.contains(less), "{found}");
    }
}
