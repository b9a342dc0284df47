//! Rows that somebody with the database has changed destroy nothing: the log does not say so.

use std::sync::Arc;

use rusqlite::Connection;
use verbatim_domain::{AccountId, Duration};
use verbatim_engine::HoldWish;
use verbatim_engine::ports::{Clock, Store};
use verbatim_store::SqlStore;
use verbatim_testkit::fakes::Site;
use verbatim_testkit::fakes::site::{ACCOUNT, OURS};

use crate::firm::actor;

const CLIENT: &str = "+14155552671";
/// Longer than records are kept.
const YEARS: Duration = Duration::from_secs(86 * 31 * 86_400);

#[tokio::test]
async fn nothing_is_destroyed_on_the_word_of_rows() {
    let approved = "UPDATE disposals SET state = 2, approved_by = 'operator:bob', approved_at = proposed_at + 1000";
    let released = "UPDATE holds SET asked_by = 'operator:ann', asked_at = set_at + 1000, \
        released_by = 'operator:bob', released_at = set_at + 2000";
    let revived = "UPDATE disposals SET state = 2";
    // What is done before, whether it would have been carried out, and what somebody then writes.
    for (steps, sql) in [
        ("", approved),
        ("approve withdraw", revived),
        ("approve hold", released),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let site = Site::on(SqlStore::open(&path).unwrap()).await.unwrap();
        site.provision().await.unwrap();
        let text = site.carrier.text_from_client(CLIENT, OURS, "a word");
        let hook = site.carrier.inbound_hook(&text);
        site.engine.webhook(&AccountId::from(ACCOUNT), &hook).await;
        site.clock.advance(YEARS);
        site.lead().await.unwrap();
        let due = site.engine.propose_disposals(&actor("ann")).await.unwrap();
        let id = due[0].id.parse().unwrap();
        if steps.contains("approve") {
            site.engine
                .approve_disposal(&actor("bob"), id)
                .await
                .unwrap();
        }
        if steps.contains("hold") {
            let wish = HoldWish {
                name: "Doe".to_owned(),
                reason: "a letter".to_owned(),
                everyone: true,
                ..HoldWish::default()
            };
            site.engine.set_hold(&actor("ann"), wish).await.unwrap();
        }
        if steps.contains("withdraw") {
            site.engine
                .withdraw_disposal(&actor("bob"), id)
                .await
                .unwrap();
        }
        let rows = Connection::open(&path).unwrap().execute(sql, []).unwrap();
        assert!(rows > 0, "{sql}");
        site.engine.run_disposals().await.unwrap();
        run(&site).await;
        let first = site.store.records(0, 1).await.unwrap();
        assert!(!first[0].sealed.wrapped_key.is_empty(), "{sql}");
        let records = site.engine.log_records(0, 500).await.unwrap();
        assert!(records.iter().all(|r| r.disposed.is_none()), "{sql}");
        let alarms = site.engine.alarms().await.unwrap();
        assert!(
            alarms
                .iter()
                .any(|alarm| alarm.key.starts_with("disposal-stuck:")),
            "{sql}: {alarms:?}"
        );
        let view = site.engine.verify_log(|_| ()).await.unwrap();
        assert!(view.fault.is_some(), "{sql}");
    }
}

async fn run(site: &Site) {
    let store: &Arc<SqlStore> = &site.store;
    for _ in 0..3 {
        let jobs = store.due_jobs(site.clock.now(), &[], 100).await.unwrap();
        for job in jobs {
            site.engine.run_job(&job).await;
        }
    }
}
