//! Rotation: what is wrapped under one key-encryption key is wrapped again under another, and nothing
//! else changes.

use verbatim_record::{FormatError, Kek, Keyring, Kind, SealError, StateRoot, Vault};

use crate::common::*;

fn next() -> Kek {
    Kek::from_bytes([9; 32])
}

#[test]
fn a_record_opens_after_its_bucket_key_was_wrapped_again() {
    let sealed = seal(&keyring(), 1, Kind::MessageIn, 0, &small_body());
    let old = kek().wrap_bucket(BUCKET, &counting(0x40), &counting(0x60));
    let new = kek()
        .rewrap_bucket(&next(), BUCKET, &old, &[1; 24])
        .unwrap();
    let ring = Keyring::new(&next());
    assert_eq!(ring.open_bucket(BUCKET, &old), Err(SealError::BucketKey));
    ring.open_bucket(BUCKET, &new).unwrap();
    // `seal` draws the time of capture into the record, not into this body.
    assert_eq!(ring.open(&sealed), Ok(small_body()));
    assert_eq!(
        next().rewrap_bucket(&kek(), BUCKET, &old, &[1; 24]),
        Err(SealError::BucketKey),
        "what does not open is not wrapped again"
    );
}

#[test]
fn a_ring_goes_on_under_the_next_key() {
    let ring = keyring();
    let sealed = seal(&ring, 1, Kind::MessageIn, 0, &small_body());
    ring.rekey(next());
    assert_eq!(ring.kek().check(), next().check());
    assert_eq!(ring.open(&sealed), Ok(small_body()));
    let old = kek().wrap_bucket(BUCKET, &counting(0x40), &counting(0x60));
    assert_eq!(ring.open_bucket(BUCKET, &old), Err(SealError::BucketKey));
}

#[test]
fn the_state_root_survives_a_rotation_and_any_change_to_it_shows() {
    let sealed = Vault::new(&state_root()).seal("name", b"", b"Ada", [3; 24]);
    let old = state_root().wrap(&kek(), &[4; 24]);
    let new = StateRoot::unwrap(&kek(), &old)
        .unwrap()
        .wrap(&next(), &[5; 24]);
    let root = StateRoot::unwrap(&next(), &new).unwrap();
    assert_eq!(
        Vault::new(&root).open("name", b"", &sealed).unwrap(),
        b"Ada"
    );
    assert!(matches!(
        StateRoot::unwrap(&next(), &old),
        Err(SealError::StateRoot)
    ));
    for at in 0..new.len() {
        let mut altered = new.clone();
        altered[at] ^= 1;
        match StateRoot::unwrap(&next(), &altered) {
            Err(SealError::Format(FormatError::UnknownVersion { .. })) if at == 0 => {}
            Err(SealError::StateRoot) => {}
            other => panic!("byte {at}: {other:?}"),
        }
        assert!(StateRoot::unwrap(&next(), &new[..at]).is_err());
    }
}

/// Before there was a state root, the keys of the state were derived from the key-encryption key: the
/// golden vault was written so.
#[test]
fn an_old_installation_reads_what_it_wrote() {
    let vault = Vault::new(&StateRoot::of_old_installation(&kek()));
    let stored = part(&golden("vault-1.txt"), "sealed");
    assert_eq!(
        vault.open("contact-name", b"row 1", &stored).unwrap(),
        b"Ada"
    );
    let index = part(&golden("vault-1.txt"), "index");
    assert_eq!(vault.index("number", "+15550100").to_vec(), index);
}
