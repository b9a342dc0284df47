use std::sync::Arc;

use matrix_sdk_crypto::OlmMachine;
use matrix_sdk_crypto::store::CryptoStore;
use ruma::{device_id, user_id};
use verbatim_engine::ports::{Fence, PlatformError};
use verbatim_record::{StateRoot, Vault};

use super::*;
use crate::testing::{CountingEntropy, MemoryRows};

fn parts(rows: &Arc<MemoryRows>, generation: Option<u64>) -> RowsParts {
    RowsParts {
        rows: rows.clone(),
        vault: Arc::new(Vault::new(&StateRoot::new([9; 32].into()))),
        entropy: Arc::new(CountingEntropy::default()),
        fence: generation.map(|generation| Fence { generation }),
    }
}

async fn machine(parts: RowsParts) -> Result<OlmMachine, PlatformError> {
    let store = RowsCryptoStore::new(parts, "n");
    OlmMachine::with_store(user_id!("@a:x"), device_id!("D"), store, None)
        .await
        .map_err(crypto_store_error)
}

#[tokio::test]
async fn a_machine_comes_back_with_its_keys_and_identity() {
    let rows = Arc::new(MemoryRows::default());
    let first = machine(parts(&rows, None)).await.unwrap();
    first.bootstrap_cross_signing(false).await.unwrap();
    let again = machine(parts(&rows, None)).await.unwrap();
    assert_eq!(again.identity_keys(), first.identity_keys());
    assert!(again.cross_signing_status().await.is_complete());
}

#[tokio::test]
async fn an_older_lease_cannot_write() {
    let rows = Arc::new(MemoryRows::default());
    rows.set_generation(1);
    let old = machine(parts(&rows, Some(1))).await.unwrap();
    rows.set_generation(2);
    let error = old.bootstrap_cross_signing(false).await.unwrap_err();
    assert_eq!(crypto_store_error(error), PlatformError::Fenced);
    assert_eq!(
        machine(parts(&rows, Some(2)))
            .await
            .unwrap()
            .identity_keys(),
        old.identity_keys()
    );
}

#[tokio::test]
async fn an_absent_store_is_not_a_refusal() {
    let rows = Arc::new(MemoryRows::default());
    rows.set_gone(true);
    let error = machine(parts(&rows, None)).await.err();
    assert!(
        matches!(error, Some(PlatformError::Unavailable(_))),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_row_in_another_place_does_not_open() {
    let rows = Arc::new(MemoryRows::default());
    let store = RowsCryptoStore::new(parts(&rows, None), "n");
    store
        .set_custom_value("one", b"secret value".to_vec())
        .await
        .unwrap();
    let (_, _, sealed) = rows.dump().remove(0);
    rows.poke("n", key(kinds::CUSTOM, "two", ""), sealed);
    assert!(matches!(
        store.get_custom_value("two").await,
        Err(RowsError::Seal(_))
    ));
    assert_eq!(
        store.get_custom_value("one").await.unwrap().as_deref(),
        Some(&b"secret value"[..])
    );
}

#[tokio::test]
async fn nothing_is_kept_in_clear() {
    let rows = Arc::new(MemoryRows::default());
    let store = RowsCryptoStore::new(parts(&rows, None), "n");
    store
        .set_custom_value("k", b"a very secret value".to_vec())
        .await
        .unwrap();
    let clear = |bytes: &[u8]| bytes.windows(6).any(|part| part == b"secret");
    assert!(rows.dump().iter().all(|(_, _, bytes)| !clear(bytes)));
}
