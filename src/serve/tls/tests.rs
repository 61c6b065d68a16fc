//! Pairs good and bad, at the start and later.

use std::fs;
use std::path::PathBuf;

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SignatureAlgorithm, date_time_ymd};

use super::self_signed::pem;
use super::*;
use crate::crypto;

const HOST: &str = "identite.exemple.fr";
/// 23 November 2026.
const NOW: Timestamp = Timestamp(1_795_424_400);
const DAY: u64 = 24 * 3600;

/// A directory with a pair in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn certificate(&self) -> PathBuf {
        self.0.path().join("certificate.pem")
    }

    fn key(&self) -> PathBuf {
        self.0.path().join("key.pem")
    }

    fn with(self, (certificate, key): &(String, String)) -> Self {
        self.write_certificate(certificate);
        self.write_key(key);
        self
    }

    fn write_certificate(&self, text: &str) {
        fs::write(self.certificate(), text).unwrap();
    }

    fn write_key(&self, text: &str) {
        crypto::replace_for_owner(&self.key(), text.as_bytes()).unwrap();
    }

    fn load(&self) -> Result<Tls, TlsError> {
        Tls::from_files(&self.certificate(), &self.key(), HOST, NOW)
    }

    fn complaint(&self) -> String {
        self.load().unwrap_err().to_string()
    }
}

fn pair(algorithm: &'static SignatureAlgorithm, until: i32) -> (String, String) {
    pair_of(HOST, algorithm, 2020, until)
}

fn pair_of(host: &str, algorithm: &'static SignatureAlgorithm, from: i32, until: i32) -> (String, String) {
    let mut params = CertificateParams::new([host.to_owned()]).unwrap();
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let key = KeyPair::generate_for(algorithm).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (pem("CERTIFICATE", certificate.der()).to_string(), pem("PRIVATE KEY", key.serialized_der()).to_string())
}

fn good() -> (String, String) {
    pair(&PKCS_ECDSA_P256_SHA256, 2030)
}

fn cut(text: &str) -> String {
    text.chars().take(text.len() / 2).collect()
}

#[test]
fn sec_203_at_the_start_a_bad_pair_is_refused_with_its_file_and_the_reason() {
    let (certificate, key) = good();
    assert!(Folder::new().with(&(certificate.clone(), key.clone())).load().is_ok());
    let (other_certificate, _) = good();
    for (pair, file, reason) in [
        ((String::new(), key.clone()), "certificate.pem", "no certificate in PEM here"),
        ((key.clone(), key.clone()), "certificate.pem", "no certificate in PEM here"),
        ((cut(&certificate), key.clone()), "certificate.pem", "certificate.pem: it was cut: the line -----END"),
        ((certificate.replacen('M', "!", 1), key.clone()), "certificate.pem", "is not base64; write it again"),
        ((pem("CERTIFICATE", b"0\x03\x01\x01\x01").to_string(), key.clone()), "certificate.pem", "damaged"),
        ((certificate.clone(), String::new()), "key.pem", "no private key in PEM here"),
        ((certificate.clone(), certificate.clone()), "key.pem", "no private key in PEM here"),
        ((certificate.clone(), cut(&key)), "key.pem", "key.pem: it was cut: the line -----END"),
        ((certificate.clone(), key.replacen("Y-----", "Y----", 1)), "key.pem", "a line -----BEGIN"),
        ((certificate.clone(), pem("PRIVATE KEY", b"nothing").to_string()), "key.pem", "RSA key of 2048 to 8192 bits"),
        ((other_certificate, key.clone()), "key.pem", "does not belong to the first certificate of"),
        ((WEAK.0.to_owned(), WEAK.1.to_owned()), "key.pem", "RSA key of 2048 to 8192 bits"),
        (self::pair(&PKCS_ED25519, 2030), "key.pem", "browsers need a key of RSA or ECDSA"),
    ] {
        let complaint = Folder::new().with(&pair).complaint();
        assert!(complaint.contains(file) && complaint.contains(reason), "{file}, {reason}: {complaint}");
        assert!(!complaint.contains('['), "what the file holds is shown: {complaint}");
    }
    let folder = Folder::new();
    assert!(folder.complaint().contains("certificate.pem: No such file"), "{}", folder.complaint());
    folder.write_certificate(&certificate);
    assert!(folder.complaint().contains("key.pem: No such file"), "{}", folder.complaint());
}

