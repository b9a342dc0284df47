//! The formats as they were promised: old data must stay readable, and new data must look the same.

use crate::common::*;
use verbatim_domain::Timestamp;
use verbatim_record::{
    Body, FormatError, Frontier, Kek, KekFile, KeyError, Keyring, Kind, Leaf, SealError,
    SealedRecord, StateRoot, Vault, WrappedKek,
};

#[test]
fn bodies() {
    for (name, body) in [
        ("body-1-full.hex", full_body()),
        ("body-1-small.hex", small_body()),
    ] {
        check_golden(name, &hex_lines(&body.encode(&counting(0x80))));
        let read = Body::decode(&from_hex_lines(&golden(name))).unwrap();
        assert_eq!(read, (body, counting(0x80)), "{name}");
    }
}

#[test]
fn leaf() {
    let leaf = golden_leaf();
    let text = parts(&[("entry", &leaf.encode()), ("hash", &leaf.hash())]);
    check_golden("leaf-1.txt", &text);
    assert_eq!(
        Leaf::decode(&part(&golden("leaf-1.txt"), "entry")).unwrap(),
        leaf
    );
    assert!(leaf.encode().len() <= 300);
}

#[test]
fn frontiers() {
    let mut frontier = Frontier::new();
    for (size, name) in [(0, "frontier-1-0.txt"), (7, "frontier-1-7.txt")] {
        while frontier.size() < size {
            frontier.push(&[frontier.size() as u8; 32]);
        }
        check_golden(
            name,
            &parts(&[("state", &frontier.encode()), ("root", &frontier.root())]),
        );
        assert_eq!(
            Frontier::decode(&part(&golden(name), "state")).unwrap(),
            frontier
        );
    }
}

#[test]
fn key_file() {
    let kek = kek();
    check_golden("kek-1.txt", kek.to_text().as_str());
    let read = Kek::parse(&golden("kek-1.txt")).unwrap();
    assert_eq!(read.check(), kek.check());
    let root = state_root().wrap(&kek, &counting(0x30));
    check_golden("state-root-1.txt", &parts(&[("wrapped", &root)]));
    let stored = part(&golden("state-root-1.txt"), "wrapped");
    let root = StateRoot::unwrap(&read, &stored).unwrap();
    assert_eq!(
        Vault::new(&root).index("number", "1"),
        Vault::new(&state_root()).index("number", "1")
    );
    let derived = parts(&[
        ("id", &hex::decode(kek.id()).unwrap()),
        ("check", &kek.check()),
        ("derive test", &*kek.derive("test")),
    ]);
    check_golden("kek-1-derived.txt", &derived);
}

/// The token's key is `50 51 … 6f`, the nonce `70 71 … 7b`. Its tag was computed by another program; a
/// real token opens it in the tests of `verbatim-hsm`.
#[test]
fn wrapped_key_file() {
    let text = golden("kek-2.txt");
    let KekFile::Wrapped(read) = KekFile::parse(&text).unwrap() else {
        panic!("form 2");
    };
    assert_eq!(
        (read.id(), read.token_key()),
        (&*kek().id(), "verbatim-kek")
    );
    let again = WrappedKek::new(&kek(), "verbatim-kek", read.wrapped().to_vec());
    check_golden("kek-2.txt", &again.unwrap().to_text());
    assert_eq!(
        read.opened(kek().bytes().as_ref()).unwrap().check(),
        kek().check()
    );
}

#[test]
fn sealed_record() {
    let ring = Keyring::new(&kek());
    let bucket_key = kek().wrap_bucket(BUCKET, &counting(0x40), &counting(0x60));
    ring.open_bucket(BUCKET, &bucket_key).unwrap();
    let sealed = seal(
        &ring,
        0x10,
        Kind::MessageIn,
        1_795_000_000_789,
        &full_body(),
    );
    let text = parts(&[
        ("bucket_key", &bucket_key),
        ("id", sealed.id.0.as_bytes()),
        ("commitment", &sealed.commitment),
        ("ciphertext_hash", &sealed.ciphertext_hash),
        ("key_commitment", &sealed.key_commitment),
        ("ciphertext", &sealed.ciphertext),
        ("wrapped_key", &sealed.wrapped_key),
    ]);
    check_golden("sealed-1.txt", &text);
    assert_eq!(open_golden(&golden("sealed-1.txt")).unwrap(), full_body());
}

