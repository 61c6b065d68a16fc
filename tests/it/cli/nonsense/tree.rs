//! The command line as it is declared, and what nobody would type in earnest at each place of it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use clap::{Arg, ArgAction, Command};

use crate::support::Operator;

/// What there is, so that a command would do something if it took nonsense for nothing.
#[derive(Debug)]
pub(super) struct Scene {
    config: String,
    data_dir: String,
    backup: String,
    /// A file of people.
    people: String,
    organizations: String,
}

/// A command that is refused.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) typed: Vec<OsString>,
    /// As a person would tell of it.
    pub(super) about: String,
    /// One of these stands in the message.
    pub(super) names: Vec<String>,
    /// Whether the command line lets it through, so that something else has to refuse it.
    pub(super) is_parsed: bool,
    /// Where `--output=json` goes, if the command takes it and it is not tried itself.
    form: Option<usize>,
    /// Whether it is about an argument that every command takes.
    is_everywhere: bool,
}

impl Case {
    pub(super) fn is_by_a_program(&self) -> bool {
        self.typed.iter().any(|word| word == "--output=json")
    }

    /// The same by a program, which reads the refusal as JSON.
    pub(super) fn by_a_program(&self) -> Option<Self> {
        let mut typed = self.typed.clone();
        typed.insert(self.form?, "--output=json".into());
        Some(Self { typed, about: format!("{} as JSON", self.about), form: None, ..self.clone() })
    }
}

impl Scene {
    pub(super) async fn set(operator: &Operator, directory: &Path) -> Self {
        let names = ["--given-name", "Marie", "--family-name", "Dupont"];
        operator.asks(&[&["user", "create", "marie@mairie.example"][..], &names].concat()).await;
        operator.asks(&["org", "add", "21340172201787", "--label", "Commune de Montpellier"]).await;
        operator.asks(&["org", "link", "1", "marie@mairie.example"]).await;
        let uri = "https://service.example/callback";
        operator.asks(&["client", "create", "--id", "service-1", "--name", "Service", "--redirect-uri", uri]).await;
        let backup = directory.join("backup.file").to_str().unwrap().to_owned();
        operator.asks(&["backup", "create", &backup]).await;
        let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
        let people = path("people.csv");
        std::fs::write(&people, "email\nimported@mairie.example\n").unwrap();
        let organizations = path("organizations.csv");
        std::fs::write(&organizations, "id,siret,label\n7,13002526500013,Direction\n").unwrap();
        Self { config: path("config.toml"), data_dir: path("data"), backup, people, organizations }
    }

    /// What somebody in earnest would type at this place.
    fn plausible(&self, command: &str, arg: &Arg) -> OsString {
        if (command, arg.get_id().as_str()) == ("admin grant", "role") {
            // The one that takes every other option.
            return "moderator".into();
        }
        if let Some(value) = arg.get_possible_values().first() {
            return value.get_name().into();
        }
        let value = match (command, arg.get_id().as_str()) {
            ("user create", "email") => "new@mairie.example",
            ("backup verify" | "restore", "file") => &self.backup,
            ("user import", "file") | ("user invite", "csv") => &self.people,
            ("directory import" | "directory import-contacts", "files") => &self.people,
            ("org import", "file" | "organizations") => &self.organizations,
            ("client create", "id") => "service-2",
            (_, "config") => &self.config,
            (_, "data_dir") => &self.data_dir,
            (_, "user" | "email" | "sign_in_as" | "to") => "marie@mairie.example",
            (noun, "id") if noun.starts_with("moderation ") => "1",
            (_, "domain") => "mairie.example",
            (_, "id") => "service-1",
            (_, "organization") => "1",
            (_, "siret") => "13002526500013",
            (_, "redirect_uris") => "https://service.example/other",
            (_, "since") => "24h",
            (_, "listen") => "127.0.0.1:0",
            (_, "language") => "fr",
            _ => "Nom",
        };
        value.into()
    }
}

/// What an argument is for, as far as that decides what is absurd there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// A text that people read: numbers and paths are texts too.
    Text,
    /// A file or directory that is made: every path that can be made is one.
    Made,
    /// The rest: what is not of its form is absurd.
    Word,
}

fn sort(command: &str, id: &str) -> Sort {
    match (command, id) {
        (_, "name" | "label" | "description" | "address" | "job" | "reason" | "note" | "place" | "words") => Sort::Text,
        ("backup create", "file") | ("dev", "data_dir" | "port_file") => Sort::Made,
        ("directory import" | "directory import-contacts", "data_dir") => Sort::Made,
        _ => Sort::Word,
    }
}

