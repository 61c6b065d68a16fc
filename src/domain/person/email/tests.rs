//! The corpus of addresses: what is one, what is none, and that no two of them are written to as one (SEC-101).

use proptest::prelude::*;
use serde_json::json;

use super::{Email, MalformedEmail};
use crate::domain::EmailDomain;

/// Each as it is typed, and as it is kept.
const TAKEN: &[(&str, &str)] = &[
    ("claire.martin@mairie-exemple.fr", "claire.martin@mairie-exemple.fr"),
    ("Claire.Martin@Mairie-Exemple.FR", "claire.martin@mairie-exemple.fr"),
    ("  claire.martin@mairie-exemple.fr ", "claire.martin@mairie-exemple.fr"),
    ("\u{a0}claire.martin@mairie-exemple.fr\u{3000}", "claire.martin@mairie-exemple.fr"),
    ("\tclaire.martin@mairie-exemple.fr\r\n", "claire.martin@mairie-exemple.fr"),
    ("a@b.fr", "a@b.fr"),
    ("0@b.fr", "0@b.fr"),
    ("42@1.fr", "42@1.fr"),
    ("a@127.0.0.1.fr", "a@127.0.0.1.fr"),
    ("a@1a.2b.3c.fr", "a@1a.2b.3c.fr"),
    ("a@163.com", "a@163.com"),
    ("a@a.b.c.d.e.f.g.h.fr", "a@a.b.c.d.e.f.g.h.fr"),
    ("jean+moderation@exemple.fr", "jean+moderation@exemple.fr"),
    ("jean+@exemple.fr", "jean+@exemple.fr"),
    ("+jean@exemple.fr", "+jean@exemple.fr"),
    ("j.e.a.n@exemple.fr", "j.e.a.n@exemple.fr"),
    ("jean-marc.d'hote@exemple.fr", "jean-marc.d'hote@exemple.fr"),
    ("_@exemple.fr", "_@exemple.fr"),
    ("-@exemple.fr", "-@exemple.fr"),
    ("-jean-@exemple.fr", "-jean-@exemple.fr"),
    ("!@exemple.fr", "!@exemple.fr"),
    ("#@exemple.fr", "#@exemple.fr"),
    ("$@exemple.fr", "$@exemple.fr"),
    ("%@exemple.fr", "%@exemple.fr"),
    ("jean%exemple.fr@relais.fr", "jean%exemple.fr@relais.fr"),
    ("&@exemple.fr", "&@exemple.fr"),
    ("'@exemple.fr", "'@exemple.fr"),
    ("*@exemple.fr", "*@exemple.fr"),
    ("/@exemple.fr", "/@exemple.fr"),
    ("=@exemple.fr", "=@exemple.fr"),
    ("?@exemple.fr", "?@exemple.fr"),
    ("^@exemple.fr", "^@exemple.fr"),
    ("{|}~@exemple.fr", "{|}~@exemple.fr"),
    ("A!#$%&'*+/=?^_{|}~-Z@exemple.fr", "a!#$%&'*+/=?^_{|}~-z@exemple.fr"),
    ("IJI@EXEMPLE.FR", "iji@exemple.fr"),
    ("SS@exemple.fr", "ss@exemple.fr"),
    ("a@sous.domaine.gouv.fr", "a@sous.domaine.gouv.fr"),
    ("a@exemple.museum", "a@exemple.museum"),
    ("a@exemple.example", "a@exemple.example"),
    ("a@xn--vry-9la.fr", "a@xn--vry-9la.fr"),
    ("a@XN--VRY-9LA.FR", "a@xn--vry-9la.fr"),
    ("a@mairie.xn--vry-9la.fr", "a@mairie.xn--vry-9la.fr"),
    ("a@xn--strae-oqa.de", "a@xn--strae-oqa.de"),
    ("a@xn--uvre-f4a.fr", "a@xn--uvre-f4a.fr"),
    ("a@exemple.xn--vermgensberatung-pwb", "a@exemple.xn--vermgensberatung-pwb"),
];

