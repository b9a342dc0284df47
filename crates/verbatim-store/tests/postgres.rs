//! The suite on PostgreSQL, and what only several processes can do to each other.

mod cluster;
mod suite;

use std::sync::Arc;

use cluster::Cluster;
use suite::world::World;
use verbatim_store::{Dialect, SqlStore, never_run};

fn world(store: &Arc<SqlStore>) -> World {
    World::new(Arc::clone(store) as _, Arc::clone(store) as _)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_passes_and_runs_every_statement() {
    if !cluster::is_wanted() {
        return;
    }
    let cluster = Cluster::start("-c fsync=off -c max_connections=50");
    for (name, case) in suite::all() {
        println!("{name}");
        let store = SqlStore::connect(&cluster.database())
            .await
            .expect("connect");
        case(&world(&store)).await;
    }
    assert_eq!(
        never_run(Dialect::Postgres),
        Vec::<&str>::new(),
        "statements that no case runs"
    );
}
