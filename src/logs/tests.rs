//! Lines as they are written, by writers of every kind.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex};

use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::protocol::Timestamp;

const MORNING: Timestamp = Timestamp(1_795_424_400);

/// Keeps what is written; blocks while it is told to.
#[derive(Clone, Default)]
struct Paper(Arc<Sheet>);

/// What is written, whether writing is blocked, and word of a change.
type Sheet = (Mutex<(Vec<u8>, bool)>, Condvar);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.0.lock().unwrap().0.clone()).unwrap()
    }

    fn block(&self, is_blocked: bool) {
        self.0.0.lock().unwrap().1 = is_blocked;
        self.0.1.notify_all();
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (state, changed) = &*self.0;
        let mut state = changed.wait_while(state.lock().unwrap(), |state| state.1).unwrap();
        state.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn written(format: LogFormat, log: impl FnOnce()) -> String {
    let paper = Paper::default();
    let sink = Sink::new(paper.clone(), complaint(LogFormat::Text, Clock::manual(MORNING))).unwrap();
    let lines = Lines::new(format, Clock::manual(MORNING), sink.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), log);
    sink.finish();
    paper.text()
}

const NASTY: [(&str, &str); 12] = [
    ("line end", "a\nINFO forged=1"),
    ("carriage return", "a\rb"),
    ("escape", "\u{1b}[31mred"),
    ("nul", "a\0b"),
    ("delete", "a\u{7f}b"),
    ("control sequence", "a\u{9b}31mb"),
    ("next line", "a\u{85}b"),
    ("line separator", "a\u{2028}b"),
    ("paragraph separator", "a\u{2029}b"),
    ("right to left", "a\u{202e}gpj.exe"),
    ("isolate", "a\u{2066}b\u{2069}"),
    ("tag", "a\u{e0041}b"),
];

#[test]
fn sec_163_nothing_that_is_quoted_can_end_colour_or_turn_the_line() {
    for format in [LogFormat::Text, LogFormat::Json] {
        for (what, value) in NASTY {
            let text = written(format, || {
                tracing::info!(agent = value, shown = %value, debug = ?value, "asked by {value}");
            });
            assert_eq!(text.matches('\n').count(), 1, "{what}: {text:?}");
            let line = text.trim_end_matches('\n');
            let is_harmful = |character: char| {
                character.is_control()
                    || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0041}')
            };
            assert!(!line.contains(is_harmful), "{what}: {line:?}");
            if format == LogFormat::Json {
                let record: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(record["agent"], value, "{what}: JSON means what was logged");
            }
        }
    }
}

#[test]
fn sec_163_a_value_has_one_kibibyte() {
    for format in [LogFormat::Text, LogFormat::Json] {
        let long = "é".repeat(500_000);
        let text = written(format, || tracing::info!(agent = %long, other = long.as_str(), "{long}"));
        assert!(text.len() < 4 * 1024, "{}", text.len());
        assert_eq!(text.matches('…').count(), 3);
    }
}

#[test]
fn a_line_of_each_form() {
    let log = || tracing::warn!(request_id = "abc", status = 503_u64, is_new = true, path = "/a b", "answered");
    assert_eq!(
        written(LogFormat::Text, log),
        "2026-11-23T09:00:00.000Z  WARN moncomptepro::logs::tests: answered request_id=abc status=503 is_new=true \
         path=\"/a b\"\n"
    );
    assert_eq!(
        written(LogFormat::Json, log),
        "{\"time\":\"2026-11-23T09:00:00.000Z\",\"level\":\"WARN\",\"target\":\"moncomptepro::logs::tests\",\
         \"message\":\"answered\",\"request_id\":\"abc\",\"status\":503,\"is_new\":true,\"path\":\"/a b\"}\n"
    );
}

#[test]
fn sec_162_of_libraries_only_complaints_are_heard() {
    let text = written(LogFormat::Text, || {
        tracing::trace!(target: "h2::hpack", value = "secret", "decoded");
        tracing::info!(target: "moncomptepro_not", value = "secret", "somebody else");
        tracing::warn!(target: "hyper", "a complaint");
        tracing::trace!("our own");
    });
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("a complaint") && text.contains("our own") && !text.contains("secret"), "{text}");
}

#[test]
fn sec_165_who_logs_never_waits_and_what_is_dropped_is_counted_and_said() {
    let paper = Paper::default();
    paper.block(true);
    let sink = Sink::new(paper.clone(), complaint(LogFormat::Text, Clock::manual(MORNING))).unwrap();
    let long = "x".repeat(1000);
    for number in 0..10_000 {
        sink.take(&format!("line {number} {long}\n"));
    }
    let dropped = sink.dropped();
    assert!((7_000..10_000).contains(&dropped), "{dropped}: the buffer has a bound");
    paper.block(false);
    // Said once, or twice where the writer came late to its work.
    let said = |text: &str| {
        let complaints = text.lines().filter_map(|line| line.split_once("dropped="));
        complaints.map(|(_, count)| count.parse::<u64>().unwrap()).collect::<Vec<_>>()
    };
    // Lines may still wait when the last complaint is written: a writer that came late says it before them.
    let is_whole = |text: &str| {
        let of_lines = 10_000 - usize::try_from(dropped).unwrap() + said(text).len();
        said(text).iter().sum::<u64>() >= dropped && text.lines().count() >= of_lines
    };
    for _ in 0..120 {
        if is_whole(&paper.text()) {
            break;
        }
        sink.finish();
    }
    let text = paper.text();
    assert_eq!(said(&text).iter().sum::<u64>(), dropped);
    assert!(text.starts_with("line 0 "));
    assert_eq!(text.lines().count(), 10_000 - usize::try_from(dropped).unwrap() + said(&text).len());
    sink.take("the last one\n");
    sink.finish();
    assert!(paper.text().ends_with("the last one\n"));
}

/// Fails while it is told to.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<(Vec<u8>, bool)>>);

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.lock().unwrap();
        if state.1 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn sec_165_an_output_that_fails_costs_lines_and_nothing_else() {
    let disk = Disk::default();
    disk.0.lock().unwrap().1 = true;
    let sink = Sink::new(disk.clone(), complaint(LogFormat::Json, Clock::manual(MORNING))).unwrap();
    for _ in 0..2 {
        sink.take("lost\nlost\n");
        sink.finish();
    }
    assert_eq!(sink.dropped(), 4);
    disk.0.lock().unwrap().1 = false;
    sink.take("kept\n");
    sink.finish();
    let text = String::from_utf8(disk.0.lock().unwrap().0.clone()).unwrap();
    let (kept, said) = text.split_once('\n').unwrap();
    let said: serde_json::Value = serde_json::from_str(said).unwrap();
    assert_eq!((kept, said["dropped"].as_u64()), ("kept", Some(4)), "{text}");
}

#[test]
fn every_line_of_a_request_carries_its_id() {
    let text = written(LogFormat::Text, || {
        let working = during(RequestId::of("abcdefghijklmnopqrstuvwxyz"), async {
            tracing::info!("deep inside");
            tracing::info!(request_id = "named", "named already");
        });
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(working);
        tracing::info!("outside");
    });
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with("deep inside request_id=abcdefghijklmnop"), "{text}");
    assert!(lines[1].ends_with("named already request_id=named"), "{text}");
    assert!(lines[2].ends_with("outside"), "{text}");
}
