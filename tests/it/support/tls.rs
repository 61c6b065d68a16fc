//! Clients over TLS that trust one certificate, whatever day it is.

use std::sync::Arc;

use moncomptepro::protocol::CertificateThumbprint;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme, SupportedProtocolVersion};

/// Trusts exactly this certificate; without one, nobody.
#[derive(Debug)]
struct Pinned {
    certificate: Option<Vec<u8>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.certificate {
            Some(certificate) if certificate == shown.as_ref() => Ok(ServerCertVerified::assertion()),
            _ => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// A client of these versions and suites.
pub(crate) fn client_with(
    certificate: Option<Vec<u8>>,
    provider: CryptoProvider,
    versions: &[&'static SupportedProtocolVersion],
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(provider);
    let verifier = Arc::new(Pinned { certificate, provider: Arc::clone(&provider) });
    let building = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions)?;
    Ok(building.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// A client that trusts this certificate.
pub(crate) fn client(certificate: Option<Vec<u8>>) -> ClientConfig {
    client_with(certificate, aws_lc_rs::default_provider(), rustls::DEFAULT_VERSIONS).unwrap()
}

/// A certificate of a client, and its key.
#[derive(Debug)]
pub(crate) struct Identity {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Identity {
    /// One that is valid between these years.
    pub(crate) fn between(from: i32, until: i32) -> Self {
        let mut params = rcgen::CertificateParams::new([String::from("service.example")]).unwrap();
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().to_vec();
        Self { certificate, key: key.serialize_der() }
    }

    /// By what it is known.
    pub(crate) fn thumbprint(&self) -> CertificateThumbprint {
        CertificateThumbprint(moncomptepro::crypto::sha256(&self.certificate))
    }

    /// Whoever has a copy of the certificate, and another key.
    pub(crate) fn without_its_key(&self) -> Self {
        Self { certificate: self.certificate.clone(), key: rcgen::KeyPair::generate().unwrap().serialize_der() }
    }

    /// An HTTP client that trusts this certificate, and shows its own where it is asked for one.
    pub(crate) fn http(&self, trusted: Option<Vec<u8>>) -> reqwest::ClientBuilder {
        self.http_over(trusted, rustls::DEFAULT_VERSIONS)
    }

    /// The same over these versions.
    pub(crate) fn http_over(
        &self,
        trusted: Option<Vec<u8>>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> reqwest::ClientBuilder {
        let provider = aws_lc_rs::default_provider();
        // Nobody looks here whether the key is that of the certificate.
        let key = provider.key_provider.load_private_key(PrivateKeyDer::try_from(self.key.clone()).unwrap()).unwrap();
        let shown = CertifiedKey::new(vec![self.certificate.clone().into()], key);
        let mut config = client_with(trusted, provider, versions).unwrap();
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(shown));
        reqwest::Client::builder().tls_backend_preconfigured(config).redirect(reqwest::redirect::Policy::none())
    }
}

/// An HTTP client that trusts this certificate and nobody else, and follows nothing.
pub(crate) fn http(certificate: Option<Vec<u8>>) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(client(certificate))
        .redirect(reqwest::redirect::Policy::none())
}
