//! Types of pages, and the check that each of them can be written.

use serde::Serialize;

use super::{Layout, RenderError, Renderer};

/// What one template shows.
pub trait Page: Serialize {
    /// The template below `assets/templates`.
    const TEMPLATE: &'static str;

    /// One value for each state that the page has: plain, empty, refused, and with the longest values that it must bear.
    fn samples() -> Vec<Self>
    where
        Self: Sized;
}

/// One type of page, so that a test can write all of them.
#[derive(Clone, Copy)]
pub struct PageCheck {
    /// The template below `assets/templates`.
    pub template: &'static str,
    write: fn(&Renderer, &Layout) -> Result<Vec<String>, RenderError>,
}

impl PageCheck {
    /// The check of one type.
    pub fn of<P: Page>() -> Self {
        Self { template: P::TEMPLATE, write: |renderer, layout| write_samples::<P>(renderer, layout) }
    }

    /// Every sample of the page in this layout, in order.
    ///
    /// # Errors
    /// When a sample cannot be written.
    pub fn render(&self, renderer: &Renderer, layout: &Layout) -> Result<Vec<String>, RenderError> {
        (self.write)(renderer, layout)
    }
}

fn write_samples<P: Page>(renderer: &Renderer, layout: &Layout) -> Result<Vec<String>, RenderError> {
    P::samples().iter().map(|page| renderer.page(page, layout)).collect()
}
