//! What each failure of a conversation with a server of mails means, and what to do about it.

use std::io::ErrorKind;

use crate::config::{Mailing, SmtpEncryption, SmtpServer};
use crate::mail::{Reason, Stage, TlsFault, Trouble};
use crate::protocol::Locale;

/// A failure in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Explanation {
    /// What is wrong.
    pub(in crate::cli) problem: String,
    /// What to do.
    pub(in crate::cli) remedy: String,
}

impl Explanation {
    /// Both, one after the other.
    pub(in crate::cli) fn sentences(&self) -> String {
        format!("{}. {}", self.problem, self.remedy)
    }
}

/// In words of the operator's language.
pub(in crate::cli) fn explain(trouble: &Trouble, mailing: &Mailing, locale: Locale) -> Explanation {
    let server = &mailing.server;
    let [problem, remedy] = match &trouble.reason {
        Reason::Refused { code, enhanced, said } => {
            let enhanced = match enhanced {
                [0, 0, 0] => String::new(),
                [class, subject, detail] => format!(" {class}.{subject}.{detail}"),
            };
            let answer = format!("{code}{enhanced} {said}");
            refused(trouble.stage, *code, answer.trim_end(), mailing, locale)
        }
        Reason::Tls(fault) => tls(fault, server, locale),
        reason => unanswered(trouble.stage, reason, server, locale),
    };
    Explanation { problem, remedy }
}

fn said(locale: Locale, fr: [String; 2], en: [String; 2]) -> [String; 2] {
    match locale {
        Locale::Fr => fr,
        Locale::En => en,
    }
}

fn place(server: &SmtpServer) -> String {
    format!("{}:{}", server.host, server.port)
}

/// No answer, or none that leads anywhere.
fn unanswered(stage: Stage, reason: &Reason, server: &SmtpServer, locale: Locale) -> [String; 2] {
    let (host, place) = (&server.host, place(server));
    let seconds = server.timeout.as_secs();
    match reason {
        Reason::NotResolved(cause) => said(
            locale,
            [
                format!("le nom {host} n'a pas d'adresse ({cause})"),
                String::from("Vérifiez smtp.host, et que cette machine peut interroger un serveur DNS."),
            ],
            [
                format!("the name {host} has no address ({cause})"),
                String::from("Check smtp.host, and that this machine can ask a DNS server."),
            ],
        ),
        Reason::Unreachable(ErrorKind::ConnectionRefused) => said(
            locale,
            [
                format!("{place} refuse la connexion"),
                String::from("Vérifiez smtp.host et smtp.port (587, 465 ou 25), et que le serveur fonctionne."),
            ],
            [
                format!("{place} refuses the connection"),
                String::from("Check smtp.host and smtp.port (587, 465 or 25), and that the server runs."),
            ],
        ),
        Reason::Unreachable(kind) => said(
            locale,
            [
                format!("{place} n'est pas joignable ({kind})"),
                String::from("Vérifiez le réseau de cette machine et son pare-feu."),
            ],
            [
                format!("{place} cannot be reached ({kind})"),
                String::from("Check the network of this machine and its firewall."),
            ],
        ),
        Reason::TimedOut if stage == Stage::Greeting && server.encryption != SmtpEncryption::Implicit => said(
            locale,
            [
                format!("{place} accepte la connexion mais ne dit rien pendant {seconds} secondes"),
                String::from(
                    "Ce port attend peut-être TLS dès le premier octet : smtp.tls = \"implicit\" (465 en règle générale).",
                ),
            ],
            [
                format!("{place} accepts the connection but says nothing for {seconds} seconds"),
                String::from("That port may expect TLS from the first byte: smtp.tls = \"implicit\" (465 as a rule)."),
            ],
        ),
        Reason::TimedOut => said(
            locale,
            [
                format!("{place} ne répond pas en {seconds} secondes ({})", stage.as_str()),
                String::from(
                    "Vérifiez le pare-feu entre cette machine et le serveur ; s'il est lent, augmentez smtp.timeout_seconds.",
                ),
            ],
            [
                format!("{place} does not answer within {seconds} seconds ({})", stage.as_str()),
                String::from(
                    "Check the firewall between this machine and the server; if it is slow, raise smtp.timeout_seconds.",
                ),
            ],
        ),
        reason => unwilling(stage, reason, server, locale),
    }
}

