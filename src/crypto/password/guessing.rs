//! How many guesses find a password, for somebody who begins with what everybody chooses.

/// The order of magnitude of guesses from which on a password is no common one.
const ENOUGH: f64 = 10.0;
/// How much of a password is judged at a time, in code points: the time that it takes grows faster than the length.
const PIECE: usize = 40;

/// Whether fewer than ten billion guesses find the password: thirty thousand common ones, words, names, dates, rows of the
/// keyboard, the usual replacements and repetitions come first, and `words` about the person and the place before all of
/// them (NIST SP 800-63B-4 §3.1.1.2). Takes milliseconds.
pub fn is_easily_guessed(password: &str, words: &[&str]) -> bool {
    let is_weak = |piece: &str| zxcvbn::zxcvbn(piece, words).guesses_log10() < ENOUGH;
    let characters: Vec<char> = password.chars().collect();
    // A strong piece makes a strong whole.
    let first: String = characters.iter().take(PIECE).collect();
    let last: String = characters.iter().skip(characters.len().saturating_sub(PIECE)).collect();
    is_weak(&first) && (characters.len() <= PIECE || is_weak(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_62_common_passwords_and_what_is_made_of_them_are_easily_guessed() {
        let words = ["claire.martin", "martin", "clamart", "mairie"];
        let common = [
            "passwordpassword",
            "P@ssw0rdP@ssw0rd",
            "motdepasse123456",
            "iloveyouiloveyou",
            "jetaimejetaime75",
            "azertyuiop123456",
            "12345678910111213",
            "Mairie2026Mairie2026",
            "Mairie2026!!!!!!",
            "mairie de clamart",
            "clamart clamart",
        ];
        for password in common {
            assert!(is_easily_guessed(password, &words), "{password}");
        }
    }

    #[test]
    fn sec_62_a_phrase_of_some_words_is_not_even_with_the_name_of_the_place_in_it() {
        let words = ["martin", "clamart", "mairie"];
        let good = [
            "je mange des pommes",
            "une phrase de passe assez longue",
            "la mairie de Clamart ouvre à dix heures",
            "qV8!mZ2pLr7x",
            &format!("{} puis autre chose vraiment", "a".repeat(60)),
        ];
        for password in good {
            assert!(!is_easily_guessed(password, &words), "{password}");
        }
        assert!(is_easily_guessed(&"é".repeat(128), &words));
    }
}
