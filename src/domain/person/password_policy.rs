//! What a new password must be (NIST SP 800-63B-4 §3.1.1.2: length and context, no composition rules).

use super::Email;

/// The fewest code points of a password that may be the only factor.
const MINIMUM_LENGTH: usize = 15;
/// The fewest of one beside which a second factor is always asked.
const MINIMUM_LENGTH_BESIDE_FACTOR: usize = 12;
/// The most code points.
const MAXIMUM_LENGTH: usize = 128;
/// The most bytes in UTF-8.
const MAXIMUM_BYTES: usize = 512;

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFault {
    /// Fewer characters than the rules ask.
    TooShort,
    /// More than 128 characters or 512 bytes.
    TooLong,
    /// Holds the person's address or what stands before its `@`.
    HoldsAddress,
    /// Holds the name of the instance.
    HoldsInstanceName,
    /// One character or a pattern of up to four characters repeated, or a run such as `123456789012345`.
    Predictable,
    /// Made of what everybody chooses, or of words about the person: few guesses find it.
    Common,
    /// It is among those that were leaked somewhere.
    Leaked,
    /// It is the one that the person has already.
    SameAsBefore,
}

/// By what a password is judged.
#[derive(Debug, Clone, Copy)]
pub struct PasswordRules<'a> {
    /// The fewest code points.
    pub minimum_length: usize,
    /// The address of the person.
    pub email: &'a Email,
    /// The name of the instance.
    pub instance_name: &'a str,
}

impl PasswordRules<'_> {
    /// The fewest code points, where a second factor is or is not always asked beside the password.
    pub fn minimum_length(is_factor_required: bool) -> usize {
        if is_factor_required { MINIMUM_LENGTH_BESIDE_FACTOR } else { MINIMUM_LENGTH }
    }
}

/// Judges a password that a person chooses, after normalization. Whether it is a common one is not judged here.
///
/// # Errors
/// The first reason to refuse it.
pub fn check_password(password: &str, rules: &PasswordRules<'_>) -> Result<(), PasswordFault> {
    let length = password.chars().count();
    if length > MAXIMUM_LENGTH || password.len() > MAXIMUM_BYTES {
        return Err(PasswordFault::TooLong);
    }
    if length < rules.minimum_length {
        return Err(PasswordFault::TooShort);
    }
    let folded = password.to_lowercase();
    let holds = |word: &str| word.chars().count() >= 4 && folded.contains(&word.to_lowercase());
    if holds(rules.email.as_str()) || holds(rules.email.local_part()) {
        return Err(PasswordFault::HoldsAddress);
    }
    if holds(rules.instance_name) {
        return Err(PasswordFault::HoldsInstanceName);
    }
    if is_repetition(&folded) || is_run(&folded) {
        return Err(PasswordFault::Predictable);
    }
    Ok(())
}

/// Whether the text is a pattern of one to four characters, over and over.
fn is_repetition(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    (1..=4).any(|period| characters.iter().zip(characters.iter().skip(period)).all(|(first, second)| first == second))
}

/// Whether every character follows the one before it, upwards or downwards, or along a row of the keyboard.
fn is_run(text: &str) -> bool {
    const ROWS: [&str; 6] = [
        "azertyuiopqsdfghjklmwxcvbn",
        "qwertyuiopasdfghjklzxcvbnm",
        "abcdefghijklmnopqrstuvwxyz",
        "zyxwvutsrqponmlkjihgfedcba",
        "01234567890123456789",
        "98765432109876543210",
    ];
    let characters: Vec<char> = text.chars().collect();
    ROWS.iter().any(|row| {
        characters.windows(2).all(|pair| match pair {
            [first, second] => row.contains(&format!("{first}{second}")),
            _ => false,
        })
    })
}
