//! What is read of the files, what is left out, and what is refused.

use moncomptepro::directory::{self, Filter, Import, ImportError, Progress, Step};
use moncomptepro::protocol::Timestamp;

use super::files::{self, ENTITIES, ENTITY, ESTABLISHMENT, ESTABLISHMENTS, both, csv, imported, refused, zipped};
use crate::support::Instance;

fn public() -> Filter {
    Filter { is_public_sector_only: true, ..Filter::default() }
}

fn departments(codes: &[&str]) -> Filter {
    Filter { departments: codes.iter().map(|code| code.parse().unwrap()).collect(), ..Filter::default() }
}

#[test]
fn both_files_zipped_or_not_in_any_order_are_one_register() {
    let directory = tempfile::tempdir().unwrap();
    let plain = both(directory.path());
    let zip = zipped(
        directory.path(),
        "StockEtablissement_utf8.zip",
        &[("../../StockEtablissement_utf8.csv", csv(ESTABLISHMENT, &ESTABLISHMENTS).as_bytes())],
    );
    let semicolons = csv(ENTITY, &ENTITIES).replace("\"CLAMART, SARL\"", "CLAMART SARL").replace(',', ";");
    let marked = files::write(directory.path(), "units.csv", format!("\u{feff}{semicolons}").as_bytes());
    let orders = [plain.clone(), plain.iter().rev().cloned().collect(), vec![zip, marked]];
    for (number, paths) in orders.into_iter().enumerate() {
        let data = directory.path().join(format!("data-{number}"));
        let report = imported(&data, paths, Filter::default()).unwrap();
        assert_eq!((report.establishments, report.entities, report.searchable), (8, 7, 6));
        assert!(report.rejected.is_empty() && report.rows_bytes > 0 && report.names_bytes > 0);
    }
}

#[test]
fn a_filter_keeps_a_part_with_the_entities_that_it_needs() {
    for (filter, establishments, entities) in [
        (public(), 4, 3),
        (departments(&["92"]), 3, 2),
        (departments(&["75", "74"]), 4, 4),
        (Filter { is_active_only: true, ..Filter::default() }, 7, 6),
        (Filter { is_public_sector_only: true, ..departments(&["92"]) }, 2, 3),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let report = imported(&directory.path().join("data"), both(directory.path()), filter.clone()).unwrap();
        assert_eq!((report.establishments, report.entities), (establishments, entities), "{filter:?}");
        assert_eq!(report.filter, filter);
    }
    let directory = tempfile::tempdir().unwrap();
    let nothing = imported(&directory.path().join("data"), both(directory.path()), departments(&["976"])).unwrap_err();
    assert!(matches!(nothing, ImportError::Empty), "{nothing}");
}

#[test]
fn sec_150_lines_that_cannot_be_read_are_told_with_their_number_and_the_others_kept() {
    let directory = tempfile::tempdir().unwrap();
    let mut lines: Vec<Vec<u8>> = ESTABLISHMENTS.iter().map(|line| line.as_bytes().to_vec()).collect();
    lines.insert(1, b"21920023500015,A,O,true,42,84.11Z,92140,92023,CLAMART,1,PL,X,,,wrong check digit".to_vec());
    lines.insert(3, b"21920023500014,A,O".to_vec());
    lines.insert(5, b"13002526500021,A,O,true,32,84.11Z,75007,75107,PARIS,20,AV,S\xc9GUR,,,".to_vec());
    lines.push(b"13002526500039,A,O,true,32,84.11Z,75007,75107,PARIS,20,AV,\"without an end,,,".to_vec());
    lines.push("x".repeat(100_000).into_bytes());
    lines.push(b"44137965800012,A,O,true,21,94.99Z,95480,95488,PIERRELAYE,33,RUE,BERGER,,,".to_vec());
    lines.push(b"13002526500047,A,N,true,32,84.11Z,75007,75107,PARIS,20,AV,X,,,".to_vec());
    let mut content = format!("{ESTABLISHMENT}\r\n").into_bytes();
    content.extend(lines.join(&b"\r\n"[..]));
    let places = files::write(directory.path(), "places.csv", &content);
    let units = files::write(directory.path(), "units.csv", csv(ENTITY, &ENTITIES).as_bytes());
    let report = imported(&directory.path().join("data"), vec![places, units], Filter::default()).unwrap();
    let told: Vec<(u64, &str)> = report.rejected.iter().map(|rejected| (rejected.line, rejected.reason)).collect();
    assert_eq!(
        told,
        [
            (3, "not a SIRET"),
            (5, "another number of fields than the first line"),
            (7, "not UTF-8"),
            (13, "a line or a quoted text without an end"),
            (14, "a line or a quoted text without an end"),
        ]
    );
    assert_eq!((report.establishments, report.files[0].hidden), (9, 1), "what comes behind is read again");
    let listed = std::fs::read_to_string(report.rejected_file.unwrap()).unwrap();
    assert_eq!(listed.lines().count(), 5);
}

