//! The register: importing it, beside a reader that does nothing with what it reads and an index that holds the same names;
//! looking up a number, searching a name, and the request that previews a number, here and in a register of 100,000.
//!
//! `cargo bench --bench register -- --rows 1000000` (100,000 without it). Shares compare between machines; times do not.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a measurement fails where it stands, and reads the system's time"
)]

mod files;
mod preview;

use std::path::Path;
use std::time::{Duration, Instant};

use moncomptepro::clock::Clock;
use moncomptepro::config::{Config, DataLocation, DevOptions, DirectorySettings, DirectorySource};
use moncomptepro::directory::{Directory, Filter, Import, Seeds, Step, import};
use moncomptepro::domain::EstablishmentQuery;
use moncomptepro::protocol::Timestamp;
use tantivy::schema::{FAST, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{TextAnalyzer, WhitespaceTokenizer};
use tantivy::{Index, IndexWriter, TantivyDocument};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let rows =
        arguments.iter().position(|word| word == "--rows").map_or(100_000, |at| arguments[at + 1].parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    files::write(directory.path(), rows);
    let (units, places) =
        (directory.path().join("StockUniteLegale_utf8.csv"), directory.path().join("StockEtablissement_utf8.csv"));
    let bytes = size(&units) + size(&places);
    println!("{rows} establishments, {} MB of CSV", bytes / 1_000_000);

    let bare = read_bare(&units) + read_bare(&places);
    println!("reading alone:        {:>8.2} s, {:>6.0} MB/s", bare.as_secs_f64(), rate(bytes, bare));
    let data = directory.path().join("data");
    let whole = |filter| Import { files: vec![units.clone(), places.clone()], filter };
    let (mut reading, began, mut own) = (None, Instant::now(), 0);
    let report = import(&data, &whole(Filter::default()), Timestamp(1), &mut |progress| {
        own = own.max(status("RssAnon"));
        if progress.step == Step::Names {
            reading.get_or_insert_with(|| began.elapsed());
        }
    })
    .unwrap();
    let all = began.elapsed();
    let reading = reading.unwrap_or(all);
    println!("most memory:          {own} MiB its own, {} MiB with the pages of its files", status("VmHWM"));
    println!(
        "rows imported:        {:>8.2} s, {:>6.0} MB/s, {:.0} % of reading alone",
        reading.as_secs_f64(),
        rate(bytes, reading),
        100.0 * bare.as_secs_f64() / reading.as_secs_f64()
    );
    let names = all.checked_sub(reading).unwrap();
    let bare = index_bare(&directory.path().join("bare"), &places, report.searchable);
    println!(
        "names indexed:        {:>8.2} s, {:.0} % of an index of the same number of names alone ({:.2} s)",
        names.as_secs_f64(),
        100.0 * bare.as_secs_f64() / names.as_secs_f64(),
        bare.as_secs_f64()
    );
    println!(
        "on the disk:          {} bytes an establishment in rows, {} in names",
        report.rows_bytes / report.establishments,
        report.names_bytes / report.establishments
    );
    ask("whole register", &data, &places);
    preview::compare(directory.path(), &preview::Built { rows, data: &data, places: &places });

    let part = directory.path().join("part");
    let filter = Filter { is_public_sector_only: true, ..Filter::default() };
    let report = import(&part, &whole(filter), Timestamp(1), &mut |_| {}).unwrap();
    ask(&format!("public sector ({})", report.establishments), &part, &places);
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

fn rate(bytes: u64, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

/// What the system says of this process, in MiB.
fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// The same reader, and nothing behind it.
fn read_bare(path: &Path) -> Duration {
    let began = Instant::now();
    let mut reader = csv::Reader::from_path(path).unwrap();
    let (mut record, mut fields) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record).unwrap() {
        fields += record.len();
    }
    std::hint::black_box(fields);
    began.elapsed()
}

/// As many names, in an index that has nothing else.
fn index_bare(directory: &Path, places: &Path, count: u64) -> Duration {
    let mut reader = csv::Reader::from_path(places).unwrap();
    let texts: Vec<String> = reader
        .byte_records()
        .take(usize::try_from(count).unwrap())
        .map(|record| String::from_utf8_lossy(&record.unwrap()[17]).to_lowercase() + " boulangerie maconnerie")
        .collect();
    std::fs::create_dir_all(directory).unwrap();
    let began = Instant::now();
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default().set_tokenizer("words").set_index_option(IndexRecordOption::WithFreqs);
    let name = schema.add_text_field("name", TextOptions::default().set_indexing_options(indexing));
    let number = schema.add_u64_field("number", FAST);
    let index = Index::create_in_dir(directory, schema.build()).unwrap();
    index.tokenizers().register("words", TextAnalyzer::from(WhitespaceTokenizer::default()));
    let mut writer: IndexWriter = index.writer_with_num_threads(1, 64 << 20).unwrap();
    for (at, text) in texts.iter().enumerate() {
        let mut document = TantivyDocument::new();
        document.add_text(name, text);
        document.add_u64(number, at as u64);
        writer.add_document(document).unwrap();
    }
    writer.commit().unwrap();
    writer.wait_merging_threads().unwrap();
    began.elapsed()
}

/// Numbers and names, as a page asks for them.
fn ask(what: &str, data: &Path, places: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config {
        data: DataLocation::Directory(data.to_owned()),
        directory: DirectorySettings::of(vec![DirectorySource::Register]),
        ..Config::dev(DevOptions::default(), 3000)
    };
    let directory = Directory::new(&config, Clock::system(), Seeds::default());
    let sirets = sirets(places);
    let mut times = Vec::new();
    for siret in sirets.iter().chain(&sirets) {
        let siret = siret.parse().unwrap();
        let began = Instant::now();
        runtime.block_on(directory.find_establishment(&siret)).unwrap();
        times.push(began.elapsed());
    }
    println!("{what}: look-up by number  {}", quantiles(&mut times));
    let words = [
        "boulangerie monti",
        "commune de",
        "garage lu",
        "sci",
        "cabinet dan",
        "mairie ba",
        "transport verche",
        "xyzzy",
        "boulang",
        "boulangrie",
        "maconerie verch",
    ];
    let (mut times, mut by_word) = (Vec::new(), vec![Vec::new(); words.len()]);
    // Every word with every place.
    let places = ["", "73", "Ville 12", "7300"];
    for (at, place) in (0..800).map(|turn| (turn % words.len(), places[turn / words.len() % places.len()])) {
        let word = words[at];
        let query = EstablishmentQuery::by_name(word).unwrap().at(place).unwrap();
        let began = Instant::now();
        runtime.block_on(directory.search(&query)).unwrap();
        times.push(began.elapsed());
        by_word[at].push(began.elapsed());
    }
    println!("{what}: search by name     {}", quantiles(&mut times));
    for (at, word) in words.iter().enumerate() {
        println!("{what}: of these {word:<18} {}", quantiles(&mut by_word[at]));
    }
}

/// Numbers from all over a file of establishments.
fn sirets(places: &Path) -> Vec<String> {
    let mut reader = csv::Reader::from_path(places).unwrap();
    let number = |record: csv::Result<csv::ByteRecord>| String::from_utf8_lossy(&record.unwrap()[2]).into_owned();
    reader.byte_records().step_by(97).take(2_000).map(number).collect()
}

fn quantiles(times: &mut [Duration]) -> String {
    let [p50, p99, most] = [0.5, 0.99, 1.0].map(|share| percentile(times, share));
    format!("p50 {p50:.3} ms, p99 {p99:.3} ms, most {most:.3} ms")
}

/// In milliseconds.
fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort();
    times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0
}
