//! The crypto library's own conformance suite, and what our store promises beyond it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use matrix_sdk_crypto::DeviceData;
use matrix_sdk_crypto::olm::{Account, InboundGroupSession};
use matrix_sdk_crypto::store::types::{Changes, DeviceChanges, PendingChanges};
use matrix_sdk_crypto::store::{CryptoStore, CryptoStoreError};
use ruma::{device_id, room_id, user_id};
use verbatim_engine::ports::{Entropy, Fence, StoreError};
use verbatim_record::{Kek, Vault};

use super::codec::{key, kind};
use super::memory::MemoryRows;
use super::{FenceCell, RowsStore, RowsStoreError, store_error};

const NAMESPACE: &str = "device";
const KEK: [u8; 32] = [7; 32];

/// Never the same bytes twice; nothing here needs them to be a surprise.
#[derive(Default)]
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            chunk.copy_from_slice(&count[..chunk.len()]);
        }
    }
}

fn open(rows: &Arc<MemoryRows>, fence: Option<Fence>) -> RowsStore {
    RowsStore::new(
        rows.clone(),
        Arc::new(Vault::new(&Kek::from_bytes(KEK))),
        Arc::new(Counter::default()),
        NAMESPACE.to_owned(),
        Arc::new(FenceCell::new(fence)),
    )
}

/// What the suite asks for: the store of a name, emptied if so wished. The passphrase is for stores
/// that seal by one; ours always seals, by the vault.
async fn get_store(name: &str, _passphrase: Option<&str>, clear_data: bool) -> RowsStore {
    static STORES: LazyLock<Mutex<HashMap<String, Arc<MemoryRows>>>> =
        LazyLock::new(Mutex::default);
    let mut stores = STORES.lock().unwrap();
    if clear_data {
        stores.remove(name);
    }
    open(stores.entry(name.to_owned()).or_default(), None)
}

/// The library's macros ask for features of the package they are written in, and ours has none such.
#[allow(unexpected_cfgs)]
mod conformance {
    use matrix_sdk_crypto::{cryptostore_integration_tests, cryptostore_integration_tests_time};

    use super::get_store;

    cryptostore_integration_tests!();
    cryptostore_integration_tests_time!();
}

fn alice() -> Account {
    Account::with_device_id(user_id!("@alice:example.org"), device_id!("ALICE"))
}

fn pending(account: &Account) -> PendingChanges {
    let account = Some(account.deep_clone());
    PendingChanges { account }
}

fn own_device(account: &Account) -> DeviceChanges {
    let new = vec![DeviceData::from_account(account)];
    DeviceChanges {
        new,
        ..Default::default()
    }
}

async fn group_session(account: &Account) -> InboundGroupSession {
    let pair = account.create_group_session_pair_with_defaults(room_id!("!one:example.org"));
    pair.await.1
}

#[tokio::test]
async fn a_save_is_one_transaction() {
    let rows = Arc::default();
    let store = open(&rows, None);
    let account = alice();
    store.save_pending_changes(pending(&account)).await.unwrap();
    assert_eq!(rows.state().applied, 1);

    let changes = Changes {
        devices: own_device(&account),
        inbound_group_sessions: vec![group_session(&account).await],
        next_batch_token: Some("token".to_owned()),
        backup_version: Some("1".to_owned()),
        ..Default::default()
    };
    store.save_changes(changes).await.unwrap();
    assert_eq!(rows.state().applied, 2);
    let namespace = &rows.state().namespaces[NAMESPACE];
    assert_eq!((namespace.rows.len(), namespace.sessions.len()), (4, 1));
}

#[tokio::test]
async fn nothing_to_save_is_no_transaction() {
    let rows = Arc::default();
    let store = open(&rows, None);
    store.save_changes(Changes::default()).await.unwrap();
    store
        .save_pending_changes(PendingChanges::default())
        .await
        .unwrap();
    store.save_tracked_users(&[]).await.unwrap();
    assert_eq!(rows.state().applied, 0);
}

