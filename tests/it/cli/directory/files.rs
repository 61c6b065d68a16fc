//! Small files of the register, with columns in an order of their own.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use moncomptepro::directory::{Filter, Import, ImportError, ImportReport, import};
use moncomptepro::protocol::Timestamp;

pub(super) const ENTITY: &str = "nomUniteLegale,siren,statutDiffusionUniteLegale,sigleUniteLegale,prenomUsuelUniteLegale,\
     trancheEffectifsUniteLegale,etatAdministratifUniteLegale,nomUsageUniteLegale,denominationUniteLegale,\
     categorieJuridiqueUniteLegale,colonneNouvelleUniteLegale";

pub(super) const ESTABLISHMENT: &str = "siret,etatAdministratifEtablissement,statutDiffusionEtablissement,etablissementSiege,\
     trancheEffectifsEtablissement,activitePrincipaleEtablissement,codePostalEtablissement,codeCommuneEtablissement,\
     libelleCommuneEtablissement,numeroVoieEtablissement,typeVoieEtablissement,libelleVoieEtablissement,\
     libelleCommuneEtrangerEtablissement,libellePaysEtrangerEtablissement,enseigne1Etablissement";

pub(super) const ENTITIES: [&str; 7] = [
    ",219200235,O,,,42,A,,COMMUNE DE CLAMART,7210,x",
    ",217401157,O,,,12,A,,COMMUNE DE LES HOUCHES,7210,x",
    ",130025265,O,DINUM,,32,A,,DIRECTION INTERMINISTERIELLE DU NUMERIQUE,7120,x",
    "EXEMPLE,828696252,O,,CAMILLE,NN,A,,,1000,x",
    "CACHEE,949573257,P,,SACHA,01,A,,,1000,x",
    ",453340176,O,,,21,A,,\"CLAMART, SARL\",5710,x",
    ",999999964,O,,,02,C,,FERMEE SAS,5710,x",
];

pub(super) const ESTABLISHMENTS: [&str; 8] = [
    "13002526500013,A,O,true,32,84.11Z,75007,75107,PARIS,20,AV,DE SEGUR,,,",
    "21740115700011,A,O,true,12,84.11Z,74310,74143,LES HOUCHES,1,PL,DE LA MAIRIE,,,MAIRIE",
    "21920023500014,A,O,true,42,84.11Z,92140,92023,CLAMART,1,PL,MAURICE GUNSBOURG,,,MAIRIE",
    "21920023500063,A,O,false,12,85.20Z,92140,92023,CLAMART,,,,,,ECOLE SENGHOR",
    "45334017600024,A,O,true,21,87.10A,92140,92023,CLAMART,3,RUE,DES LILAS,,,",
    "82869625200018,A,O,true,NN,62.01Z,93130,93053,NOISY-LE-SEC,9,RUE,PASTEUR,,,",
    "94957325700019,A,P,true,01,62.02A,75011,75111,PARIS,[ND],[ND],[ND],,,[ND]",
    "99999996400011,F,O,true,02,62.01Z,75011,75111,PARIS,1,RUE,X,,,",
];

pub(super) fn csv(header: &str, lines: &[&str]) -> String {
    format!("{header}\n{}\n", lines.join("\n"))
}

/// Both files, as they are above.
pub(in crate::cli) fn both(directory: &Path) -> Vec<PathBuf> {
    vec![
        write(directory, "StockUniteLegale_utf8.csv", csv(ENTITY, &ENTITIES).as_bytes()),
        write(directory, "StockEtablissement_utf8.csv", csv(ESTABLISHMENT, &ESTABLISHMENTS).as_bytes()),
    ]
}

pub(super) fn write(directory: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// The same in a zip archive, as it is published.
pub(super) fn zipped(directory: &Path, name: &str, files: &[(&str, &[u8])]) -> PathBuf {
    let path = directory.join(name);
    let mut archive = zip_archive::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (name, content) in files {
        let options = zip_archive::write::SimpleFileOptions::default()
            .compression_method(zip_archive::CompressionMethod::Deflated);
        archive.start_file(*name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap();
    path
}

pub(super) fn imported(data: &Path, files: Vec<PathBuf>, filter: Filter) -> Result<ImportReport, ImportError> {
    import(data, &Import { files, filter }, Timestamp(1_795_000_000), &mut |_| {})
}

/// Why a file is not imported beside a good one.
pub(super) fn refused(content: &[u8]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let units = write(directory.path(), "units.csv", csv(ENTITY, &ENTITIES).as_bytes());
    let places = write(directory.path(), "places.csv", content);
    let data = directory.path().join("data");
    let cause = imported(&data, vec![units, places], Filter::default()).unwrap_err();
    assert!(!data.join("register").join("current").exists(), "nothing is half done");
    cause.to_string()
}