/// Absurd values with their names.
fn absurd(sort: Sort) -> Vec<(&'static str, OsString)> {
    let mut values: Vec<(&str, OsString)> = vec![
        ("nothing", "".into()),
        ("blanks", "  ".into()),
        ("10,000 characters", "x".repeat(10_000).into()),
        ("control characters", "a\u{7}\u{1b}[2Jb".into()),
        ("two lines", "a\nb".into()),
        ("no UTF-8", OsStr::from_bytes(b"a\xff\xfeb").to_owned()),
    ];
    if sort != Sort::Made {
        values.push(("invisible characters", "a\u{202e}\u{200b}b".into()));
    }
    if sort != Sort::Text {
        values.push(("a path under a device", "/dev/null/x".into()));
        values.push(("a directory", "/".into()));
    }
    if sort == Sort::Word {
        values.push(("a number below zero", "-1".into()));
        values.push(("a huge number", "99999999999999999999999999".into()));
        values.push(("a climbing path", "../../../no/such".into()));
        values.push(("markup", "<script>alert(1)</script>".into()));
    }
    values
}

/// What looks absurd and means something: command, argument, value.
const TAKEN: &[(&str, &str, &str)] = &[
    // An empty text takes a setting away.
    ("client update", "post_logout_uris", "nothing"),
    ("client update", "default_acr_values", "nothing"),
    ("client update", "allowed_sources", "nothing"),
    ("client update", "certificates", "nothing"),
    ("client update", "backchannel_logout_uri", "nothing"),
    ("client update", "client_uri", "nothing"),
    ("client update", "description", "nothing"),
    ("client update", "description", "blanks"),
    ("client update", "policy_uri", "nothing"),
    ("client update", "tos_uri", "nothing"),
    // The import is where it is told to be; that the file is none of the register is told.
    ("directory import", "data_dir", "a directory"),
    ("directory import-contacts", "data_dir", "a directory"),
];

/// Every case.
pub(super) fn cases(scene: &Scene) -> Vec<Case> {
    let mut root = moncomptepro::cli::command();
    root.build();
    let mut cases = Vec::new();
    descend(scene, &root, &mut Vec::new(), &mut cases);
    for case in &mut cases {
        case.is_parsed = is_parsed(&case.typed);
    }
    // What every command takes, and the command line refuses, is tried once.
    cases.retain(|case| case.is_parsed || !case.is_everywhere || case.about.starts_with("client list"));
    cases
}

fn is_parsed(typed: &[OsString]) -> bool {
    let words = std::iter::once(OsString::from("moncomptepro")).chain(typed.iter().cloned());
    moncomptepro::cli::command().try_get_matches_from(words).is_ok()
}

fn descend(scene: &Scene, command: &Command, path: &mut Vec<String>, cases: &mut Vec<Case>) {
    let below: Vec<&Command> = command.get_subcommands().filter(|below| below.get_name() != "help").collect();
    if below.is_empty() {
        return Leaf { scene, command, path: path.clone() }.cases(cases);
    }
    let mut group = |words: &[&str], names: &[&str]| {
        let typed: Vec<OsString> =
            path.iter().map(String::as_str).chain(words.iter().copied()).map(Into::into).collect();
        let names = names.iter().map(ToString::to_string).collect();
        cases.push(Case {
            about: format!("{typed:?}"),
            typed,
            names,
            is_parsed: false,
            form: None,
            is_everywhere: false,
        });
    };
    group(&[], &["Usage"]);
    group(&["no-such-command"], &["no-such-command"]);
    group(&["--no-such-option"], &["--no-such-option"]);
    group(&[""], &["subcommand"]);
    for next in below {
        path.push(next.get_name().to_owned());
        descend(scene, next, path, cases);
        path.pop();
    }
}

/// A command that does something.
struct Leaf<'a> {
    scene: &'a Scene,
    command: &'a Command,
    path: Vec<String>,
}

