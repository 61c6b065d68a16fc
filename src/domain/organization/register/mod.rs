//! What the national register says of an establishment: its codes, how it is named and addressed, how it is searched, and
//! where its services can be written to.

mod codes;
mod contact;
mod establishment;
mod geography;
mod labels;
mod naming;
mod query;

pub use codes::{Activity, CommuneCode, HeadcountBand, HeadcountYear, LegalCategory, MalformedCode};
pub use contact::{OfficialContact, OfficialContactKind};
pub use establishment::{Diffusion, Establishment, EstablishmentSource};
pub use geography::{CountryCode, DepartmentCode, department_of};
pub use labels::street_type;
pub use naming::{AddressParts, EstablishmentName, NameParts, UNKNOWN_NAME, capitalized, folded, town_name, visible};
pub use query::{EstablishmentQuery, QueryFault};
