//! Values beyond their bounds, values of the environment, and files of secrets.

use super::*;
use crate::config::ForwardedHeader;

/// The texts that no variable of this key may hold.
fn wrong_texts(kind: Kind) -> Vec<String> {
    if let Kind::Number(least, most) = kind {
        let below = least.checked_sub(1).map(|number| number.to_string());
        let above = most.checked_add(1).map(|number| number.to_string());
        let never = ["eight", "", "-1", "1.5", "0x10", "99999999999999999999"].map(str::to_owned);
        return never.into_iter().chain(below).chain(above).collect();
    }
    if let Kind::NumberOrZero(least, most) = kind {
        let outside = [1, least - 1, most + 1].map(|number| number.to_string());
        return ["six", "", "-1", "0.0"].map(str::to_owned).into_iter().chain(outside).collect();
    }
    if let Kind::Numbers(_) = kind {
        return ["", "-1", "2047", "2049", "2500", "4097"].map(str::to_owned).to_vec();
    }
    if kind == Kind::Flag {
        return ["yes", "1", "", "True", "on"].map(str::to_owned).to_vec();
    }
    let texts = wrong_values(kind).into_iter().filter_map(|value| {
        let document: toml::Table = toml::from_str(&format!("v = {value}")).unwrap();
        match document.get("v").unwrap() {
            toml::Value::String(text) => Some(text.clone()),
            toml::Value::Array(items) if kind.is_list() => {
                let items: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
                items.map(|items| items.join(","))
            }
            _ => None,
        }
    });
    // A list without items is another matter than a text without letters.
    texts.filter(|text| !kind.is_list() || !text.is_empty()).collect()
}

#[test]
fn sec_216_every_number_just_outside_its_bounds_is_refused_and_the_bounds_are_not() {
    let tables = [(KEYS, false), (CLIENT_KEYS, true)];
    let (mut below, mut above) = (0, 0);
    for (key, is_client) in tables.iter().flat_map(|(keys, is_client)| keys.iter().map(move |key| (key, *is_client))) {
        let Kind::Number(least, most) = key.kind else { continue };
        let is_told = |number: u64| {
            let loaded = load(&with(key, &number.to_string(), is_client), &[]);
            let problems = loaded.err().map(|refused| refused.problems).unwrap_or_default();
            let lines: Vec<String> = problems.iter().map(|problem| problem.say(Locale::En)).collect();
            let words = format!("{number} cannot be. Possible: {}", key.kind.expected(Locale::En));
            lines.iter().any(|line| line.contains(key.path) && line.ends_with(&words))
        };
        assert!(!is_told(least) && !is_told(most), "{}: a bound is refused", key.path);
        if let Some(number) = least.checked_sub(1) {
            below += 1;
            assert!(is_told(number), "{} = {number}", key.path);
        }
        if most < u64::MAX {
            above += 1;
            assert!(is_told(most + 1), "{} = {}", key.path, most + 1);
        }
    }
    assert!(below > 10 && above > 10, "{below} {above}");
}

#[test]
fn sec_167_the_audit_is_kept_for_ever_or_for_a_time_that_is_worth_it() {
    let kept = |months: u64| config_of(&format!("{REQUIRED}retention.audit_months = {months}\n"));
    assert_eq!(config_of(REQUIRED).unwrap().retention.audit_months(), Some(36));
    assert_eq!(kept(0).unwrap().retention.audit_months(), None);
    assert_eq!([6, 120].map(|months| kept(months).unwrap().retention.audit_months()), [Some(6), Some(120)]);
    for months in [1, 5, 121] {
        assert!(kept(months).is_err(), "{months}");
    }
}

#[test]
fn sec_216_every_key_wrong_in_the_environment_is_named_with_its_variable_and_what_is_possible() {
    let mut tried = 0;
    for key in KEYS {
        let name = settings::variable(key.path);
        for text in wrong_texts(key.kind) {
            // The tables of the file say it in sentences of their own.
            let lines = said(REQUIRED, &[(name.as_str(), text.as_str())], Locale::En);
            let (begin, end) = (format!("${name}: {}: ", key.path), key.kind.expected(Locale::En));
            assert!(lines.iter().any(|line| line.starts_with(&begin) && line.ends_with(&end)), "{text:?}: {lines:#?}");
            let is_shown = lines.iter().any(|line| line.contains(&format!("{text:?} cannot be")));
            let is_of_numbers = matches!(key.kind, Kind::Number(..) | Kind::NumberOrZero(..) | Kind::Numbers(_));
            let is_number = is_of_numbers && text.parse::<u64>().is_ok();
            if (is_of_numbers || key.kind == Kind::Flag) && !is_number {
                assert!(is_shown, "the value is not told: {lines:#?}");
            }
            tried += 1;
        }
        let misspelt = format!("{name}E");
        let lines = said(REQUIRED, &[(misspelt.as_str(), "1")], Locale::En);
        assert!(lines.iter().any(|line| line.ends_with(&format!("Did you mean {name}?"))), "{lines:#?}");
    }
    assert!(tried > 2 * KEYS.len());
}