#[test]
fn sec_150_a_quotation_mark_without_another_one_spoils_its_line_and_no_other() {
    let sound = |number: u32| format!("{:09}", 100_000_000 + number);
    let numbers: Vec<String> = (0..3_000).map(sound).filter_map(|siren| with_check_digit(&siren)).collect();
    assert!(numbers.len() > 200, "{}", numbers.len());
    for end in ["\n", "\r\n"] {
        for stray in [0, 1, 100, numbers.len() - 1] {
            let directory = tempfile::tempdir().unwrap();
            let line = |(index, siret): (usize, &String)| {
                let town = if index == stray { "\"LAVAL" } else { "\"SAINT-JEAN, LA \"\"HAUTE\"\"\"" };
                format!("{siret},A,O,true,NN,84.11Z,53000,53130,{town},1,RUE,X,,,")
            };
            let lines: Vec<String> = numbers.iter().enumerate().map(line).collect();
            let content = format!("{ESTABLISHMENT}{end}{}{end}", lines.join(end));
            let places = files::write(directory.path(), "places.csv", content.as_bytes());
            let units = files::write(directory.path(), "units.csv", csv(ENTITY, &ENTITIES).as_bytes());
            let report = imported(&directory.path().join("data"), vec![places, units], Filter::default()).unwrap();
            let told: Vec<(u64, &str)> = report.rejected.iter().map(|one| (one.line, one.reason)).collect();
            let expected = u64::try_from(stray + 2).unwrap();
            assert_eq!(told, [(expected, "a line or a quoted text without an end")], "{stray} {end:?}");
            let whole = u64::try_from(numbers.len()).unwrap();
            assert_eq!((report.establishments, report.files[0].lines), (whole - 1, whole), "{stray} {end:?}");
        }
    }
}

/// The SIRET of the first establishment of an enterprise, where there is one.
fn with_check_digit(siren: &str) -> Option<String> {
    let with = |end: u32| format!("{siren}{end:05}");
    (10..20).map(with).find(|siret| siret.parse::<moncomptepro::domain::Siret>().is_ok())
}

#[test]
fn sec_150_half_a_file_is_refused_and_what_was_imported_before_stays() {
    let directory = tempfile::tempdir().unwrap();
    let (data, paths) = (directory.path().join("data"), both(directory.path()));
    imported(&data, paths.clone(), Filter::default()).unwrap();
    let [units, places] = paths.as_slice() else { panic!("{paths:?}") };
    for (position, path) in [units, places].into_iter().enumerate() {
        let whole = std::fs::read(path).unwrap();
        let lines = whole.iter().filter(|byte| **byte == b'\n').count();
        // In the middle of the last line.
        let half = files::write(directory.path(), "half.csv", &whole[..whole.len() - 30]);
        let given = if position == 0 { vec![half, places.clone()] } else { vec![units.clone(), half] };
        let told = imported(&data, given, Filter::default()).unwrap_err().to_string();
        assert!(told.contains(&format!("ends in the middle of line {lines}: fetch it again")), "{told}");
        // A last line that can be read needs no end.
        let open = files::write(directory.path(), "open.csv", whole.trim_ascii_end());
        let given = if position == 0 { vec![open, places.clone()] } else { vec![units.clone(), open] };
        let report = imported(&data, given, Filter::default()).unwrap();
        assert_eq!((report.establishments, report.entities, report.rejected.len()), (8, 7, 0));
    }
}

