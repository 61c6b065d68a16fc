//! Hosts that are taken for another one: what a moderator is warned of.

use serde::Serialize;

use super::EmailDomain;

/// How a host is like another one. None of this proves anything (SEC-108).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// Letters that look the same stand in place of others.
    LooksTheSame,
    /// A letter is wrong, missing, too many, or two are swapped.
    OneLetter,
    /// It lies below the other one.
    Below,
    /// Everything but its ending is the same.
    OtherEnding,
    /// The name of the other one is a part of it.
    Inside,
}

/// A host that another one is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookAlike {
    /// The one that is known.
    pub known: EmailDomain,
    /// How it is like it.
    pub likeness: Likeness,
}

/// The shortest name that says something as a part of another one.
const TELLING: usize = 5;

/// Letters that look like others, and then several of them.
const SHAPES: [(&str, &str); 9] =
    [("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("8", "b"), ("-", ""), ("rn", "m"), ("vv", "w"), ("cl", "d")];

/// Those of the known hosts that a host is like; none where it is one of them.
pub fn look_alikes<'a>(domain: &EmailDomain, known: impl IntoIterator<Item = &'a EmailDomain>) -> Vec<LookAlike> {
    let mut found: Vec<LookAlike> = Vec::new();
    for other in known {
        if other == domain {
            return Vec::new();
        }
        let is_new = !found.iter().any(|alike| alike.known == *other);
        if let Some(likeness) = likeness(domain.as_str(), other.as_str()).filter(|_| is_new) {
            found.push(LookAlike { known: other.clone(), likeness });
        }
    }
    found
}

fn likeness(domain: &str, known: &str) -> Option<Likeness> {
    let name = without_ending(known);
    let is_telling = name.len() >= TELLING;
    if shape(domain) == shape(known) {
        Some(Likeness::LooksTheSame)
    } else if strsim::osa_distance(domain, known) == 1 {
        Some(Likeness::OneLetter)
    } else if domain.strip_suffix(known).is_some_and(|above| above.ends_with('.')) {
        Some(Likeness::Below)
    } else if is_telling && without_ending(domain) == name {
        Some(Likeness::OtherEnding)
    } else if is_telling && (domain.contains(name) || shape(domain).contains(&shape(name))) {
        Some(Likeness::Inside)
    } else {
        None
    }
}

fn without_ending(domain: &str) -> &str {
    domain.rsplit_once('.').map_or(domain, |(name, _)| name)
}

/// The host as a quick reader sees it.
fn shape(domain: &str) -> String {
    SHAPES.iter().fold(domain.to_owned(), |text, (seen, taken_for)| text.replace(seen, taken_for))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_108_a_host_that_is_taken_for_another_one_is_told() {
        let known: Vec<EmailDomain> =
            ["mairie-x.fr", "clamart.fr", "interieur.gouv.fr", "ab.fr"].map(|domain| domain.parse().unwrap()).into();
        let told = |text: &str| {
            let found = look_alikes(&text.parse().unwrap(), &known);
            found.first().map(|alike| (alike.known.as_str().to_owned(), alike.likeness))
        };
        let cases = [
            ("rnairie-x.fr", "mairie-x.fr", Likeness::LooksTheSame),
            ("ma1rie-x.fr", "mairie-x.fr", Likeness::LooksTheSame),
            ("mairiex.fr", "mairie-x.fr", Likeness::LooksTheSame),
            ("damart.fr", "clamart.fr", Likeness::LooksTheSame),
            ("clamaart.fr", "clamart.fr", Likeness::OneLetter),
            ("lcamart.fr", "clamart.fr", Likeness::OneLetter),
            ("interieur-gouv.fr", "interieur.gouv.fr", Likeness::OneLetter),
            ("ecole.mairie-x.fr", "mairie-x.fr", Likeness::Below),
            ("mairie-x.com", "mairie-x.fr", Likeness::OtherEnding),
            ("mairie-x.fr.evil.fr", "mairie-x.fr", Likeness::Inside),
            ("xmairie-x.fr", "mairie-x.fr", Likeness::OneLetter),
            ("agence-clamart.fr", "clamart.fr", Likeness::Inside),
            ("service-c1amart.com", "clamart.fr", Likeness::Inside),
        ];
        for (domain, known, likeness) in cases {
            assert_eq!(told(domain), Some((known.to_owned(), likeness)), "{domain}");
        }
        for domain in ["mairie-x.fr", "vanves.fr", "cab.fr.example", "gmail.com"] {
            assert_eq!(told(domain), None, "{domain}");
        }
    }
}
