//! The table of passwords: which ones may be chosen, and the reason that is given for each of the others, in both languages
//! (SEC-62).

use crate::support::{Form, Instance, Page, Person};

const ADDRESS: &str = "claire.martin@clamart.example";

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Short,
    Long,
    Address,
    Site,
    Predictable,
    Common,
}

use Reason::{Address, Common, Long, Predictable, Short, Site};

impl Reason {
    /// What the page says, in French and in English.
    fn said(self) -> [&'static str; 2] {
        match self {
            Short => ["d’au moins 15 caractères", "of 15 characters or more"],
            Long => ["d’au plus 128 caractères", "of 128 characters or fewer"],
            Address => ["ne contient pas votre adresse", "does not contain your email address"],
            Site => ["ne contient pas le nom de ce site", "does not contain the name of this site"],
            Predictable => ["sans suite ni répétition", "without runs or repetitions"],
            Common => ["moins courant", "less common password"],
        }
    }
}

/// Those that may be chosen: length alone makes them, whatever they are made of.
const GOOD: &[&str] = &[
    "un cheval vert mange",
    "je mange des pommes",
    "une phrase de passe assez longue",
    "correct horse battery staple",
    "la mairie ouvre à dix heures",
    "trois petits chats dorment",
    "le facteur passe le mardi",
    "bleu orage violon tapis",
    "tasse lune fourmi granit",
    "qV8!mZ2pLr7xWk4",
    "qv8mz2plr7xwk4t",
    "QV8MZ2PLR7XWK4T",
    "8264019375520714396",
    "!?;:§%£$*&@#=+<>",
    "éàüôÿçéàüôÿçéàüôÿçzqwk",
    "ÉÀÜÔ ŸÇ zqwk vbnt",
    "  entouré d’espaces  ",
    "tabulation\tet espace mêlés",
    "пароль из нескольких слов",
    "συνθηματικό με λέξεις",
    "一个由几个词组成的长密码真的很长",
    "كلمة مرور من عدة كلمات",
    "סיסמה של כמה מילים",
    "😀🚀🌧🎻🐜🪨🧺🫖📎🧵🪴🛶🧊🪁🎲",
    "😀 lune fourmi granit",
    "👩‍👩‍👧 tasse violon",
    "n\u{303}q\u{301}z\u{302}w\u{303}x\u{301}v\u{302}b\u{303}t\u{301} tasse",
    "e\u{301}te\u{301} pluvieux à Brest",
    "<script>alert(1)</script>",
    "'; drop table users; --",
    "../../../etc/passwd x7",
    "%00%0a%0d%09 et la suite",
    "{{ 7 * 7 }} et la suite",
    "C:\\Windows\\Système 32!",
    "un mot de passe, dix euros",
    "il pleut sur la ville",
    "pomme poire abricot prune",
    "vélo rouge sans freins",
    "quinze lettres ou plus ici",
    "Zq7 Zq8 Zr9 Zs1 Zt2",
    "fjord bank glyphs vex",
    "voix ambiguë d’un cœur",
    "portez ce vieux whisky",
    "dès Noël où un zéphyr",
];

/// Those that may not, and why.
const BAD: &[(&str, Reason)] = &[
    ("a", Short),
    ("1", Short),
    (" ", Short),
    ("é", Short),
    ("😀", Short),
    ("court", Short),
    ("password", Short),
    ("azerty", Short),
    ("123456", Short),
    ("motdepasse", Short),
    ("Mairie2026!", Short),
    ("qV8!mZ2pLr7x", Short),
    ("quatorze carac", Short),
    ("éàüôÿçéàüôÿçéà", Short),
    ("aaaaaaaaaaaaaa", Short),
    ("Tr0ub4dor&3", Short),
    ("correcthorse", Short),
    ("😀🚀🌧🎻🐜🪨🧺🫖📎🧵🪴🛶🧊🪁", Short),
    (
        "e\u{301}e\u{302}e\u{300}e\u{308}a\u{302}a\u{300}u\u{302}u\u{308}i\u{302}i\u{308}o\u{302}o\u{308}c\u{327}y\u{308}",
        Short,
    ),
    ("claire.martin", Short),
    ("moncomptepro", Short),
    ("              ", Short),
    ("claire.martin@clamart.example", Address),
    ("CLAIRE.MARTIN@CLAMART.EXAMPLE", Address),
    ("je suis claire.martin", Address),
    ("je suis Claire.Martin, oui", Address),
    ("claire.martin2026!", Address),
    ("xxclaire.martinxx", Address),
    ("claire.martinclaire.martin", Address),
    ("tasse lune claire.martin", Address),
    ("  claire.martin  ", Address),
    ("CLAIRE.MARTIN 92140", Address),
    ("aaaaaaaaaaaaaaa", Predictable),
    ("AAAAAAAAAAAAAAAA", Predictable),
    ("111111111111111", Predictable),
    ("               ", Predictable),
    ("ééééééééééééééé", Predictable),
    ("😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀", Predictable),
    ("!!!!!!!!!!!!!!!!!!!!", Predictable),
    ("abababababababab", Predictable),
    ("abcabcabcabcabcabc", Predictable),
    ("abcdabcdabcdabcd", Predictable),
    ("1212121212121212", Predictable),
    ("123123123123123", Predictable),
    ("1234123412341234", Predictable),
    ("xyzxyzxyzxyzxyz", Predictable),
    ("AbCdaBcDAbCdaBcD", Predictable),
    ("2026202620262026", Predictable),
    ("azertyuiopqsdfg", Predictable),
    ("azertyuiopqsdfghjklmwxcvbn", Predictable),
    ("AZERTYUIOPQSDFG", Predictable),
    ("qwertyuiopasdfg", Predictable),
    ("QwErTyUiOpAsDfGh", Predictable),
    ("sdfghjklmwxcvbn", Predictable),
    ("1234567890123456", Predictable),
    ("012345678901234", Predictable),
    ("987654321098765", Predictable),
    ("9876543210987654", Predictable),
    ("abcdefghijklmno", Predictable),
    ("abcdefghijklmnopqrstuvwxyz", Predictable),
    ("ABCDEFGHIJKLMNOP", Predictable),
    ("zyxwvutsrqponml", Predictable),
    ("lkjihgfedcba", Short),
    ("onmlkjihgfedcba", Predictable),
    ("passwordpassword", Common),
    ("PasswordPassword", Common),
    ("P@ssw0rdP@ssw0rd", Common),
    ("passwordpassword1", Common),
    ("motdepasse123456", Common),
    ("iloveyouiloveyou", Common),
    ("jetaimejetaime75", Common),
    ("azertyuiop123456", Common),
    ("qwertyuiop123456", Common),
    ("12345678910111213", Common),
    ("password12345678", Common),
    ("adminadminadmin", Common),
    ("letmeinletmeinletmein", Common),
    ("sunshinesunshine", Common),
    ("princessprincess", Common),
    ("dragondragondragon", Common),
    ("footballfootball", Common),
    ("monkeymonkeymonkey", Common),
    ("superman12345678", Common),
    ("welcomewelcome1", Common),
    ("moncomptepro2026", Common),
    ("MonComptePro 2026", Common),
    ("proconnectproconnect", Common),
    ("agentconnect2026", Common),
    ("connexion connexion", Common),
    ("clamart clamart", Common),
    ("Clamart2026Clamart2026", Common),
    ("martin martin martin", Common),
    ("claireclaireclaire", Common),
    ("baseballbaseball", Common),
    ("trustno1trustno1", Common),
    ("shadowshadowshadow", Common),
    ("michaelmichael12", Common),
    ("computercomputer", Common),
    ("passw0rdpassw0rd", Common),
];

