//! Numbers of real establishments, and what is not a number.

use super::*;

#[test]
fn sec_107_a_siret_is_fourteen_digits_with_a_check_digit() {
    for text in ["13002526500013", "217 400 563 00011", " 21630215800011 ", "35600000000048", "35600000049837"] {
        let siret: Siret = text.parse().unwrap();
        assert_eq!(siret.as_str().len(), 14, "{text}");
    }
    assert_eq!("13002526500013".parse::<Siret>().unwrap().siren(), "130025265");
    for text in [
        "",
        "1300252650001",
        "130025265",
        "130025265000133",
        "13002526500014",
        "1300252650001x",
        "１３００２５２６５０００１３",
        "35600000049838",
    ] {
        assert_eq!(text.parse::<Siret>(), Err(MalformedSiret), "{text}");
    }
}
