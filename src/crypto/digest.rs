//! SHA-256 and what is built on it: PKCE challenges, `at_hash`, digests of stored secrets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use crate::protocol::SignatureAlgorithm;

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut result = [0; 32];
    for (slot, byte) in result.iter_mut().zip(digest.as_ref()) {
        *slot = *byte;
    }
    result
}

/// SHA-1 of `bytes`, by which lists of leaked passwords name them. It protects nothing.
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
    let mut result = [0; 20];
    for (slot, byte) in result.iter_mut().zip(digest.as_ref()) {
        *slot = *byte;
    }
    result
}

/// The S256 code challenge of a verifier (RFC 7636 §4.2).
pub fn s256_code_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()))
}

/// The `at_hash` of an access token, or the `c_hash` of a code, in an ID token signed with `algorithm`
/// (OIDC Core §3.1.3.6): the left half of the digest that belongs to the algorithm.
pub fn at_hash(algorithm: SignatureAlgorithm, token: &str) -> String {
    let digest = match algorithm {
        SignatureAlgorithm::Rs256 | SignatureAlgorithm::Es256 => sha256(token.as_bytes()),
    };
    let (left, _) = digest.split_at(digest.len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

/// What is stored of a secret that the server only has to recognise. Only for secrets of 128 random bits and more.
pub fn secret_digest(secret: &str) -> [u8; 32] {
    sha256(secret.as_bytes())
}

/// Whether `candidate` is the secret of which `stored` is the digest. The time does not depend on how much is right.
pub fn is_secret(stored: &[u8; 32], candidate: &str) -> bool {
    digests_are_equal(stored, &secret_digest(candidate))
}

/// Compares two digests in constant time.
pub fn digests_are_equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_rfc_7636_appendix_b() {
        assert_eq!(
            s256_code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn idt_9_at_hash_is_the_left_half() {
        // OIDC Core appendix A.3 and A.4.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(at_hash(SignatureAlgorithm::Rs256, token), "77QmUPtjPfzWtF2AnpK9RQ");
        let code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
        assert_eq!(at_hash(SignatureAlgorithm::Es256, code), "LDktKdoQak3Pk0cnXxCltA");
    }

    #[test]
    fn sec_7_a_secret_is_recognised_by_its_digest_only_whole() {
        let stored = secret_digest("correct");
        assert!(is_secret(&stored, "correct"));
        for wrong in ["", "c", "correc", "correct ", "Correct", "correctcorrect"] {
            assert!(!is_secret(&stored, wrong), "{wrong:?}");
        }
    }
}