/// An answer that leads nowhere.
fn unwilling(stage: Stage, reason: &Reason, server: &SmtpServer, locale: Locale) -> [String; 2] {
    let place = place(server);
    match reason {
        Reason::NoStartTls => said(
            locale,
            [
                format!("{place} ne propose pas STARTTLS : rien ne lui a été confié"),
                String::from(
                    "Essayez smtp.tls = \"implicit\" avec smtp.port = 465 ; si le serveur devrait le proposer, quelqu'un sur le chemin l'en empêche.",
                ),
            ],
            [
                format!("{place} does not offer STARTTLS: nothing was entrusted to it"),
                String::from(
                    "Try smtp.tls = \"implicit\" with smtp.port = 465; if the server ought to offer it, somebody on the way keeps it from doing so.",
                ),
            ],
        ),
        Reason::NoMechanism => said(
            locale,
            [
                format!("{place} n'accepte ni AUTH PLAIN ni AUTH LOGIN"),
                String::from(
                    "Retirez smtp.username s'il n'en demande pas, ou choisissez le port prévu pour les clients (587 ou 465).",
                ),
            ],
            [
                format!("{place} takes neither AUTH PLAIN nor AUTH LOGIN"),
                String::from(
                    "Remove smtp.username if it asks for none, or choose the port that is meant for clients (587 or 465).",
                ),
            ],
        ),
        Reason::Trust(cause) => said(
            locale,
            [
                cause.to_string(),
                String::from("Donnez dans smtp.ca_file un certificat en PEM, lisible par cette instance."),
            ],
            [cause.to_string(), String::from("Give a certificate in PEM in smtp.ca_file, readable by this instance.")],
        ),
        Reason::NeedsUtf8 => said(
            locale,
            [
                String::from("le serveur n'accepte pas les adresses avec des accents (SMTPUTF8)"),
                String::from("Essayez avec une autre adresse."),
            ],
            [
                String::from("the server takes no addresses with accents (SMTPUTF8)"),
                String::from("Try another address."),
            ],
        ),
        _ => said(
            locale,
            [
                format!("{place} a fermé la connexion, ou ne parle pas SMTP ({})", stage.as_str()),
                String::from("Vérifiez smtp.port et smtp.tls, et le journal du serveur."),
            ],
            [
                format!("{place} closed the connection, or does not speak SMTP ({})", stage.as_str()),
                String::from("Check smtp.port and smtp.tls, and the log of the server."),
            ],
        ),
    }
}

