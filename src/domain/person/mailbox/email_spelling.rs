//! Help with the spelling of an address: the domain that a mistyped one was meant to be.

use crate::domain::Email;

/// Domains that many people have an address of: providers, and administrations of the State. One a line.
const KNOWN: &str = include_str!("../../../../assets/data/mail_domains.txt");

/// The address with the known domain that its own is a slip of the fingers away from; `None` where it is known itself, or
/// like none. `expected` are domains that are as good as known here.
pub fn suggest_spelling(email: &Email, expected: &[&str]) -> Option<Email> {
    let typed = email.domain();
    let known = || {
        let listed = KNOWN.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        expected.iter().copied().chain(listed)
    };
    if known().any(|domain| domain == typed || is_below(typed, domain)) {
        return None;
    }
    let near = |domain: &&str| strsim::osa_distance(typed, domain) <= slips(domain);
    let nearest = known().filter(near).min_by_key(|domain| strsim::osa_distance(typed, domain))?;
    format!("{}@{nearest}", email.local_part()).parse().ok()
}

/// How many letters may be wrong, missing, too many or swapped: short names are like too many others.
fn slips(domain: &str) -> usize {
    match domain.len() {
        0..=7 => 1,
        _ => 2,
    }
}

/// Whether one domain lies below another: `dgfip.finances.gouv.fr` below `finances.gouv.fr`.
fn is_below(domain: &str, above: &str) -> bool {
    domain.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_is_noticed_and_what_is_right_or_far_is_left_alone() {
        let expected = ["ville-clamart.fr"];
        let suggested = |text: &str| suggest_spelling(&text.parse().unwrap(), &expected).map(|email| email.to_string());
        let cases = [
            ("jean@gmial.com", Some("jean@gmail.com")),
            ("jean@gmail.con", Some("jean@gmail.com")),
            ("jean@orage.fr", Some("jean@orange.fr")),
            ("jean@interieur.gouv.f", Some("jean@interieur.gouv.fr")),
            ("jean@finance.gouv.fr", Some("jean@finances.gouv.fr")),
            ("jean@vile-clamart.fr", Some("jean@ville-clamart.fr")),
            ("jean@gmail.com", None),
            ("jean@ville-clamart.fr", None),
            ("jean@dgfip.finances.gouv.fr", None),
            ("jean@mairie-vanves.fr", None),
            ("jean@exemple.fr", None),
        ];
        for (typed, expected) in cases {
            assert_eq!(suggested(typed).as_deref(), expected, "{typed}");
        }
    }

    #[test]
    fn every_known_domain_is_one_that_an_address_can_have_and_none_is_taken_for_another() {
        for domain in KNOWN.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let email: Email = format!("jean@{domain}").parse().unwrap();
            assert_eq!(email.domain(), domain);
            assert_eq!(suggest_spelling(&email, &[]), None, "{domain}");
        }
    }
}
