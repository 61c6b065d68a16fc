//! Pages, mails and static files: templates, catalogues, and everything else that is inside the executable.
//!
//! Refuses to decide anything: it is given values and writes them down, escaped. A text, an argument or a field that is
//! missing is an error, never a blank. Doors: [`Renderer`], [`Page`], [`Layout`], [`PageCheck`].

mod authors;
mod catalogue;
mod dates;
mod environment;
mod files;
mod layout;
mod mail;
mod page;
mod qr_code;
mod renderer;
#[cfg(test)]
mod tests;

pub use files::StaticFile;
pub use layout::{AdministrationLayout, Layout, NoticeLinks};
pub use mail::{MailFrame, WrittenMail};
pub use page::{Page, PageCheck};
pub use renderer::{RenderError, Renderer};
