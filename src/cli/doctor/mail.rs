//! `moncomptepro doctor mail`: finds the server, makes sure who it is, proves who we are, and sends a mail if wanted.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::explanation::explain;
use crate::cli::output::{Form, Output};
use crate::cli::serve::load;
use crate::cli::spelling::parse_path;
use crate::cli::{Ending, language, say};
use crate::clock::Clock;
use crate::config::{Config, Mailing, SmtpEncryption};
use crate::crypto::Random;
use crate::domain::Email;
use crate::mail::{Examination, Stage, Trial, examine};
use crate::protocol::Locale;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The configuration; else $MONCOMPTEPRO_CONFIG, ./moncomptepro.toml, /etc/moncomptepro/config.toml.
    #[arg(long, value_name = "FILE", value_parser = parse_path)]
    config: Option<PathBuf>,
    /// Send a mail to this address; without it, the server is greeted and left again.
    #[arg(long, value_name = "ADDRESS")]
    to: Option<Email>,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let config = load(arguments.config)?.config;
    let mailing = config.mail.as_ref().ok_or_else(|| Ending::configuration(not_configured(&config, language())))?;
    let nonce = Random::system().token();
    let trial = arguments.to.as_ref().map(|to| Trial {
        to,
        locale: language(),
        instance_name: &config.instance_name,
        issuer: config.issuer(),
        contact: config.notices.contact.as_ref().map(Email::as_str),
        host: config.public_url.host(),
        nonce: &nonce,
    });
    let examination = examine(mailing, &Clock::system(), trial).await.map_err(Ending::refused)?;
    match arguments.output.form() {
        Form::Table => tell(&examination, mailing),
        Form::Json => arguments.output.one(&document(&examination, mailing)),
    }
    match &examination.outcome {
        Ok(_) => Ok(()),
        Err(trouble) => Err(Ending::refused(explain(trouble, mailing, language()).sentences())),
    }
}

fn not_configured(config: &Config, locale: Locale) -> &'static str {
    match (config.mailbox_page, locale) {
        (true, Locale::Fr) => "un bac à sable n'envoie aucun courriel : il les montre sur /mailbox",
        (true, Locale::En) => "a sandbox sends no mail: it shows them on /mailbox",
        (false, Locale::Fr) => {
            "aucun courriel ne part de cette instance. Donnez mail.from et smtp.host dans la configuration, et smtp.username et \
             smtp.password_file si le serveur les demande"
        }
        (false, Locale::En) => {
            "no mail leaves this instance. Give mail.from and smtp.host in the configuration, and smtp.username and \
             smtp.password_file if the server asks for them"
        }
    }
}

/// Each step once, in words.
fn tell(examination: &Examination, mailing: &Mailing) {
    let locale = language();
    let failed = examination.outcome.as_ref().err().map(|trouble| trouble.stage);
    let mut told: Vec<Stage> = Vec::new();
    for stage in &examination.steps {
        if !told.contains(stage) && Some(*stage) != failed {
            say(&format!("ok  {}", what(*stage, mailing, locale)));
        }
        told.push(*stage);
    }
    if let Some(stage) = failed {
        say(&format!("--  {}", what(stage, mailing, locale)));
    }
    match (&examination.outcome, locale) {
        (Ok(Some(said)), Locale::Fr) => {
            say(&format!("Le courriel d'essai a été remis au serveur, qui a répondu : {said}"));
        }
        (Ok(Some(said)), Locale::En) => say(&format!("The mail was handed to the server, which answered: {said}")),
        (Ok(None), Locale::Fr) => {
            say("Le serveur accepte cette instance. Pour envoyer un courriel d'essai : --to ADRESSE");
        }
        (Ok(None), Locale::En) => say("The server accepts this instance. To send a mail: --to ADDRESS"),
        (Err(_), _) => {}
    }
}

fn what(stage: Stage, mailing: &Mailing, locale: Locale) -> String {
    let server = &mailing.server;
    let [fr, en] = match stage {
        Stage::Resolve => ["le nom du serveur a une adresse", "the name of the server has an address"],
        Stage::Connect => ["le serveur accepte la connexion", "the server accepts the connection"],
        Stage::Greeting => ["c'est un serveur de courriels", "it is a server of mails"],
        Stage::Hello => ["il accepte notre salutation (EHLO)", "it accepts our greeting (EHLO)"],
        Stage::StartTls => ["il propose le chiffrement (STARTTLS)", "it offers encryption (STARTTLS)"],
        Stage::Handshake => ["son certificat est valable (TLS)", "its certificate is good (TLS)"],
        Stage::Authenticate => ["il accepte le nom et le mot de passe", "it accepts user name and password"],
        Stage::Sender => ["il accepte l'expéditeur", "it accepts the sender"],
        Stage::Recipient => ["il accepte le destinataire", "it accepts the recipient"],
        Stage::Data | Stage::Content => ["il reçoit le courriel", "it receives the mail"],
        Stage::Acceptance => ["il prend le courriel en charge", "it takes the mail"],
    };
    let text = if locale == Locale::Fr { fr } else { en };
    match stage {
        Stage::Resolve => format!("{text}: {}", server.host),
        Stage::Connect => format!("{text}: {}:{}", server.host, server.port),
        Stage::Sender => format!("{text}: {}", mailing.from),
        _ => text.to_owned(),
    }
}

fn document(examination: &Examination, mailing: &Mailing) -> serde_json::Value {
    let server = &mailing.server;
    let trouble = examination.outcome.as_ref().err();
    let mut steps: Vec<serde_json::Value> = Vec::new();
    for stage in &examination.steps {
        let step = json!({ "step": stage.as_str(), "ok": trouble.is_none_or(|trouble| trouble.stage != *stage) });
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    let explained = trouble.map(|trouble| explain(trouble, mailing, language()));
    json!({
        "ok": trouble.is_none(),
        "host": server.host,
        "port": server.port,
        "tls": match server.encryption {
            SmtpEncryption::StartTls => "starttls",
            SmtpEncryption::Implicit => "implicit",
            SmtpEncryption::Off => "off",
        },
        "steps": steps,
        "answer": examination.outcome.as_ref().ok().and_then(Option::as_ref),
        "problem": explained.as_ref().map(|explained| &explained.problem),
        "remedy": explained.as_ref().map(|explained| &explained.remedy),
    })
}
