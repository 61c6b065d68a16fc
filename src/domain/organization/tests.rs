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

#[test]
fn a_stored_code_of_no_nomenclature_reads_as_none_and_the_others_as_they_were_written() {
    let stored = |category: &str, activity: &str, band: &str| {
        let known = serde_json::json!({
            "id": 1, "siret": "13002526500013", "label": "DINUM", "legal_category": category, "activity": activity,
            "headcount": band, "entity_headcount": band, "is_head_office": true, "is_active": true, "address": null,
            "source": "register", "created_at": 0, "updated_at": 0
        });
        let read: Organization = serde_json::from_value(known).unwrap();
        let written = serde_json::to_value(&read).unwrap();
        ["legal_category", "activity", "headcount", "entity_headcount"].map(|field| written[field].clone())
    };
    assert_eq!(stored("7120", "84.11Z", "32"), ["7120", "84.11Z", "32", "32"]);
    for (category, activity, band) in [("72", "75.1A", "13"), ("[ND]", "8411Z", "1"), ("", "", "")] {
        assert_eq!(stored(category, activity, band), [(); 4].map(|()| serde_json::Value::Null), "{category}");
    }
    let without = serde_json::json!({
        "id": 1, "siret": "13002526500013", "label": "DINUM", "legal_category": null, "activity": null,
        "headcount": null, "entity_headcount": null, "is_head_office": true, "is_active": true, "address": null,
        "source": "register", "created_at": 0, "updated_at": 0
    });
    assert_eq!(serde_json::from_value::<Organization>(without).unwrap().legal_category, None);
}
