//! `serve` as it is first met: on an empty directory, with nothing but the two required keys.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_moncomptepro");

/// The program, stopped when the test is over.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn start(config: &Path) -> (Serving, BufReader<std::process::ChildStdout>) {
    let mut child = Command::new(PROGRAM)
        .args(["serve", "--config"])
        .arg(config)
        .env("LC_ALL", "fr_FR.UTF-8")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    (Serving(child), said)
}

/// Reads up to the first line that holds `words`, that line included.
fn read_to(said: &mut impl BufRead, words: &str) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        assert!(said.read_line(&mut line).unwrap() > 0, "no {words:?} in {lines:#?}");
        lines.push(line.trim_end().to_owned());
        if line.contains(words) {
            return lines;
        }
    }
}

fn config(directory: &Path) -> PathBuf {
    let path = directory.join("moncomptepro.toml");
    let data_dir = directory.join("data");
    let text = format!(
        "public_url = \"https://a.fr\"\ndata_dir = {data_dir:?}\nlisten = \"127.0.0.1:0\"\ntls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]\n\
         keys.rsa_bits = 2048\naccounts.check_deliverability = false\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn an_empty_directory_becomes_an_instance_that_says_what_to_type_next() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path());
    let (serving, mut said) = start(&config);
    let lines = read_to(&mut said, "client create");
    drop(serving);
    for file in ["moncomptepro.redb", "master.key"] {
        assert!(directory.path().join("data").join(file).exists(), "{file}");
    }
    let commands: Vec<&String> = lines.iter().filter(|line| line.starts_with("  moncomptepro ")).collect();
    assert_eq!(commands.len(), 3, "{lines:#?}");
    let folder = Path::new(PROGRAM).parent().unwrap();
    for command in commands {
        let typed = format!("PATH={}:$PATH; {} --output json", folder.display(), command.trim());
        let ended = Command::new("sh").args(["-c", &typed]).output().unwrap();
        assert!(ended.status.success(), "{typed}: {ended:?}");
    }
    let (serving, mut said) = start(&config);
    let first = read_to(&mut said, "https://a.fr");
    drop(serving);
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut said, &mut rest).unwrap();
    assert!(!rest.contains("create"), "there is nothing to advise any more: {first:?} {rest}");
}

#[test]
fn the_first_five_minutes_of_the_readme_are_typed_as_they_stand() {
    let readme = include_str!("../../../README.md");
    let told = readme.split("### The first five minutes").nth(1).unwrap().split("\n## ").next().unwrap();
    let typed: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let (before, after) = typed.split_at(typed.iter().position(|line| *line == "moncomptepro serve").unwrap());
    let directory = tempfile::tempdir().unwrap();
    let shell = |line: &str| {
        let path = Path::new(PROGRAM).parent().unwrap().display();
        let told = format!("PATH={path}:$PATH; {line}");
        let ended = Command::new("sh").args(["-c", &told]).env("LC_ALL", "C").current_dir(directory.path()).output();
        let ended = ended.unwrap();
        assert!(ended.status.success(), "{line}: {ended:?}");
        String::from_utf8(ended.stdout).unwrap()
    };
    assert_eq!(before, ["moncomptepro config template > moncomptepro.toml", "moncomptepro check-config"]);
    shell(before[0]);
    let file = directory.path().join("moncomptepro.toml");
    let template = std::fs::read_to_string(&file).unwrap();
    // What the page says to write, at a port that is free here.
    let lines: Vec<String> = template
        .lines()
        .map(|line| match line.split(" = ").next().unwrap() {
            "public_url" => String::from("public_url = \"https://localhost:8443\""),
            "data_dir" => String::from("data_dir = \"data\""),
            "#: listen" => String::from("listen = [\"127.0.0.1:0\"]\nkeys.rsa_bits = 2048"),
            _ => line.to_owned(),
        })
        .collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let checked = shell(before[1]);
    assert!(
        checked.contains("trusted_browsers = false") && told.contains("accounts.trusted_browsers = false"),
        "{checked}"
    );
    let (serving, mut said) = start(&file);
    read_to(&mut said, "https://localhost:8443");
    let commands: Vec<&&str> = after[1..].iter().filter(|line| line.starts_with("moncomptepro ")).collect();
    assert_eq!(commands.len(), after.len() - 1, "{after:#?}");
    for command in commands {
        shell(&format!("{command} --output json"));
    }
    assert!(shell("moncomptepro admin list").contains("marie@mairie.example"));
    drop(serving);
}