/// Parts that are missing, empty or too many, and dots that stand alone.
const SHAPES: &[&str] = &[
    "",
    " ",
    "@",
    "@@",
    "a",
    "a@",
    "@b.fr",
    "a@@b.fr",
    "a@b@c.fr",
    "a@b.fr@c.fr",
    "@a@b.fr",
    "a@b.fr@",
    "a b@c.fr",
    "a@b c.fr",
    "a @b.fr",
    "a@ b.fr",
    "a@.fr",
    "a@b.",
    "a@b.fr.",
    "a@b..fr",
    "a@.b.fr",
    "a@.",
    "a@..",
    ".a@b.fr",
    "a.@b.fr",
    "a..b@b.fr",
    ".@b.fr",
    "..@b.fr",
    "a@b",
    "a@localhost",
    "a@fr",
    "a@-b.fr",
    "a@b-.fr",
    "a@b.-fr",
    "a@b.fr-",
    "a@b_c.fr",
    "a@_dmarc.b.fr",
    "a@*.b.fr",
    "a.b.fr",
    "a at b.fr",
    "a@b,fr",
    "a;b@c.fr",
];

/// What mail programs once read in other ways: quotes, comments, routes, lists, headers.
const GRAMMAR: &[&str] = &[
    "\"a b\"@c.fr",
    "\"a\"@c.fr",
    "\"\"@c.fr",
    "\"a@b\"@c.fr",
    "a\"b@c.fr",
    "\"a@b.fr",
    "a\\@b@c.fr",
    "a\\b@c.fr",
    "a(b)@c.fr",
    "(a)b@c.fr",
    "a@(b)c.fr",
    "a@c.fr(b)",
    "a@c.fr (b)",
    "<a@c.fr>",
    "A <a@c.fr>",
    "a@c.fr>",
    "<a>@c.fr",
    "@d.fr:a@c.fr",
    "<@d.fr,@e.fr:a@c.fr>",
    "a:b@c.fr",
    "equipe:a@c.fr;",
    "a@c.fr,b@c.fr",
    "a@c.fr;b@c.fr",
    "a@c.fr b@c.fr",
    "a,b@c.fr",
    "mailto:a@c.fr",
    "a@c.fr?cc=b@c.fr",
    "a@c.fr/b",
    "a@c.fr#b",
    "a@c.fr:25",
    "a@[c.fr]",
    "a[b]@c.fr",
    "a`b@c.fr",
    "`id`@c.fr",
    "a@c.fr\r\nBcc:x@d.fr",
    "a@c.fr\nBcc:x@d.fr",
    "a@c.fr\rx",
    "a\r\n@c.fr",
    "a\n@c.fr",
    "a@c\n.fr",
    "a@c.fr\0",
    "a\0b@c.fr",
    "a\u{7f}@c.fr",
    "a\t@c.fr",
    "a@\tc.fr",
    "a\u{1b}[0m@c.fr",
    "a@c.fr%0d%0aBcc:x",
    "%61\u{1}@c.fr",
];

/// Addresses of machines, and names that are none.
const MACHINES: &[&str] = &[
    "a@127.0.0.1",
    "a@[127.0.0.1]",
    "a@[IPv6:::1]",
    "a@[::1]",
    "a@::1",
    "a@1",
    "a@1.2",
    "a@1.2.3",
    "a@0x7f.1",
    "a@0x7f000001",
    "a@2130706433",
    "a@0177.0.0.1",
    "a@10.0.0.256",
    "a@b.42",
    "a@b.4e",
    "a@b.f-r",
    "a@b.c1",
    "a@1.2.3.4.5",
];

