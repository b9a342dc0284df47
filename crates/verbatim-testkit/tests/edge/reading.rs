//! Who has an edge's keys and a copy of the store opens nothing of it, whatever is tried.

use verbatim_engine::ports::{PageAt, Store};
use verbatim_record::{ArchiveKey, Kek, Keyring, SealError, SealedRecord, StateRoot, Vault};

use crate::node::*;
use crate::years::*;

/// Everything in the file that is 32 bytes long, as every kind of key that there is.
fn tried(file: &str) -> Vec<[u8; 32]> {
    let mut keys = Vec::new();
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        let (_, value) = line.split_once(": ").unwrap();
        use sha2::Digest;
        keys.push(sha2::Sha256::digest(value).into());
        let padded = format!("{value:0<64}");
        if let Some(bytes) = base64(value).or_else(|| base64(&padded)) {
            keys.push(bytes);
        }
    }
    keys
}

/// 32 bytes of standard base64.
fn base64(text: &str) -> Option<[u8; 32]> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = LETTERS.iter().position(|l| *l == letter)?;
        (bits, held) = (bits << 6 | u32::try_from(value).ok()?, held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    bytes.try_into().ok()
}

fn opens(ring: &Keyring, record: &SealedRecord) -> bool {
    match ring.open(record) {
        Ok(_) => true,
        Err(SealError::BucketNotOpen(_) | SealError::DataKey | SealError::NoArchiveKey) => false,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_edges_keys_open_nothing_in_a_copy_of_the_store() {
    let house = House::new().await;
    house.text_from(CLIENT, "by the full node").await;
    house.work().await;
    let edge = edge(&house).await;
    text_to(&edge, &house, CLIENT, "adopted").await;
    house.work().await;
    text_to(&edge, &house, OTHER, "not adopted").await;
    text_to(&edge, &house, CLIENT, "not adopted either").await;
    assert_eq!(unadopted(&house).await, 2);

    let file = house.engine.edge_keys(&ann()).await.unwrap();
    let keys = tried(&file);
    assert!(keys.len() >= 5, "{} keys to try", keys.len());
    let standing = house.store.standing_installation().await.unwrap().unwrap();
    let records = stored(&house).await;
    let all = || PageAt {
        after: None,
        limit: 100,
    };
    let contacts = house.store.contacts(None, all()).await.unwrap().items;
    let employees = house.store.employees(all()).await.unwrap().items;
    let jobs = house
        .store
        .due_jobs(verbatim_domain::Timestamp(i64::MAX), &[], 100);
    let mut sealed: Vec<(&str, String, Vec<u8>)> = Vec::new();
    for contact in &contacts {
        sealed.push(("name", String::new(), contact.name.0.clone()));
        sealed.extend(
            contact
                .numbers
                .iter()
                .map(|(_, n)| ("number", String::new(), n.0.clone())),
        );
    }
    sealed.extend(
        employees
            .iter()
            .map(|e| ("name", String::new(), e.name.0.clone())),
    );
    sealed.extend(
        jobs.await
            .unwrap()
            .iter()
            .filter_map(|j| Some(("job", format!("text {}", j.message?), j.payload.0.clone()))),
    );
    sealed.retain(|(.., bytes)| !bytes.is_empty());
    assert!(sealed.len() >= 4, "{} sealed things", sealed.len());

    for key in &keys {
        let kek = Kek::from_bytes(*key);
        assert!(StateRoot::unwrap(&kek, &standing.state_root).is_err());
        assert!(ArchiveKey::unwrap(&kek, &standing.archive_key).is_err());
        let ring = Keyring::new(&kek).with_archive(ArchiveKey::new(&(*key).into()));
        for (bucket, wrapped) in house.store.bucket_keys().await.unwrap() {
            assert!(ring.open_bucket(bucket, &wrapped).is_err());
            // As if it were the bucket's key itself.
            let as_bucket = kek.wrap_bucket(bucket, key, &[1; 24]);
            ring.open_bucket(bucket, &as_bucket).unwrap();
        }
        for record in &records {
            assert!(!opens(&ring, &record.sealed));
        }
        let roots = [
            StateRoot::new((*key).into()),
            StateRoot::of_old_installation(&kek),
        ];
        for root in roots {
            let vault = Vault::new(&root).with_archive(ArchiveKey::new(&(*key).into()));
            for (purpose, context, bytes) in &sealed {
                assert!(
                    vault.open(purpose, context.as_bytes(), bytes).is_err(),
                    "{purpose}"
                );
            }
        }
    }
    // The same tries with the right key open everything: they could have failed.
    let kek = Kek::from_bytes([7; 32]);
    let archive = ArchiveKey::unwrap(&kek, &standing.archive_key).unwrap();
    let ring = Keyring::new(&kek).with_archive(archive.clone());
    for (bucket, wrapped) in house.store.bucket_keys().await.unwrap() {
        ring.open_bucket(bucket, &wrapped).unwrap();
    }
    assert!(records.iter().all(|record| opens(&ring, &record.sealed)));
    let root = StateRoot::unwrap(&kek, &standing.state_root).unwrap();
    let vault = Vault::new(&root).with_archive(archive);
    for (purpose, context, bytes) in &sealed {
        assert!(
            vault.open(purpose, context.as_bytes(), bytes).is_ok(),
            "{purpose}"
        );
    }
}
