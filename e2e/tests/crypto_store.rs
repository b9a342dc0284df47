//! The crypto library's own conformance suite over our sealed rows, on SQLite and on PostgreSQL.

// The suite is a macro that asks for features of the crate it comes from.
#![allow(unexpected_cfgs)]

#[allow(dead_code)]
#[path = "../../crates/verbatim-store/tests/cluster/mod.rs"]
mod cluster;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use cluster::Cluster;
use rand::RngCore;
use tokio::sync::Mutex;
use verbatim_engine::ports::{CryptoRows, Entropy};
use verbatim_matrix::crypto_store::{RowsCryptoStore, RowsParts};
use verbatim_record::{StateRoot, Vault};
use verbatim_store::SqlStore;

struct Chance;

impl Entropy for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        rand::rng().fill_bytes(buffer);
    }
}

/// A test's store, and how often it was cleared: each clearing is a namespace of its own.
struct Place {
    rows: Arc<dyn CryptoRows>,
    cleared: u32,
}

static PLACES: LazyLock<Mutex<HashMap<String, Place>>> = LazyLock::new(Mutex::default);

async fn store(
    name: &str,
    clear: bool,
    rows: impl AsyncFnOnce() -> Arc<dyn CryptoRows>,
) -> RowsCryptoStore {
    let mut places = PLACES.lock().await;
    if !places.contains_key(name) {
        let rows = rows().await;
        places.insert(name.to_owned(), Place { rows, cleared: 0 });
    }
    let place = places.get_mut(name).expect("just put there");
    place.cleared += u32::from(clear);
    let parts = RowsParts {
        rows: place.rows.clone(),
        vault: Arc::new(Vault::new(&StateRoot::new([7; 32].into()))),
        entropy: Arc::new(Chance),
        fence: None,
    };
    RowsCryptoStore::new(parts, format!("{name}/{}", place.cleared))
}

async fn sqlite() -> Arc<dyn CryptoRows> {
    SqlStore::in_memory().expect("a store in memory")
}

mod on_sqlite {
    use super::RowsCryptoStore;
    use matrix_sdk_crypto::{cryptostore_integration_tests, cryptostore_integration_tests_time};

    async fn get_store(name: &str, _passphrase: Option<&str>, clear: bool) -> RowsCryptoStore {
        super::store(&format!("sqlite-{name}"), clear, super::sqlite).await
    }

    cryptostore_integration_tests!();
    cryptostore_integration_tests_time!();
}

/// Says to the second run of this program where the server is.
const ADDRESS: &str = "VERBATIM_CONFORMANCE_POSTGRES";

/// Starts a server, has this very program run the suite on it, and stops the server: a test of the
/// suite has no place of its own where that could be done.
#[test]
fn on_a_postgres_server() {
    if !cluster::is_wanted() {
        return;
    }
    let server = Cluster::start("-c fsync=off");
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["on_postgres::", "--test-threads=4"])
        .env(ADDRESS, server.database())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    let passed = told
        .lines()
        .find_map(|line| line.strip_prefix("test result: ok. ")?.split_once(' '));
    let passed: u32 = passed.unwrap().0.parse().unwrap();
    assert!(
        passed >= 35,
        "only {passed} tests of the suite ran:\n{told}"
    );
}

/// Run by [`on_a_postgres_server`]; by themselves these tests say so and take SQLite.
mod on_postgres {
    use std::sync::Arc;

    use super::{ADDRESS, CryptoRows, RowsCryptoStore, SqlStore};
    use matrix_sdk_crypto::{cryptostore_integration_tests, cryptostore_integration_tests_time};

    async fn rows() -> Arc<dyn CryptoRows> {
        let Ok(address) = std::env::var(ADDRESS) else {
            println!("no server named, on SQLite: see on_a_postgres_server");
            return super::sqlite().await;
        };
        SqlStore::connect(&address)
            .await
            .expect("the server that was named")
    }

    async fn get_store(name: &str, _passphrase: Option<&str>, clear: bool) -> RowsCryptoStore {
        super::store(&format!("postgres-{name}"), clear, rows).await
    }

    cryptostore_integration_tests!();
    cryptostore_integration_tests_time!();
}
