//! The three renderings, to the member.

use serde_json::json;

use super::*;
use crate::domain::{Greeting, OrganizationSource, PersonalInformation, UserId, Verification};
use crate::protocol::Timestamp;

fn organization(id: u64, siret: &str, label: &str, legal_category: &str) -> Organization {
    Organization {
        id: OrganizationId(id),
        siret: siret.parse().unwrap(),
        label: label.to_owned(),
        legal_category: legal_category.parse().ok(),
        activity: None,
        headcount: None,
        entity_headcount: None,
        is_head_office: true,
        is_active: true,
        is_entity_active: None,
        address: None,
        source: OrganizationSource::Register,
        told: None,
        not_found_at: None,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

fn link(organization_id: u64, is_external: bool, verification: Verification) -> Membership {
    Membership {
        user_id: UserId(154),
        organization_id: OrganizationId(organization_id),
        is_external,
        verification,
        greeting: Greeting::Done,
        made_by: None,
        verified: None,
        created_at: Timestamp(organization_id),
        updated_at: Timestamp(organization_id),
    }
}

fn jean() -> Subject {
    let mut user = User::new(UserId(154), "user@red-needles-sarl.com".parse().unwrap(), Timestamp(1_670_664_600));
    user.email_verified_at = Some(Timestamp(1_670_664_600));
    user.information = PersonalInformation::parse("Jean", "Martin", "", "").unwrap();
    Subject {
        user,
        organizations: vec![
            (
                link(16, true, Verification::Domain),
                organization(16, "21630215800011", "Commune de les martres sur morge - Mairie", "7210"),
            ),
            (link(17, false, Verification::Domain), organization(17, "83951732300011", "Red needles SARL", "5499")),
        ],
        organization_id: Some(OrganizationId(16)),
    }
}

fn client(profile: ClaimsProfile, scopes: &str) -> Client {
    let mut client = Client::new("service".parse().unwrap(), String::from("Service"), Timestamp(0));
    client.claims_profile = profile;
    client.scopes = ScopeSet::parse(scopes).unwrap();
    client
}

fn userinfo(subject: &Subject, profile: ClaimsProfile, scopes: &str) -> Value {
    let client = client(profile, scopes);
    Value::Object(userinfo_claims(subject, &client, &client.scopes, &ClaimsRequest::default()))
}

#[test]
fn r_25_sec_130_the_documented_example_of_2022_member_for_member() {
    let document = r#"{"email":"user@red-needles-sarl.com","email_verified":true,"organizations":[{"id":16,"siret":"21630215800011","label":"Commune de les martres sur morge - Mairie","is_external":"true"},{"id":17,"siret":"83951732300011","label":"Red needles SARL","is_external":"false"}],"sub":154}"#;
    let claims = userinfo(&jean(), ClaimsProfile::Readme2022, "openid email organizations");
    assert_eq!(claims.to_string(), document);
}

#[test]
fn clm_1_sec_130_the_standard_rendering_has_openid_types() {
    let claims = userinfo(&jean(), ClaimsProfile::Standard, "openid email profile phone organization");
    assert_eq!(
        claims,
        json!({
            "sub": "154", "email": "user@red-needles-sarl.com", "email_verified": true,
            "name": "Jean Martin", "given_name": "Jean", "family_name": "Martin", "updated_at": 1_670_664_600,
            "label": "Commune de les martres sur morge - Mairie", "siret": "21630215800011", "is_commune": true,
            "is_external": true, "is_public_service": true, "organization_verified": true,
        })
    );
}

#[test]
fn r_25_sec_130_the_rendering_of_the_original_has_iso_dates_and_twins() {
    let claims = userinfo(&jean(), ClaimsProfile::Moncomptepro, "openid profile organization organizations");
    let commune = "Commune de les martres sur morge - Mairie";
    assert_eq!(
        claims,
        json!({
            "sub": "154", "family_name": "Martin", "given_name": "Jean", "updated_at": "2022-12-10T09:30:00.000Z",
            "label": commune, "siret": "21630215800011", "is_commune": true, "is_external": true,
            "is_public_service": true, "is_service_public": true,
            "organizations": [{
                "id": 16, "siret": "21630215800011", "label": commune, "is_external": true,
                "is_commune": true, "is_service_public": true, "is_public_service": true,
            }, {
                "id": 17, "siret": "83951732300011", "label": "Red needles SARL", "is_external": false,
                "is_commune": false, "is_service_public": false, "is_public_service": false,
            }],
        })
    );
}

#[test]
fn the_federation_gets_its_claims() {
    let scopes = "openid uid given_name usual_name email phone siret is_service_public is_public_service";
    let claims = userinfo(&jean(), ClaimsProfile::Moncomptepro, scopes);
    assert_eq!(
        claims,
        json!({
            "sub": "154", "uid": "154", "given_name": "Jean", "usual_name": "Martin", "siret": "21630215800011",
            "email": "user@red-needles-sarl.com", "email_verified": true, "is_service_public": true,
            "is_public_service": true,
        })
    );
}

#[test]
fn clm_3_what_has_no_value_is_absent_and_sub_is_always_there() {
    let mut subject = jean();
    subject.user.information = PersonalInformation::default();
    subject.organization_id = None;
    for profile in [ClaimsProfile::Standard, ClaimsProfile::Moncomptepro, ClaimsProfile::Readme2022] {
        let claims = userinfo(&subject, profile, "openid profile phone organization");
        let members = claims.as_object().unwrap();
        assert!(members.contains_key("sub"));
        assert!(members.values().all(|value| !value.is_null() && value != ""), "{claims}");
        assert!(!members.contains_key("siret") && !members.contains_key("phone_number"));
    }
}

#[test]
fn r_26_a_link_that_nothing_proves_is_released_only_where_the_client_accepts_it() {
    let mut subject = jean();
    subject
        .organizations
        .push((link(18, false, Verification::Unverified), organization(18, "82869625200018", "Entrepreneur", "1000")));
    let strict = client(ClaimsProfile::Standard, "openid organizations");
    assert_eq!(subject.released_to(&strict).count(), 2);
    let lenient = Client { require_verified_link: false, ..strict };
    assert_eq!(subject.released_to(&lenient).count(), 3);
}

#[test]
fn clm_7_a_single_claim_goes_where_it_was_asked_and_only_within_what_the_client_may_ask() {
    let client = client(ClaimsProfile::Standard, "openid email");
    let asked = r#"{"userinfo":{"email":{"essential":true},"given_name":null},"id_token":{"email":null,"siret":null}}"#;
    let requested = ClaimsRequest::parse(asked).unwrap();
    let only_openid = ScopeSet::parse("openid").unwrap();
    let claims = userinfo_claims(&jean(), &client, &only_openid, &requested);
    assert_eq!(Value::Object(claims), json!({ "sub": "154", "email": "user@red-needles-sarl.com" }));
    let claims = id_token_claims(&jean(), &client, &requested);
    assert_eq!(Value::Object(claims), json!({ "email": "user@red-needles-sarl.com" }));
    let silent = id_token_claims(&jean(), &client, &ClaimsRequest::default());
    assert!(silent.is_empty(), "IDT-10: scopes alone put nothing into the ID token");
}

#[test]
fn sec_130_what_is_added_to_a_person_takes_no_place_of_what_is_vouched_for() {
    let vouched = [
        "sub",
        "iss",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "nonce",
        "acr",
        "amr",
        "sid",
        "at_hash",
        "email",
        "email_verified",
        "phone_number_verified",
        "label",
        "siret",
        "is_commune",
        "is_external",
        "is_public_service",
        "is_service_public",
        "organization_verified",
        "organizations",
        "uid",
        "updated_at",
    ];
    let scopes = "openid email profile phone organization organizations";
    for profile in [ClaimsProfile::Standard, ClaimsProfile::Moncomptepro, ClaimsProfile::Readme2022] {
        let before = userinfo(&jean(), profile, scopes);
        let mut spoiled = jean();
        spoiled.user.additional_claims = vouched.iter().map(|name| ((*name).to_owned(), json!("forged"))).collect();
        assert_eq!(userinfo(&spoiled, profile, scopes).to_string(), before.to_string(), "{profile:?}");
        spoiled.user.additional_claims = Map::from_iter(
            [("job", json!("Maire")), ("roles", json!(["agent"]))].map(|(name, value)| (name.to_owned(), value)),
        );
        let told = userinfo(&spoiled, profile, scopes);
        assert_eq!((&told["job"], &told["roles"]), (&json!("Maire"), &json!(["agent"])), "{profile:?}");
    }
}
