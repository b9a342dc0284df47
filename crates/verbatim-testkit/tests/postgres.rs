//! The simulation on PostgreSQL, where `cargo xtask ci` wants it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../verbatim-store/tests/cluster/mod.rs"]
#[allow(dead_code, reason = "the store's tests ask more of it")]
mod cluster;

use cluster::Cluster;
use verbatim_testkit::sim::{StoreKind, run_seeds};

#[test]
fn some_seeds_on_postgres() {
    if !cluster::is_wanted() {
        return;
    }
    let cluster = Cluster::start("-c fsync=off");
    let report = run_seeds(2000..2020, &StoreKind::Postgres(cluster.database()), |_| ());
    for failed in &report.failed {
        eprintln!(
            "seed {}: {:#?}\n{:#?}",
            failed.seed, failed.failures, failed.operations
        );
    }
    assert!(
        report.failed.is_empty(),
        "{} seeds failed",
        report.failed.len()
    );
}