#[tokio::test]
async fn without_the_lease_nothing_is_written_and_the_caller_can_tell() {
    let rows = Arc::<MemoryRows>::default();
    rows.state().fence = Some(Fence { generation: 2 });
    let store = open(&rows, Some(Fence { generation: 1 }));

    let error = store
        .save_pending_changes(pending(&alice()))
        .await
        .unwrap_err();
    assert_eq!(store_error(&error), Some(&StoreError::Fenced));
    let error = CryptoStoreError::from(error);
    assert_eq!(store_error(&error), Some(&StoreError::Fenced));
    assert!(
        store.get_static_account().is_none(),
        "an account that was not saved is not known"
    );
    assert!(rows.state().namespaces.is_empty());

    store.fence.set(Some(Fence { generation: 2 }));
    store.save_pending_changes(pending(&alice())).await.unwrap();
    assert!(store.get_static_account().is_some());
}

#[tokio::test]
async fn contents_cannot_be_read_from_the_rows() {
    let rows = Arc::<MemoryRows>::default();
    let store = open(&rows, None);
    let plain = b"as plain as can be";
    store
        .set_custom_value("name", plain.to_vec())
        .await
        .unwrap();
    let row = rows.state().namespaces[NAMESPACE].rows[&key(kind::CUSTOM, "name", "")].clone();
    assert!(!row.windows(plain.len()).any(|window| window == plain));

    // The same value again is another row: the nonce is new.
    store
        .set_custom_value("name", plain.to_vec())
        .await
        .unwrap();
    assert_ne!(
        row,
        rows.state().namespaces[NAMESPACE].rows[&key(kind::CUSTOM, "name", "")]
    );
}

#[tokio::test]
async fn a_row_opens_only_where_it_was_put() {
    let rows = Arc::<MemoryRows>::default();
    let store = open(&rows, None);
    store
        .set_custom_value("here", b"value".to_vec())
        .await
        .unwrap();
    let [here, there] = ["here", "there"].map(|name| key(kind::CUSTOM, name, ""));
    {
        let mut state = rows.state();
        let namespace = state.namespaces.get_mut(NAMESPACE).unwrap();
        let row = namespace.rows[&here].clone();
        namespace.rows.insert(there, row);
    }
    assert_eq!(
        store.get_custom_value("here").await.unwrap().unwrap(),
        b"value"
    );
    let error = store.get_custom_value("there").await.unwrap_err();
    assert!(matches!(error, RowsStoreError::Sealed { .. }), "{error:?}");
}

#[tokio::test]
async fn a_group_session_is_of_one_room() {
    let rows = Arc::<MemoryRows>::default();
    let store = open(&rows, None);
    let session = group_session(&alice()).await;
    let id = session.session_id().to_owned();
    store
        .save_inbound_group_sessions(vec![session], None)
        .await
        .unwrap();

    let (right, wrong) = (room_id!("!one:example.org"), room_id!("!two:example.org"));
    assert!(
        store
            .get_inbound_group_session(right, &id)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        store
            .get_inbound_group_session(wrong, &id)
            .await
            .unwrap()
            .is_none()
    );

    // Nor does it follow if somebody rewrites the readable column.
    let mut state = rows.state();
    let row = state
        .namespaces
        .get_mut(NAMESPACE)
        .unwrap()
        .sessions
        .get_mut(&id)
        .unwrap();
    row.room_id = wrong.to_string();
    drop(state);
    let error = store
        .get_inbound_group_session(wrong, &id)
        .await
        .unwrap_err();
    assert!(matches!(error, RowsStoreError::Sealed { .. }), "{error:?}");
}

#[tokio::test]
async fn no_key_reaches_the_rows_with_a_nul() {
    let rows = Arc::<MemoryRows>::default();
    let store = open(&rows, None);
    store
        .set_custom_value("a\0b", b"value".to_vec())
        .await
        .unwrap();
    assert_eq!(
        store.get_custom_value("a\0b").await.unwrap().unwrap(),
        b"value"
    );
    assert!(
        rows.state().namespaces[NAMESPACE]
            .rows
            .keys()
            .all(|key| !key.k1.contains('\0'))
    );
}
