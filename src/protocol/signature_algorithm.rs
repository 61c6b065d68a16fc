//! The algorithms that we sign with.

use super::word::words;

words! {
    /// An algorithm of RFC 7518 §3.1 that signs ID tokens and signed UserInfo answers.
    pub enum SignatureAlgorithm {
        /// RSASSA-PKCS1-v1_5 with SHA-256: what a client gets that asks for nothing (OIDC Core §2).
        Rs256 => "RS256",
        /// ECDSA on P-256 with SHA-256.
        Es256 => "ES256",
    }
}
