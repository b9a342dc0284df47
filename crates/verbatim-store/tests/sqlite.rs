//! The suite on SQLite: in a file with its writer thread, and in memory.

mod suite;

use std::sync::Arc;

use suite::world::World;
use verbatim_store::{Dialect, SqlStore, never_run};

fn world(store: &Arc<SqlStore>) -> World {
    World::new(Arc::clone(store) as _, Arc::clone(store) as _)
}

#[tokio::test]
async fn the_suite_passes_in_a_file_and_runs_every_statement() {
    for (name, case) in suite::all() {
        println!("{name}");
        let dir = tempfile::tempdir().unwrap();
        let store = SqlStore::open(&dir.path().join("store.db")).unwrap();
        case(&world(&store)).await;
    }
    assert_eq!(
        never_run(Dialect::Sqlite),
        Vec::<&str>::new(),
        "statements that no case runs"
    );
}

#[tokio::test]
async fn the_suite_passes_in_memory() {
    for (name, case) in suite::all() {
        println!("{name}");
        case(&world(&SqlStore::in_memory().unwrap())).await;
    }
}
