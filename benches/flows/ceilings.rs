//! What nothing could be faster than: the same machine, the same moment, and only what cannot be left out.

use std::convert::Infallible;
use std::future::Future;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use moncomptepro::crypto::Parameters;
use tokio::net::TcpListener;

/// A key that signs ID tokens.
pub(crate) enum Key {
    Es256(Box<EcdsaKeyPair>),
    Rs256(Box<RsaKeyPair>),
}

impl Key {
    /// `ES256`, or `RS256` with the size that is shipped.
    pub(crate) fn generate(algorithm: &str) -> Self {
        match algorithm {
            "ES256" => Self::Es256(Box::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())),
            "RS256" => Self::Rs256(Box::new(RsaKeyPair::generate(KeySize::Rsa3072).unwrap())),
            other => panic!("no algorithm {other}"),
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let digest = digest(&SHA256, message);
        match self {
            Self::Es256(pair) => pair.sign_digest(&digest).unwrap().as_ref().to_vec(),
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(&RSA_PKCS1_SHA256, &digest, &mut signature).unwrap();
                signature
            }
        }
    }
}

/// Signatures a second, on every core.
pub(crate) fn signatures(algorithm: &str, time: Duration) -> f64 {
    let key = Key::generate(algorithm);
    let message = [b'm'; 700];
    in_threads(cores(), || {
        let (begun, mut signed) = (Instant::now(), 0_u32);
        while begun.elapsed() < time {
            std::hint::black_box(key.sign(&message));
            signed += 1;
        }
        f64::from(signed) / begun.elapsed().as_secs_f64()
    })
}

/// Password hashes a second, on as many threads as the lane has, each in memory that it keeps.
pub(crate) fn password_hashes(parameters: Parameters, threads: usize, time: Duration) -> f64 {
    let params = Params::new(parameters.memory_kib, parameters.iterations, 1, Some(32)).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    in_threads(threads, || {
        let mut blocks = vec![Block::new(); argon2.params().block_count()];
        let mut output = [0; 32];
        let (begun, mut hashed) = (Instant::now(), 0_u32);
        while begun.elapsed() < time {
            argon2
                .hash_password_into_with_memory(b"un mot de passe", b"sixteen bytes ok", &mut output, &mut blocks)
                .unwrap();
            hashed += 1;
        }
        f64::from(hashed) / begun.elapsed().as_secs_f64()
    })
}

fn in_threads(threads: usize, work: impl Fn() -> f64 + Sync) -> f64 {
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().unwrap().get()
}

/// hyper that answers 200, for ever.
pub(crate) async fn bare_hyper() {
    answer_all(|_request| async { json(String::from("{}")) }).await;
}

/// Says its port, then answers on it.
pub(crate) async fn answer_all<Answering>(answer: impl Fn(Request<Incoming>) -> Answering + Clone + Send + 'static)
where
    Answering: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let answer = answer.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answering = answer(request);
                async move { Ok::<_, Infallible>(answering.await) }
            });
            // A client that goes away is no concern of a ceiling.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

pub(crate) fn json(text: String) -> Response<Full<Bytes>> {
    let response = Response::builder().header("content-type", "application/json");
    response.body(Full::new(Bytes::from(text))).unwrap()
}
