//! That files were imported into the directory, for the audit: who may join rests on what they say.

use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::AuditEvent;

/// What was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryImport {
    /// The register.
    Register,
    /// Official contacts.
    Contacts,
}

/// Records an import, by what lies in the data directory now; says whether anything does, and is a source.
///
/// # Errors
/// When the store fails.
pub async fn note_directory_import(app: &App, by: &By, import: DirectoryImport) -> Result<bool, ActError> {
    let event = match import {
        DirectoryImport::Register => app.directory.imported().map(|report| AuditEvent::RegisterImported {
            imported_at: report.imported_at,
            establishments: report.establishments,
        }),
        DirectoryImport::Contacts => app.directory.imported_contacts().map(|report| AuditEvent::ContactsImported {
            imported_at: report.annuaires.values().map(|told| told.imported_at).max().unwrap_or_default(),
            subjects: report.annuaires.values().map(|told| told.subjects).sum(),
        }),
    };
    let Some(event) = event else { return Ok(false) };
    let circumstances = Circumstances::of(app, by);
    app.store.write(move |tx| circumstances.record(tx, event.clone())).await?;
    Ok(true)
}
