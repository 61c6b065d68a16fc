//! What only one system knows has a condition before it.

use super::project;
use super::source::Source;

#[test]
fn what_only_one_system_knows_stands_under_a_condition() {
    // Named in their `mod.rs` under a condition, as a whole.
    let conditional = ["src/serve/control/", "src/store/engine/files/unix.rs", "src/site/control.rs"];
    for (parent, declared) in [
        ("src/serve/mod.rs", "#[cfg(unix)]\npub mod control;"),
        ("src/store/engine/files/mod.rs", "#[cfg(unix)]\nmod unix;"),
        ("src/site/mod.rs", "#[cfg(unix)]\nmod control;"),
    ] {
        let is_declared = |source: &Source| source.path == parent && source.text.contains(declared);
        assert!(project().iter().any(is_declared), "{parent}: {declared}");
    }
    let is_whole = |source: &&Source| !conditional.iter().any(|place| source.path.starts_with(place));
    let is_test = |source: &&Source| source.path.contains("/tests") || source.path.ends_with("_tests.rs");
    for source in project().iter().filter(is_whole).filter(|source| !is_test(source)) {
        assert_eq!(source.unconditional_system_calls(), Vec::<String>::new(), "{}", source.path);
    }
    let bare =
        Source::new("src/a.rs", "fn f() { #[cfg(unix)] let a = rustix::b(); std::os::unix::c(); }\nuse rustix::d;");
    assert_eq!(bare.unconditional_system_calls(), ["std::os", "rustix"]);
}
