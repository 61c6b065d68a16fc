//! Addresses that are new here: slips of the fingers, and domains that take no mail.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use moncomptepro::config::{Accounts, AddressChecks, Config, DevOptions};
use moncomptepro::fetch::{MailExchange, MailExchanges};
use simple_dns::rdata::{A, MX, RData};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QTYPE, RCODE, ResourceRecord, TYPE};
use tokio::net::UdpSocket;

use crate::support::{Instance, Page, Person};

/// A name server of this machine.
struct NameServer {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl NameServer {
    async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (address, asked) = (socket.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                count.fetch_add(1, Ordering::Relaxed);
                for answer in answers(&buffer[..length]) {
                    socket.send_to(&answer, from).await.unwrap();
                }
            }
        });
        Self { address, asked }
    }
}

/// What it answers, by the name that it is asked for.
fn answers(query: &[u8]) -> Vec<Vec<u8>> {
    let query = Packet::parse(query).unwrap();
    let question = query.questions[0].clone();
    let (name, kind) = (question.qname.to_string(), question.qtype);
    let mut reply = query.clone().into_reply();
    reply.set_flags(PacketFlag::RESPONSE);
    let exchange = |name: &str| RData::MX(MX { preference: 10, exchange: Name::new(name).unwrap().into_owned() });
    let data = match (name.as_str(), kind) {
        ("takes.example" | "noise.example", QTYPE::TYPE(TYPE::MX)) => Some(exchange("mx.takes.example")),
        ("null.example", QTYPE::TYPE(TYPE::MX)) => Some(exchange("")),
        ("address.example", QTYPE::TYPE(TYPE::A)) => Some(RData::A(A { address: 0x7f00_0001 })),
        _ => None,
    };
    let record = |data| ResourceRecord::new(question.qname.clone(), CLASS::IN, 60, data);
    reply.answers.extend(data.map(record));
    match name.as_str() {
        "missing.example" => *reply.rcode_mut() = RCODE::NameError,
        "broken.example" => *reply.rcode_mut() = RCODE::ServerFailure,
        "cut.example" => reply.set_flags(PacketFlag::TRUNCATION),
        _ => {}
    }
    let good = reply.build_bytes_vec().unwrap();
    match name.as_str() {
        "silent.example" => Vec::new(),
        "forged.example" => {
            reply.set_id(query.id().wrapping_add(1));
            *reply.rcode_mut() = RCODE::NameError;
            vec![reply.build_bytes_vec().unwrap()]
        }
        "noise.example" => vec![b"\xff\xff nonsense".to_vec(), Vec::new(), good],
        _ => vec![good],
    }
}

#[tokio::test]
async fn a_domain_takes_mail_by_its_exchange_or_its_address_and_whoever_does_not_know_does_not_refuse() {
    let server = NameServer::start().await;
    let table = [
        ("takes.example", MailExchange::Takes),
        ("address.example", MailExchange::Takes),
        ("cut.example", MailExchange::Takes),
        ("noise.example", MailExchange::Takes),
        ("null.example", MailExchange::TakesNone),
        ("nothing.example", MailExchange::TakesNone),
        ("missing.example", MailExchange::TakesNone),
        ("broken.example", MailExchange::Unknown),
        ("silent.example", MailExchange::Unknown),
        ("forged.example", MailExchange::Unknown),
    ];
    let asked = MailExchanges::default();
    for (domain, expected) in table {
        assert_eq!(asked.find(domain, &[server.address]).await, expected, "{domain}");
    }
    let nobody = "127.0.0.1:9".parse().unwrap();
    assert_eq!(asked.find("missing.example", &[nobody]).await, MailExchange::Unknown);
    assert_eq!(asked.find("missing.example", &[nobody, server.address]).await, MailExchange::TakesNone);
}

async fn checking(server: &NameServer, accounts: Accounts) -> Instance {
    let name_servers = vec![server.address];
    Instance::start(move |port| {
        let config = Config::dev(DevOptions::default(), port);
        let expected_domains = vec!["ville-clamart.example".parse().unwrap()];
        let addresses = AddressChecks { deliverability: true, name_servers, expected_domains };
        Config { addresses, accounts, ..config }
    })
    .await
}

async fn give(person: &Person, address: &str) -> Page {
    let page = person.visit("/users/start-sign-in").await;
    person.submit(page.form_with("login", None).with("login", address)).await
}

#[tokio::test]
async fn an_address_whose_domain_takes_no_mail_is_refused_beside_its_field_and_only_a_new_one_is_asked_about() {
    let server = NameServer::start().await;
    let instance = checking(&server, Accounts::STANDARD).await;
    let person = instance.person();
    let refused = give(&person, "jean@missing.example").await;
    assert_eq!(refused.status, 400);
    assert!(refused.has("#login[aria-invalid=true]") && refused.body.contains("value=\"jean@missing.example\""));
    assert!(refused.text("#login-problem").contains("reçoit"));
    for address in ["jean@takes.example", "jean@silent.example", "jean@ville-clamart.example"] {
        assert_eq!(give(&instance.person(), address).await.url.path(), "/users/sign-up", "{address}");
    }
    let asked = server.asked.load(Ordering::Relaxed);
    assert_eq!(give(&instance.person(), "user@yopmail.com").await.url.path(), "/users/sign-in");
    assert_eq!(server.asked.load(Ordering::Relaxed), asked, "whoever has an account is not asked about");
    assert_eq!(instance.mails_to("jean@missing.example").await.len(), 0);
}

