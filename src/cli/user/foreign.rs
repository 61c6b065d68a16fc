//! People as files of other systems name them, in the words of ours: the list of digital-mediation advisers that the original
//! takes (`prenom;nom;téléphone;email;coordinateur;Code Postal;Nom commune;SIRET structure;email professionnel secondaire`), and
//! identifiers that are no numbers, as those of InclusionConnect.

use serde_json::{Map, Value};

/// The address of an adviser's account, beside a private one.
const WORK_ADDRESS: &str = "email professionnel secondaire";
/// Columns that no other list has.
const OF_THE_LIST: [&str; 4] = [WORK_ADDRESS, "prenom", "coordinateur", "siret structure"];
/// What that list holds beyond: a private address, the town, and what the original found wrong with a row.
const LEFT_BEHIND: [&str; 4] = ["email", "code postal", "nom commune", "error"];

/// The row in our words, and the identifier of another kind that it gives.
pub(super) fn translated(fields: Map<String, Value>) -> (Map<String, Value>, Option<String>) {
    // A row that lacks one of them is refused for what it lacks.
    let is_of_the_list = fields.keys().any(|name| OF_THE_LIST.contains(&name.to_lowercase().as_str()));
    let mut fields = if is_of_the_list { of_an_adviser(fields) } else { fields };
    let is_foreign =
        |sub: &Value| sub.as_str().is_some_and(|sub| !sub.trim().bytes().all(|byte| byte.is_ascii_digit()));
    let sub = match fields.contains_key("id") {
        true => None,
        false => fields.get("sub").filter(|sub| is_foreign(sub)).and_then(Value::as_str).map(str::to_owned),
    };
    if sub.is_some() {
        drop(fields.remove("sub"));
    }
    (fields, sub)
}

fn of_an_adviser(fields: Map<String, Value>) -> Map<String, Value> {
    let mut own = Map::new();
    let coordinates = fields.get("coordinateur").and_then(Value::as_str).map(str::trim) == Some("oui");
    let job = if coordinates { "Coordinateur conseillers numérique" } else { "Conseiller numérique" };
    own.insert(String::from("job"), Value::from(job));
    for (name, value) in fields {
        let name = name.to_lowercase();
        let name = match name.as_str() {
            WORK_ADDRESS => "email",
            "prenom" => "given_name",
            "nom" => "family_name",
            "téléphone" => "phone_number",
            "siret structure" => "siret",
            "coordinateur" => continue,
            left if LEFT_BEHIND.contains(&left) => continue,
            // Told as a column that nobody knows.
            other => other,
        };
        own.insert(name.to_owned(), value);
    }
    own
}
