//! What was imported, open: whichever generation counts at the moment of the question.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::Answer;
use super::place::{Place, Stamp};

/// The generation that counts, opened once.
pub(super) struct Current<T> {
    place: Place,
    open: Mutex<Option<(Stamp, Arc<T>)>>,
    /// How one is opened.
    opening: fn(&Path) -> Result<T, String>,
}

impl<T> Current<T> {
    pub(super) fn new(place: Place, opening: fn(&Path) -> Result<T, String>) -> Self {
        Self { place, open: Mutex::new(None), opening }
    }

    /// Asks the generation that counts; what it does not know is unknown.
    pub(super) fn with<A>(&self, ask: impl FnOnce(&T) -> Result<Option<A>, String>) -> Answer<A> {
        let asked = match self.get() {
            Ok(None) => return Answer::Absent,
            Ok(Some(generation)) => ask(&generation),
            Err(reason) => Err(reason),
        };
        match asked {
            Ok(Some(found)) => Answer::Known(found),
            Ok(None) => Answer::Unknown,
            Err(reason) => {
                let place = self.place.directory().display();
                tracing::error!(%place, %reason, "what was imported cannot be read: import it anew");
                Answer::Failed
            }
        }
    }

    /// Opens the generation that counts, unless it is open.
    fn get(&self) -> Result<Option<Arc<T>>, String> {
        let current = self.place.current().map_err(|cause| cause.to_string())?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((stamp, path)) = current else {
            *open = None;
            return Ok(None);
        };
        if let Some((known, generation)) = open.as_ref()
            && *known == stamp
        {
            return Ok(Some(Arc::clone(generation)));
        }
        let generation = Arc::new((self.opening)(&path)?);
        tracing::info!(place = %path.display(), "what was imported has been opened");
        *open = Some((stamp, Arc::clone(&generation)));
        Ok(Some(generation))
    }
}
