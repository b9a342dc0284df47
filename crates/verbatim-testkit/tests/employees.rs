//! Employees in direct chats with the bot, and those who do not come into their rooms.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use verbatim_domain::{Duration, RoomId, UserId};
use verbatim_engine::ports::{Content, EventKind, Signal, Store};
use verbatim_engine::worker::Outcome;
use verbatim_engine::{Engine, WebhookAnswer};
use verbatim_store::SqlStore;
use verbatim_testkit::fakes::platform::{Key, What};
use verbatim_testkit::fakes::site::{ALICE, OURS};
use verbatim_testkit::fakes::{FakeCarrier, FakePlatform, Site, VirtualClock};

const BOB: &str = "@bob:example.org";
/// Jobs until nothing is due, at most.
const MANY: usize = 100;

struct World {
    engine: Arc<Engine>,
    clock: Arc<VirtualClock>,
    carrier: Arc<FakeCarrier>,
    platform: Arc<FakePlatform>,
    store: Arc<SqlStore>,
}

impl World {
    async fn new() -> Self {
        let site = Site::on(SqlStore::in_memory().unwrap()).await.unwrap();
        site.provision().await.unwrap();
        site.lead().await.unwrap();
        let Site {
            engine,
            store,
            clock,
            carrier,
            platform,
        } = site;
        Self {
            engine,
            clock,
            carrier,
            platform,
            store,
        }
    }

    /// Delivers what has happened and runs what is due.
    async fn rest(&self) {
        for _ in 0..MANY {
            if let Some((txn, events, body)) = self.platform.next_transaction(50) {
                self.engine
                    .transaction(&txn.to_string(), &body)
                    .await
                    .unwrap();
                self.platform.acknowledge(events);
            }
            let due = self.store.due_jobs(self.engine.now(), &[], 1).await;
            let Some(job) = due.unwrap().pop() else {
                return;
            };
            assert_eq!(self.engine.run_job(&job).await, Outcome::Done);
        }
        panic!("jobs run for ever");
    }

    async fn client_texts(&self, text: &str) {
        let sms = self.carrier.text_from_client("+16282000000", OURS, text);
        let hook = self.carrier.inbound_hook(&sms);
        let answer = self.engine.webhook(&"acme".into(), &hook).await;
        assert_eq!(answer, WebhookAnswer::Accepted);
        self.rest().await;
    }

    async fn hours(&self, hours: u64) {
        self.clock.advance(Duration::from_secs(hours * 3600));
        self.rest().await;
    }

    fn texts(&self) -> usize {
        let server = self.platform.server();
        let said = server.rooms.values().flat_map(|room| &room.timeline);
        said.filter(|entry| matches!(entry.what, What::Said(Content::Text { .. })))
            .count()
    }

    fn write(&self, room: &RoomId, kind: EventKind) {
        self.platform.write(room, &ALICE.into(), kind, Key::Here);
    }

    fn command(&self, room: &RoomId, line: &str) {
        let body = line.to_owned();
        let reply_to = None;
        self.write(room, EventKind::Text { body, reply_to });
    }

    /// What the bot has said, each by its first words.
    fn said(&self, room: &RoomId) -> Vec<String> {
        let first = |body: &str| body.split(' ').take(3).collect::<Vec<_>>().join(" ");
        let said = self.platform.timeline(room).into_iter();
        said.filter_map(|entry| match entry.what {
            What::Said(Content::Notice { body, .. }) => Some(first(&body)),
            _ => None,
        })
        .collect()
    }

    fn bot_is_in(&self, room: &RoomId) -> bool {
        use verbatim_engine::ports::Platform;
        let server = self.platform.server();
        server.rooms[room].members.contains_key(self.platform.bot())
    }

    async fn alarms(&self) -> Vec<String> {
        let alarms = self.store.alarms().await.unwrap();
        alarms.into_iter().map(|alarm| alarm.key).collect()
    }
}