#[tokio::test]
async fn whoever_comes_from_a_service_with_a_new_address_that_takes_no_mail_corrects_it_and_comes_back_to_the_service()
{
    let server = NameServer::start().await;
    let instance = checking(&server, Config::dev(DevOptions::default(), 0).accounts).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit(&client.authorization("openid email", &[])).await;
    let mut page = page.form_with("login", None);
    for domain in ["null.example", "nothing.example", "missing.example"] {
        let refused = person.submit(page.with("login", &format!("claire@{domain}"))).await;
        assert_eq!((refused.status.as_u16(), refused.url.path()), (400, "/users/start-sign-in"), "{domain}");
        assert!(refused.text("#login-problem").contains("reçoit"), "{domain}: {}", refused.text("main"));
        assert_eq!(instance.mails_waiting_for(&format!("claire@{domain}")), 0, "{domain}");
        page = refused.form_with("login", None);
    }
    let address = "claire@takes.example";
    let asks = person.submit(page.with("login", address)).await;
    let phrase = "une phrase de passe assez longue";
    let form = asks.form_with("password_confirmation", None).with("password", phrase);
    let waits = person.submit(form.with("password_confirmation", phrase)).await;
    let code = instance.code_of(address).await;
    let names = person.submit(waits.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    let form = names.form_with("given_name", None).with("given_name", "Claire").with("family_name", "Petit");
    let back = person.submit(form).await;
    let tokens = client.redeem(&client.code(&back)).await;
    assert_eq!(client.userinfo(&tokens.access_token).await.json()["email"], address);
}

#[tokio::test]
async fn a_slip_of_the_fingers_is_asked_about_once_and_one_press_mends_it() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let doubted = give(&person, "jean@gmial.com").await;
    assert_eq!(doubted.status, 400);
    assert!(doubted.text("#login-problem").contains("Vérifiez"));
    let mended = person.submit(doubted.form_with("login", Some("jean@gmail.com"))).await;
    assert!(mended.url.path() == "/users/sign-up" && mended.text("main").contains("jean@gmail.com"));
    let sure = instance.person();
    let doubted = give(&sure, "jean@gmial.com").await;
    let kept = sure.submit(doubted.form_with("confirmed_login", None).with("login", "jean@gmial.com")).await;
    assert!(kept.url.path() == "/users/sign-up" && kept.text("main").contains("jean@gmial.com"));
    let other = instance.person();
    let doubted = give(&other, "jean@gmial.com").await;
    let again = other.submit(doubted.form_with("confirmed_login", None).with("login", "jean@orage.fr")).await;
    assert_eq!(again.status, 400, "what was confirmed is one address");
}

#[tokio::test]
async fn sec_96_where_existence_is_hidden_name_servers_tell_no_address_from_another() {
    let server = NameServer::start().await;
    let instance = checking(&server, Accounts { hide_existence: true, ..Accounts::STANDARD }).await;
    for address in ["jean@missing.example", "user@yopmail.com"] {
        assert_eq!(give(&instance.person(), address).await.url.path(), "/users/sign-in", "{address}");
    }
    assert_eq!(server.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_new_address_for_an_account_is_asked_about_too() {
    let server = NameServer::start().await;
    let accounts = Config::dev(DevOptions::default(), 0).accounts;
    let instance = checking(&server, accounts).await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, "user@yopmail.com", "user@yopmail.com").await;
    let page = person.visit("/connection-and-account/email").await;
    let refused = person.submit(page.form_with("email", None).with("email", "jean@null.example")).await;
    assert!(refused.status == 400 && refused.text("#email-problem").contains("reçoit"));
}

/// On one thread: whatever blocked it would keep everybody waiting.
#[tokio::test]
async fn sec_201_a_name_server_that_never_answers_keeps_nobody_else_waiting_and_refuses_nobody() {
    // It takes every question, and answers none.
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = NameServer { address: silent.local_addr().unwrap(), asked: Arc::default() };
    let instance = checking(&server, Accounts::STANDARD).await;
    let person = instance.person();
    let mut waiting = Box::pin(give(&person, "jean@mairie-inconnue.example"));
    let mut question = [0; 512];
    tokio::select! {
        biased;
        page = &mut waiting => panic!("it was answered before anybody was asked: {}", page.url),
        asked = silent.recv_from(&mut question) => drop(asked.unwrap()),
    }
    // Others sign in meanwhile, and whoever has an account is not asked about.
    let other = instance.person();
    for target in ["/livez", "/oauth/jwks", "/.well-known/openid-configuration"] {
        tokio::select! {
            biased;
            page = other.get(target) => assert_eq!(page.status, 200, "{target}"),
            page = &mut waiting => panic!("nobody was answered before it was given up: {}", page.url),
        }
    }
    assert_eq!(give(&other, "user@yopmail.com").await.url.path(), "/users/sign-in");
    assert_eq!(waiting.await.url.path(), "/users/sign-up", "whoever cannot know does not refuse");
}
