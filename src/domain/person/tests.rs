//! Tables of what may be typed.

use super::*;
use crate::domain::UserId;
use crate::protocol::Timestamp;

#[test]
fn sec_3_every_spelling_of_an_address_is_one_address() {
    for text in
        ["Claire.Martin@Mairie-Exemple.fr", "  claire.martin@mairie-exemple.fr\n", "CLAIRE.MARTIN@MAIRIE-EXEMPLE.FR"]
    {
        let email: Email = text.parse().unwrap();
        assert_eq!(email.as_str(), "claire.martin@mairie-exemple.fr");
        assert_eq!(email.as_str().parse::<Email>().unwrap(), email, "canonical form is a fixed point");
    }
}

#[test]
fn personal_information_says_every_fault_at_once() {
    let faults = PersonalInformation::parse("\u{200b} ", "M@rtin", "12", "42").unwrap_err();
    assert_eq!(
        faults,
        [
            PersonalInformationFault::Missing(PersonalInformationField::GivenName),
            PersonalInformationFault::Malformed(PersonalInformationField::FamilyName),
            PersonalInformationFault::Malformed(PersonalInformationField::PhoneNumber),
            PersonalInformationFault::Malformed(PersonalInformationField::Job),
        ]
    );
}

#[test]
fn personal_information_is_trimmed_and_optional_fields_may_be_empty() {
    let information = PersonalInformation::parse(" Anne-Marie ", "d’Été", "+33 1 02-03 04 05", "").unwrap();
    assert_eq!(information.full_name().as_deref(), Some("Anne-Marie d’Été"));
    assert_eq!(information.phone_number.as_deref(), Some("+33 1 02-03 04 05"));
    assert_eq!(information.job, None);
}

#[test]
fn sec_62_passwords_are_judged_by_length_and_context_only() {
    let email: Email = "claire.martin@mairie.fr".parse().unwrap();
    let rules = PasswordRules { minimum_length: 15, email: &email, instance_name: "MonComptePro" };
    let verdict = |password: &str| check_password(password, &rules);
    for good in ["un cheval vert mange", "correct horse battery", "éàüôÿçéàüôÿçzqwk", "               a"] {
        assert_eq!(verdict(good), Ok(()), "{good}");
    }
    assert_eq!(verdict("quatorze carac"), Err(PasswordFault::TooShort));
    assert_eq!(verdict(&"aB3 ".repeat(33)), Err(PasswordFault::TooLong));
    assert_eq!(verdict("je suis Claire.Martin, oui"), Err(PasswordFault::HoldsAddress));
    assert_eq!(verdict("mon moncomptepro a moi"), Err(PasswordFault::HoldsInstanceName));
    for predictable in
        ["aaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "azertyuiopqsdfg", "1234567890123456", "abcdefghijklmnop"]
    {
        assert_eq!(verdict(predictable), Err(PasswordFault::Predictable), "{predictable}");
    }
}

#[test]
fn r_27_a_password_link_works_once_in_time_and_for_the_epoch_it_was_made_in() {
    let mut user = User::new(UserId(7), "a@b.fr".parse().unwrap(), Timestamp(0));
    let link =
        PasswordLink { user_id: user.id, user_epoch: 0, expires_at: Timestamp(3600), used_at: None, is_mailed: false };
    assert_eq!(link.check(&user, Timestamp(3599)), Ok(()));
    assert_eq!(link.check(&user, Timestamp(3600)), Err(PasswordLinkRefusal::Expired));
    let used = link.clone().redeem(&user, Timestamp(5)).unwrap();
    assert_eq!(used.check(&user, Timestamp(6)), Err(PasswordLinkRefusal::Void));
    user.epoch = 1;
    assert_eq!(link.check(&user, Timestamp(6)), Err(PasswordLinkRefusal::Void));
}

#[test]
fn a_name_is_of_one_alphabet_whichever_it_is() {
    let names = |given: &str, family: &str| PersonalInformation::parse(given, family, "", "");
    let whole = [
        ("Jean-Loïc", "L’Haÿ d'Œuvres"),
        ("Ángela Núñez", "Škvorecký"),
        ("Nguye\u{302}\u{303}n", "Trần Thị Ánh"),
        ("Ayşe", "Yıldız"),
        ("Иван", "Щербаков-Ёлкин"),
        ("Αλέξανδρος", "Παπαδόπουλος"),
        ("محمد", "عبد الله"),
        ("דוד", "בן־גוריון"),
        ("結子", "さとう・ミキ"),
        ("민준", "金민"),
        ("小明", "王"),
        ("Շուշան", "Իսահակյան"),
        ("Oʼkonkwo", "Łukasiewicz"),
    ];
    for (given, family) in whole {
        assert!(names(given, family).is_ok(), "{given} {family}");
    }
    let mixed = [
        "J\u{435}an",
        "\u{410}nna",
        "M\u{430}rtin",
        "Ivan Иван",
        "\u{39f}livier",
        "王 Wang",
        "\u{391}\u{39d}\u{39d}\u{410}",
        "Jean-\u{406}ves",
    ];
    for name in mixed {
        for (faults, field) in [
            (names(name, "Martin"), PersonalInformationField::GivenName),
            (names("Jean", name), PersonalInformationField::FamilyName),
        ] {
            assert_eq!(faults, Err(vec![PersonalInformationFault::Mixed(field)]), "{name}");
        }
    }
    assert!(names("Иван", "Ivanov").is_ok(), "each field by itself");
}
