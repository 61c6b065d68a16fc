//! What a browser says that it is, in a few words: for the person who looks at their sessions, and for no decision.

use serde::{Deserialize, Serialize};

/// How much of a header is looked at.
const MOST_BYTES: usize = 512;

/// A browser as it describes itself. The header is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserHint {
    /// The program.
    pub program: BrowserProgram,
    /// The system that it runs on.
    pub system: BrowserSystem,
}

/// The programs that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the programs")]
pub enum BrowserProgram {
    Firefox,
    Edge,
    Opera,
    SamsungInternet,
    Chrome,
    Safari,
    /// Another one, or none that says so.
    Other,
}

/// The systems that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the systems")]
pub enum BrowserSystem {
    Windows,
    Macos,
    Ios,
    Android,
    ChromeOs,
    Linux,
    /// Another one, or none that is said.
    Other,
}

/// The first word that is found decides: browsers name those that they resemble after themselves.
const PROGRAMS: [(&str, BrowserProgram); 10] = [
    ("Edg/", BrowserProgram::Edge),
    ("EdgA/", BrowserProgram::Edge),
    ("EdgiOS/", BrowserProgram::Edge),
    ("OPR/", BrowserProgram::Opera),
    ("SamsungBrowser/", BrowserProgram::SamsungInternet),
    ("FxiOS/", BrowserProgram::Firefox),
    ("Firefox/", BrowserProgram::Firefox),
    ("CriOS/", BrowserProgram::Chrome),
    ("Chrome/", BrowserProgram::Chrome),
    ("Safari/", BrowserProgram::Safari),
];

const SYSTEMS: [(&str, BrowserSystem); 8] = [
    ("Android", BrowserSystem::Android),
    ("iPhone", BrowserSystem::Ios),
    ("iPad", BrowserSystem::Ios),
    ("Windows", BrowserSystem::Windows),
    ("CrOS", BrowserSystem::ChromeOs),
    ("Macintosh", BrowserSystem::Macos),
    ("Linux", BrowserSystem::Linux),
    ("X11", BrowserSystem::Linux),
];

impl BrowserHint {
    /// Reads the header `User-Agent`.
    pub fn of(user_agent: &str) -> Self {
        let end = (0..=MOST_BYTES.min(user_agent.len())).rev().find(|end| user_agent.is_char_boundary(*end));
        let text = end.and_then(|end| user_agent.get(..end)).unwrap_or_default();
        let program = PROGRAMS.iter().find(|(word, _)| text.contains(word)).map(|(_, program)| *program);
        let system = SYSTEMS.iter().find(|(word, _)| text.contains(word)).map(|(_, system)| *system);
        Self { program: program.unwrap_or(BrowserProgram::Other), system: system.unwrap_or(BrowserSystem::Other) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_92_the_usual_browsers_are_told_apart_and_nothing_else_is_claimed() {
        use BrowserProgram as P;
        use BrowserSystem as S;
        let cases = [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
                P::Firefox,
                S::Windows,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36",
                P::Chrome,
                S::Linux,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0",
                P::Edge,
                S::Windows,
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/17.0 Safari/605.1.15",
                P::Safari,
                S::Macos,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 CriOS/130.0 Mobile Safari/604.1",
                P::Chrome,
                S::Ios,
            ),
            (
                "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 SamsungBrowser/26.0 Chrome/122.0 Safari/537.36",
                P::SamsungInternet,
                S::Android,
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
                P::Chrome,
                S::ChromeOs,
            ),
            ("curl/8.0", P::Other, S::Other),
            ("", P::Other, S::Other),
        ];
        for (text, program, system) in cases {
            assert_eq!(BrowserHint::of(text), BrowserHint { program, system }, "{text}");
        }
        let long = format!("{}Firefox/1", "é".repeat(300));
        assert_eq!(BrowserHint::of(&long).program, P::Other, "what comes late is not looked for");
    }
}
