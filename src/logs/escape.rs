//! Values made fit for one line: nothing in them can end it, colour it, turn it around, or fill the disk.

/// The most bytes of one value.
const MOST_BYTES: usize = 1024;

/// At most 1 KiB of a value; an ellipsis stands for the rest.
pub(super) fn shorten(value: &mut String) {
    if value.len() <= MOST_BYTES {
        return;
    }
    let mut end = MOST_BYTES;
    while !value.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    value.truncate(end);
    value.push('…');
}

/// A value as text: as it is where it is plain, else between quotes with escapes.
pub(super) fn push_text(line: &mut String, value: &str) {
    let is_plain = !value.is_empty()
        && value.chars().all(|character| {
            !character.is_whitespace() && !matches!(character, '"' | '\\' | '=') && is_harmless(character)
        });
    if is_plain {
        line.push_str(value);
        return;
    }
    line.push('"');
    for character in value.chars() {
        match character {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            character if is_harmless(character) => line.push(character),
            character => push_escaped(line, character),
        }
    }
    line.push('"');
}

/// A message as text: escaped the same, without quotes.
pub(super) fn push_message(line: &mut String, message: &str) {
    for character in message.chars() {
        if is_harmless(character) {
            line.push(character);
        } else {
            push_escaped(line, character);
        }
    }
}

/// A character by its number.
fn push_escaped(line: &mut String, character: char) {
    line.extend(character.escape_unicode());
}

/// JSON whose texts hold harmless characters only: the others as `\uXXXX`, which means the same (RFC 8259 §7).
pub(super) fn harmless_json(json: String) -> String {
    if json.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return json;
    }
    let mut line = String::with_capacity(json.len());
    let mut units = [0; 2];
    for character in json.chars() {
        if is_harmless(character) {
            line.push(character);
        } else {
            for unit in character.encode_utf16(&mut units) {
                line.push_str("\\u");
                line.extend(
                    [12, 8, 4, 0].iter().filter_map(|bits| char::from_digit(u32::from(*unit) >> bits & 15, 16)),
                );
            }
        }
    }
    line
}

/// Neither a control character, nor one that separates lines, nor one that changes the direction of writing or is not
/// seen.
fn is_harmless(character: char) -> bool {
    let is_hidden = matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    );
    !character.is_control() && !is_hidden
}
