//! Whether a password is among those that were stolen somewhere, asked of a service of ranges (SEC-60): it is told five of
//! the forty digits of a digest, answers with the rest of every digest that begins so, and does not learn which was meant.

use std::time::Duration;

use hyper::StatusCode;
use url::Url;

use super::{Budget, Circuit, FetchError, Outward};
use crate::clock::Clock;
use crate::config::Reach;

/// How long an answer may take: somebody waits for it.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// How often the service is asked: passwords are seldom chosen.
const BUDGET: Budget = Budget { calls: 20, within: Duration::from_secs(1) };
/// How many digits of the digest are told.
const TOLD_DIGITS: usize = 5;
/// How many digits are left.
const KEPT_DIGITS: usize = 35;

/// The service, wherever it is.
pub struct LeakedPasswords {
    outward: Outward,
    circuit: Circuit,
}

impl LeakedPasswords {
    /// No further than `reach`.
    pub fn new(clock: &Clock, reach: Reach) -> Self {
        Self { outward: Outward::new(clock, reach), circuit: Circuit::new(clock.clone(), BUDGET) }
    }

    /// Whether the service at `base` knows the password with this SHA-1 digest.
    ///
    /// # Errors
    /// When no whole list came within two seconds and 1 MiB, or the service is left alone for a while. It is logged.
    pub async fn knows(&self, base: &Url, digest: &[u8; 20]) -> Result<bool, FetchError> {
        if !self.circuit.may_ask() {
            return Err(FetchError::LeftAlone);
        }
        let digits: String = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        let (told, kept) = digits.split_at(TOLD_DIGITS);
        let known = self.ask(base, told).await.and_then(|list| holds(&list, kept).ok_or(FetchError::Nonsense));
        match &known {
            Ok(_) => self.circuit.note_answer(),
            // It is not the service that failed.
            Err(FetchError::Busy) => {}
            Err(cause) => {
                self.circuit.note_failure(None);
                let host = base.host_str().unwrap_or_default();
                tracing::warn!(host, %cause, "the service of leaked passwords did not answer: a password is accepted");
            }
        }
        known
    }

    async fn ask(&self, base: &Url, told: &str) -> Result<String, FetchError> {
        let mut url = base.clone();
        url.path_segments_mut().map_err(|()| FetchError::Forbidden)?.pop_if_empty().push(told);
        // Answers of one length tell whoever watches the connection nothing about the digits.
        let headers = [("add-padding", String::from("true"))];
        let answer = self.outward.get(&url, &headers, TIME_LIMIT).await?;
        if answer.status != StatusCode::OK {
            return Err(FetchError::Status(answer.status.as_u16()));
        }
        String::from_utf8(answer.body.to_vec()).map_err(|_| FetchError::Nonsense)
    }
}

/// Whether a list of `DIGITS:COUNT` holds the digits; lines with count 0 are padding. `None` where it is no such list.
fn holds(list: &str, kept: &str) -> Option<bool> {
    let mut is_held = None;
    for line in list.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        let (digits, count) = line.split_once(':')?;
        let count: u64 = count.parse().ok()?;
        if digits.len() != KEPT_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let is_this = count > 0 && digits.eq_ignore_ascii_case(kept);
        is_held = Some(is_held == Some(true) || is_this);
    }
    is_held
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: &str = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
    const OTHER: &str = "0018A45C4D1DEF81644B54AB7F969B88D65";

    #[test]
    fn sec_60_a_list_is_read_to_the_letter_and_padding_is_no_password() {
        let table = [
            (format!("{OTHER}:3\r\n{KEPT}:10437277\r\n"), Some(true)),
            (format!("{KEPT}:1"), Some(true)),
            (KEPT.to_lowercase() + ":1\n", Some(true)),
            (format!("{KEPT}:1\r\n{OTHER}:3\r\n"), Some(true)),
            (format!("{OTHER}:3\r\n"), Some(false)),
            (format!("{OTHER}:3\r\n{KEPT}:0\r\n"), Some(false)),
            (String::new(), None),
            (String::from("\r\n"), None),
            (String::from("<html>1:1</html>"), None),
            (KEPT.to_owned(), None),
            (format!("{KEPT}:many"), None),
            (format!("{KEPT}:-1"), None),
            (format!("5BAA6{KEPT}:1"), None),
            (format!("{OTHER}:3\r\nsorry:1\r\n{KEPT}:1"), None),
            (format!("{}é:1", &KEPT[2..]), None),
        ];
        for (list, expected) in table {
            assert_eq!(holds(&list, KEPT), expected, "{list:?}");
        }
    }
}
