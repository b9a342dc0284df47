//! An edge's role in the database, with the grants that operators are given.

use verbatim_domain::consent::Consent;
use verbatim_domain::message::MessageState;
use verbatim_engine::ports::{
    Alarm, Change, Commit, Failure, InboundOutcome, NewRecord, ReceiptIn, ReceiptOutcome, Said,
    StoreError,
};
use verbatim_record::Kind;
use verbatim_store::SqlStore;

use crate::cluster::Cluster;
use crate::suite::log::audit;
use crate::suite::world::{Held, World, account, at, peer};

const GRANTS: &str = include_str!("../../src/postgres/edge_role.sql");

/// Where operators find them.
const TOLD: &str = include_str!("../../../../docs/operating.md");

/// What an edge must be refused.
const FORBIDDEN: &[&str] = &[
    "SELECT ciphertext FROM records",
    "SELECT * FROM records",
    "SELECT * FROM data_keys",
    "SELECT * FROM bucket_keys",
    "SELECT * FROM tokens",
    "SELECT * FROM holds",
    "SELECT name FROM contacts",
    "SELECT stand_in FROM contacts",
    "SELECT number FROM contact_numbers",
    "SELECT contact FROM conversations",
    "INSERT INTO conversations (room) VALUES ('!room')",
    "INSERT INTO conversations (disclosed) VALUES (1)",
    "SELECT payload FROM jobs",
    "SELECT conversation FROM jobs",
    "UPDATE records SET ciphertext = ''",
    "UPDATE records SET conversation_seq = 7",
    "UPDATE data_keys SET wrapped = ''",
    "UPDATE log_roots SET at = 0",
    "UPDATE jobs SET conversation = ''",
    "UPDATE jobs SET payload = ''",
    "UPDATE jobs SET message = NULL",
    "UPDATE jobs SET kind = 5",
    "UPDATE jobs SET lane = 'mine'",
    "UPDATE messages SET conversation = NULL",
    "UPDATE messages SET record = ''",
    "UPDATE messages SET event = NULL",
    "UPDATE messages SET created = 0",
    "UPDATE messages SET first_tried = NULL",
    "UPDATE conversations SET peer = ''",
    "UPDATE installation SET archive_key = ''",
    "UPDATE contact_numbers SET number = ''",
    "DELETE FROM records",
    "DELETE FROM consents",
    "DELETE FROM data_keys",
    "DELETE FROM log_roots",
    "DELETE FROM messages",
    "DELETE FROM jobs",
    "DELETE FROM alarms",
    "DROP TABLE records",
    "TRUNCATE records",
    "CREATE TABLE mine (x INT)",
    "INSERT INTO disposals VALUES (1)",
];

pub(crate) async fn an_edge_records_and_can_neither_read_nor_destroy(cluster: &Cluster) {
    let url = cluster.database();
    let full = SqlStore::connect(&url).await.expect("connect");
    let full = World::new(&full);
    let held = full.alice().await;
    cluster.sql_in(&url, "CREATE ROLE verbatim_edge LOGIN");
    cluster.sql_in(&url, GRANTS);
    for line in GRANTS.lines() {
        assert!(TOLD.contains(line), "docs/operating.md lacks: {line}");
    }
    let edge_url = url.replacen("user=postgres", "user=verbatim_edge", 1);
    assert_ne!(edge_url, url);

    let edge = SqlStore::join(&edge_url).await.expect("join");
    let edge = World::beside(&edge, 1 << 40);
    records_everything(&edge, &held.index).await;
    assert_eq!(audit(&full).await, 6);
    // It starts again on a log that has records.
    SqlStore::join(&edge_url).await.expect("join again");
    moves_a_message(&full, &edge, held).await;
    let all = audit(&full).await;
    let connected = tokio_postgres::connect(&edge_url, tokio_postgres::NoTls).await;
    let (client, connection) = connected.expect("connect");
    let connection = tokio::spawn(connection);
    for statement in FORBIDDEN {
        let error = client.batch_execute(statement).await.expect_err(statement);
        let said = error.as_db_error().map(|e| e.message().to_owned());
        let said = said.unwrap_or_default();
        assert!(
            said.contains("permission denied") || said.contains("must be owner"),
            "{statement}: {said}"
        );
    }
    drop(client);
    connection.await.expect("ends").expect("ends well");
    assert_eq!(audit(&full).await, all);
    a_row_that_is_no_record_hides_no_other(cluster, &url, &full).await;
    older_or_missing_is_refused(cluster).await;
}