#[tokio::test]
async fn what_the_files_say_twice_is_counted_once_and_the_last_word_stays() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let mut lines: Vec<String> = ESTABLISHMENTS.iter().map(|line| (*line).to_owned()).collect();
    // At once, later, and as the last of the register.
    lines.insert(3, ESTABLISHMENTS[2].replace("MAURICE GUNSBOURG", "DE LA POSTE"));
    lines.push(ESTABLISHMENTS[0].replace("DE SEGUR", "DE SUFFREN"));
    lines.push(ESTABLISHMENTS[0].replace("DE SEGUR", "DE BRETEUIL"));
    lines.push(ESTABLISHMENTS[7].to_owned());
    let text: Vec<&str> = lines.iter().map(String::as_str).collect();
    let places = files::write(directory.path(), "places.csv", csv(ESTABLISHMENT, &text).as_bytes());
    let mut units: Vec<&str> = ENTITIES.to_vec();
    units.push(ENTITIES[0]);
    let units = files::write(directory.path(), "units.csv", csv(ENTITY, &units).as_bytes());
    let data = directory.path().join("data");
    let report = imported(&data, vec![places.clone(), units.clone()], Filter::default()).unwrap();
    assert_eq!((report.establishments, report.entities, report.searchable, report.repeated), (8, 7, 6, 5));
    assert_eq!((report.files[0].lines, report.files[0].kept), (12, 12));
    for (siret, street) in [("21920023500014", "de la poste"), ("13002526500013", "de breteuil")] {
        let found = instance.app.directory.find_establishment(&siret.parse().unwrap()).await.unwrap().unwrap();
        assert!(found.address.as_deref().is_some_and(|address| address.contains(street)), "{:?}", found.address);
    }
    // The whole file twice.
    let report = imported(&data, vec![places.clone(), places, units], Filter::default()).unwrap();
    assert_eq!((report.establishments, report.entities, report.searchable, report.repeated), (8, 7, 6, 17));
}

#[test]
fn a_register_that_has_less_than_half_of_the_one_before_is_told_of() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let units = files::write(directory.path(), "units.csv", csv(ENTITY, &ENTITIES).as_bytes());
    let of_the_first = |many: usize| {
        let places = csv(ESTABLISHMENT, &ESTABLISHMENTS[..many]);
        vec![units.clone(), files::write(directory.path(), "places.csv", places.as_bytes())]
    };
    for (many, filter, shrunk_from) in [
        (8, Filter::default(), None),
        (4, Filter::default(), None),
        (8, Filter::default(), None),
        (3, Filter::default(), Some(8)),
        // It counts, and is what the next one is measured by.
        (3, Filter::default(), None),
        (8, Filter::default(), None),
        // Another part is another size.
        (8, departments(&["92"]), None),
        (8, Filter::default(), None),
    ] {
        let report = imported(&data, of_the_first(many), filter).unwrap();
        assert_eq!(report.shrunk_from, shrunk_from, "{many} establishments");
    }
    // Nor does a register that cannot be read keep a new one out.
    for entry in std::fs::read_dir(data.join("register")).unwrap() {
        let about = entry.unwrap().path().join("about.json");
        if about.exists() {
            std::fs::write(about, "{").unwrap();
        }
    }
    assert_eq!(imported(&data, of_the_first(3), Filter::default()).unwrap().shrunk_from, None);
}

#[test]
fn sec_150_a_column_that_is_there_twice_is_refused_by_its_name() {
    for column in ["siret", "enseigne1Etablissement", "colonneNouvelle"] {
        let header = format!("{ESTABLISHMENT},{column},{column}");
        let told = refused(csv(&header, &[]).as_bytes());
        assert!(told.contains(&format!("columns are there more than once: {column}. ")), "{told}");
    }
    let hostile = format!("{ESTABLISHMENT},a\u{202e}\u{1b}[2J{0},a\u{202e}\u{1b}[2J{0}", "x".repeat(1_000));
    let told = refused(csv(&hostile, &[]).as_bytes());
    assert!(told.contains("more than once: a[2Jxxx") && told.len() < 400, "{told}");
}

