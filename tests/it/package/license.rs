//! Licence expressions of package manifests (SPDX 2.3, annex D).

use std::collections::BTreeSet;

/// Whether the expression can be satisfied with the allowed licences alone.
pub(super) fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let answer = any(&words, &mut at, allowed);
    answer && at == words.len()
}

fn any(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut answer = all(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        answer |= all(words, at, allowed);
    }
    answer
}

fn all(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut answer = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        answer &= one(words, at, allowed);
    }
    answer
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let answer = any(words, at, allowed);
        *at += 1;
        return answer;
    }
    if words.get(*at) == Some(&"WITH") {
        *at += 2;
        return allowed.contains(&words[*at - 3..*at].join(" "));
    }
    allowed.contains(*word)
}

#[test]
fn an_expression_is_allowed_when_its_licences_are() {
    let allowed = ["MIT", "ISC"].map(str::to_owned).into();
    for expression in
        ["MIT", "MIT OR Apache-2.0", "Apache-2.0/MIT", "ISC AND (GPL-3.0 OR MIT)", "GPL-3.0 OR ISC AND MIT"]
    {
        assert!(is_allowed(expression, &allowed), "{expression}");
    }
    for expression in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0", "MIT WITH Thing", "MIT ISC"] {
        assert!(!is_allowed(expression, &allowed), "{expression}");
    }
}