/// The certificate, or the like.
fn tls(fault: &TlsFault, server: &SmtpServer, locale: Locale) -> [String; 2] {
    let (host, place) = (&server.host, place(server));
    match fault {
        TlsFault::NotTls => said(
            locale,
            [
                format!("{place} ne parle pas TLS dès le premier octet"),
                String::from("Essayez smtp.tls = \"starttls\" (port 587 en règle générale)."),
            ],
            [
                format!("{place} does not speak TLS from the first byte"),
                String::from("Try smtp.tls = \"starttls\" (port 587 as a rule)."),
            ],
        ),
        TlsFault::OtherName => said(
            locale,
            [
                format!("le certificat de {place} n'est pas au nom de {host}"),
                String::from("Écrivez dans smtp.host le nom que porte le certificat."),
            ],
            [
                format!("the certificate of {place} is not for the name {host}"),
                String::from("Write the name that the certificate carries in smtp.host."),
            ],
        ),
        TlsFault::Expired => said(
            locale,
            [
                format!("le certificat de {place} a expiré"),
                String::from(
                    "Demandez à qui tient ce serveur de le renouveler ; vérifiez aussi l'heure de cette machine.",
                ),
            ],
            [
                format!("the certificate of {place} has expired"),
                String::from("Ask whoever keeps that server to renew it; check the time of this machine as well."),
            ],
        ),
        TlsFault::NotYetValid => said(
            locale,
            [
                format!("le certificat de {place} n'est pas encore valable"),
                String::from("Vérifiez l'heure de cette machine."),
            ],
            [format!("the certificate of {place} is not good yet"), String::from("Check the time of this machine.")],
        ),
        TlsFault::UnknownAuthority => said(
            locale,
            [
                format!("aucune autorité connue n'a signé le certificat de {place}"),
                String::from("Si c'est celle de votre administration, donnez son certificat dans smtp.ca_file."),
            ],
            [
                format!("no known authority has signed the certificate of {place}"),
                String::from("If it is that of your administration, give its certificate in smtp.ca_file."),
            ],
        ),
        TlsFault::Other(cause) => said(
            locale,
            [
                format!("la négociation TLS avec {place} a échoué ({cause})"),
                String::from("Vérifiez que le serveur accepte TLS 1.2 ou 1.3."),
            ],
            [
                format!("the TLS handshake with {place} failed ({cause})"),
                String::from("Check that the server takes TLS 1.2 or 1.3."),
            ],
        ),
    }
}

/// The server said no.
fn refused(stage: Stage, code: u16, answer: &str, mailing: &Mailing, locale: Locale) -> [String; 2] {
    let problem = |fr: &str, en: &str| match locale {
        Locale::Fr => format!("{fr} : {answer}"),
        Locale::En => format!("{en}: {answer}"),
    };
    let remedy = |fr: String, en: String| if locale == Locale::Fr { fr } else { en };
    if code < 500 && stage > Stage::Authenticate {
        return [
            problem("le serveur demande de réessayer plus tard", "the server asks to try again later"),
            remedy(
                String::from("L'instance réessaie d'elle-même ; si cela dure, voyez avec qui tient ce serveur."),
                String::from("The instance tries again by itself; if it lasts, ask whoever keeps that server."),
            ),
        ];
    }
    match stage {
        Stage::Authenticate => [
            problem("le serveur refuse le nom ou le mot de passe", "the server refuses user name or password"),
            remedy(
                String::from(
                    "Vérifiez smtp.username et smtp.password ; certains serveurs veulent un mot de passe d'application.",
                ),
                String::from(
                    "Check smtp.username and smtp.password; some servers want a password made for applications.",
                ),
            ),
        ],
        Stage::Sender => [
            problem("le serveur refuse l'expéditeur", "the server refuses the sender"),
            remedy(
                format!(
                    "Donnez dans mail.from une adresse au nom de laquelle ce compte peut écrire (maintenant : {}).",
                    mailing.from
                ),
                format!("Give an address in mail.from that this account may write for (now: {}).", mailing.from),
            ),
        ],
        Stage::Recipient => [
            problem("le serveur refuse le destinataire", "the server refuses the recipient"),
            remedy(
                String::from(
                    "Vérifiez l'adresse ; s'il parle de relais ou d'authentification, donnez smtp.username et smtp.password.",
                ),
                String::from(
                    "Check the address; if it speaks of relaying or authentication, give smtp.username and smtp.password.",
                ),
            ),
        ],
        Stage::Data | Stage::Content | Stage::Acceptance => [
            problem("le serveur refuse le courriel", "the server refuses the mail"),
            remedy(
                String::from("Voyez avec qui tient ce serveur : un filtre l'a sans doute arrêté."),
                String::from("Ask whoever keeps that server: a filter has probably stopped it."),
            ),
        ],
        Stage::Resolve | Stage::Connect | Stage::Greeting | Stage::Hello | Stage::StartTls | Stage::Handshake => [
            problem("le serveur refuse cette machine", "the server refuses this machine"),
            remedy(
                String::from("Vérifiez smtp.helo_name, et que le serveur accepte l'adresse de cette machine."),
                String::from("Check smtp.helo_name, and that the server accepts the address of this machine."),
            ),
        ],
    }
}
