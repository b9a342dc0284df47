//! A firm in whose store every table of the record has rows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use verbatim_domain::retention::Member;
use verbatim_domain::{AccountId, Duration};
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{Change, Clock, Commit, Store};
use verbatim_engine::{Anchoring, HoldWish, WebhookAnswer};
use verbatim_record::Note;
use verbatim_store::SqlStore;
use verbatim_testkit::fakes::site::{ACCOUNT, ALICE, OURS};
use verbatim_testkit::fakes::{FakeKeySafe, FakeWitness, Site, VirtualClock};

use crate::stamp::stamp;

const CLIENTS: [&str; 2] = ["+14155552671", "+14155552672"];
/// Longer than records are kept, and no two months of the calendar longer.
const YEARS: Duration = Duration::from_secs(86 * 31 * 86_400);
/// Enough for a full tile.
const RECORDS: usize = 260;

pub(crate) fn actor(name: &str) -> Actor {
    Actor::operator(name)
}

/// A store file and what outlives the process beside it.
pub(crate) struct Firm {
    _folder: tempfile::TempDir,
    path: PathBuf,
    clock: Arc<VirtualClock>,
    safe: Arc<FakeKeySafe>,
    pub(crate) witness: Arc<FakeWitness>,
}

impl Firm {
    /// With conversations, tiles, cosignatures, timestamps, holds, a disposal and a rotation.
    pub(crate) async fn of_old() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<VirtualClock> = Arc::default();
        let firm = Self {
            path: folder.path().join("store.db"),
            _folder: folder,
            witness: Arc::new(FakeWitness::new(clock.clone())),
            safe: Arc::new(FakeKeySafe::new([7; 32])),
            clock,
        };
        let site = firm.open().await.unwrap();
        site.provision().await.unwrap();
        site.engine.keep_rules(&actor("ann")).await.unwrap();
        for client in CLIENTS {
            firm.text(&site, client).await;
        }
        site.engine.sign_log().await.unwrap();
        firm.disposal(&site).await;
        for n in 0..RECORDS {
            let user = format!("@later{n}:example.org");
            let ann = actor("ann");
            let added = site.engine.add_employee(&ann, &user, "Later");
            added.await.unwrap();
        }
        firm.text(&site, CLIENTS[0]).await;
        let key = site.engine.key_inventory().await.unwrap().key;
        site.engine.rotate_key(&actor("ann"), &key).await.unwrap();
        firm.sign(&site).await;
        firm.stamp(&site).await;
        firm
    }

    /// A process on the store as it is now.
    pub(crate) async fn open(&self) -> Result<Site, String> {
        let anchoring = Anchoring {
            witnesses: vec![self.witness.clone()],
            authorities: Vec::new(),
        };
        let store = SqlStore::open(&self.path).map_err(|e| e.to_string())?;
        let site = Site::whole(store, self.clock.clone(), anchoring, self.safe.clone()).await;
        let site = site.map_err(|e| e.to_string())?;
        site.lead().await.map_err(|e| e.to_string())?;
        Ok(site)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    async fn text(&self, site: &Site, client: &str) {
        let text = site.carrier.text_from_client(client, OURS, "a word");
        let hook = site.carrier.inbound_hook(&text);
        let answer = site.engine.webhook(&AccountId::from(ACCOUNT), &hook).await;
        assert_eq!(answer, WebhookAnswer::Accepted);
    }

    async fn disposal(&self, site: &Site) {
        let wish = |name: &str, contact: &str| HoldWish {
            name: name.to_owned(),
            reason: "a letter".to_owned(),
            contacts: vec![contact.to_owned()],
            ..HoldWish::default()
        };
        let (ann, bob) = (actor("ann"), actor("bob"));
        for (name, client) in [("stands", CLIENTS[0]), ("released", CLIENTS[0])] {
            let hold = site.engine.set_hold(&ann, wish(name, client)).await;
            let id = hold.unwrap().id.parse().unwrap();
            if name == "released" {
                site.engine.ask_release(&ann, id, "over").await.unwrap();
                site.engine.approve_release(&bob, id).await.unwrap();
            }
        }
        self.clock.advance(YEARS);
        let erasure = site.engine.request_erasure(&ann, CLIENTS[1]).await;
        let id = erasure.unwrap().proposed[0].id.parse().unwrap();
        site.engine.withdraw_disposal(&bob, id).await.unwrap();
        for disposal in site.engine.propose_disposals(&ann).await.unwrap() {
            let id = disposal.id.parse().unwrap();
            site.engine.approve_disposal(&bob, id).await.unwrap();
        }
        for _ in 0..9 {
            let jobs = site.store.due_jobs(self.clock.now(), &[], 100).await;
            for job in jobs.unwrap() {
                site.engine.run_job(&job).await;
            }
        }
        let done = site.engine.list_disposals().await.unwrap();
        assert!(done.iter().any(|disposal| disposal.state == "done"));
        let extended = site.engine.extend_retention(&ann, 1, 12).await;
        assert!(extended.unwrap() > 0);
        let alice = Member::Employee(ALICE.into());
        let promised = site.engine.extend_for(&ann, &alice, 1, 12).await;
        promised.unwrap();
        assert_eq!(
            site.engine.list_employees(page()).await.unwrap().items[0].user,
            ALICE
        );
    }

    pub(crate) async fn sign(&self, site: &Site) {
        site.engine.sign_log().await.unwrap();
        let asked = site.engine.ask_witness(&*self.witness, false).await;
        asked.unwrap();
    }

    async fn stamp(&self, site: &Site) {
        let last = site.engine.latest_checkpoint().await.unwrap().unwrap();
        let note = Note::parse(&last.note).unwrap();
        let timestamp = stamp(last.size, note.text.as_bytes());
        let commit = Commit {
            fence: None,
            changes: vec![Change::AddTimestamp(timestamp)],
        };
        site.store.commit(commit).await.unwrap();
    }
}

fn page() -> verbatim_engine::ports::PageAt {
    verbatim_engine::ports::PageAt {
        after: None,
        limit: 10,
    }
}