#[cfg(unix)]
#[test]
fn sec_154_a_private_key_that_everybody_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new().with(&good());
    for (mode, is_good) in [(0o600, true), (0o640, true), (0o644, false), (0o604, false), (0o400, true)] {
        fs::set_permissions(folder.key(), fs::Permissions::from_mode(mode)).unwrap();
        let outcome = folder.load();
        assert_eq!(outcome.is_ok(), is_good, "{mode:o}");
        if let Err(cause) = outcome {
            assert!(cause.to_string().contains("key.pem: everybody on this machine may read"), "{cause}");
        }
    }
}

#[test]
fn sec_203_an_expired_certificate_starts_all_the_same() {
    let tls = Folder::new().with(&pair(&PKCS_ECDSA_P256_SHA256, 2025)).load().unwrap();
    assert!(tls.valid_until().has_come(NOW));
}

#[test]
fn sec_203_a_good_pair_replaces_the_one_in_use_and_a_bad_one_does_not() {
    let folder = Folder::new().with(&good());
    let tls = folder.load().unwrap();
    let first = tls.fingerprint();
    assert_eq!(tls.refresh(NOW), Refreshed::Unchanged);
    assert_eq!(tls.to_be_renewed_before(), Some(tls.valid_until()));
    let refused = |words: &str| {
        let outcome = tls.refresh(NOW);
        assert!(matches!(&outcome, Refreshed::Refused(reason) if reason.contains(words)), "{words}: {outcome:?}");
        assert_eq!(tls.fingerprint(), first, "{words}");
    };
    let (certificate, key) = good();
    folder.write_certificate(&certificate);
    refused("does not belong to");
    folder.write_certificate(&cut(&certificate));
    refused("certificate.pem");
    let (expired, its_key) = pair(&PKCS_ECDSA_P256_SHA256, 2025);
    folder.write_certificate(&expired);
    folder.write_key(&its_key);
    refused("was over at 2025-01-01");
    for (host, from, words) in
        [(HOST, 2028, "is not valid before 2028-01-01"), ("autre.exemple.fr", 2020, "is not for identite.exemple.fr")]
    {
        let (certificate, key) = pair_of(host, &PKCS_ECDSA_P256_SHA256, from, 2030);
        folder.write_certificate(&certificate);
        folder.write_key(&key);
        refused(words);
    }
    fs::remove_file(folder.key()).unwrap();
    refused("key.pem: No such file");
    folder.write_certificate(&certificate);
    refused("key.pem: No such file");
    folder.write_key(&key);
    assert_eq!(tls.refresh(NOW), Refreshed::Replaced, "in two steps, and the second makes it good");
    assert_ne!(tls.fingerprint(), first);
    assert_eq!(tls.refresh(NOW), Refreshed::Unchanged);
}

