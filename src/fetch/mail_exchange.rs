//! Whether a domain takes mail, asked of the machine's own name servers (RFC 5321 §5.1, RFC 7505).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};
use tokio::net::UdpSocket;

use super::Turns;

/// How long one server may take.
const PATIENCE: Duration = Duration::from_millis(700);
/// How long all of it may take.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// How many domains are asked about at one time, and how many more wait.
const AT_ONE_TIME: usize = 64;
const WAITING: usize = 64;
/// The most servers that are asked.
const MAX_SERVERS: usize = 3;
/// The port of name servers.
const PORT: u16 = 53;
/// Where the system writes its name servers.
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// The most bytes of an answer without extensions (RFC 1035 §4.2.1), and some more.
const MAX_ANSWER_BYTES: usize = 4096;

/// What the name servers say of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailExchange {
    /// It takes mail.
    Takes,
    /// There is no such domain, it has no address, or it says that it takes none.
    TakesNone,
    /// Nobody knows: no server, no answer in time, or none that can be read.
    Unknown,
}

/// What one kind of record of a domain came to.
enum Records {
    /// There are some.
    Some,
    /// The domain says that it takes no mail.
    NullExchange,
    /// There are none.
    None,
    /// There is no such domain.
    NoDomain,
}

/// What asks name servers, a bounded number of times at once.
#[derive(Debug)]
pub struct MailExchanges {
    turns: Turns,
}

impl Default for MailExchanges {
    fn default() -> Self {
        Self { turns: Turns::new(AT_ONE_TIME, WAITING) }
    }
}

impl MailExchanges {
    /// Asks whether a domain takes mail. Never an error, and never longer than two seconds after its turn has come: whoever
    /// cannot know must not refuse, nor hold anybody up. `servers` are asked in order; without any, those of the system.
    pub async fn find(&self, domain: &str, servers: &[SocketAddr]) -> MailExchange {
        let Some(_turn) = self.turns.take().await else { return MailExchange::Unknown };
        let servers = match servers {
            [] => system_servers(),
            chosen => chosen.to_vec(),
        };
        let asked = tokio::time::timeout(TIME_LIMIT, ask(domain, &servers));
        asked.await.ok().flatten().unwrap_or(MailExchange::Unknown)
    }
}

/// The name servers of this machine, in order.
fn system_servers() -> Vec<SocketAddr> {
    let text = std::fs::read_to_string(RESOLV_CONF).unwrap_or_default();
    let servers = text.lines().filter_map(|line| line.trim_start().strip_prefix("nameserver"));
    let address = |text: &str| text.split_whitespace().next().and_then(|word| word.parse().ok());
    servers.filter_map(address).map(|address| SocketAddr::new(address, PORT)).take(MAX_SERVERS).collect()
}

async fn ask(domain: &str, servers: &[SocketAddr]) -> Option<MailExchange> {
    match look_up(domain, TYPE::MX, servers).await? {
        Records::Some => return Some(MailExchange::Takes),
        Records::NullExchange | Records::NoDomain => return Some(MailExchange::TakesNone),
        Records::None => {}
    }
    // A domain without exchange takes mail at its own address.
    for kind in [TYPE::A, TYPE::AAAA] {
        match look_up(domain, kind, servers).await? {
            Records::Some => return Some(MailExchange::Takes),
            Records::NullExchange | Records::NoDomain | Records::None => {}
        }
    }
    Some(MailExchange::TakesNone)
}

/// The first answer that can be read, of the servers in order.
async fn look_up(domain: &str, kind: TYPE, servers: &[SocketAddr]) -> Option<Records> {
    for server in servers.iter().take(MAX_SERVERS) {
        let exchanged = tokio::time::timeout(PATIENCE, exchange(domain, kind, *server));
        if let Ok(Some(records)) = exchanged.await {
            return Some(records);
        }
    }
    None
}

async fn exchange(domain: &str, kind: TYPE, server: SocketAddr) -> Option<Records> {
    let local = match server {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    // A port of the system's choice is what tells the answer from a forged one; the number alone would be guessed.
    let socket = UdpSocket::bind(local).await.ok()?;
    socket.connect(server).await.ok()?;
    let number = socket.local_addr().ok()?.port().rotate_left(7);
    let query = query(domain, kind, number)?;
    socket.send(&query).await.ok()?;
    let mut buffer = vec![0; MAX_ANSWER_BYTES];
    loop {
        let length = socket.recv(&mut buffer).await.ok()?;
        let answer = buffer.get(..length)?;
        if let Some(packet) = Packet::parse(answer).ok().filter(|packet| is_answer(packet, domain, kind, number)) {
            return judge(&packet, kind);
        }
    }
}

fn query(domain: &str, kind: TYPE, number: u16) -> Option<Vec<u8>> {
    let mut packet = Packet::new_query(number);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let name = Name::new(domain).ok()?;
    packet.questions.push(Question::new(name, QTYPE::TYPE(kind), QCLASS::CLASS(CLASS::IN), false));
    packet.build_bytes_vec().ok()
}

/// Whether a packet answers what was asked.
fn is_answer(packet: &Packet<'_>, domain: &str, kind: TYPE, number: u16) -> bool {
    let is_ours = |question: &Question<'_>| {
        question.qname.to_string().eq_ignore_ascii_case(domain) && question.qtype == QTYPE::TYPE(kind)
    };
    packet.id() == number && packet.has_flags(PacketFlag::RESPONSE) && packet.questions.iter().any(is_ours)
}

fn judge(packet: &Packet<'_>, kind: TYPE) -> Option<Records> {
    match packet.rcode() {
        RCODE::NameError => return Some(Records::NoDomain),
        RCODE::NoError => {}
        _ => return None,
    }
    // What was cut short is there.
    if packet.has_flags(PacketFlag::TRUNCATION) {
        return Some(Records::Some);
    }
    let is_asked = |data: &RData<'_>| data.type_code() == kind;
    let found: Vec<_> = packet.answers.iter().map(|record| &record.rdata).filter(|data| is_asked(data)).collect();
    let is_null = |data: &&RData<'_>| matches!(data, RData::MX(mx) if mx.exchange.get_labels().is_empty());
    Some(match found.as_slice() {
        [] => Records::None,
        [only] if is_null(only) => Records::NullExchange,
        _ => Records::Some,
    })
}
