//! Files as they are published, zipped or not, read once from the first byte to the last in bounded memory, and why they
//! cannot be.

mod error;
mod input;
mod objects;
mod records;
mod rejected;

pub use error::ImportError;
pub(super) use input::{Chunks, with_chunks};
pub(super) use objects::{NextObject, Objects};
pub(super) use records::{Next, Record, Records};
pub use rejected::Rejected;
pub(super) use rejected::keep_rejected;
