//! A firm with one employee and one number, on an engine whose jobs the test runs.

use std::sync::Arc;

use verbatim_domain::{AccountId, Duration, EventId, RoomId, UserId};
use verbatim_engine::ports::{
    Clock, Content, Conversation, EventKind, InboundText, Message, PageAt, Store,
};
use verbatim_engine::views::RecordView;
use verbatim_engine::{Engine, WebhookAnswer};
use verbatim_store::SqlStore;
use verbatim_testkit::fakes::platform::{Key, What};
pub(crate) use verbatim_testkit::fakes::site::{ACCOUNT, ALICE, OURS};
use verbatim_testkit::fakes::{FakeCarrier, FakePlatform, Site, VirtualClock};

pub(crate) const CLIENT: &str = "+16285550123";

/// More jobs than any of these tests has.
const MOST: usize = 10_000;

pub(crate) struct House {
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<SqlStore>,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) carrier: Arc<FakeCarrier>,
    pub(crate) platform: Arc<FakePlatform>,
}

fn all() -> PageAt {
    PageAt {
        after: None,
        limit: 1000,
    }
}

impl House {
    pub(crate) async fn new() -> Self {
        let site = Site::on(SqlStore::in_memory().unwrap()).await.unwrap();
        site.provision().await.unwrap();
        site.lead().await.unwrap();
        site.clock.advance(Duration::from_secs(1));
        let Site {
            engine,
            store,
            clock,
            carrier,
            platform,
        } = site;
        Self {
            engine,
            store,
            clock,
            carrier,
            platform,
        }
    }

    /// A house in which the client has texted, the employee has answered, and all is done.
    pub(crate) async fn with_a_conversation() -> Self {
        let house = Self::new().await;
        house.text("hello").await;
        house.work().await;
        house.write("hi").await;
        house.work().await;
        house.pass(60).await;
        house
    }

    pub(crate) async fn hook(&self, text: &InboundText) {
        let hook = self.carrier.inbound_hook(text);
        let answer = self.engine.webhook(&AccountId::from(ACCOUNT), &hook).await;
        assert_eq!(answer, WebhookAnswer::Accepted);
    }

    /// The client texts, and the webhook comes.
    pub(crate) async fn text(&self, words: &str) {
        let text = self.carrier.text_from_client(CLIENT, OURS, words);
        self.hook(&text).await;
    }

    /// The employee writes in the conversation's room.
    pub(crate) async fn write(&self, words: &str) -> EventId {
        let event = self.write_unseen(words).await;
        self.sync().await;
        event
    }

    /// The same, and the homeserver has not told us yet.
    pub(crate) async fn write_unseen(&self, words: &str) -> EventId {
        let kind = EventKind::Text {
            body: words.to_owned(),
            reply_to: None,
        };
        let user = UserId(ALICE.to_owned());
        self.platform
            .write(&self.room().await, &user, kind, Key::Here)
    }

    pub(crate) async fn sync(&self) {
        while let Some((number, events, body)) = self.platform.next_transaction(100) {
            let number = number.to_string();
            self.engine.transaction(&number, &body).await.unwrap();
            self.platform.acknowledge(events);
        }
    }

    /// Runs what is due now.
    pub(crate) async fn work(&self) {
        for _ in 0..MOST {
            if !self.work_one().await {
                return;
            }
        }
        panic!("jobs run for ever");
    }

    /// Runs one job that is due now; whether there was one.
    pub(crate) async fn work_one(&self) -> bool {
        self.sync().await;
        let due = self.store.due_jobs(self.clock.now(), &[], 100);
        let Some(job) = due.await.unwrap().into_iter().next() else {
            return false;
        };
        self.engine.run_job(&job).await;
        true
    }

    /// Lets time pass, running what becomes due on the way.
    pub(crate) async fn pass(&self, seconds: u64) {
        let end = self.clock.now().after(Duration::from_secs(seconds));
        loop {
            self.work().await;
            let due = self.store.next_due(&[]).await.unwrap();
            let next = due.filter(|due| *due < end).unwrap_or(end);
            self.clock.advance(next.since(self.clock.now()));
            if next == end {
                return self.work().await;
            }
        }
    }

    pub(crate) async fn conversation(&self) -> Conversation {
        let page = self.store.conversations(all()).await.unwrap();
        page.items.into_iter().next().unwrap()
    }

    pub(crate) async fn room(&self) -> RoomId {
        self.conversation().await.room.unwrap()
    }

    /// Everything that was said in a room, in order.
    pub(crate) fn said(&self, room: &RoomId) -> Vec<String> {
        let said = self.platform.timeline(room).into_iter();
        said.filter_map(|entry| match entry.what {
            What::Said(Content::Text { body } | Content::Notice { body, .. }) => Some(body),
            _ => None,
        })
        .collect()
    }

    /// What reached the phone, in order; the disclosure without its words.
    pub(crate) fn phone(&self) -> Vec<String> {
        let taken = self.carrier.ledger().taken.clone().into_iter();
        taken
            .map(|taken| match taken.text.contains("Your firm") {
                true => "(disclosure)".to_owned(),
                false => taken.text,
            })
            .collect()
    }

    pub(crate) async fn message(&self, event: &EventId) -> Message {
        let found = self.store.message_by_event(event).await.unwrap();
        found.unwrap()
    }

    pub(crate) async fn alarms(&self) -> Vec<String> {
        let alarms = self.store.alarms().await.unwrap();
        alarms.into_iter().map(|alarm| alarm.key).collect()
    }

    #[track_caller]
    pub(crate) fn has(alarms: &[String], beginning: &str) -> bool {
        alarms.iter().any(|key| key.starts_with(beginning))
    }

    /// Records made for a reason.
    pub(crate) async fn records(&self, reason: &str) -> Vec<RecordView> {
        let records = self.engine.log_records(0, 1000).await.unwrap().into_iter();
        records.filter(|view| view.reason == reason).collect()
    }

    /// Whether nothing is left to do once the homeserver has told everything.
    pub(crate) async fn is_idle(&self) -> bool {
        self.sync().await;
        self.work().await;
        self.store.queue_stats().await.unwrap().is_empty()
    }
}
