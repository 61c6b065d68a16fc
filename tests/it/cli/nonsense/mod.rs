//! Every command with every missing, doubled, unknown and absurd argument: refused in words, and nothing has happened.

mod tree;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Instance, Operator, program};
use tree::{Case, Scene};

/// Longer than any command takes; whoever needs it hangs.
const HANGS: Duration = Duration::from_secs(60);
/// The codes by which a command may end that was asked for nonsense.
const CODES: [i32; 5] = [1, 2, 3, 4, 78];

/// Types a command in a directory of its own, and says what is wrong with how it is refused.
fn judge(case: &Case, elsewhere: &Path) -> Option<String> {
    let mut child = program()
        .args(&case.typed)
        .env_remove("MONCOMPTEPRO_CONFIG")
        .env_remove("RUST_LOG")
        .env("LC_ALL", "C")
        .current_dir(elsewhere)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (told, ended) = mpsc::channel();
    let pid = child.id().to_string();
    let streams = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let reading = std::thread::spawn(move || {
        let (mut stdout, mut stderr) = streams;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        std::io::Read::read_to_end(&mut stderr, &mut err).unwrap();
        std::io::Read::read_to_end(&mut stdout, &mut out).unwrap();
        // Nobody listens any more after a hang.
        let _late = told.send((out, err));
    });
    let Ok((out, err)) = ended.recv_timeout(HANGS) else {
        Command::new("kill").args(["-KILL", &pid]).status().unwrap();
        reading.join().unwrap();
        child.wait().unwrap();
        return Some(format!("{}: hangs", case.about));
    };
    reading.join().unwrap();
    let code = child.wait().unwrap().code();
    let (out, err) = (String::from_utf8_lossy(&out).into_owned(), String::from_utf8_lossy(&err).into_owned());
    let wrong = |what: &str| Some(format!("{}: {what}: {code:?} {} {}", case.about, cut(&out), cut(&err)));
    match code {
        Some(code) if CODES.contains(&code) => {}
        _ => return wrong("ends otherwise"),
    }
    if err.contains("panicked") || err.trim().is_empty() {
        return wrong("no message");
    }
    let (err, form) = match case.is_by_a_program() {
        true => match refusal(&err) {
            Some(message) => (message, "JSON"),
            None => return wrong("no JSON"),
        },
        false => (err.clone(), "text"),
    };
    let wrong = |what: &str| Some(format!("{}: {what} ({form}): {code:?} {} {}", case.about, cut(&out), cut(&err)));
    if err.len() > 4096 {
        return wrong("a message that nobody reads");
    }
    if err.chars().any(|character| character.is_control() && character != '\n') {
        return wrong("a message that moves the cursor");
    }
    let is_about_the_instance = matches!(code, Some(3 | 4));
    if !is_about_the_instance && !case.names.iter().any(|name| err.contains(name.as_str())) {
        return wrong("a message that does not say about what");
    }
    None
}

/// The message of a refusal that a program reads: every line is a document, and one of them refuses.
fn refusal(err: &str) -> Option<String> {
    let lines = err.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>().ok()?;
    let refusal = lines.into_iter().find(|line| line["error"].is_string())?;
    refusal["message"].as_str().map(str::to_owned)
}

fn cut(text: &str) -> String {
    format!("{:?}", text.chars().take(300).collect::<String>())
}

/// What commands show of the data, and which files there are.
async fn state(operator: &Operator, directory: &Path) -> (Vec<Value>, BTreeSet<OsString>) {
    let mut shown = Vec::new();
    for noun in ["client", "user", "org", "admin", "session", "keys"] {
        shown.push(operator.asks(&[noun, "list"]).await);
    }
    let entries = std::fs::read_dir(directory.join("data")).unwrap().map(|entry| entry.unwrap().file_name());
    // The socket is there as long as the instance runs.
    (shown, entries.filter(|name| name != "control.sock").collect())
}

fn judge_all(cases: &[Case], elsewhere: &Path) -> Vec<String> {
    cases.iter().filter_map(|case| judge(case, elsewhere)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_refuses_every_absurd_argument_in_words_and_does_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    let scene = Scene::set(&operator, directory.path()).await;
    let before = state(&operator, directory.path()).await;
    let acts = instance.recorded_acts();
    let cases = tree::cases(&scene);
    assert!(cases.len() > 1500 && cases.iter().filter(|case| case.is_parsed).count() > 500, "the whole tree");
    let place = elsewhere.path().to_owned();
    let (all, at) = (cases.clone(), place.clone());
    let while_up = tokio::task::spawn_blocking(move || judge_all(&all, &at)).await.unwrap();
    assert!(while_up.is_empty(), "{} while it runs: {while_up:#?}", while_up.len());
    assert_eq!(instance.recorded_acts(), acts);
    assert_eq!(state(&operator, directory.path()).await, before);
    instance.stop().await;
    // What a person was told while it ran, a program is told while it does not.
    let cases: Vec<Case> =
        cases.iter().filter_map(|case| case.by_a_program().or(case.is_parsed.then(|| case.clone()))).collect();
    let while_down = tokio::task::spawn_blocking(move || judge_all(&cases, &place)).await.unwrap();
    assert!(while_down.is_empty(), "{} while it does not run: {while_down:#?}", while_down.len());
    assert_eq!(state(&operator, directory.path()).await, before);
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0, "nothing is left where it was typed");
}