#[tokio::test]
async fn the_bot_leaves_a_room_with_others() {
    let world = World::new().await;
    let room = world.platform.invite_bot(&ALICE.into());
    world.platform.bring(&room, &BOB.into());
    world.rest().await;
    assert_eq!(world.said(&room), ["I only talk"]);
    assert!(!world.bot_is_in(&room));

    // Somebody comes later: whatever is asked then is not answered there.
    let chat = world.platform.invite_bot(&ALICE.into());
    world.rest().await;
    let greeted = world.said(&chat);
    assert_eq!(greeted.len(), 1);
    assert!(world.bot_is_in(&chat));
    world.command(&chat, "contacts");
    world.platform.bring(&chat, &BOB.into());
    world.rest().await;
    assert_eq!(world.said(&chat), [greeted[0].as_str(), "I only talk"]);
    assert!(!world.bot_is_in(&chat));
}

#[tokio::test]
async fn what_is_no_command_is_answered() {
    let world = World::new().await;
    let chat = world.platform.invite_bot(&ALICE.into());
    world.rest().await;
    let media = EventKind::Media {
        what: "m.image".to_owned(),
        body: "cat.jpg".to_owned(),
    };
    let what = "com.example.words".to_owned();
    for kind in [media, EventKind::Unknown { what }] {
        world.write(&chat, kind);
        world.rest().await;
        assert_eq!(world.said(&chat).pop().unwrap(), "I only understand");
    }
}

#[tokio::test]
async fn an_invitation_that_was_withdrawn_is_given_up() {
    let world = World::new().await;
    let room = world.platform.invite_bot(&ALICE.into());
    world
        .platform
        .server()
        .rooms
        .get_mut(&room)
        .unwrap()
        .members
        .clear();
    world.rest().await;
    assert_eq!(world.said(&room).len(), 0);
    assert_eq!(world.store.queue_stats().await.unwrap(), []);
}

#[tokio::test]
async fn strangers_share_an_alarm() {
    let world = World::new().await;
    for n in 0..5 {
        world
            .platform
            .invite_bot(&UserId(format!("@mallory{n}:evil.example")));
    }
    world.rest().await;
    assert_eq!(world.alarms().await, ["strangers"]);
}

/// Such as a misspelt account, or somebody who never opens their client.
#[tokio::test]
async fn an_invitation_that_nobody_answers_raises_an_alarm() {
    let world = World::new().await;
    world.platform.server().shy = true;
    world.client_texts("hello?").await;
    assert_eq!(world.alarms().await.len(), 0);
    world.hours(5).await;
    let alarms = world.alarms().await;
    assert!(
        alarms[0].starts_with("invitation-unanswered:"),
        "{alarms:?}"
    );
    world.platform.accept_all();
    world.rest().await;
    assert_eq!(world.alarms().await.len(), 0);
    assert_eq!(world.store.queue_stats().await.unwrap(), []);
}

#[tokio::test]
async fn a_text_for_nobody_waits_with_an_alarm_that_clears_itself() {
    let world = World::new().await;
    world.platform.log_in(&ALICE.into(), false);
    world.client_texts("hello?").await;
    let alarms = world.alarms().await;
    assert!(
        alarms[0].starts_with("employee-has-no-device:"),
        "{alarms:?}"
    );
    assert_eq!(world.texts(), 0);
    world.hours(72).await;
    assert_eq!(world.texts(), 0);
    world.platform.log_in(&ALICE.into(), true);
    for signal in world.platform.take_signals() {
        world.engine.heed(signal).await.unwrap();
    }
    world.rest().await;
    assert_eq!((world.texts(), world.alarms().await.len()), (1, 0));
}

/// Nothing but a line in a log told of it.
#[tokio::test]
async fn a_homeserver_that_refuses_us_is_an_alarm_until_it_takes_us() {
    let world = World::new().await;
    let keys = async || -> Vec<String> {
        let alarms = world.engine.alarms().await.unwrap();
        alarms.into_iter().map(|alarm| alarm.key).collect()
    };
    let refused = Signal::Refused("sync: 401 M_UNKNOWN_TOKEN".to_owned());
    world.engine.heed(refused).await.unwrap();
    assert_eq!(keys().await, ["homeserver-refuses"]);
    let text = world.engine.alarms().await.unwrap()[0].text.clone();
    assert!(text.contains("registration.yaml"), "{text}");
    world.engine.heed(Signal::Reachable(true)).await.unwrap();
    assert_eq!(keys().await, [""; 0]);
}
