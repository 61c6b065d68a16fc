//! Pictures by which telephones read an address.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the picture (ISO/IEC 18004 §6.3.8).
const QUIET: i32 = 4;

/// A picture of `text` as SVG, dark on light whatever the colours of the page; `None` when it is too long for one.
pub(super) fn svg(text: &str, title: &str) -> Option<String> {
    // Nothing is torn off or soiled on a screen: the fewer the pieces, the larger each is. What room is left makes it sturdier.
    let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
    let size = code.size();
    let side = size.checked_add(QUIET.checked_mul(2)?)?;
    let mut path = String::new();
    for row in 0..size {
        let mut column = 0;
        while column < size {
            // What lies side by side is one piece; beyond the picture everything is light.
            let dark = (column..size).take_while(|column| code.get_module(*column, row)).count();
            if dark > 0 {
                let (x, y) = (column.checked_add(QUIET)?, row.checked_add(QUIET)?);
                write!(path, "M{x} {y}h{dark}v1h-{dark}z").ok()?;
            }
            column = column.checked_add(i32::try_from(dark).ok()?.max(1))?;
        }
    }
    Some(format!(
        "<svg class=\"qr-code\" role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/>\
         <path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}
