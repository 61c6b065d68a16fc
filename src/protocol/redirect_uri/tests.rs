//! Corpora of addresses: what may be registered, what matches, what is built.

use proptest::prelude::*;
use url::Url;

use super::*;

const WEB: RedirectUriPolicy = RedirectUriPolicy { native: false, plain_http: false };
const NATIVE: RedirectUriPolicy = RedirectUriPolicy { native: true, plain_http: false };
const LOCAL: RedirectUriPolicy = RedirectUriPolicy { native: false, plain_http: true };
const LOCAL_NATIVE: RedirectUriPolicy = RedirectUriPolicy { native: true, plain_http: true };

fn uri(text: &str, policy: RedirectUriPolicy) -> RedirectUri {
    RedirectUri::parse(text, policy).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn sec_17_red_8_what_may_be_registered() {
    let accepted = [
        (WEB, "https://a.example"),
        (WEB, "https://a.example/"),
        (WEB, "https://a.example/cb"),
        (WEB, "https://a.example:8443/cb"),
        (WEB, "https://a.example:443/cb"),
        (WEB, "https://a.example/cb?x=1&y=%0d%0a"),
        (WEB, "https://a.example/cb?"),
        (WEB, "https://a.example?x=1"),
        (WEB, "https://a.example//cb/"),
        (WEB, "https://xn--bcher-kva.example/cb"),
        (WEB, "https://127.0.0.1/cb"),
        (WEB, "https://[::1]:3000/cb"),
        (WEB, "https://localhost/cb"),
        (NATIVE, "http://127.0.0.1/cb"),
        (NATIVE, "http://127.0.0.1:4000/cb"),
        (NATIVE, "http://[::1]/cb"),
        (NATIVE, "com.example.app:/cb"),
        (NATIVE, "com.example.app://cb/x"),
        (NATIVE, "com.example.app:cb"),
        (LOCAL, "http://localhost:4000/login-callback"),
        (LOCAL, "http://web:3000/cb"),
        (LOCAL, "http://app.docker.internal/cb"),
    ];
    for (policy, text) in accepted {
        let parsed = RedirectUri::parse(text, policy);
        assert!(parsed.is_ok(), "{text}: {parsed:?}");
        assert_eq!(parsed.unwrap().as_str(), text);
    }
}

#[test]
fn sec_16_sec_17_red_5_red_9_red_10_what_may_not_be_registered() {
    use RedirectUriError as Error;
    let refused = [
        (WEB, "", Error::NotAbsolute),
        (WEB, "/cb", Error::NotAbsolute),
        (WEB, "//a.example/cb", Error::NotAbsolute),
        (WEB, "https:/a.example/cb", Error::NotAbsolute),
        (WEB, "https:a.example", Error::NotAbsolute),
        (WEB, "https://", Error::NotAbsolute),
        (WEB, "https:///a.example/cb", Error::HostNotPlain),
        (WEB, "https://a.example/cb#", Error::Fragment),
        (WEB, "https://a.example/cb#x", Error::Fragment),
        (WEB, "https://user@a.example/cb", Error::UserInfo),
        (WEB, "https://@a.example/cb", Error::UserInfo),
        (WEB, "https://u:p@a.example/cb", Error::UserInfo),
        (WEB, "https://a.example\\@b.example/cb", Error::ForbiddenCharacter),
        (WEB, "https://a.example/c b", Error::ForbiddenCharacter),
        (WEB, " https://a.example/cb", Error::ForbiddenCharacter),
        (WEB, "https://a.example/cb\n", Error::ForbiddenCharacter),
        (WEB, "https://a.example/c\tb", Error::ForbiddenCharacter),
        (WEB, "https://a.example/\u{0}", Error::ForbiddenCharacter),
        (WEB, "https://bücher.example/cb", Error::ForbiddenCharacter),
        (WEB, "https://a.example/\"><script>", Error::ForbiddenCharacter),
        (WEB, "https://A.example/cb", Error::HostNotPlain),
        (WEB, "https://a%2eexample/cb", Error::HostNotPlain),
        (WEB, "https://2130706433/cb", Error::HostNotPlain),
        (WEB, "https://0x7f.1/cb", Error::HostNotPlain),
        (WEB, "https://0177.0.0.1/cb", Error::HostNotPlain),
        (WEB, "https://[::ffff:127.0.0.1]/cb", Error::HostNotPlain),
        (WEB, "https://[0:0:0:0:0:0:0:1]/cb", Error::HostNotPlain),
        (WEB, "https://a.example:/cb", Error::HostNotPlain),
        (WEB, "https://a.example:99999/cb", Error::NotAbsolute),
        (WEB, "https://a.example/a/../cb", Error::PathNotPlain),
        (WEB, "https://a.example/..", Error::PathNotPlain),
        (WEB, "https://a.example/./cb", Error::PathNotPlain),
        (WEB, "https://a.example/%2e%2e/cb", Error::PathNotPlain),
        (WEB, "HTTPS://a.example/cb", Error::ForbiddenScheme),
        (WEB, "javascript:alert(1)", Error::ForbiddenScheme),
        (NATIVE, "javascript:alert(1)", Error::ForbiddenScheme),
        (NATIVE, "JavaScript:alert(1)", Error::ForbiddenScheme),
        (NATIVE, "java\tscript:alert(1)", Error::ForbiddenCharacter),
        (NATIVE, "data:text/html,x", Error::ForbiddenScheme),
        (NATIVE, "file:///etc/passwd", Error::ForbiddenScheme),
        (NATIVE, "blob:https://a.example/x", Error::ForbiddenScheme),
        (NATIVE, "vbscript:x", Error::ForbiddenScheme),
        (NATIVE, "about:blank", Error::ForbiddenScheme),
        (NATIVE, "ftp://a.example/", Error::ForbiddenScheme),
        (NATIVE, "wss://a.example/", Error::ForbiddenScheme),
        (NATIVE, "myapp:/cb", Error::ForbiddenScheme),
        (NATIVE, "Com.example.app:/cb", Error::ForbiddenScheme),
        (WEB, "https://a.example/*", Error::Wildcard),
        (WEB, "https://a.example/cb?next=*", Error::Wildcard),
        (WEB, "https://*.a.example/cb", Error::Wildcard),
        (LOCAL, "http://localhost:4000/*", Error::Wildcard),
        (NATIVE, "com.example.app:/*", Error::Wildcard),
        (WEB, "com.example.app:/cb", Error::NotNative),
        (LOCAL, "com.example.app:/cb", Error::NotNative),
        (WEB, "http://a.example/cb", Error::PlainHttp),
        (WEB, "http://127.0.0.1/cb", Error::PlainHttp),
        (WEB, "http://localhost:4000/cb", Error::PlainHttp),
        (NATIVE, "http://localhost:4000/cb", Error::PlainHttp),
        (NATIVE, "http://127.0.0.2/cb", Error::PlainHttp),
        (NATIVE, "http://a.example/cb", Error::PlainHttp),
    ];
    for (policy, text, error) in refused {
        assert_eq!(RedirectUri::parse(text, policy), Err(error), "{text}");
    }
    let long = |bytes: usize| format!("https://a.example/{}", "x".repeat(bytes - 18));
    assert!(RedirectUri::parse(&long(2048), WEB).is_ok());
    assert_eq!(RedirectUri::parse(&long(2049), WEB), Err(RedirectUriError::TooLong));
}

/// Ways to write almost the same address that attacks of the literature used.
const WHOLE: &[&str] = &[
    "{scheme}://{host}/{path}/",
    "{scheme}://{host}/{path}//",
    "{scheme}://{host}/{path}/.",
    "{scheme}://{host}/{path}/..",
    "{scheme}://{host}/{path}/../",
    "{scheme}://{host}/{path}/./",
    "{scheme}://{host}/{path}..;/",
    "{scheme}://{host}/{path}%2f",
    "{scheme}://{host}/{path}%00",
    "{scheme}://{host}/{path}%20",
    "{scheme}://{host}/{path} ",
    "{scheme}://{host}/{path}\t",
    "{scheme}://{host}/{path}\n",
    "{scheme}://{host}/{path}\r\n",
    "{scheme}://{host}/{path}\0",
    "{scheme}://{host}/{path}\\",
    "{scheme}://{host}/{path}?",
    "{scheme}://{host}/{path}?a=b",
    "{scheme}://{host}/{path}&a=b",
    "{scheme}://{host}/{path}#",
    "{scheme}://{host}/{path}#a",
    "{scheme}://{host}/{path}%23a",
    "{scheme}://{host}/{path}%3Fa=b",
    "{scheme}://{host}/{path};a",
    "{scheme}://{host}/{path}.",
    "{scheme}://{host}/{path}x",
    "{scheme}://{host}/{path}/%2e%2e",
    "{scheme}://{host}/{path}/..%2f",
    "{scheme}://{host}/{path}é",
    "{scheme}://{host}/{path}@b.example",
    "{scheme}://{host}/{path}*",
    "{scheme}://{host}/*",
    " {scheme}://{host}/{path}",
    "\t{scheme}://{host}/{path}",
    "\n{scheme}://{host}/{path}",
    "\u{feff}{scheme}://{host}/{path}",
    "view-source:{scheme}://{host}/{path}",
    "x{scheme}://{host}/{path}",
    "//{host}/{path}",
    "\\\\{host}\\{path}",
    "{scheme}:\\\\{host}\\{path}",
    "{scheme}:{host}/{path}",
    "{scheme}:/{host}/{path}",
    "{scheme}:///{host}/{path}",
    "/{path}",
    "{host}/{path}",
    "",
    "{scheme}://{host}/",
    "{scheme}://{host}",
    "{scheme}://",
    "{scheme}:",
    "javascript://{host}/{path}%0aalert(1)",
    "data:text/html,{scheme}://{host}/{path}",
    "https://b.example/?{scheme}://{host}/{path}",
    "https://b.example/#{scheme}://{host}/{path}",
    "https://b.example/{scheme}://{host}/{path}",
    "{scheme}%3A%2F%2F{host}%2F{path}",
    "http://{host}/{path}",
    "HTTPS://{host}/{path}",
    "ftp://{host}/{path}",
    "ws://{host}/{path}",
    "htt%70s://{host}/{path}",
    "com.example.app://{host}/{path}",
    "://{host}/{path}",
];
const HOSTS: &[&str] = &[
    "{host}:443",
    "{host}:80",
    "{host}:8443",
    "{host}:",
    "{host}:0443",
    "{host}.",
    "{host}.b.example",
    "{host}@b.example",
    "{host}:x@b.example",
    "{host}%2eb.example",
    "{host}%00.b.example",
    "{host}\\.b.example",
    "{host}\\@b.example",
    "{host}%40b.example",
    "{host}#@b.example",
    "{host}?@b.example",
    "user@{host}",
    "user:pass@{host}",
    "@{host}",
    "x{host}",
    "x.{host}",
    "A.EXAMPLE",
    "a%2eexample",
    "a。example",
    "axexample",
    "а.example",
    "%61.example",
    "b.example",
    "localhost",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0177.0.0.1",
    "0x7f000001",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "xn--bcher-kva.example",
    "bücher.example",
    "*.example",
    "*",
    "",
];
const PATHS: &[&str] = &[
    "./{path}",
    "../{path}",
    "x/../{path}",
    "x/%2e%2e/{path}",
    "..;/{path}",
    "/{path}",
    "%2e/{path}",
    "{path}/../{path}",
    "CB",
    "%63b",
    "%2563b",
    "c%62",
    "cB",
    "c/b",
    "cb%00",
    "\\{path}",
    "{path}\\",
    "//{path}",
];

fn near_misses(registered: &str) -> Vec<String> {
    let (scheme, rest) = registered.split_once("://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let fill = |template: &str| template.replace("{scheme}", scheme).replace("{host}", host).replace("{path}", path);
    let whole = WHOLE.iter().map(|template| fill(template));
    let hosts = HOSTS.iter().map(|other| fill(&format!("{{scheme}}://{other}/{{path}}")));
    let paths = PATHS.iter().map(|other| fill(&format!("{{scheme}}://{{host}}/{other}")));
    whole.chain(hosts).chain(paths).filter(|text| text != registered).collect()
}

#[test]
fn sec_16_red_1_only_the_very_same_text_matches() {
    let registered = ["https://a.example/cb", "https://a.example/cb/sub", "https://a.example/cb?keep=1"];
    let corpus: Vec<(RedirectUri, String)> = registered
        .into_iter()
        .flat_map(|text| near_misses(text).into_iter().map(move |miss| (uri(text, WEB), miss)))
        .collect();
    assert!(corpus.len() >= 200, "{}", corpus.len());
    for (registered, miss) in &corpus {
        for policy in [WEB, NATIVE, LOCAL, LOCAL_NATIVE] {
            assert!(!registered.matches(miss, policy), "{registered} must not match {miss:?} under {policy:?}");
        }
        assert!(!registered.is(miss));
        assert!(registered.matches(registered.as_str(), WEB));
    }
}

#[test]
fn sec_16_red_2_the_port_of_a_native_loopback_address_is_free_and_nothing_else() {
    for text in ["http://127.0.0.1/cb?x=1", "http://127.0.0.1:4000/cb?x=1"] {
        let registered = uri(text, NATIVE);
        for port in ["", ":1", ":80", ":4000", ":65535"] {
            assert!(registered.matches(&format!("http://127.0.0.1{port}/cb?x=1"), NATIVE), "{text} {port}");
        }
        for port in [":", ":0", ":00080", ":65536", ":-1", ":+80", ":80a", ":80:80", ":80@b.example", "@b.example:80"] {
            assert!(!registered.matches(&format!("http://127.0.0.1{port}/cb?x=1"), NATIVE), "{text} {port}");
        }
        for miss in [
            "http://127.0.0.1:5000/cb",
            "http://127.0.0.1:5000/cb?x=1&y=2",
            "http://127.0.0.1:5000/cb/?x=1",
            "http://127.0.0.1:5000/cb?x=1#f",
            "http://127.0.0.1:5000\\cb?x=1",
            "http://127.0.0.1:5000//cb?x=1",
            "http://127.0.0.2:5000/cb?x=1",
            "http://localhost:5000/cb?x=1",
            "http://[::1]:5000/cb?x=1",
            "http://[::ffff:127.0.0.1]:5000/cb?x=1",
            "http://2130706433:5000/cb?x=1",
            "http://0177.0.0.1:5000/cb?x=1",
            "https://127.0.0.1:5000/cb?x=1",
            "HTTP://127.0.0.1:5000/cb?x=1",
            "http://u@127.0.0.1:5000/cb?x=1",
            "http://127.0.0.1.b.example:5000/cb?x=1",
        ] {
            assert!(!registered.matches(miss, NATIVE), "{miss}");
            assert!(!registered.matches(miss, LOCAL_NATIVE), "{miss}");
        }
    }
    let six = uri("http://[::1]/cb", NATIVE);
    assert!(six.matches("http://[::1]:5000/cb", NATIVE));
    assert!(!six.matches("http://127.0.0.1:5000/cb", NATIVE));
    // A web client and an https address have exact ports.
    assert!(!uri("http://127.0.0.1/cb", LOCAL).matches("http://127.0.0.1:5000/cb", LOCAL));
    assert!(!uri("https://127.0.0.1/cb", NATIVE).matches("https://127.0.0.1:5000/cb", NATIVE));
    assert!(!uri("com.example.app://127.0.0.1/cb", NATIVE).matches("com.example.app://127.0.0.1:5000/cb", NATIVE));
}

#[test]
fn r_19_the_port_of_localhost_is_free_for_native_clients_where_plain_http_is() {
    let registered = uri("http://localhost/cb", LOCAL_NATIVE);
    assert!(registered.matches("http://localhost:5000/cb", LOCAL_NATIVE));
    assert!(!registered.matches("http://localhost:5000/cb", NATIVE));
    assert!(!registered.matches("http://localhost:5000/cb", LOCAL));
    assert!(!registered.matches("http://127.0.0.1:5000/cb", LOCAL_NATIVE));
}

#[test]
fn the_address_of_the_request_is_kept() {
    let registered = [uri("https://a.example/cb", WEB), uri("http://127.0.0.1/cb", NATIVE)];
    let found = RedirectUri::find_match(&registered, "http://127.0.0.1:5000/cb", NATIVE).unwrap();
    assert_eq!(found.as_str(), "http://127.0.0.1:5000/cb");
    assert_eq!(RedirectUri::find_match(&registered, "https://b.example/cb", NATIVE), None);
    assert_eq!(RedirectUri::find_match(&[], "https://a.example/cb", NATIVE), None);
}

#[test]
fn sec_19_red_6_answers_are_appended_to_the_registered_query() {
    let table = [
        ("https://a.example/cb", "https://a.example/cb?code=1"),
        ("https://a.example", "https://a.example/?code=1"),
        ("https://a.example/cb?", "https://a.example/cb?code=1"),
        ("https://a.example/cb?x=1", "https://a.example/cb?x=1&code=1"),
        ("https://a.example/cb?x=%0d%0a&y", "https://a.example/cb?x=%0d%0a&y&code=1"),
        ("com.example.app:/cb", "com.example.app:/cb?code=1"),
        ("com.example.app:cb?x=1", "com.example.app:cb?x=1&code=1"),
        ("http://127.0.0.1:4000/cb", "http://127.0.0.1:4000/cb?code=1"),
    ];
    for (text, expected) in table {
        assert_eq!(uri(text, LOCAL_NATIVE).with_parameters([("code", "1")]), expected);
    }
    assert_eq!(uri("https://a.example/cb?x=1", WEB).with_parameters([]), "https://a.example/cb?x=1");
    assert_eq!(uri("https://a.example/cb", WEB).with_parameters([]), "https://a.example/cb");
}

fn query_of(location: &str) -> Vec<(String, String)> {
    let url = Url::parse(location).unwrap();
    url.query_pairs().into_owned().collect()
}

#[test]
fn sec_19_arsp_1_hostile_states_round_trip_and_break_no_header() {
    let registered = uri("https://a.example/cb?keep=1", WEB);
    let long = "s".repeat(2048);
    for state in ["\"&#%\r\n<>", "a b+c", "%0d%0a", "é€😀", "'()*~!", "&error=x", "#", "\0", long.as_str()] {
        let location = registered.with_parameters([("state", state)]);
        assert!(location.starts_with("https://a.example/cb?keep=1&state="), "{location}");
        assert!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{location}");
        assert!(!location.contains('+') && !location.contains('#'), "{location}");
        let expected = [("keep".to_owned(), "1".to_owned()), ("state".to_owned(), state.to_owned())];
        assert_eq!(query_of(&location), expected);
    }
}

proptest! {
    #[test]
    fn sec_19_any_value_round_trips(name in "[a-z_]{1,10}", value in any::<String>()) {
        let location = uri("https://a.example/cb", WEB).with_parameters([(name.as_str(), value.as_str())]);
        prop_assert!(location.bytes().all(|byte| byte.is_ascii_graphic()));
        prop_assert_eq!(query_of(&location), vec![(name, value)]);
    }

    #[test]
    fn red_13_whatever_is_registered_is_understood_as_written(text in "(https|http|com\\.a)://?[a-z0-9.:@\\[\\]%/?#\\\\ ]{0,30}") {
        if let Ok(parsed) = RedirectUri::parse(&text, LOCAL_NATIVE) {
            prop_assert!(parsed.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
            let understood = parsed.with_parameters([]);
            // The parser supplies an empty path's slash and drops a default port, nothing else.
            let plain = |text: &str| text.replace(":443", "").replace(":80", "").replace('/', "");
            prop_assert_eq!(plain(&understood), plain(&text));
        }
    }
}

#[test]
fn sec_27_the_form_may_go_to_the_origin_only() {
    let table = [
        ("https://a.example/cb?x=1", "https://a.example"),
        ("https://a.example:8443/cb", "https://a.example:8443"),
        ("http://[::1]:4000/cb", "http://[::1]:4000"),
        ("com.example.app:/cb", "com.example.app:"),
        ("com.example.app://host/cb", "com.example.app:"),
    ];
    for (text, origin) in table {
        assert_eq!(uri(text, LOCAL_NATIVE).origin(), origin);
    }
}

#[test]
fn r_10_which_addresses_may_be_recorded() {
    let table = [
        ("http://localhost:4000/cb", true),
        ("http://127.0.0.1/cb", true),
        ("http://127.8.9.1/cb", true),
        ("http://[::1]/cb", true),
        ("https://app.localhost/cb", true),
        ("https://app.test/cb", true),
        ("http://host.docker.internal:4000/cb", true),
        ("http://web:3000/cb", true),
        ("com.example.app:/cb", true),
        ("https://a.example/cb", false),
        ("https://192.168.1.1/cb", false),
        ("https://localhost.example/cb", false),
        ("https://mytest/cb", true),
        ("https://a.mytest/cb", false),
        ("https://[2001:db8::1]/cb", false),
    ];
    for (text, expected) in table {
        assert_eq!(uri(text, LOCAL_NATIVE).is_local_or_private(), expected, "{text}");
    }
}

#[test]
fn a_stored_address_reads_back_and_a_broken_one_does_not() {
    let registered = uri("http://127.0.0.1/cb", NATIVE);
    let stored = serde_json::to_string(&registered).unwrap();
    assert_eq!(serde_json::from_str::<RedirectUri>(&stored).unwrap(), registered);
    assert!(serde_json::from_str::<RedirectUri>("\"javascript:alert(1)\"").is_err());
}