#[test]
fn sec_216_sec_173_the_file_of_every_secret_is_judged_wherever_it_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        close(&path);
        path
    };
    let open = file("open", SECRET.as_bytes());
    #[cfg(unix)]
    std::fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let missing = directory.path().join("missing");
    let cases = [
        (missing, "cannot be read: "),
        (open, "chmod 600"),
        (file("large", &[b'a'; 70_000]), "too many for one secret"),
        (file("bytes", &[0xff, 0xfe, 0x00]), "cannot be read: "),
        (file("empty", b""), "(not shown) cannot be. Possible: "),
        (file("newline", b"\n"), "(not shown) cannot be. Possible: "),
        (file("lines", b"one\ntwo\n"), "(not shown) cannot be. Possible: "),
        (directory.path().to_owned(), "cannot be read: "),
        #[cfg(unix)]
        (Path::new("/dev/zero").to_owned(), "not a regular file"),
    ];
    let tables = [(KEYS, false), (CLIENT_KEYS, true)];
    let keys = tables.iter().flat_map(|(keys, is_client)| keys.iter().map(move |key| (key, *is_client)));
    let secrets: Vec<_> = keys.filter(|(key, _)| key.kind == Kind::Secret).collect();
    assert_eq!(secrets.len(), 5);
    for (key, is_client) in secrets {
        let path = format!("{}_file", key.path);
        let named = ConfigKey { path: Box::leak(path.into_boxed_str()), ..*key };
        for (file, words) in &cases {
            let without = |text: String| text.replace(&format!("client_secret = {SECRET:?}\n"), "");
            let text = without(with(&named, &format!("{file:?}"), is_client));
            let lines = said(&text, &[], Locale::En);
            let line = text.lines().count();
            let begin = format!("config.toml:{line}: ");
            let is_told = |told: &String| told.starts_with(&begin) && told.contains(key.path) && told.contains(words);
            assert!(lines.iter().any(is_told), "{file:?}: {lines:#?}");
            assert!(!lines.concat().contains(SECRET), "a secret is shown: {lines:#?}");
            if !is_client {
                let name = settings::variable(named.path);
                let lines = said(REQUIRED, &[(name.as_str(), file.to_str().unwrap())], Locale::En);
                let is_told = |told: &String| told.starts_with(&format!("${name}: ")) && told.contains(words);
                assert!(lines.iter().any(is_told), "{file:?}: {lines:#?}");
            }
        }
        // Given twice, in the file, and in the environment.
        let good = file("good", SECRET.as_bytes());
        let twice = format!("{} = {SECRET:?}\n", key.path);
        let text = with(&named, &format!("{good:?}"), is_client);
        let text = if is_client { text } else { text + &twice };
        let lines = said(&text, &[], Locale::En);
        assert!(lines.iter().any(|line| line.contains(key.path) && line.contains("given twice")), "{lines:#?}");
        if !is_client {
            let names = [settings::variable(key.path), settings::variable(named.path)];
            let variables = [(names[0].as_str(), SECRET), (names[1].as_str(), good.to_str().unwrap())];
            let lines = said(REQUIRED, &variables, Locale::En);
            assert!(lines.iter().any(|line| line.contains(key.path) && line.contains("given twice")), "{lines:#?}");
            assert!(!lines.concat().contains(SECRET), "{lines:#?}");
        }
    }
}

