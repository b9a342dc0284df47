//! ECDSA on P-256 as a log's signature, against published vectors.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verbatim_record::note::{Algorithm, Note, NoteError, Signer, VerifierKey, ecdsa_der};
use verbatim_record::signing::FileSigner;
use verbatim_record::{Checkpoint, Frontier};

use crate::common::{check_golden, golden};

/// RFC 6979 appendix A.2.5: key, and signature of "sample" with SHA-256.
const RFC_SECRET: &str = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
const RFC_POINT: &str = "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
    7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
const RFC_SIGNATURE: &str = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
    f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
/// The key of a public log, as its verifiers have it: its name, its id, its key.
const PUBLIC_LOG: &str = "rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U1eQXBogS\
    MdGvXwBcK5AW5i0hrZLOC96l+smGNM7nwZ4QvFK/4sueRoVj//QP22Ni4Qt9DPfkWLc=";

fn signer(name: &str) -> FileSigner {
    let mut seed = [0; 32];
    hex::decode_to_slice(RFC_SECRET, &mut seed).unwrap();
    FileSigner::from_seed(name, Algorithm::EcdsaP256, &seed).unwrap()
}

#[test]
fn the_vector_of_the_standard_is_what_we_sign_and_believe() {
    let point: [u8; 65] = hex::decode(RFC_POINT).unwrap().try_into().unwrap();
    let key = VerifierKey::ecdsa_p256("log", &point).unwrap();
    let signer = signer("log");
    assert_eq!(*signer.verifier(), key);
    let signature = ecdsa_der(&hex::decode(RFC_SIGNATURE).unwrap()).unwrap();
    assert!(key.fits(b"sample", &signature));
    assert_eq!(signer.sign(b"sample").unwrap(), signature);
    assert!(!key.fits(b"sampel", &signature));
}

#[test]
fn a_key_has_the_id_and_the_spelling_of_the_specification() {
    let key: VerifierKey = PUBLIC_LOG.parse().unwrap();
    assert_eq!(key.to_string(), PUBLIC_LOG);
    assert_eq!(key.algorithm(), Algorithm::EcdsaP256);
    // Of the key alone: under another name it is the same.
    assert_eq!(signer("a").verifier().id(), signer("b").verifier().id());
}

#[test]
fn a_checkpoint_is_believed_as_it_was_signed_and_in_no_other_spelling() {
    let log = signer("log.example/acme");
    let checkpoint = Checkpoint {
        origin: "log.example/acme".into(),
        size: 0,
        root: Frontier::new().root(),
    };
    let note = checkpoint.sign(&log).unwrap();
    let text = note.to_string();
    let read = Note::parse(&text).unwrap();
    assert_eq!(Checkpoint::open(&read, log.verifier()).unwrap(), checkpoint);
    let der = note.signatures[0].bytes.clone();
    let check = |what: &str, bytes: Vec<u8>| {
        let mut altered = note.clone();
        altered.signatures[0].bytes = bytes;
        let refused = NoteError::BadSignature("log.example/acme".into());
        let keys = [log.verifier().clone()];
        assert_eq!(altered.check(&keys), Err(refused), "{what}");
    };
    for at in 0..der.len() {
        let mut altered = der.clone();
        altered[at] ^= 1;
        check(&format!("byte {at}"), altered);
    }
    check("a byte more", [der.as_slice(), &[0]].concat());
    check("a byte less", der[..der.len() - 1].to_vec());
    check("two bare numbers", raw(&der));
    check("nothing but a head", vec![0x30]);
    // A cosignature's algorithm over the same key is another key.
    let other = log.verifier().to_string().replace("+Aj", "+BD");
    assert!(other.parse::<VerifierKey>().is_err());
}

/// `docs/formats/log.md`: signed without chance, so it never looks otherwise.
#[test]
fn the_golden_checkpoint() {
    let log = signer("log.example/acme");
    let checkpoint = Checkpoint {
        origin: "log.example/acme".into(),
        size: 0,
        root: Frontier::new().root(),
    };
    let name = "checkpoint-ecdsa.note";
    check_golden(name, &checkpoint.sign(&log).unwrap().to_string());
    let key = "log.example/acme+5a7a78cc+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGD+1LolWp0xyWHrdMY1bWjASbiS\
        O2H6bOZpYi5g8p+2eQP+EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk=";
    assert_eq!(log.verifier().to_string(), key);
    let note = Note::parse(&golden(name)).unwrap();
    let read = Checkpoint::open(&note, &key.parse().unwrap()).unwrap();
    assert_eq!(read, checkpoint);
}

/// The two numbers without their frame.
fn raw(der: &[u8]) -> Vec<u8> {
    let number = |at: usize| {
        let length = usize::from(der[at + 1]);
        let bytes = &der[at + 2..at + 2 + length];
        let bytes = &bytes[bytes.len().saturating_sub(32)..];
        let mut padded = vec![0; 32 - bytes.len()];
        padded.extend(bytes);
        (padded, at + 2 + length)
    };
    let (r, next) = number(2);
    [r, number(next).0].concat()
}

#[test]
fn keys_that_are_not_on_the_curve_or_of_another_kind_are_refused() {
    let check = |change: &dyn Fn(&mut Vec<u8>), why: &str| {
        let text = signer("log").verifier().to_string();
        // The last part may hold a `+` itself.
        let parts: Vec<_> = text.splitn(3, '+').collect();
        let mut key = STANDARD.decode(parts[2]).unwrap();
        change(&mut key);
        let changed = format!("{}+{}+{}", parts[0], parts[1], STANDARD.encode(key));
        let error = changed.parse::<VerifierKey>().unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    let not_ours = "not an ECDSA key on P-256";
    check(&|key| key[91] ^= 1, not_ours);
    // P-384 by its identifier, a compressed point, something behind, nothing at all.
    check(&|key| key[22] = 0x22, not_ours);
    check(&|key| key[27] = 2, not_ours);
    check(&|key| key.push(0), not_ours);
    check(&|key| key.truncate(1), not_ours);
    check(&|key| key[0] = 5, "0x05 (RFC 6962 tree heads)");
    check(&|key| key[0] = 0x77, "0x77; this program knows");
}
