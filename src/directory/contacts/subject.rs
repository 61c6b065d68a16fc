//! Under what the public directories know an establishment.

use super::report::Annuaire;
use crate::domain::{CommuneCode, Establishment, OfficialContactKind, Siret};

/// Legal categories of communes.
const COMMUNES: [&str; 2] = ["7210", "7312"];

/// A school is known in a directory of its own, a commune by its code, everybody else by their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::directory) enum Subject {
    School(Siret),
    TownHall(CommuneCode),
    PublicService(Siret),
}

impl Subject {
    pub(in crate::directory) fn of(establishment: &Establishment) -> Self {
        let siret = || establishment.siret.clone();
        let category = establishment.legal_category.as_ref().map_or("", |code| code.as_str());
        match &establishment.commune_code {
            _ if is_school(establishment) => Self::School(siret()),
            Some(code) if COMMUNES.contains(&category) => Self::TownHall(code.clone()),
            Some(_) | None => Self::PublicService(siret()),
        }
    }

    /// Which directory knows it.
    pub(super) fn annuaire(&self) -> Annuaire {
        match self {
            Self::School(_) => Annuaire::Education,
            Self::TownHall(_) | Self::PublicService(_) => Annuaire::ServicePublic,
        }
    }

    /// Of which service its addresses are.
    pub(in crate::directory) fn kind(&self) -> OfficialContactKind {
        match self {
            Self::School(_) => OfficialContactKind::School,
            Self::TownHall(_) => OfficialContactKind::TownHall,
            Self::PublicService(_) => OfficialContactKind::PublicService,
        }
    }

    /// The table and the number under which its addresses lie.
    pub(super) fn place(&self) -> (&'static str, u64) {
        match self {
            Self::School(siret) => ("schools", siret.as_str().parse().unwrap_or(0)),
            // Corsica has letters in its codes.
            Self::TownHall(code) => ("town_halls", u64::from_str_radix(code.as_str(), 36).unwrap_or(0)),
            Self::PublicService(siret) => ("public_services", siret.as_str().parse().unwrap_or(0)),
        }
    }
}

/// A public school of the first or second degree, by its activity and its category.
fn is_school(establishment: &Establishment) -> bool {
    let activity = establishment.activity.as_ref().map_or("", |code| code.as_str());
    let category = establishment.legal_category.as_ref().map_or("", |code| code.as_str());
    matches!((activity, category), ("85.31Z" | "85.32Z", "7331") | ("85.20Z" | "85.10Z", "7210"))
}
