//! What survives: power cuts, a process killed, disks that fail or are full, files that were damaged.

mod backup;
mod cut;
mod damage;
mod dice;
mod errand;
pub(crate) mod faults;
mod holder;
mod journal;
mod killed;
mod machine;
mod out_of_room;
mod power;
mod recording;
mod time;
mod work;
mod world;
pub(crate) mod wrong_date;

pub(crate) use damage::salvage::tear_out;