/// A receipt for one of our texts: claimed, moved, shown, and who waits for it woken.
async fn moves_a_message(full: &World, edge: &World, held: Held) {
    let (conversation, _) = full.conversation(held, 2, 60).await;
    let message = full.accepted(conversation).await;
    let submitting = full.advance(message.id, MessageState::Submitting);
    full.commit(vec![submitting]).await;
    for to in [MessageState::Sent, MessageState::Undelivered] {
        let receipt = ReceiptIn {
            message: Some(message.id),
            failure: Some(Failure {
                class: "delivery".into(),
                code: "30003".into(),
                certain: true,
            }),
            ..edge.receipt("SMmine", Some(to))
        };
        let moved = ReceiptOutcome::Moved {
            message: message.id,
        };
        assert_eq!(edge.store.record_receipt(receipt).await, Ok(moved));
    }
    assert_eq!(full.state(message.id).await, MessageState::Undelivered);
}

async fn records_everything(edge: &World, number: &verbatim_engine::ports::BlindIndex) {
    let first = edge.sms(*number, peer(1), 10);
    let placed = edge.store.record_inbound(first.clone()).await;
    assert!(
        matches!(placed, Ok(InboundOutcome::Placed { .. })),
        "{placed:?}"
    );
    let again = edge.store.record_inbound(first).await;
    assert_eq!(again, Ok(InboundOutcome::Duplicate));
    let mut stop = edge.sms(*number, peer(1), 20);
    stop.consent = Some(Said {
        consent: Consent::OptedOut,
        at: stop.at,
        by_carrier: false,
    });
    let known = edge.store.record_inbound(stop).await;
    assert!(
        matches!(known, Ok(InboundOutcome::Placed { .. })),
        "{known:?}"
    );
    let nobodys = edge
        .store
        .record_inbound(edge.sms(peer(8), peer(1), 30))
        .await;
    assert!(
        matches!(nobodys, Ok(InboundOutcome::Unplaced { .. })),
        "{nobodys:?}"
    );
    for (dedupe, expected) in [(1, ReceiptOutcome::Orphan), (1, ReceiptOutcome::Duplicate)] {
        let receipt = ReceiptIn {
            account: account(),
            provider_id: "SMout".into(),
            message: None,
            to: Some(MessageState::Delivered),
            failure: None,
            dedupe: [dedupe; 32],
            at: at(40),
            record: edge.record(Kind::Status, 40),
            show: true,
        };
        assert_eq!(edge.store.record_receipt(receipt).await, Ok(expected));
    }
    let alarm = |text: &str| {
        Change::Raise(Alarm {
            key: "malformed-webhook".into(),
            text: text.into(),
            at: at(50),
        })
    };
    for text in ["once", "again"] {
        let record = NewRecord {
            conversation: None,
            sealed: edge.record(Kind::Malformed, 50),
            about: None,
        };
        let changes = vec![Change::Append(record), alarm(text)];
        let fence = None;
        assert_eq!(edge.store.commit(Commit { fence, changes }).await, Ok(()));
    }
    assert!(edge.store.number(number).await.unwrap().is_some());
    assert_eq!(edge.store.probe().await, Ok(()));
    assert_eq!(edge.store.log_root().await.unwrap().size, 6);
    assert_eq!(edge.store.periods().await, Ok(vec![]));
    assert!(edge.store.standing_installation().await.unwrap().is_some());
    let user = verbatim_domain::UserId("@alice:example.org".to_owned());
    edge.store.employee_by_user(&user).await.unwrap();
}

/// A broken edge may append a row of a kind that there is not.
async fn a_row_that_is_no_record_hides_no_other(cluster: &Cluster, url: &str, full: &World) {
    cluster.sql_in(
        url,
        "UPDATE data_keys SET wrapped = decode(repeat('02', 81), 'hex')",
    );
    cluster.sql_in(url, "UPDATE records SET kind = 99 WHERE global_seq = 1");
    let found = full.store.unadopted(None, 100).await.unwrap();
    assert!(found.len() > 2);
    for (position, record) in found {
        assert_eq!(record.is_err(), position == 1, "{position}: {record:?}");
    }
}

/// An edge makes no store and changes no schema.
async fn older_or_missing_is_refused(cluster: &Cluster) {
    let url = cluster.database();
    let refused = SqlStore::join(&url).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    SqlStore::connect(&url).await.expect("connect");
    cluster.sql_in(&url, "DELETE FROM schema_version WHERE version > 2");
    match SqlStore::join(&url).await {
        Err(StoreError::Unavailable(why)) => assert!(why.contains("full node"), "{why}"),
        other => panic!("{other:?}"),
    }
    cluster.sql_in(&url, "INSERT INTO schema_version VALUES (1000)");
    let newer = SqlStore::join(&url).await;
    assert!(matches!(newer, Err(StoreError::Newer { .. })), "{newer:?}");
}
