//! The ceiling of an exchange: hyper, one grouped durable commit in which a code is consumed and a token stored, one
//! signature. Nothing else that a provider owes its clients. Around it a code that costs one such commit, and claims
//! that cost nothing, so that a whole flow has a ceiling too.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use moncomptepro::crypto::Random;
use redb::{Database, ReadableTable as _, TableDefinition};
use tokio::sync::{mpsc, oneshot};

use super::ceilings::{Key, answer_all, json};
use super::data::{CALLBACK, SECRET};

type Bare = TableDefinition<'static, &'static [u8], &'static [u8]>;
const CODES: Bare = TableDefinition::new("codes");
const TOKENS: Bare = TableDefinition::new("tokens");

/// What a record of a code holds, after the byte that says whether it was used.
const CODE_BYTES: usize = 400;
const TOKEN_BYTES: usize = 200;
const BATCH: usize = 256;

/// About as long as those of a person of one organization.
const CLAIMS: &str = "{\"sub\":\"1\",\"email\":\"personne-1@exemple.fr\",\"email_verified\":true,\"given_name\":\"Camille\",\
    \"usual_name\":\"Martin\",\"siret\":\"21920023500014\",\"label\":\"Commune d'exemple - Mairie\",\"is_external\":false,\
    \"is_collectivite_territoriale\":true,\"is_service_public\":true}";

type Name = [u8; 20];

enum Job {
    Issue { code: Name, done: oneshot::Sender<bool> },
    Exchange { code: Name, token: Name, done: oneshot::Sender<bool> },
}

struct Prototype {
    jobs: mpsc::Sender<Job>,
    key: Key,
    algorithm: String,
    random: Random,
}

/// Serves on a database in `directory`.
pub(crate) async fn serve(directory: &Path, algorithm: &str) {
    let database = Database::builder().set_cache_size(64 << 20).create(directory.join("prototype.redb")).unwrap();
    let (jobs, queue) = mpsc::channel(1024);
    std::thread::spawn(move || write(&database, queue));
    let key = Key::generate(algorithm);
    let prototype = Arc::new(Prototype { jobs, key, algorithm: algorithm.to_owned(), random: Random::system() });
    answer_all(move |request| {
        let prototype = Arc::clone(&prototype);
        async move { prototype.answer(request).await }
    })
    .await;
}

/// Many jobs, one durable commit, then the answers.
fn write(database: &Database, mut queue: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
        let mut transaction = database.begin_write().unwrap();
        transaction.set_quick_repair(true);
        let mut answers = Vec::with_capacity(batch.len());
        {
            let mut codes = transaction.open_table(CODES).unwrap();
            let mut tokens = transaction.open_table(TOKENS).unwrap();
            // What comes meanwhile runs too, as in the provider.
            let mut waiting: VecDeque<Job> = batch.drain(..).collect();
            while let Some(job) = waiting.pop_front() {
                match job {
                    Job::Issue { code, done } => {
                        codes.insert(code.as_slice(), [0; CODE_BYTES].as_slice()).unwrap();
                        answers.push((done, true));
                    }
                    Job::Exchange { code, token, done } => {
                        let mut record = codes.get(code.as_slice()).unwrap().map(|record| record.value().to_vec());
                        let unused = record.as_mut().filter(|record| record.first() == Some(&0));
                        let is_good = unused.is_some();
                        if let Some(record) = unused {
                            record[0] = 1;
                            codes.insert(code.as_slice(), record.as_slice()).unwrap();
                            tokens.insert(token.as_slice(), [1; TOKEN_BYTES].as_slice()).unwrap();
                        }
                        answers.push((done, is_good));
                    }
                }
                if waiting.is_empty() && answers.len() < BATCH {
                    waiting.extend(queue.try_recv());
                }
            }
        }
        transaction.commit().unwrap();
        for (done, is_good) in answers {
            assert!(done.send(is_good).is_ok(), "whoever asks waits for the answer");
        }
    }
}

impl Prototype {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match request.uri().path() {
            "/oauth/authorize" => self.authorize().await,
            "/oauth/token" => self.exchange(request).await,
            _ => json(CLAIMS.to_owned()),
        }
    }

    async fn authorize(&self) -> Response<Full<Bytes>> {
        let (value, code) = self.issue();
        self.written(|done| Job::Issue { code, done }).await;
        let location = format!("{CALLBACK}?code={value}&state=a-state-of-the-client");
        Response::builder().status(303).header("location", location).body(Full::default()).unwrap()
    }

    async fn exchange(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let credentials = request.headers().get("authorization").unwrap().to_str().unwrap();
        let credentials = STANDARD.decode(credentials.trim_start_matches("Basic ")).unwrap();
        let (client_id, secret) = std::str::from_utf8(&credentials).unwrap().split_once(':').unwrap();
        assert_eq!(digest(&SHA256, secret.as_bytes()).as_ref(), digest(&SHA256, SECRET.as_bytes()).as_ref());
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let code = name_of(&form_urlencoded::parse(&body).find(|(name, _)| name == "code").unwrap().1);
        let (value, token) = self.issue();
        self.written(|done| Job::Exchange { code, token, done }).await;
        let id_token = self.id_token(client_id, &value);
        json(format!(
            "{{\"access_token\":\"{value}\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"scope\":\"openid email profile \
             organization\",\"id_token\":\"{id_token}\"}}"
        ))
    }

    /// Comes back when the job is durable.
    async fn written(&self, job: impl FnOnce(oneshot::Sender<bool>) -> Job) {
        let (done, is_good) = oneshot::channel();
        assert!(self.jobs.send(job(done)).await.is_ok(), "the writer is there");
        assert!(is_good.await.unwrap(), "a code of the prototype is good");
    }

    /// An opaque value that begins with the time to the millisecond, and the name of its record.
    fn issue(&self) -> (String, Name) {
        let mut bytes = [0; 36];
        let (time, secret) = bytes.split_at_mut(6);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        time[..4].copy_from_slice(&u32::try_from(now.as_secs() + 3600).unwrap().to_be_bytes());
        time[4..].copy_from_slice(&u16::try_from(now.subsec_millis()).unwrap().to_be_bytes());
        self.random.fill(secret);
        let value = URL_SAFE_NO_PAD.encode(bytes);
        let name = name_of(&value);
        (value, name)
    }

    fn id_token(&self, client_id: &str, access_token: &str) -> String {
        let now = now();
        let hash = digest(&SHA256, access_token.as_bytes());
        let at_hash = URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]);
        let header = format!("{{\"typ\":\"JWT\",\"alg\":\"{}\",\"kid\":\"a-key-of-the-prototype\"}}", self.algorithm);
        let claims = format!(
            "{{\"iss\":\"https://identite.exemple.fr\",\"sub\":\"1\",\"aud\":\"{client_id}\",\"exp\":{},\"iat\":{now},\
             \"auth_time\":{now},\"nonce\":\"a-nonce-of-the-client\",\"acr\":\"eidas1\",\"amr\":[\"pwd\"],\
             \"at_hash\":\"{at_hash}\",\"sid\":\"0123456789012345678901234567890123456789012\"}}",
            now + 3600
        );
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

/// The key of the record that a value opens: its time, then about half of the digest of its secret.
fn name_of(value: &str) -> Name {
    let bytes = URL_SAFE_NO_PAD.decode(value).unwrap();
    let (time, secret) = bytes.split_at(6);
    let mut name = [0; 20];
    let (prefix, rest) = name.split_at_mut(6);
    prefix.copy_from_slice(time);
    rest.copy_from_slice(&digest(&SHA256, secret).as_ref()[..14]);
    name
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
