//! The suite on PostgreSQL, and what only several processes can do to each other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cluster;
mod edge_role;
mod suite;

use cluster::Cluster;
use futures_util::future::join_all;
use suite::log::audit;
use suite::world::{World, peer};
use verbatim_domain::Duration;
use verbatim_engine::ports::{Change, Commit, InboundOutcome, StoreError};
use verbatim_store::{Dialect, Fault, Look, SqlStore, look, never_run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    if !cluster::is_wanted() {
        return;
    }
    let cluster = Cluster::start("-c fsync=off -c max_connections=60");
    the_suite_passes_and_runs_every_statement(&cluster).await;
    processes_that_start_together_migrate_once(&cluster).await;
    writers_of_two_processes_leave_no_gap(&cluster).await;
    a_lease_taken_by_another_process_fences(&cluster).await;
    a_refused_commit_is_forgotten_even_if_another_takes_its_place(&cluster).await;
    a_cut_connection_is_got_over(&cluster).await;
    a_writer_that_dies_leaves_nothing_half_done(&cluster).await;
    a_newer_schema_is_refused(&cluster).await;
    the_data_keys_of_an_older_store_move_to_their_table(&cluster).await;
    text_that_no_column_takes_harms_nobody_else(&cluster).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edges_role() {
    if !cluster::is_wanted() {
        return;
    }
    let cluster = Cluster::start("-c fsync=off");
    edge_role::an_edge_records_and_can_neither_read_nor_destroy(&cluster).await;
}

async fn the_suite_passes_and_runs_every_statement(cluster: &Cluster) {
    for (name, case) in suite::all() {
        println!("{name}");
        let store = SqlStore::connect(&cluster.database())
            .await
            .expect("connect");
        case(&World::new(&store)).await;
    }
    let url = cluster.database();
    assert_eq!(look(&url).await, Ok(Look::Nothing));
    let store = SqlStore::connect(&url).await.expect("connect");
    suite::config::looked_at(&url, &World::new(&store)).await;
    assert_eq!(
        never_run(Dialect::Postgres),
        Vec::<&str>::new(),
        "statements that no case runs"
    );
}

async fn processes_that_start_together_migrate_once(cluster: &Cluster) {
    let url = cluster.database();
    for opened in join_all((0..4).map(|_| SqlStore::connect(&url))).await {
        opened.expect("connect");
    }
    assert_eq!(
        cluster.sql_in(&url, "SELECT COUNT(*) = MAX(version) FROM schema_version"),
        "t",
        "each step once"
    );
}

async fn writers_of_two_processes_leave_no_gap(cluster: &Cluster) {
    let url = cluster.database();
    let (one, two) = (
        SqlStore::connect(&url).await.unwrap(),
        SqlStore::connect(&url).await.unwrap(),
    );
    let (one, two) = (World::new(&one), World::beside(&two, 1 << 32));
    let held = one.alice().await;
    let writers = (0..64u8).map(|n| {
        let w = if n % 2 == 0 { &one } else { &two };
        async move {
            for i in 0..6 {
                let outcome = w
                    .store
                    .record_inbound(w.sms(held.index, peer(n % 7), i))
                    .await;
                assert!(
                    matches!(outcome, Ok(InboundOutcome::Placed { .. })),
                    "{outcome:?}"
                );
            }
        }
    });
    join_all(writers).await;
    assert_eq!(audit(&one).await, 64 * 6);
    assert_eq!(two.drain().await.len(), 64 * 6 + 7);
}

async fn a_lease_taken_by_another_process_fences(cluster: &Cluster) {
    let url = cluster.database();
    let (one, two) = (
        SqlStore::connect(&url).await.unwrap(),
        SqlStore::connect(&url).await.unwrap(),
    );
    let (one, two) = (World::new(&one), World::new(&two));
    let fence = one
        .store
        .take_lease("worker", "one", Duration::default())
        .await
        .unwrap();
    let next = two
        .store
        .take_lease("worker", "two", Duration::from_secs(600))
        .await
        .unwrap();
    assert_eq!(next.map(|fence| fence.generation), Some(2));
    let late = Commit {
        fence,
        changes: vec![Change::SetCursor("c".into(), "late".into())],
    };
    assert_eq!(one.store.commit(late).await, Err(StoreError::Fenced));
    assert_eq!(two.store.cursor("c").await, Ok(None));
}

/// The log's size alone does not tell that what one believes of it is wrong.
async fn a_refused_commit_is_forgotten_even_if_another_takes_its_place(cluster: &Cluster) {
    let url = cluster.database();
    let sql = SqlStore::connect(&url).await.unwrap();
    let one = World::new(&sql);
    let two = World::beside(&SqlStore::connect(&url).await.unwrap(), 1 << 32);
    let held = one.alice().await;
    one.conversation(held, 1, 1).await;
    sql.inject(Fault::Refuse);
    let refused = one
        .store
        .record_inbound(one.sms(held.index, peer(1), 2))
        .await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    two.conversation(held, 1, 3).await;
    one.conversation(held, 1, 4).await;
    assert_eq!(audit(&one).await, 3);
}

/// The server ends every connection under load: callers hear of it, ask again, and nothing is doubled.
async fn a_cut_connection_is_got_over(cluster: &Cluster) {
    let url = cluster.database();
    let w = World::new(&SqlStore::connect(&url).await.unwrap());
    let held = w.alice().await;
    let writers = (0..16u8).map(|n| {
        let (w, url) = (&w, &url);
        async move {
            for i in 0..8 {
                if n == 0 && i % 2 == 1 {
                    let cut = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
                        WHERE datname = current_database() AND pid <> pg_backend_pid()";
                    cluster.sql_in(url, cut);
                }
                let sms = w.sms(held.index, peer(n), i);
                while let Err(error) = w.store.record_inbound(sms.clone()).await {
                    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
                }
            }
        }
    });
    join_all(writers).await;
    // A read may be the first to notice.
    while let Err(error) = w.store.log_root().await {
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
    assert_eq!(audit(&w).await, 16 * 8);
}

async fn a_writer_that_dies_leaves_nothing_half_done(cluster: &Cluster) {
    let url = cluster.database();
    let store = SqlStore::connect(&url).await.unwrap();
    let w = World::new(&store);
    let held = w.alice().await;
    let sms = w.sms(held.index, peer(1), 1000);
    store.inject(Fault::Die);
    for _ in 0..2 {
        let outcome = w.store.record_inbound(sms.clone()).await;
        assert!(
            matches!(outcome, Err(StoreError::Unavailable(_))),
            "{outcome:?}"
        );
    }
    let w = World::new(&SqlStore::connect(&url).await.unwrap());
    assert_eq!(audit(&w).await, 0);
    assert_eq!(
        w.store
            .contacts(None, suite::world::first(9))
            .await
            .unwrap()
            .items,
        vec![]
    );
    let outcome = w.store.record_inbound(sms).await;
    assert!(
        matches!(outcome, Ok(InboundOutcome::Placed { .. })),
        "{outcome:?}"
    );
}

async fn a_newer_schema_is_refused(cluster: &Cluster) {
    let url = cluster.database();
    drop(SqlStore::connect(&url).await.unwrap());
    cluster.sql_in(&url, "INSERT INTO schema_version VALUES (999)");
    let error = SqlStore::connect(&url).await.err();
    assert!(
        matches!(error, Some(StoreError::Newer { found: 999, .. })),
        "{error:?}"
    );
}

async fn the_data_keys_of_an_older_store_move_to_their_table(cluster: &Cluster) {
    let url = cluster.database();
    let words = [
        "BYTEA",
        "TEXT COLLATE \"C\"",
        "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        "BIGINT PRIMARY KEY",
    ];
    let script = suite::older::script(words, |hex| format!("'\\x{hex}'"));
    cluster.sql_in(&url, &script);
    suite::older::check(&World::new(&SqlStore::connect(&url).await.unwrap())).await;
}

/// PostgreSQL takes no NUL in a text. Who sends one is refused; who shares the batch is not.
async fn text_that_no_column_takes_harms_nobody_else(cluster: &Cluster) {
    let w = World::new(&SqlStore::connect(&cluster.database()).await.unwrap());
    let held = w.alice().await;
    let writers = (0..20i64).map(|n| {
        let w = &w;
        async move {
            let mut sms = w.sms(held.index, peer(1), n);
            let bad = n % 5 == 0;
            if bad {
                sms.provider_id = "SM\0".into();
            }
            let outcome = w.store.record_inbound(sms).await;
            assert_eq!(
                matches!(outcome, Err(StoreError::Conflict(_))),
                bad,
                "{outcome:?}"
            );
        }
    });
    join_all(writers).await;
    assert_eq!(audit(&w).await, 16);
}
