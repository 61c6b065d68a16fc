//! Pictures by which telephones read an address.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the picture (ISO/IEC 18004 §6.3.8).
const QUIET: i32 = 4;

/// A picture of `text` as SVG, dark on light whatever the colours of the page; `None` when it is too long for one.
pub(super) fn svg(text: &str, title: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let side = size.checked_add(QUIET.checked_mul(2)?)?;
    let mut path = String::new();
    for row in 0..size {
        for column in 0..size {
            if code.get_module(column, row) {
                let (x, y) = (column.checked_add(QUIET)?, row.checked_add(QUIET)?);
                write!(path, "M{x} {y}h1v1h-1z").ok()?;
            }
        }
    }
    Some(format!(
        "<svg class=\"qr-code\" role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/>\
         <path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}
