//! What earlier versions took for an address, and records may therefore hold. Nothing new becomes one by these rules.

use super::is_invisible;

/// How long what stands before the `@` was at most.
const LONGEST_LOCAL_PART: usize = 63;

/// Whether an earlier version kept this very text as an address: lower case in all alphabets, no space, no control or
/// invisible character and no sign of a list of addresses before the `@`, the name of a machine after it.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_allowed = |character: char| {
        let is_sign = r#"@"(),:;<>[\]"#.contains(character);
        !is_sign && !character.is_whitespace() && !character.is_control() && !is_invisible(character)
    };
    let is_kept = text.len() <= 254 && text == text.to_lowercase();
    let is_local_part = (1..=LONGEST_LOCAL_PART).contains(&local.len()) && local.chars().all(is_allowed);
    is_kept && is_local_part && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let is_inside = !label.starts_with('-') && !label.ends_with('-');
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&label.len()) && is_inside && label.bytes().all(is_allowed)
}