fn run(arguments: &[&str], config: &Path) -> (bool, String) {
    let ended = Command::new(PROGRAM).args(arguments).arg("--config").arg(config).env("LC_ALL", "C").output().unwrap();
    let said = [ended.stdout, ended.stderr].concat();
    (ended.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn a_command_that_finds_no_data_says_that_it_made_some() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path());
    let (_, first) = run(&["user", "list"], &config);
    assert!(first.contains("data held no instance: a new one was made there"), "{first}");
    let (is_done, second) = run(&["user", "list"], &config);
    assert!(is_done && !second.contains("new one"), "{second}");
}

#[test]
fn the_configuration_of_an_instance_can_be_checked_while_it_runs() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path());
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let text = std::fs::read_to_string(&config).unwrap().replace("127.0.0.1:0", &address);
    std::fs::write(&config, text).unwrap();
    let (is_good, told) = run(&["check-config"], &config);
    assert!(!is_good && told.contains("another process listens there"), "{told}");
    drop(holder);
    let (serving, mut said) = start(&config);
    read_to(&mut said, "https://a.fr");
    let (is_good, told) = run(&["check-config"], &config);
    assert!(is_good && told.contains("in use while this instance runs"), "{told}");
    drop(serving);
}

#[test]
fn with_logs_in_json_nothing_else_is_said_from_the_start_to_the_stop() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path());
    let mut child = Command::new(PROGRAM)
        .args(["serve", "--config"])
        .arg(&config)
        .env("MONCOMPTEPRO_LOGS__FORMAT", "json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut said = child.stdout.take().unwrap();
    let serving = Serving(child);
    let mut lines = read_to(&mut told, "the instance has started");
    assert!(Command::new("kill").args(["-TERM", &serving.0.id().to_string()]).status().unwrap().success());
    lines.extend(told.lines().map(Result::unwrap));
    let mut other = String::new();
    std::io::Read::read_to_string(&mut said, &mut other).unwrap();
    assert_eq!(other, "");
    let lines: Vec<serde_json::Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let says = |line: &serde_json::Value, words: &str| line.to_string().contains(words);
    for words in ["listens on port", "client create", "\"version\""] {
        assert!(lines.iter().any(|line| says(line, words)), "no {words:?} in {lines:#?}");
    }
    assert!(says(lines.last().unwrap(), "the instance has stopped"), "{lines:#?}");
}

#[test]
fn a_port_that_browsers_are_not_sent_to_is_told_before_the_start_and_at_it() {
    let directory = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let path = config(directory.path());
    let written = std::fs::read_to_string(&path).unwrap().replace("127.0.0.1:0\"", &format!("127.0.0.1:{free}\""));
    let direct = written.replace("tls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]\n", "");
    let checked = |text: &str, language: &str, more: &[&str]| {
        std::fs::write(&path, text).unwrap();
        let mut command = Command::new(PROGRAM);
        let ended = command.arg("check-config").args(more).arg("--config").arg(&path).env("LC_ALL", language).output();
        let ended = ended.unwrap();
        assert!(ended.status.success(), "{ended:?}");
        String::from_utf8(ended.stdout).unwrap()
    };
    let english = format!("public_url leads to port 443, and listen names port {free}: ");
    let french = format!("public_url mène au port 443, et listen nomme le port {free} : ");
    assert!(checked(&direct, "C", &[]).contains(&english));
    assert!(checked(&direct, "C", &["--output", "json"]).contains(&english));
    assert!(checked(&direct, "fr_FR.UTF-8", &[]).contains(&french));
    let same = direct.replace("https://a.fr", &format!("https://a.fr:{free}"));
    for (text, why) in [(&written, "a proxy has a port of its own"), (&same, "both are the same")] {
        assert!(!checked(text, "C", &[]).contains("public_url leads to"), "{why}");
    }
    std::fs::write(&path, direct).unwrap();
    let (serving, mut said) = start(&path);
    let first = read_to(&mut said, "est à l'écoute sur le port ").pop().unwrap();
    assert_eq!(first, format!("https://a.fr est à l'écoute sur le port {free}"));
    read_to(&mut said, &french);
    drop(serving);
}
