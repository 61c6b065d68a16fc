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
            let answer = answer.trim_end();
            let first = refused_as_a_stranger(trouble.stage, (*code, answer), server, locale);
            first.unwrap_or_else(|| refused(trouble.stage, *code, answer, mailing, locale))
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
        TlsFault::NotTls => not_tls(server, locale),
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

/// What answers speaks no TLS, though it was to begin with it, or has agreed to it.
fn not_tls(server: &SmtpServer, locale: Locale) -> [String; 2] {
    let place = place(server);
    if server.encryption == SmtpEncryption::StartTls {
        return said(
            locale,
            [
                format!("{place} accepte STARTTLS, puis ne parle pas TLS"),
                String::from(
                    "Voyez avec qui tient ce serveur ; s'il a un port prévu pour TLS, essayez smtp.tls = \"implicit\" avec smtp.port = 465.",
                ),
            ],
            [
                format!("{place} agrees to STARTTLS, and then does not speak TLS"),
                String::from(
                    "Ask whoever keeps that server; if it has a port for TLS, try smtp.tls = \"implicit\" with smtp.port = 465.",
                ),
            ],
        );
    }
    said(
        locale,
        [
            format!("{place} ne parle pas TLS dès le premier octet"),
            String::from("Essayez smtp.tls = \"starttls\" (port 587 en règle générale)."),
        ],
        [
            format!("{place} does not speak TLS from the first byte"),
            String::from("Try smtp.tls = \"starttls\" (port 587 as a rule)."),
        ],
    )
}

/// The server said no to whoever is not known to it, or to a conversation that nobody on the way can read.
fn refused_as_a_stranger(
    stage: Stage,
    (code, answer): (u16, &str),
    server: &SmtpServer,
    locale: Locale,
) -> Option<[String; 2]> {
    if stage == Stage::StartTls && code >= 500 {
        let place = place(server);
        let [_, remedy] = unwilling(stage, &Reason::NoStartTls, server, locale);
        let problem = match locale {
            Locale::Fr => format!("{place} refuse STARTTLS : rien ne lui a été confié : {answer}"),
            Locale::En => format!("{place} refuses STARTTLS: nothing was entrusted to it: {answer}"),
        };
        return Some([problem, remedy]);
    }
    let is_unknown = code == 530 || (code >= 500 && answer.to_lowercase().contains("authenticat"));
    (is_unknown && stage != Stage::Authenticate).then(|| {
        said(
            locale,
            [
                format!("le serveur veut savoir qui lui confie du courriel : {answer}"),
                String::from(
                    "Donnez smtp.username et smtp.password : ceux d'un compte qui peut écrire au nom de mail.from.",
                ),
            ],
            [
                format!("the server wants to know who entrusts mails to it: {answer}"),
                String::from("Give smtp.username and smtp.password: those of an account that may write for mail.from."),
            ],
        )
    })
}

/// The server said no.
fn refused(stage: Stage, code: u16, answer: &str, mailing: &Mailing, locale: Locale) -> [String; 2] {
    let problem = |fr: &str, en: &str| match locale {
        Locale::Fr => format!("{fr} : {answer}"),
        Locale::En => format!("{en}: {answer}"),
    };
    let remedy = |fr: String, en: String| if locale == Locale::Fr { fr } else { en };
    if code < 500 {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn mailing(encryption: SmtpEncryption) -> Mailing {
        let server = SmtpServer {
            host: String::from("smtp.exemple.fr"),
            port: 587,
            encryption,
            credentials: None,
            helo_name: String::from("exemple.fr"),
            timeout: Duration::from_secs(30),
            ca_file: None,
        };
        let from = "ne-pas-repondre@exemple.fr".parse().unwrap();
        Mailing { from, from_name: String::from("Essai"), reply_to: None, server }
    }

    fn explained(stage: Stage, reason: Reason) -> [String; 2] {
        let trouble = Trouble { stage, reason };
        [Locale::Fr, Locale::En].map(|locale| explain(&trouble, &mailing(SmtpEncryption::StartTls), locale).sentences())
    }

    fn refused_with(stage: Stage, code: u16, enhanced: [u8; 3], said: &str) -> [String; 2] {
        explained(stage, Reason::Refused { code, enhanced, said: said.to_owned() })
    }

    #[test]
    fn an_answer_of_the_server_is_told_with_the_remedy_that_mends_it() {
        let for_nobody = [
            (Stage::Sender, 530, [5, 7, 0], "Authentication Required"),
            (Stage::Sender, 530, [0, 0, 0], "Must issue AUTH first"),
            (Stage::Sender, 550, [5, 7, 1], "Client was not authenticated"),
            (Stage::Recipient, 530, [5, 7, 0], "Authentication required"),
        ];
        for (stage, code, enhanced, said) in for_nobody {
            for sentences in refused_with(stage, code, enhanced, said) {
                assert!(sentences.contains("smtp.username") && sentences.contains("smtp.password"), "{sentences}");
                assert!(sentences.contains(said), "{sentences}");
            }
        }
        let later = [
            (Stage::StartTls, 454, [0, 0, 0], "TLS not available"),
            (Stage::Authenticate, 454, [4, 7, 0], "Temporary authentication failure"),
            (Stage::Authenticate, 421, [0, 0, 0], "Closing"),
            (Stage::Greeting, 421, [4, 3, 2], "Shutting down"),
        ];
        for (stage, code, enhanced, said) in later {
            let [french, english] = refused_with(stage, code, enhanced, said);
            assert!(french.contains("réessayer plus tard") && english.contains("try again later"), "{english}");
        }
        for sentences in refused_with(Stage::StartTls, 502, [0, 0, 0], "Not implemented") {
            assert!(sentences.contains("STARTTLS") && sentences.contains("smtp.port = 465"), "{sentences}");
        }
        for (stage, code, said, remedy) in [
            (Stage::Authenticate, 535, "Authentication credentials invalid", "smtp.password"),
            (Stage::Sender, 553, "Sender address rejected", "mail.from"),
            (Stage::Hello, 550, "Invalid name", "smtp.helo_name"),
        ] {
            for sentences in refused_with(stage, code, [0, 0, 0], said) {
                assert!(sentences.contains(remedy), "{sentences}");
            }
        }
        for sentences in explained(Stage::Handshake, Reason::Tls(TlsFault::NotTls)) {
            assert!(!sentences.contains("smtp.tls = \"starttls\""), "that is what is configured: {sentences}");
        }
        let trouble = Trouble { stage: Stage::Handshake, reason: Reason::Tls(TlsFault::NotTls) };
        let implicit = explain(&trouble, &mailing(SmtpEncryption::Implicit), Locale::En).sentences();
        assert!(implicit.contains("smtp.tls = \"starttls\""), "{implicit}");
    }
}