#[test]
fn sec_207_a_certificate_is_made_for_the_host_kept_and_known_by_its_fingerprint() {
    let folder = tempfile::tempdir().unwrap();
    let made = |host: &str, now| Tls::self_signed(folder.path(), host, now).unwrap();
    let tls = made(HOST, NOW);
    assert!(tls.is_self_signed());
    assert_eq!(tls.to_be_renewed_before(), None, "it is made anew by itself: nobody is woken (SEC-166)");
    let digest = crate::crypto::sha256(&tls.certificate()).map(|byte| format!("{byte:02X}")).join(":");
    assert_eq!(tls.fingerprint(), digest);
    assert!(tls.shared.shown.get().is_for(HOST) && !tls.shared.shown.get().is_for("www.exemple.fr"));
    assert_eq!(made(HOST, NOW).fingerprint(), digest, "it is kept");
    let later = tls.valid_until();
    assert!(later.seconds_since(NOW) > 800 * DAY);
    let next = made(HOST, later);
    assert_ne!(next.fingerprint(), digest, "a new one when it is over");
    for host in ["autre.exemple.fr", "192.0.2.7", "[2001:db8::7]"] {
        let of_another = made(host, later);
        assert_ne!(of_another.fingerprint(), next.fingerprint());
        assert!(of_another.shared.shown.get().is_for(host), "{host}");
    }
}

#[test]
fn sec_207_a_certificate_of_our_own_is_renewed_while_it_serves() {
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::self_signed(folder.path(), HOST, NOW).unwrap();
    let before = tls.fingerprint();
    assert_eq!(tls.refresh(NOW), Refreshed::Unchanged);
    assert_eq!(tls.refresh(tls.valid_until()), Refreshed::Replaced);
    assert_ne!(tls.fingerprint(), before);
}

#[cfg(unix)]
#[test]
fn sec_207_the_key_that_is_made_is_its_owners_and_a_key_that_was_shown_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let load = || Tls::self_signed(folder.path(), HOST, NOW);
    load().unwrap();
    let key = self_signed::places(folder.path()).key;
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(load().unwrap_err().to_string().contains("everybody on this machine may read"));
}

#[test]
fn sec_186_a_pair_that_is_made_replaces_the_one_before_whole_and_has_its_entries_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::self_signed(folder.path(), HOST, NOW).unwrap();
    let places = self_signed::places(folder.path());
    // Whoever reads on in a file that was opened before reads what it held.
    let before = [&places.certificate, &places.key].map(|path| {
        let linked = path.with_extension("before");
        fs::hard_link(path, &linked).unwrap();
        (fs::read(&linked).unwrap(), linked)
    });
    crypto::SYNCED.take();
    assert_eq!(tls.refresh(tls.valid_until()), Refreshed::Replaced);
    assert_eq!(crypto::SYNCED.take(), [folder.path(), folder.path()]);
    for (content, linked) in &before {
        assert_eq!(&fs::read(linked).unwrap(), content, "{}", linked.display());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "nothing else is left");
}

#[test]
fn sec_203_the_operator_is_reminded_once_at_30_14_7_and_1_days() {
    let tls = Folder::new().with(&good()).load().unwrap();
    let end = tls.valid_until();
    let reminders: Vec<u64> =
        (0..400).rev().filter_map(|half_days| tls.reminder(Timestamp(end.0 - half_days * DAY / 2 - 60))).collect();
    assert_eq!(reminders, [29, 13, 6, 0]);
}

