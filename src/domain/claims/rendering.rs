//! The value of each claim in each rendering.

use serde_json::{Map, Value, json};

use super::Subject;
use crate::domain::{ClaimsProfile, Client, Membership, Organization};

/// One person for one client.
pub(super) struct Rendering<'a> {
    pub(super) subject: &'a Subject,
    pub(super) client: &'a Client,
}

impl Rendering<'_> {
    /// The subject in UserInfo: text, but a number in the documented example of 2022.
    pub(super) fn sub(&self) -> Value {
        match self.client.claims_profile {
            ClaimsProfile::Standard | ClaimsProfile::Moncomptepro => json!(self.subject.user.id.to_string()),
            ClaimsProfile::Readme2022 => json!(self.subject.user.id.0),
        }
    }

    /// Adds the named claims that have a value.
    pub(super) fn insert(&self, claims: &mut Map<String, Value>, names: &[&str]) {
        for name in names {
            if let Some(value) = self.value(name) {
                claims.insert((*name).to_owned(), value);
            }
        }
    }

    fn value(&self, name: &str) -> Option<Value> {
        let user = &self.subject.user;
        let information = &user.information;
        match name {
            "email" => Some(json!(user.email)),
            "email_verified" => Some(json!(user.email_verified_at.is_some())),
            "name" => information.full_name().map(Value::from),
            "given_name" => information.given_name.clone().map(Value::from),
            "family_name" | "usual_name" => information.family_name.clone().map(Value::from),
            "job" => information.job.clone().map(Value::from),
            "phone_number" => information.phone_number.clone().map(Value::from),
            "phone_number_verified" => information.phone_number.as_ref().map(|_| json!(false)),
            "updated_at" => Some(self.updated_at()),
            "uid" => Some(json!(user.id.to_string())),
            "organizations" => Some(self.organizations()),
            _ => self.organization_value(name),
        }
    }

    fn updated_at(&self) -> Value {
        let instant = self.subject.user.updated_at;
        match self.client.claims_profile {
            ClaimsProfile::Standard => json!(instant.0),
            ClaimsProfile::Moncomptepro | ClaimsProfile::Readme2022 => json!(instant.to_iso8601()),
        }
    }

    /// A claim about the organization that the person acts for.
    fn organization_value(&self, name: &str) -> Option<Value> {
        let chosen = self.subject.organization_id?;
        let (membership, organization) =
            self.subject.released_to(self.client).find(|(_, organization)| organization.id == chosen)?;
        match name {
            "label" => Some(json!(organization.label)),
            "siret" => Some(json!(organization.siret)),
            "is_commune" => Some(json!(organization.is_commune())),
            "is_external" => Some(json!(membership.is_external)),
            "is_public_service" | "is_service_public" => Some(json!(organization.is_public_service())),
            "organization_verified" => Some(json!(membership.verification.is_proven())),
            _ => None,
        }
    }

    /// Every organization that the client may hear of, in the order in which the links began.
    fn organizations(&self) -> Value {
        let items =
            self.subject.released_to(self.client).map(|(membership, organization)| self.item(membership, organization));
        Value::Array(items.collect())
    }

    fn item(&self, membership: &Membership, organization: &Organization) -> Value {
        let mut item = Map::new();
        let mut insert = |name: &str, value: Value| {
            item.insert(name.to_owned(), value);
        };
        insert("id", json!(organization.id));
        insert("siret", json!(organization.siret));
        insert("label", json!(organization.label));
        match self.client.claims_profile {
            ClaimsProfile::Readme2022 => insert("is_external", json!(membership.is_external.to_string())),
            ClaimsProfile::Standard => {
                insert("is_external", json!(membership.is_external));
                insert("is_commune", json!(organization.is_commune()));
                insert("is_public_service", json!(organization.is_public_service()));
                insert("organization_verified", json!(membership.verification.is_proven()));
            }
            ClaimsProfile::Moncomptepro => {
                insert("is_external", json!(membership.is_external));
                insert("is_commune", json!(organization.is_commune()));
                insert("is_service_public", json!(organization.is_public_service()));
                insert("is_public_service", json!(organization.is_public_service()));
            }
        }
        Value::Object(item)
    }
}