#[test]
fn sec_150_what_is_no_file_of_the_register_gets_its_sentence_and_changes_nothing() {
    assert!(refused(b"").contains("neither StockEtablissement nor StockUniteLegale"));
    assert!(refused(b"a,b,c\n1,2,3\n").contains("data.gouv.fr"));
    assert!(refused("x".repeat(3_000_000).as_bytes()).contains("neither"));
    let cut = refused(csv(&ESTABLISHMENT.replace(",codePostalEtablissement", ""), &[]).as_bytes());
    assert!(cut.contains("columns are missing: codePostalEtablissement"), "{cut}");
    let only_units = refused(csv(ENTITY, &ENTITIES).as_bytes());
    assert!(only_units.contains("the file of the establishments (StockEtablissement) is missing"), "{only_units}");
    let mut latin = format!("{ESTABLISHMENT}\n").into_bytes();
    for _ in 0..50 {
        latin.extend(b"21920023500014,A,O,true,42,84.11Z,92140,92023,CL\xc9MART,1,PL,X,,,\n");
    }
    let latin = refused(&latin);
    assert!(latin.contains("50 of the first 50 lines cannot be read (not UTF-8, first in line 2)"), "{latin}");
}

#[test]
fn sec_150_an_archive_that_grows_without_measure_or_holds_more_than_one_file_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let units = files::write(directory.path(), "units.csv", csv(ENTITY, &ENTITIES).as_bytes());
    let mut bomb = format!("{ESTABLISHMENT}\n").into_bytes();
    bomb.resize(64 * 1024 * 1024, b'\n');
    // An archive in an archive is not opened, whatever good it holds.
    let places = csv(ESTABLISHMENT, &ESTABLISHMENTS);
    let inner = std::fs::read(zipped(directory.path(), "inner.zip", &[("a.csv", places.as_bytes())])).unwrap();
    for (files, told) in [
        (vec![("a.csv", bomb.as_slice())], "it was not read further"),
        (vec![("a.csv", &b"a"[..]), ("b.csv", &b"b"[..])], "2 files in the archive: one file is expected"),
        (vec![("inner.zip", inner.as_slice())], "neither StockEtablissement nor StockUniteLegale"),
    ] {
        let archive = zipped(directory.path(), "places.zip", &files);
        let data = directory.path().join("data");
        let cause = imported(&data, vec![units.clone(), archive], Filter::default()).unwrap_err().to_string();
        assert!(cause.contains(told), "{cause}");
        assert!(!data.join("register").join("current").exists());
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut gzip, &bomb).unwrap();
    let gzipped = files::write(directory.path(), "places.csv.gz", &gzip.finish().unwrap());
    let cause = imported(&directory.path().join("data"), vec![units.clone(), gzipped], Filter::default()).unwrap_err();
    assert!(matches!(cause, ImportError::Bomb { .. }), "{cause}");
    let broken = files::write(directory.path(), "broken.zip", b"PK\x03\x04 and then something else");
    let cause = imported(&directory.path().join("data"), vec![units, broken], Filter::default()).unwrap_err();
    assert!(matches!(cause, ImportError::Archive { .. }), "{cause}");
}