#[test]
fn sec_154_there_is_no_early_data_no_session_kept_here_and_tickets_change_within_a_day() {
    let tls = Folder::new().with(&good()).load().unwrap();
    for config in [&tls.shared.own, &tls.shared.foreign, &tls.shared.asking] {
        assert_eq!(config.max_early_data_size, 0);
        assert!(!config.session_storage.can_cache());
        assert_eq!(config.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    }
    assert!(tls.shared.own.ticketer.enabled() && u64::from(tls.shared.own.ticketer.lifetime()) <= DAY);
    for config in [&tls.shared.foreign, &tls.shared.asking] {
        assert!(!config.ticketer.enabled() && config.send_tls13_tickets == 0);
    }
}

/// A pair of an RSA key of 1,024 bits.
const WEAK: (&str, &str) = (
    "\
-----BEGIN CERTIFICATE-----\n\
MIICHDCCAYWgAwIBAgIUL/rGuLoQIQ5FV8Ct2n2TnJBAC50wDQYJKoZIhvcNAQEL\n\
BQAwDzENMAsGA1UEAwwEd2VhazAgFw0yNjExMjUxNjA1MjNaGA8yMTI2MTEwMTE2\n\
MDUyM1owDzENMAsGA1UEAwwEd2VhazCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkC\n\
gYEAoY0fAfE7z34m/UH8p5SkD68ljejHMbSI0M2R2ZGknrM0f73l3YFSwzvgw5UD\n\
lwqmuIzhFZ08ZKxFp/pabdtisxtnhJ0KrvRvssVXvBzwTBM5V9+1dog7bzSD/4vz\n\
XmLjqKxrg4DBlnafBq6canuJzLJEMurGzHL34zZO+tmKPWUCAwEAAaNzMHEwHQYD\n\
VR0OBBYEFElFeWVKjiEKfa0wXX/52p9mv5O4MB8GA1UdIwQYMBaAFElFeWVKjiEK\n\
fa0wXX/52p9mv5O4MA8GA1UdEwEB/wQFMAMBAf8wHgYDVR0RBBcwFYITaWRlbnRp\n\
dGUuZXhlbXBsZS5mcjANBgkqhkiG9w0BAQsFAAOBgQBw2oqnSuQ9Aw+NUaSj7ffM\n\
0T20e5FaZl/vFnnBUCivwAydEXCwJRkY8DUulTFJEohFr8Yvl1GToaW3w/Klq4f6\n\
MnaC3SE9sgkaeJvkzVf+VgjbmNAtIRAxzqGqTTROKhrrOy/dM8B/ApkA4HPxuYZC\n\
G/yuDLAzFD9/cF7JiQrsQA==\n\
-----END CERTIFICATE-----\n\
",
    "\
-----BEGIN PRIVATE KEY-----\n\
MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBAKGNHwHxO89+Jv1B\n\
/KeUpA+vJY3oxzG0iNDNkdmRpJ6zNH+95d2BUsM74MOVA5cKpriM4RWdPGSsRaf6\n\
Wm3bYrMbZ4SdCq70b7LFV7wc8EwTOVfftXaIO280g/+L815i46isa4OAwZZ2nwau\n\
nGp7icyyRDLqxsxy9+M2TvrZij1lAgMBAAECgYBmJhRIJx+ZeHvwwSufTtZZ8HY/\n\
f8OMA0pLNOCXAIdlrYxxhUJ2R9JsDk11faCSfbKjmLit8QkB4wf8ScmqEwEZm8C5\n\
e0lysHglWCGelg0db5lbgkqjXG7QidPqatW09r40RT1ZmQZpDbu4xOLLFgwPYDZH\n\
UibQy2g4qMfbpVOvVQJBANQArOfJfpJqVi7IVsytxFyhcxINsu/nVd2E4zelYc6W\n\
O1rvCzyALa/mnQCpoiegDtZH9570mGq0skITUekvrbMCQQDDFA2Vi27zo0jnchpD\n\
En0oQMF/6Eli4KMM5dFCPwzRXld1axrpiP2N4us5J4jYndOnGxenb7Yte7xeD5wh\n\
mcyHAkEArbVb95QXPNsagLywuocLJSc4xSsqWf5AUgDnuJmvOXnJaqoBl/Ii/UVF\n\
kdxsvHEelx9i2wDpvk0O3qs764iglwJAdDyco4DDibS/mfjpIRIBNVzwb1BvedU0\n\
EllVyM1cy9wU7Mf27zRLMKIHWrTt23SfSrDf9UqhGJTj9oACnhrQPQJAUtanHr5j\n\
q73JVjxwDFe8imICUq8QD4r5CcRYxqqRX9Yp7TZGdRtJCytw1ZcMi9khtFGOJ5Ma\n\
bm6Bnf6ADuW4Cg==\n\
-----END PRIVATE KEY-----\n\
",
);
