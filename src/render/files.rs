//! Files inside the executable.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rust_embed::{EmbeddedFile, RustEmbed};

/// Templates of pages and mails.
#[derive(RustEmbed)]
#[folder = "assets/templates/"]
pub(super) struct Templates;

/// Catalogues.
#[derive(RustEmbed)]
#[folder = "assets/locales/"]
pub(super) struct Locales;

/// Styles, images and scripts.
#[derive(RustEmbed)]
#[folder = "assets/static/"]
struct Static;

/// The script that is written into the page of the `form_post` response mode, and never served as a file.
const FORM_POST_SCRIPT: &str = "form-post.js";

/// A file as it is served: it never changes under its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticFile {
    /// The content.
    pub bytes: Vec<u8>,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The value of `ETag`, quotes included.
    pub etag: String,
}

/// The static files by address, and the script of `form_post`.
#[derive(Debug)]
pub(super) struct StaticFiles {
    by_path: BTreeMap<String, StaticFile>,
    path_by_name: BTreeMap<String, String>,
    pub(super) form_post_script: String,
    pub(super) form_post_script_hash: String,
}

impl StaticFiles {
    /// Reads what is embedded; `None` when the script is missing or is no text.
    pub(super) fn read() -> Option<Self> {
        let script = Static::get(FORM_POST_SCRIPT)?;
        let form_post_script_hash = STANDARD.encode(script.metadata.sha256_hash());
        let form_post_script = String::from_utf8(script.data.into_owned()).ok()?;
        let mut files =
            Self { by_path: BTreeMap::new(), path_by_name: BTreeMap::new(), form_post_script, form_post_script_hash };
        for name in Static::iter().filter(|name| name != FORM_POST_SCRIPT) {
            files.insert(&name, Static::get(&name)?);
        }
        Some(files)
    }

    fn insert(&mut self, name: &str, file: EmbeddedFile) {
        let digest: String = file.metadata.sha256_hash().iter().map(|byte| format!("{byte:02x}")).collect();
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
        let short: String = digest.chars().take(8).collect();
        let path = format!("/assets/{stem}.{short}.{extension}");
        let served = StaticFile {
            bytes: file.data.into_owned(),
            content_type: content_type(extension),
            etag: format!("\"{digest}\""),
        };
        self.path_by_name.insert(name.to_owned(), path.clone());
        self.by_path.insert(path, served);
    }

    /// The address of a file by its name in `assets/static`.
    pub(super) fn path_of(&self, name: &str) -> Option<&String> {
        self.path_by_name.get(name)
    }

    /// The file at this address, compared exactly.
    pub(super) fn find(&self, path: &str) -> Option<&StaticFile> {
        self.by_path.get(path)
    }
}

fn content_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// The text of an embedded file.
pub(super) fn text_of(file: EmbeddedFile) -> Option<String> {
    String::from_utf8(file.data.into_owned()).ok()
}