/// Opens the golden record from its file and the key file alone.
fn open_golden(text: &str) -> Result<Body, SealError> {
    let ring = Keyring::new(&Kek::parse(&golden("kek-1.txt")).unwrap());
    ring.open_bucket(BUCKET, &part(text, "bucket_key"))?;
    let hash = |name| part(text, name).try_into().unwrap();
    ring.open(&SealedRecord {
        id: record_id(0x10),
        kind: Kind::MessageIn,
        captured_at: Timestamp(1_795_000_000_789),
        bucket: BUCKET,
        wrapped_by: BUCKET,
        commitment: hash("commitment"),
        ciphertext_hash: hash("ciphertext_hash"),
        key_commitment: hash("key_commitment"),
        ciphertext: part(text, "ciphertext"),
        wrapped_key: part(text, "wrapped_key"),
    })
}

#[test]
fn vault() {
    let vault = Vault::new(&state_root());
    let sealed = vault.seal("contact-name", b"row 1", "Ada".as_bytes(), counting(0x30));
    let index = vault.index("number", "+15550100");
    check_golden(
        "vault-1.txt",
        &parts(&[("sealed", &sealed), ("index", &index)]),
    );
    let stored = part(&golden("vault-1.txt"), "sealed");
    assert_eq!(
        vault.open("contact-name", b"row 1", &stored).unwrap(),
        b"Ada"
    );
}

/// Old reader, new data: the version is named, whatever follows it.
#[test]
fn a_newer_version_is_named() {
    fn newer<T: std::fmt::Debug>(result: Result<T, FormatError>, than: u8) {
        match result {
            Err(error @ FormatError::UnknownVersion { found, known, .. })
                if known == than && found == u64::from(than) + 1 =>
            {
                let words = format!("version {found}");
                assert!(error.to_string().contains(&words), "{error}");
            }
            other => panic!("{other:?}"),
        }
    }
    fn check<T: std::fmt::Debug>(result: Result<T, FormatError>) {
        newer(result, 1);
    }
    fn format<T>(result: Result<T, SealError>) -> Result<T, FormatError> {
        result.map_err(|error| match error {
            SealError::Format(error) => error,
            other => panic!("{other}"),
        })
    }
    let ring = keyring();
    check(Body::decode(&[0xa1, 0x00, 0x02]));
    check(Body::decode(&[0xa2, 0x00, 0x02, 0xff, 0xff]));
    check(Leaf::decode(&[2; 500]));
    check(Leaf::decode(&[2]));
    check(Frontier::decode(&[2, 1]));
    check(format(ring.open_bucket(BUCKET, &[2; 9])));
    check(format(StateRoot::unwrap(&kek(), &[2, 1])));
    newer(format(Vault::new(&state_root()).open("p", b"", &[3, 1])), 2);
    let sealed = seal(&ring, 1, Kind::Notice, 0, &small_body());
    let later = SealedRecord {
        wrapped_key: vec![3; 73],
        ..sealed.clone()
    };
    newer(format(ring.open(&later)), 2);
    let ciphertext = vec![2; 100];
    let ciphertext_hash = sha256(&ciphertext);
    check(format(ring.open(&SealedRecord {
        ciphertext,
        ciphertext_hash,
        ..sealed
    })));
    let newer = kek()
        .to_text()
        .replace("verbatim-kek: 1", "verbatim-kek: 3");
    assert_eq!(
        Kek::parse(&newer).unwrap_err(),
        KeyError::UnknownVersion("3".into())
    );
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).into()
}
