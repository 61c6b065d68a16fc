//! `client`: made, shown, changed, given another secret, deleted.

use serde_json::{Value, json};

use super::without;
use crate::support::{Instance, Operator, run};

const CREATE: [&str; 6] =
    ["client", "create", "--name", "Service", "--redirect-uri", "https://service.example/callback"];

/// Everything that can be done to a client, as it is answered.
async fn life_of_a_client(operator: &Operator) -> Vec<Value> {
    let id = ["--id", "service-1"];
    let mut answers = vec![operator.asks(&[&CREATE[..], &id].concat()).await];
    for command in [
        &["client", "show", "service-1"][..],
        &["client", "list"],
        &["client", "update", "service-1", "--name", "Autre", "--pkce", "true", "--default-max-age", "3600"],
        &["client", "update", "service-1", "--default-max-age", "none", "--enabled", "false"],
        &["client", "update", "service-1", "--allowed-source", "192.0.2.0/24", "--allowed-source", "2001:db8::7"],
        &["client", "update", "service-1", "--allowed-source", ""],
        &["client", "rotate-secret", "service-1", "--overlap", "7d"],
        &["client", "rotate-secret", "service-1", "--overlap", "0"],
        &["client", "delete", "service-1"],
        &["client", "list"],
    ] {
        answers.push(operator.asks(command).await);
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_143_a_command_gives_the_same_while_the_server_is_up_and_while_it_is_down() {
    let (up, down) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let instance = Instance::production(up.path()).await;
    let while_up = life_of_a_client(&Operator::of(up.path())).await;
    instance.stop().await;
    Instance::production(down.path()).await.stop().await;
    let while_down = life_of_a_client(&Operator::of(down.path())).await;
    let varying = |name: &str| ["created_at", "client_secret", "previous_secret_valid_until"].contains(&name);
    assert_eq!(without(while_up.clone(), varying), without(while_down, varying));
    let [made, shown, ..] = while_up.as_slice() else { panic!() };
    assert_eq!(made["client_secret"].as_str().unwrap().len(), 43, "SEC-44: 256 bits");
    assert_eq!(shown.get("client_secret"), None, "SEC-44, CLI-8: shown once");
    assert_eq!(while_up[4]["default_max_age"], Value::Null);
    assert_eq!(while_up[5]["allowed_sources"], json!(["192.0.2.0/24", "2001:db8::7/128"]));
    assert_eq!(while_up[6]["allowed_sources"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_about_clients_has_its_message_and_its_code() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    operator.asks(&[&CREATE[..], &["--id", "service-1"]].concat()).await;
    operator.asks(&[&CREATE[..], &["--id", "service-2", "--auth-method", "none"]].concat()).await;
    let (long, thumbprint) = ("n".repeat(101), "ab".repeat(32));
    let recorded = instance.recorded_acts();
    let create = |more: &[&'static str]| [&CREATE[..], &["--output", "json"], more].concat();
    let update = |more: &[&'static str]| [&["client", "update", "service-1", "--output", "json"], more].concat();
    let cases: Vec<(Vec<&str>, i32, &str)> = vec![
        (vec!["client"], 2, "Usage"),
        (vec!["client", "frobnicate"], 2, "frobnicate"),
        (vec!["client", "create"], 2, "--name"),
        (vec!["client", "create", "--name", "Service"], 2, "--redirect-uri"),
        (CREATE.to_vec(), 1, "--show-secret"),
        (create(&["--id", "123456"]), 2, "not digits only"),
        (create(&["--id", "a/b"]), 2, "3 to 64"),
        (create(&["--id", "service-1"]), 1, "service-1 is there already"),
        (create(&["--redirect-uri", "nowhere"]), 2, "redirect_uris: nowhere: not an absolute address"),
        (create(&["--redirect-uri", "http://service.example/"]), 2, "plain http"),
        (create(&["--redirect-uri", "javascript:alert(1)"]), 2, "scheme"),
        (create(&["--redirect-uri", "https://service.example/callback"]), 2, "twice"),
        (create(&["--redirect-uri", "com.example.app:/back"]), 2, "native"),
        (create(&["--allowed-source", "office"]), 2, "allowed_sources: office: a network as ADDRESS/BITS"),
        (
            create(&["--allowed-source", "192.0.2.7", "--allowed-source", "192.0.2.7/32"]),
            2,
            "allowed_sources: 192.0.2.7/32 stands there twice",
        ),
        (create(&["--allowed-source", ""]), 2, "--allowed-source is empty"),
        (create(&["--post-logout-uri", "https://a.example/#x"]), 2, "post_logout_redirect_uris"),
        (create(&["--scope", "openid everything"]), 2, "everything"),
        (create(&["--scope", ""]), 2, "scope: is missing"),
        (create(&["--auth-method", "mtls"]), 2, "mtls"),
        (create(&["--auth-method", "none", "--auth-method", "basic"]), 2, "stands alone"),
        (create(&["--auth-method", "none", "--pkce", "false"]), 2, "code challenge"),
        (create(&["--id-token-alg", "HS256"]), 2, "HS256"),
        (create(&["--userinfo-alg", "none,RS256"]), 2, "none,RS256"),
        (create(&["--claims-profile", "mine"]), 2, "mine"),
        (create(&["--native", "perhaps"]), 2, "perhaps"),
        (create(&["--default-max-age", "-1"]), 2, "-1"),
        (create(&["--default-max-age", "soon"]), 2, "number of seconds"),
        (create(&["--default-max-age", "31536001"]), 2, "a year"),
        (create(&["--default-acr", "eidas9"]), 2, "eidas9"),
        (create(&["--certificate", "AB:CD"]), 2, "certificates: AB:CD: 64 hexadecimal digits"),
        ([&create(&["--certificate"])[..], &[&thumbprint]].concat(), 2, "set tls.mutual_listen"),
        (create(&["--backchannel-logout-uri", "http://service.example/out"]), 2, "backchannel_logout_uri: http:"),
        (create(&["--backchannel-logout-uri", "https://service.example/#out"]), 2, "backchannel_logout_uri: https:"),
        (create(&["--native", "true", "--backchannel-logout-uri", "app.example:/out"]), 2, "backchannel_logout_uri"),
        (create(&["--client-uri", "http://service.example"]), 2, "client_uri"),
        (create(&["--policy-uri", "javascript:alert(1)"]), 2, "policy_uri"),
        (create(&["--tos-uri", "https://"]), 2, "tos_uri"),
        (create(&["--description", "a\u{202e}b"]), 2, "description: holds control or invisible"),
        (create(&["--secret", "chosen"]), 2, "--secret"),
        (vec!["client", "show"], 2, "<ID>"),
        (vec!["client", "show", "nobody"], 1, "no client nobody: see `client list`"),
        (vec!["client", "update", "service-1"], 2, "nothing to change"),
        (vec!["client", "update", "nobody", "--name", "x"], 1, "no client nobody"),
        (update(&["--name", ""]), 2, "name: is missing"),
        (vec!["client", "update", "service-1", "--name", &long], 2, "longer than 100"),
        (update(&["--redirect-uri", ""]), 2, "redirect_uris"),
        (update(&["--enabled", "maybe"]), 2, "maybe"),
        (vec!["client", "update", "service-2", "--auth-method", "basic"], 1, "--show-secret"),
        (vec!["client", "delete", "nobody"], 1, "no client nobody"),
        (vec!["client", "rotate-secret", "service-1"], 1, "--show-secret"),
        (vec!["client", "rotate-secret", "nobody", "--show-secret"], 1, "no client nobody"),
        (vec!["client", "rotate-secret", "service-2", "--show-secret"], 1, "is public"),
        (vec!["client", "rotate-secret", "service-1", "--show-secret", "--overlap", "31d"], 2, "30 days"),
        (vec!["client", "rotate-secret", "service-1", "--show-secret", "--overlap", "1"], 2, "90s"),
        (vec!["client", "list", "--cursor", "???"], 2, "cursor"),
        (vec!["client", "list", "--output", "xml"], 2, "xml"),
        (vec!["client", "list", "--data-dir", "/nowhere"], 2, "--config"),
    ];
    for (typed, code, words) in cases {
        operator.types(&typed).await.refused(code, words);
    }
    assert_eq!(instance.recorded_acts(), recorded, "nothing was done");
    run(&["client", "list", "--data-dir", "/nowhere"]).refused(3, "no instance is running on /nowhere");
    run(&["client", "list", "--config", "/nowhere.toml"]).refused(78, "/nowhere.toml");
    run(&["client", "list"]).refused(78, "--config");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_134_the_certificates_of_a_client_are_set_and_taken_away_by_command() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    let text = format!(
        "public_url = \"https://identite.exemple.fr\"\ndata_dir = {:?}\nlisten = \"127.0.0.1:8080\"\n\
         tls.mutual_listen = \"127.0.0.1:8443\"\nkeys.rsa_bits = 2048\n",
        directory.path().join("data")
    );
    std::fs::write(&file, text).unwrap();
    let instance = Instance::on_file(&file).await;
    let operator = Operator::of(directory.path());
    let (first, second) =
        ("AB:".repeat(32).trim_end_matches(':').to_owned(), "CD:".repeat(32).trim_end_matches(':').to_owned());
    let plain = "ab".repeat(32);
    let set = ["--id", "service-1", "--certificate", &plain, "--certificate", &second];
    let made = operator.asks(&[&CREATE[..], &set].concat()).await;
    assert_eq!(made["certificates"], serde_json::json!([first, second]), "as tools print them");
    let update = ["client", "update", "service-1", "--certificate"];
    operator.types(&[&update[..], &[&plain, "--certificate", &first]].concat()).await.refused(2, "twice");
    let kept = operator.asks(&["client", "update", "service-1", "--pkce", "true"]).await;
    assert_eq!(kept["certificates"], made["certificates"], "what is not named stays");
    let emptied = operator.asks(&[&update[..], &[""]].concat()).await;
    assert_eq!(emptied["certificates"], serde_json::json!([]));
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_194_locked_data_says_who_holds_it() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    std::fs::remove_file(directory.path().join("data/control.sock")).unwrap();
    let own = format!("is held by process {}", std::process::id());
    Operator::of(directory.path()).types(&["client", "list"]).await.refused(4, &own);
    drop(instance);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_39_a_client_of_the_configuration_file_is_changed_there_and_one_that_vanished_can_be_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let (file, operator) = (directory.path().join("config.toml"), Operator::of(directory.path()));
    Instance::production(directory.path()).await.stop().await;
    let bare = std::fs::read_to_string(&file).unwrap();
    let declared = "[[clients]]\nclient_id = \"declared-1\"\nclient_secret = \"a secret of the file that is long enough 0123456789\"\n\
                    redirect_uris = [\"https://service.example/\"]\n";
    std::fs::write(&file, format!("{bare}{declared}")).unwrap();
    let declaring = Instance::on_file(&file).await;
    assert_eq!(operator.asks(&["client", "show", "declared-1"]).await["origin"], "configuration_file");
    for refused in [
        &["client", "update", "declared-1", "--name", "x"][..],
        &["client", "rotate-secret", "declared-1", "--show-secret"],
        &["client", "delete", "declared-1"],
    ] {
        operator.types(refused).await.refused(1, file.to_str().unwrap());
    }
    declaring.stop().await;
    std::fs::write(&file, bare).unwrap();
    let without = Instance::on_file(&file).await;
    assert_eq!(operator.asks(&["client", "show", "declared-1"]).await["enabled"], false);
    operator.asks(&["client", "delete", "declared-1"]).await;
    operator.types(&["client", "show", "declared-1"]).await.refused(1, "no client");
    without.stop().await;
}