/// Letters that fold, read or look like others.
const LETTERS: &[&str] = &[
    "ıan@exemple.fr",
    "İan@exemple.fr",
    "a@exemple.fı",
    "a@gıthub.com",
    "a@gİthub.com",
    "ß@exemple.fr",
    "straße@exemple.fr",
    "a@straße.de",
    "ẞ@exemple.fr",
    "\u{212a}evin@exemple.fr",
    "a@\u{212a}elvin.fr",
    "\u{17f}@exemple.fr",
    "a@\u{17f}.fr",
    "é@exemple.fr",
    "e\u{301}@exemple.fr",
    "a@évry.fr",
    "a@e\u{301}vry.fr",
    "œuvre@exemple.fr",
    "a@œuvre.fr",
    "ÿ@exemple.fr",
    "а@exemple.fr",
    "cl\u{430}ire@exemple.fr",
    "a@ex\u{435}mple.fr",
    "a@ехеmрlе.fr",
    "a@exemple.рф",
    "ο@exemple.fr",
    "a@g\u{3bf}\u{3bf}gle.com",
    "ɑ@exemple.fr",
    "a@exɑmple.fr",
    "a＠exemple.fr",
    "a\u{fe6b}exemple.fr",
    "ａ@exemple.fr",
    "a@ｅxemple.fr",
    "a@exemple。fr",
    "a@exemple．fr",
    "a@exemple｡fr",
    "a@exemple․fr",
    "a@exemple.ｆr",
    "①@exemple.fr",
    "a@①.fr",
    "℡@exemple.fr",
    "a@℡.fr",
    "ﬁ@exemple.fr",
    "a@ﬁ.fr",
    "a\u{200b}b@exemple.fr",
    "a@ex\u{200b}emple.fr",
    "a\u{200c}b@exemple.fr",
    "a\u{200d}b@exemple.fr",
    "a\u{ad}b@exemple.fr",
    "a@ex\u{ad}emple.fr",
    "a\u{2060}@exemple.fr",
    "\u{feff}a@exemple.fr",
    "\u{202e}rf.elpmexe@a",
    "a\u{202e}@exemple.fr",
    "a@\u{202d}exemple.fr",
    "a\u{200e}@exemple.fr",
    "אב@exemple.fr",
    "a@אב.fr",
    "مثال@exemple.fr",
    "用户@exemple.fr",
    "a@例子.fr",
    "😀@exemple.fr",
    "a@😀.fr",
    "a\u{e0041}@exemple.fr",
];

/// Names in A-labels that are not what they seem: other alphabets, mixed ones, none at all.
const PUNYCODE: &[&str] = &[
    // Cyrillic that reads `apple`, `paypal`, `epic`; Greek; Cyrillic and Latin in one word; Hebrew, Arabic, Chinese, Thai.
    "a@xn--80ak6aa92e.com",
    "a@xn--pypal-4ve.com",
    "a@xn--paypl-7ve.com",
    "a@xn--e1awg7f.com",
    "a@xn--ggle-0nda.com",
    "a@xn--gogle-jye.com",
    "a@xn--4dbrk0ce.fr",
    "a@xn--mgbh0fb.fr",
    "a@xn--fsqu00a.fr",
    "a@xn--o3cw4h.fr",
    "a@exemple.xn--p1ai",
    "a@exemple.xn--fiqs8s",
    "a@xn--80ak6aa92e.mairie.fr",
    "a@mairie.xn--80ak6aa92e",
    // The dotless i, a small alpha, an emoji, a capital letter, a soft hyphen.
    "a@xn--gthub-n4a.com",
    "a@xn--exmple-cxc.fr",
    "a@xn--ls8h.fr",
    "a@xn--vry-mia.fr",
    "a@xn--exemple-oka.fr",
    // What decodes to nothing, to ASCII, or does not decode.
    "a@ab--cd.fr",
    "a@xn--.fr",
    "a@xn---.fr",
    "a@xn--a.fr",
    "a@xn--exemple-.fr",
    "a@xn--99999999999.fr",
    "a@xn--\u{e9}vry.fr",
    "a@xn--vry_9la.fr",
];

fn read(text: &str) -> Result<Email, MalformedEmail> {
    text.parse()
}

