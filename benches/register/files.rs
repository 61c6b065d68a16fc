//! Register files in the form in which INSEE publishes them, of any size. The numbers are valid; the rest is made up.

use std::io::{BufWriter, Write};
use std::path::Path;

const ESTABLISHMENT: &str = "siren,nic,siret,statutDiffusionEtablissement,dateCreationEtablissement,\
trancheEffectifsEtablissement,anneeEffectifsEtablissement,activitePrincipaleRegistreMetiersEtablissement,\
dateDernierTraitementEtablissement,etablissementSiege,nombrePeriodesEtablissement,complementAdresseEtablissement,\
numeroVoieEtablissement,indiceRepetitionEtablissement,dernierNumeroVoieEtablissement,\
indiceRepetitionDernierNumeroVoieEtablissement,typeVoieEtablissement,libelleVoieEtablissement,codePostalEtablissement,\
libelleCommuneEtablissement,libelleCommuneEtrangerEtablissement,distributionSpecialeEtablissement,\
codeCommuneEtablissement,codeCedexEtablissement,libelleCedexEtablissement,codePaysEtrangerEtablissement,\
libellePaysEtrangerEtablissement,identifiantAdresseEtablissement,coordonneeLambertAbscisseEtablissement,\
coordonneeLambertOrdonneeEtablissement,complementAdresse2Etablissement,numeroVoie2Etablissement,\
indiceRepetition2Etablissement,typeVoie2Etablissement,libelleVoie2Etablissement,codePostal2Etablissement,\
libelleCommune2Etablissement,libelleCommuneEtranger2Etablissement,distributionSpeciale2Etablissement,\
codeCommune2Etablissement,codeCedex2Etablissement,libelleCedex2Etablissement,codePaysEtranger2Etablissement,\
libellePaysEtranger2Etablissement,dateDebut,etatAdministratifEtablissement,enseigne1Etablissement,\
enseigne2Etablissement,enseigne3Etablissement,denominationUsuelleEtablissement,activitePrincipaleEtablissement,\
nomenclatureActivitePrincipaleEtablissement,caractereEmployeurEtablissement,activitePrincipaleNAF25Etablissement";

const ENTITY: &str = "siren,statutDiffusionUniteLegale,unitePurgeeUniteLegale,dateCreationUniteLegale,sigleUniteLegale,\
sexeUniteLegale,prenom1UniteLegale,prenom2UniteLegale,prenom3UniteLegale,prenom4UniteLegale,prenomUsuelUniteLegale,\
pseudonymeUniteLegale,identifiantAssociationUniteLegale,trancheEffectifsUniteLegale,anneeEffectifsUniteLegale,\
dateDernierTraitementUniteLegale,nombrePeriodesUniteLegale,categorieEntreprise,anneeCategorieEntreprise,dateDebut,\
etatAdministratifUniteLegale,nomUniteLegale,nomUsageUniteLegale,denominationUniteLegale,\
denominationUsuelle1UniteLegale,denominationUsuelle2UniteLegale,denominationUsuelle3UniteLegale,\
categorieJuridiqueUniteLegale,activitePrincipaleUniteLegale,nomenclatureActivitePrincipaleUniteLegale,\
nicSiegeUniteLegale,economieSocialeSolidaireUniteLegale,societeMissionUniteLegale,caractereEmployeurUniteLegale,\
activitePrincipaleNAF25UniteLegale";

const FIRST: [&str; 16] = [
    "BOULANGERIE",
    "GARAGE",
    "PHARMACIE",
    "SCI",
    "CABINET",
    "ATELIER",
    "TRANSPORTS",
    "EARL",
    "MENUISERIE",
    "ASSOCIATION",
    "SYNDICAT",
    "CLUB",
    "EDITIONS",
    "RESTAURANT",
    "COIFFURE",
    "MACONNERIE",
];
const STREETS: [&str; 8] = [
    "DE LA REPUBLIQUE",
    "DES LILAS",
    "VICTOR HUGO",
    "DU MOULIN",
    "DE L EGLISE",
    "JEAN JAURES",
    "DES ECOLES",
    "PASTEUR",
];
const TYPES: [&str; 6] = ["RUE", "AV", "BD", "CHE", "PL", "RTE"];