impl Leaf<'_> {
    fn name(&self) -> String {
        self.path.join(" ")
    }

    fn args(&self) -> impl Iterator<Item = &Arg> {
        self.command.get_arguments().filter(|arg| !["help", "version"].contains(&arg.get_id().as_str()))
    }

    /// What must be there beside `arg` for the command to do something.
    fn besides(&self, arg: Option<&Arg>) -> Vec<(&Arg, OsString)> {
        let name = self.name();
        let wanted = |id: &str| match id {
            "config" => true,
            "show_secret" => true,
            "yes" => true,
            "every" => name == "session revoke",
            "name" => name == "client update",
            "listen" => name == "dev",
            "email" => name == "user invite",
            "domain" => name == "org domain",
            "label" => name == "org add",
            "organization" => name == "user invite" && arg.is_some_and(|arg| arg.get_id() == "external"),
            _ => false,
        };
        let conflicts: Vec<&Arg> = arg.map(|arg| self.command.get_arg_conflicts_with(arg)).unwrap_or_default();
        let groups = |id: &clap::Id| -> Vec<&str> {
            let holds =
                |group: &&clap::ArgGroup| !(*group).clone().is_multiple() && group.get_args().any(|other| other == id);
            self.command.get_groups().filter(holds).map(|group| group.get_id().as_str()).collect()
        };
        let is_excluded = |other: &Arg| {
            arg.is_some_and(|arg| {
                arg.get_id() == other.get_id()
                    || conflicts.iter().any(|conflict| conflict.get_id() == other.get_id())
                    || groups(arg.get_id()).iter().any(|group| groups(other.get_id()).contains(group))
            })
        };
        let needed = self.args().filter(|other| other.is_required_set() || wanted(other.get_id().as_str()));
        needed.filter(|other| !is_excluded(other)).map(|other| (other, self.scene.plausible(&name, other))).collect()
    }

    /// The words of a command line with these values.
    fn typed(&self, values: &[(&Arg, OsString)], more: &[OsString]) -> Vec<OsString> {
        let mut words: Vec<OsString> = self.path.iter().map(Into::into).collect();
        let mut positional: Vec<&(&Arg, OsString)> = Vec::new();
        for value in values {
            match (value.0.get_long(), value.0.get_action().takes_values()) {
                (Some(long), true) => words.push(joined(&format!("--{long}="), &value.1)),
                (Some(long), false) => words.push(format!("--{long}").into()),
                (None, _) => positional.push(value),
            }
        }
        words.extend(more.iter().cloned());
        positional.sort_by_key(|(arg, _)| arg.get_index());
        if !positional.is_empty() {
            words.push("--".into());
            words.extend(positional.iter().map(|(_, value)| value.clone()));
        }
        words
    }

    fn cases(&self, cases: &mut Vec<Case>) {
        let takes_form = self.args().any(|arg| arg.get_id() == "output");
        let form = takes_form.then_some(self.path.len());
        let everywhere = ["config", "data_dir", "data-dir", "output"];
        let mut push = |what: String, typed: Vec<OsString>, names: Vec<String>| {
            let form = form.filter(|_| !what.contains("output"));
            let is_everywhere = everywhere.iter().any(|id| what.contains(id));
            cases.push(Case {
                about: format!("{} with {what}", self.name()),
                typed,
                names,
                is_parsed: false,
                form,
                is_everywhere,
            });
        };
        let sane = self.typed(&self.besides(None), &[]);
        assert!(is_parsed(&sane), "without nonsense {sane:?} is a command");
        push(
            String::from("an unknown option"),
            self.typed(&self.besides(None), &["--no-such-option".into()]),
            vec![String::from("--no-such-option")],
        );
        let mut beyond = self.typed(&self.besides(None), &[]);
        if !beyond.contains(&OsString::from("--")) {
            beyond.push("--".into());
        }
        beyond.extend(["one-more".into(), "and-more".into(), "still-more".into()]);
        if !["directory import", "directory import-contacts"].contains(&self.name().as_str()) {
            push(String::from("more than it takes"), beyond, vec![String::from("more"), String::from("Usage")]);
        }
        for arg in self.args() {
            let (id, besides) = (arg.get_id().as_str(), self.besides(Some(arg)));
            let takes = arg.get_action().takes_values();
            if arg.is_required_set() {
                push(format!("no {id}"), self.typed(&besides, &[]), names(arg, OsStr::new("")));
            }
            if let Some(long) = arg.get_long() {
                if takes {
                    let word = vec![format!("--{long}").into()];
                    push(format!("--{long} without a value"), self.typed(&besides, &word), names(arg, OsStr::new("")));
                } else {
                    let word = vec![format!("--{long}=perhaps").into()];
                    push(format!("--{long} with a value"), self.typed(&besides, &word), names(arg, OsStr::new("")));
                }
                if !matches!(arg.get_action(), ArgAction::Append | ArgAction::Count) {
                    let mut twice = besides.clone();
                    let value = self.scene.plausible(&self.name(), arg);
                    twice.extend([(arg, value.clone()), (arg, value.clone())]);
                    push(format!("--{long} twice"), self.typed(&twice, &[]), names(arg, &value));
                }
            }
            for (what, value) in absurd(sort(&self.name(), id)).into_iter().filter(|_| takes) {
                if TAKEN.contains(&(self.name().as_str(), id, what)) {
                    continue;
                }
                let mut values = besides.clone();
                values.push((arg, value.clone()));
                push(format!("{what} for {id}"), self.typed(&values, &[]), names(arg, &value));
            }
        }
    }
}

fn joined(start: &str, end: &OsStr) -> OsString {
    let mut joined = OsString::from(start);
    joined.push(end);
    joined
}

/// How a message may say which argument it is about.
fn names(arg: &Arg, value: &OsStr) -> Vec<String> {
    let mut names: Vec<String> = vec![arg.get_id().to_string()];
    names.extend(arg.get_long().map(|long| format!("--{long}")));
    names.extend(arg.get_value_names().into_iter().flatten().map(|name| format!("<{name}>")));
    names.extend(value.to_str().filter(|value| (2..=80).contains(&value.trim().len())).map(str::to_owned));
    names.extend(arg.get_value_names().into_iter().flatten().map(|name| format!("[{name}]")));
    if value == "/" {
        names.extend(["/: ", "/ ", "'/'", "/master.key"].map(String::from));
    }
    // What is told of an argument by what it is, not by its name.
    names.extend(["UTF-8", "no passphrase or key"].map(String::from));
    names.extend(match arg.get_id().as_str() {
        "post_logout_uris" => Some(String::from("post_logout_redirect_uris")),
        _ => None,
    });
    names
}