#[test]
fn sec_101_the_corpus_says_what_is_an_address_and_what_is_none() {
    let kept: Vec<_> = TAKEN.iter().map(|(typed, _)| (*typed, read(typed).map(String::from))).collect();
    let expected: Vec<_> = TAKEN.iter().map(|(typed, kept)| (*typed, Ok((*kept).to_owned()))).collect();
    assert_eq!(kept, expected);
    let (local, label) = ("a".repeat(64), "b".repeat(63));
    let whole = |rest: usize| format!("{local}@{label}.{label}.{}.fr", "c".repeat(rest));
    assert!(read(&format!("{local}@exemple.fr")).is_ok() && read(&format!("a@{label}.fr")).is_ok());
    assert_eq!(whole(58).len(), 254);
    assert!(read(&whole(58)).is_ok());
    let long =
        [format!("a{local}@exemple.fr"), format!("a@b{label}.fr"), whole(59), format!("a@{}fr", "a.".repeat(126))];
    let refused = [SHAPES, GRAMMAR, MACHINES, LETTERS, PUNYCODE].concat();
    assert!(refused.len() + TAKEN.len() >= 200);
    let taken: Vec<&str> =
        refused.into_iter().chain(long.iter().map(String::as_str)).filter(|text| read(text).is_ok()).collect();
    assert!(taken.is_empty(), "{taken:?}");
}

#[test]
fn sec_101_no_letter_of_any_other_alphabet_stands_for_one_of_ours() {
    for letter in ('\u{80}'..=char::MAX).filter(|letter| !letter.is_whitespace()) {
        assert!(read(&format!("{letter}a@exemple.fr")).is_err(), "{letter:?} before the sign");
        assert!(read(&format!("a@exemple.f{letter}")).is_err(), "{letter:?} after it");
    }
}

/// What the first version took beside what can be typed now.
const FORMER: &[&str] =
    &["hélène@mairie.fr", "jean..paul@mairie.fr", ".a@mairie.fr", "a@localhost", "a@127.0.0.1", "\u{430}@mairie.fr"];

#[test]
fn sec_101_an_address_of_before_is_read_from_a_record_and_cannot_be_typed() {
    for text in FORMER {
        let kept: Email = serde_json::from_value(json!(text)).unwrap();
        assert_eq!((kept.as_str(), kept.can_be_typed(), read(text)), (*text, false, Err(MalformedEmail)));
        assert_eq!(serde_json::to_value(&kept).unwrap(), json!(text), "it is written back as it was");
        assert!(Email::deserialize_typed(json!(text)).is_err(), "{text}");
        let domain: EmailDomain = serde_json::from_value(json!(kept.domain())).unwrap();
        assert_eq!(domain, EmailDomain::of(&kept));
    }
    for (_, text) in TAKEN {
        let kept: Email = serde_json::from_value(json!(text)).unwrap();
        assert!(
            kept.can_be_typed() && Email::deserialize_typed(json!(text)).is_ok_and(|typed| typed == kept),
            "{text}"
        );
    }
    let never =
        ["a@b@c.fr", "a b@c.fr", "a\r\n@c.fr", "a\u{200b}@c.fr", "\"a\"@c.fr", "\u{212a}@c.fr", "@c.fr", "a@é.fr", "a"];
    for text in never {
        assert!(serde_json::from_value::<Email>(json!(text)).is_err(), "{text:?} was never one");
    }
}

proptest! {
    /// The text that is written to is the text that is compared: what reads back as itself is no other address.
    #[test]
    fn sec_101_two_addresses_never_share_the_spelling_that_is_written_to(
        one in r"[a-bA-B+.]{1,4}@[a-bA-B.-]{1,4}\.[a-bA-B]{1,2}",
        other in r"[a-bA-B+.]{1,4}@[a-bA-B.-]{1,4}\.[a-bA-B]{1,2}",
    ) {
        if let (Ok(first), Ok(second)) = (read(&one), read(&other)) {
            prop_assert_eq!(first == second, one.eq_ignore_ascii_case(&other));
            prop_assert_eq!(first.to_string() == second.to_string(), first == second);
            prop_assert_eq!(read(first.as_str()), Ok(first));
        }
    }

    /// Whatever is typed, what is kept is a fixed point of ASCII in lower case with one `@`.
    #[test]
    fn sec_101_what_is_kept_is_canonical(text in r".{0,12}@.{0,12}\.\w{1,4}") {
        if let Ok(email) = read(&text) {
            let kept = email.as_str();
            prop_assert!(kept.is_ascii() && !kept.bytes().any(|byte| byte.is_ascii_uppercase() || byte.is_ascii_control()));
            prop_assert_eq!(kept.matches('@').count(), 1);
            prop_assert_eq!(read(kept), Ok(email));
        }
    }
}