async fn form(person: &Person, language: &str) -> Form {
    let page = person.visit(&format!("/users/start-sign-in?lang={language}")).await;
    let asks = person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    asks.form_with("password_confirmation", None)
}

/// What stands beside the field, whatever spaces are in it.
fn said(page: &Page) -> String {
    page.text("#password-problem").replace(['\u{a0}', '\u{202f}'], " ")
}

async fn choose(person: &Person, form: &Form, password: &str) -> Page {
    person.post(form.clone().with("password", password).with("password_confirmation", password)).await
}

/// Passwords at the bounds: code points after normalization, and bytes of them.
fn bounds() -> Vec<(String, Option<Reason>)> {
    let words =
        "tasse lune fourmi granit violon orage tapis bleu facteur mardi whisky zéphyr fjord glyphes brouette escargot ";
    let text = |count: usize| words.chars().cycle().take(count).collect::<String>();
    // Four bytes each, and no pattern of them.
    let emoji =
        |count: u32| (0..count).filter_map(|number| char::from_u32(0x1_f300 + number * 7 % 251)).collect::<String>();
    let marks: String = words
        .chars()
        .filter(|letter| letter.is_ascii_alphabetic())
        .flat_map(|letter| [letter, '\u{323}', '\u{1ab0}'])
        .collect();
    let marked = |count: usize| marks.chars().take(count).collect::<String>();
    let composed: String =
        text(128).chars().flat_map(|letter| if letter == 'e' { vec!['e', '\u{301}'] } else { vec![letter] }).collect();
    assert_eq!((emoji(128).chars().count(), emoji(128).len()), (128, 512));
    vec![
        (text(15), None),
        (text(14), Some(Short)),
        (text(128), None),
        (text(129), Some(Long)),
        (text(4_000), Some(Long)),
        (emoji(128), None),
        (emoji(129), Some(Long)),
        (format!("{}x", emoji(128)), Some(Long)),
        (composed, None),
        (marked(300), Some(Long)),
        ("a".repeat(128), Some(Predictable)),
        ("a".repeat(129), Some(Long)),
    ]
}

#[tokio::test]
async fn sec_62_the_table_says_which_password_may_be_chosen_and_the_page_says_why_one_may_not() {
    let instance = Instance::dev().await;
    let site = instance.app.config.instance_name.clone();
    let of_the_site = [site.clone(), site.to_uppercase(), format!("mon {site} à moi"), format!("{site} et la suite")];
    let mut table: Vec<(String, Option<Reason>)> = GOOD.iter().map(|good| ((*good).to_owned(), None)).collect();
    table.extend(BAD.iter().map(|(bad, reason)| ((*bad).to_owned(), Some(*reason))));
    table.extend(of_the_site.into_iter().filter(|text| text.chars().count() >= 15).map(|text| (text, Some(Site))));
    table.extend(bounds());
    assert!(table.len() >= 150, "{}", table.len());
    let mut surprises = Vec::new();
    for (index, language) in ["fr", "en"].into_iter().enumerate() {
        let person = instance.person();
        let form = form(&person, language).await;
        for (password, expected) in table.iter().filter(|(_, expected)| index == 0 || expected.is_some()) {
            let page = choose(&person, &form, password).await;
            let is_as_expected = match expected {
                None => page.status == 303 && page.location().starts_with("/users/verify-email"),
                Some(reason) => page.status == 400 && said(&page).contains(reason.said()[index]),
            };
            if !is_as_expected {
                surprises.push(format!(
                    "{language} {password:?}: {expected:?}, {} {}",
                    page.status,
                    page.text("#password-problem")
                ));
            }
        }
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
}