#[test]
fn sec_150_one_import_at_a_time_and_what_a_killed_one_left_is_thrown_away() {
    let directory = tempfile::tempdir().unwrap();
    let (data, paths) = (directory.path().join("data"), both(directory.path()));
    imported(&data, paths.clone(), Filter::default()).unwrap();
    let register = data.join("register");
    std::fs::create_dir(register.join("generation-1-1")).unwrap();
    let lock = std::fs::File::options().write(true).open(register.join("import.lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(imported(&data, paths.clone(), Filter::default()), Err(ImportError::Locked(_))));
    drop(lock);
    imported(&data, paths, Filter::default()).unwrap();
    let left = std::fs::read_dir(&register).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(left, 1, "the generation that counts");
}

#[tokio::test]
async fn sec_107_sec_150_a_legal_entity_whose_number_has_a_wrong_key_is_left_out_told_and_counted() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let mut lines = ENTITIES.map(str::to_owned).to_vec();
    for digit in 0..10 {
        // Of the ten last digits, one is right.
        lines.push(format!(",21920023{digit},O,,,42,A,,COMMUNE DE CLAMART {digit},7210,x"));
    }
    lines.push(String::from(",35600000,O,,,53,A,,LA POSTE,5510,x"));
    let text: Vec<&str> = lines.iter().map(String::as_str).collect();
    let units = files::write(directory.path(), "units.csv", csv(ENTITY, &text).as_bytes());
    let places = files::write(directory.path(), "places.csv", csv(ESTABLISHMENT, &ESTABLISHMENTS).as_bytes());
    let report = imported(&directory.path().join("data"), vec![places, units], Filter::default()).unwrap();
    let of_units = &report.files[1];
    assert_eq!((of_units.lines, of_units.kept, of_units.rejected), (18, 8, 10));
    assert!(report.rejected.iter().all(|one| one.reason == "not a SIREN"), "{:?}", report.rejected);
    let told: Vec<u64> = report.rejected.iter().map(|one| one.line).collect();
    assert_eq!(told, [9, 10, 11, 12, 13, 15, 16, 17, 18, 19], "all but the one that ends in 5");
    assert_eq!(report.entities, 7, "each number once");
    let found = instance.app.directory.find_establishment(&"21920023500014".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(found.name.label(), "Commune de clamart 5 - Mairie");
}

/// Every share that somebody who watches an import is told.
fn watched(directory: &std::path::Path, files: Vec<std::path::PathBuf>, filter: Filter) -> Vec<Progress> {
    let mut told = Vec::new();
    let import = Import { files, filter };
    directory::import(&directory.join("data"), &import, Timestamp(1_795_000_000), &mut |progress| told.push(progress))
        .unwrap();
    told
}

#[test]
fn an_import_is_one_course_from_its_first_line_to_its_last_name() {
    let directory = tempfile::tempdir().unwrap();
    for filter in [Filter::default(), public(), departments(&["92"])] {
        let told = watched(directory.path(), both(directory.path()), filter.clone());
        let mut steps: Vec<Step> = told.iter().map(|progress| progress.step).collect();
        steps.dedup();
        let first = if filter.is_public_sector_only { Step::Entities } else { Step::Establishments };
        assert_eq!((steps.len(), steps[0], steps[2]), (3, first, Step::Names), "{steps:?}");
        let share = |progress: &Progress| progress.done * 1_000 / progress.whole;
        assert!(told.windows(2).all(|two| share(&two[0]) <= share(&two[1])), "never back: {told:?}");
        let last = told.last().unwrap();
        assert_eq!((last.done, last.step), (last.whole, Step::Names), "{told:?}");
        let read: u64 = both(directory.path()).iter().map(|file| std::fs::metadata(file).unwrap().len()).sum();
        let before_names = told.iter().rfind(|progress| progress.step != Step::Names).unwrap();
        assert!(before_names.done == read && share(before_names) < 1_000, "the names are part of it: {told:?}");
    }
}

#[test]
fn sec_150_an_import_of_what_gzip_made_is_told_by_what_it_unpacks_to() {
    let directory = tempfile::tempdir().unwrap();
    // Once as it compresses badly, and once as nothing compresses that anybody publishes.
    for times in [1, 500] {
        let (places, units) = (ESTABLISHMENTS.repeat(times), ENTITIES.repeat(times));
        let mut read = 0;
        let files = [("places.csv.gz", csv(ESTABLISHMENT, &places)), ("units.csv.gz", csv(ENTITY, &units))].map(
            |(name, text)| {
                read += text.len() as u64;
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
                std::io::Write::write_all(&mut gzip, text.as_bytes()).unwrap();
                files::write(directory.path(), name, &gzip.finish().unwrap())
            },
        );
        let likely: u64 = files.iter().map(|file| std::fs::metadata(file).unwrap().len() * 5).sum();
        assert_eq!(likely > read, times == 1, "{likely}, {read}");
        let told = watched(directory.path(), files.to_vec(), Filter::default());
        assert!(told.iter().all(|progress| progress.whole <= 2 * likely.max(read)), "{read}: {told:?}");
        let is_ahead = |two: &[Progress]| two[0].done * two[1].whole <= two[1].done * two[0].whole;
        assert!(told.windows(2).all(is_ahead), "never back: {told:?}");
        let before_names = told.iter().rfind(|progress| progress.step != Step::Names).unwrap();
        let last = told.last().unwrap();
        assert_eq!((before_names.done, last.done), (read, last.whole), "{told:?}");
    }
}
