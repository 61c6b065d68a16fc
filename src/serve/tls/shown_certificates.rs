//! Certificates of clients, where they are asked for (RFC 8705): any that is valid today and whose key the client holds.
//!
//! Which client it is of is not judged here: each has its own certificates, known by their thumbprints, so that no authority
//! has to be trusted for all of them.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use super::validity::validity;
use crate::crypto;
use crate::protocol::{CertificateThumbprint, ShownCertificate, Timestamp};

/// Asks for a certificate, and goes on without one: who has none is told so by the endpoint, in words.
#[derive(Debug)]
pub(super) struct AnyCertificate(pub(super) Arc<CryptoProvider>);

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let (from, until) = validity(certificate).ok_or(CertificateError::BadEncoding)?;
        let now = Timestamp(now.as_secs());
        if !from.has_come(now) {
            return Err(CertificateError::NotValidYet.into());
        }
        if until.has_come(now) {
            return Err(CertificateError::Expired.into());
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// What a peer has shown in its handshake.
pub(in crate::serve) fn shown(certificates: Option<&[CertificateDer<'_>]>) -> ShownCertificate {
    certificates.and_then(<[_]>::first).map_or(ShownCertificate::Nothing, |first| {
        ShownCertificate::Thumbprint(CertificateThumbprint(crypto::sha256(first)))
    })
}