/// Numbers that look drawn, and are the same every time.
struct Draws(u64);

impl Draws {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// A word of two to four syllables: some 200,000 of them, as surnames.
    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 20] = [
            "BA", "RE", "MON", "TI", "LU", "DAN", "VER", "CHE", "FOU", "GAR", "LEN", "NOI", "PRA", "QUI", "SAU", "TRE",
            "VAL", "ZE", "JOU", "HER",
        ];
        let syllables = 2 + self.next(3);
        (0..syllables).map(|_| SYLLABLES[usize::try_from(self.next(20)).unwrap()]).collect()
    }
}

/// A number with its check digit.
fn with_check_digit(number: u64) -> u64 {
    let (mut rest, mut sum, mut is_doubled) = (number, 0, true);
    while rest > 0 {
        let digit = (rest % 10) * if is_doubled { 2 } else { 1 };
        sum += if digit > 9 { digit - 9 } else { digit };
        is_doubled = !is_doubled;
        rest /= 10;
    }
    number * 10 + (10 - sum % 10) % 10
}

/// Writes so many establishments, and the legal entities that they belong to, into `StockEtablissement_utf8.csv` and
/// `StockUniteLegale_utf8.csv`.
pub(crate) fn write(directory: &Path, establishments: u64) {
    let mut units = BufWriter::new(std::fs::File::create(directory.join("StockUniteLegale_utf8.csv")).unwrap());
    let mut places = BufWriter::new(std::fs::File::create(directory.join("StockEtablissement_utf8.csv")).unwrap());
    writeln!(units, "{ENTITY}").unwrap();
    writeln!(places, "{ESTABLISHMENT}").unwrap();
    let mut draws = Draws(1);
    let (mut written, mut number) = (0, 0_u64);
    while written < establishments {
        // One in 300 is public, as in the register.
        let is_public = number % 300 == 0;
        let siren = with_check_digit(10_000_000 + number * (89_000_000 / establishments.max(1)).max(1));
        number += 1;
        let (name, category) = match is_public {
            true => (format!("COMMUNE DE {}", draws.word()), "7210"),
            false => {
                let first = FIRST[usize::try_from(draws.next(16)).unwrap()];
                (
                    format!("{first} {} {}", draws.word(), draws.word()),
                    ["5710", "5499", "6540", "9220"][(number % 4) as usize],
                )
            }
        };
        let state = if draws.next(3) == 0 { "C" } else { "A" };
        writeln!(
            units,
            "{siren:09},O,,2004-05-17,,,,,,,,,,12,2023,2024-09-28T03:14:31,4,PME,2022,2019-07-01,{state},,,{name},,,,{category},\
             47.11Z,NAFRev2,00014,N,,O,47.11Y"
        )
        .unwrap();
        let town = draws.next(36_000);
        for nic in 1..=(1 + u64::from(draws.next(2) == 0)) {
            // The last digit makes the whole SIRET valid.
            let siret = with_check_digit(siren * 10_000 + nic);
            let state = if state == "C" || draws.next(4) == 0 { "F" } else { "A" };
            let sign = if is_public { "MAIRIE" } else { "" };
            writeln!(
                places,
                "{siren:09},{:05},{siret:014},O,2004-05-17,11,2023,,2024-09-28T03:14:31,{},4,,{},,,,{},{},{:05},VILLE {town},,,{:05},\
                 ,,,,{town:05}0010_B,651204.12,6862275.33,,,,,,,,,,,,,,,2019-07-01,{state},{sign},,,,47.11Z,NAFRev2,O,47.11Y",
                siret % 100_000,
                nic == 1,
                1 + draws.next(120),
                TYPES[usize::try_from(draws.next(6)).unwrap()],
                STREETS[usize::try_from(draws.next(8)).unwrap()],
                1_000 + town * 2,
                1_001 + town * 2,
            )
            .unwrap();
            written += 1;
        }
    }
    units.flush().unwrap();
    places.flush().unwrap();
}
