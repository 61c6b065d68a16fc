//! `moncomptepro keys`: the keys that sign.

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde_json::json;

use super::output::Column;
use super::{Ending, Noun};
use crate::admin::Call;
use crate::protocol::SignatureAlgorithm;
use crate::web::Method;

const COLUMNS: &[Column] = &[
    ("ALGORITHM", "algorithm"),
    ("STATE", "state"),
    ("KEY", "kid"),
    ("CREATED", "created_at"),
    ("SIGNS FROM", "signs_from"),
    ("ACTIVATED", "activated_at"),
    ("PUBLISHED UNTIL", "published_until"),
];

/// The command, and where it is carried out.
pub(super) type Arguments = Noun<Command>;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the keys: those that sign, that will, and that have.
    List,
    /// Let the next keys sign. Those before stay published until nothing that they signed is good any more.
    Rotate {
        /// The keys of this algorithm only.
        #[arg(long, value_name = "ALG", value_parser = algorithm())]
        algorithm: Option<SignatureAlgorithm>,
        /// Do not wait until the next key has been published for long enough: services that keep keys may refuse its
        /// tokens for a while.
        #[arg(long)]
        now: bool,
        /// A key is known to others: every key goes at once, with everything that it signed.
        #[arg(long, conflicts_with = "now")]
        emergency: bool,
    },
}

fn algorithm() -> impl clap::builder::TypedValueParser<Value = SignatureAlgorithm> {
    let words = SignatureAlgorithm::ALL.iter().map(|algorithm| algorithm.as_str());
    PossibleValuesParser::new(words).try_map(|word| SignatureAlgorithm::parse(&word).ok_or("no such algorithm"))
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let Noun { place, output, command } = arguments;
    let call = match command {
        Command::List => Call::new(Method::GET, &["keys"]),
        Command::Rotate { algorithm, now, emergency } => Call::new(Method::POST, &["keys", "rotate"])
            .with_body(&json!({ "algorithm": algorithm, "now": now, "emergency": emergency })),
    };
    output.whole(&place.open().await?.ask(call).await?, COLUMNS);
    Ok(())
}