#[test]
fn sec_216_an_address_that_cannot_be_registered_is_explained_in_the_language_of_the_operator() {
    let told = |uri: &str| {
        let text = REQUIRED.to_owned() + &CLIENT.replace("https://service.exemple.fr/retour", uri);
        [Locale::Fr, Locale::En].map(|locale| said(&text, &[], locale).concat())
    };
    for (uri, fr, en) in [
        ("javascript:alert(1)", "schéma (ce qui précède les deux-points) n'est pas admis", "the scheme is not allowed"),
        ("https://a.fr/é", "un caractère qu'une adresse ne peut contenir", "that an address cannot hold"),
        ("nulle-part", "pas une adresse complète", "not an absolute address"),
        ("https://a.fr/#b", "contient un #", "holds a fragment"),
        ("https://b@a.fr/", "contient un nom d'utilisateur", "holds a user name"),
        ("https://A.fr/", "hôte n'est pas sous sa forme simple", "the host is not in its plain form"),
        ("https://a.fr/b/../c", "chemin n'est pas sous sa forme simple", "the path is not in its plain form"),
        ("http://a.fr/", "http sans TLS n'est pas admis ici", "plain http is not allowed here"),
        ("com.exemple.app:/retour", "réservé aux clients natifs", "is for native clients"),
        ("https://a.fr/*", "enregistrez chaque adresse en entier", "register each address in full"),
    ] {
        let [french, english] = told(uri);
        assert!(french.contains("ne peut être enregistré : ") && french.ends_with(fr), "{fr}: {french}");
        assert!(english.contains(en), "{en}: {english}");
    }
}

#[test]
fn sec_216_a_key_is_proposed_where_it_can_be_meant_and_none_where_all_are_far() {
    let proposed = |line: &str| said(&format!("{line}\n{REQUIRED}"), &[], Locale::En).concat();
    for (line, meant) in [
        ("smtp.hots = 1", "smtp.host"),
        ("smtp.username = \"a\"\nsmtp.pasword = 1", "smtp.password"),
        ("tls.cert_file = 1", "tls.certificate_file"),
        ("certificate_file = 1", "tls.certificate_file"),
        ("data_directory = 1", "data_dir"),
        ("store.cach_mb = 1", "store.cache_mib"),
        ("accounts.sign_ups = \"open\"", "accounts.sign_up"),
        ("account.sign_up = \"open\"", "[accounts]"),
    ] {
        let told = proposed(line);
        assert!(told.contains(&format!("unknown key. Did you mean {meant}?")), "{line}: {told}");
    }
    for line in [
        "accounts.colour = 1",
        "accounts.require_captcha = 1",
        "smtp.x = 1",
        "joining.robots = 1",
        "theme = 1",
        "theme.colour = 1",
    ] {
        let told = proposed(line);
        assert!(told.contains("unknown key. `moncomptepro config template` lists the keys"), "{line}: {told}");
    }
}

#[test]
fn sec_57_names_of_hosts_that_may_be_called_are_those_that_addresses_hold() {
    let config = config_of(&format!("{REQUIRED}outward.private_hosts = [\"Agenda.Mairie.LAN\"]\n")).unwrap();
    assert!(config.reach.private_hosts.iter().eq(["agenda.mairie.lan"]), "{:?}", config.reach);
    assert!(config_of(REQUIRED).unwrap().reach.private_hosts.is_empty(), "none, without it");
}

#[test]
fn sec_159_sec_216_connections_are_announced_by_declared_proxies_or_by_none() {
    let announced = format!("{REQUIRED}proxies.header = \"proxy-protocol\"\n");
    are_told([(announced.clone(), "proxies.header", "declared proxies alone connect, and none is")]);
    let config = config_of(&format!("{announced}proxies.trusted = \"192.0.2.1\"\n")).unwrap();
    assert_eq!(config.proxies.header, ForwardedHeader::ProxyProtocol);
}

#[test]
fn sec_216_where_services_show_certificates_is_a_port_of_its_own_and_over_tls() {
    let base = REQUIRED.to_owned();
    are_told([
        (
            base.clone() + "tls.mode = \"off\"\nproxies.trusted = \"127.0.0.1\"\ntls.mutual_listen = \"[::]:8443\"",
            "tls.mutual_listen",
            "choose another tls.mode",
        ),
        (base.clone() + "tls.mutual_listen = \"[::]:443\"", "tls.mutual_listen", "a port of its own"),
        (base.clone() + "tls.mutual_listen = \"[::]:0\"", "tls.mutual_listen", "neither 0 nor"),
        (
            base.clone() + "tls.mutual_listen = \"[::]:1\"\nmetrics.listen = \"[::1]:1\"",
            "metrics.listen",
            "another port",
        ),
        (
            format!("{base}{CLIENT}certificates = [\"{}\"]\n", "ab".repeat(32)),
            "tls.mutual_listen",
            "has certificates, which it could show nowhere",
        ),
    ]);
}
