//! Compares the ledgers when everything has come to rest.

mod anchored;
pub(crate) mod clear;
mod consent;
mod early;
mod four_eyes;
mod inbound;
pub(crate) mod keeping;
mod outbound;
mod room;
mod stamped;
mod upkeep;

use std::collections::{BTreeMap, HashMap};

use verbatim_domain::message::Direction;
use verbatim_domain::{ConversationId, DisposalId, RecordId, RoomId, Timestamp, UserId};
use verbatim_engine::DisclosureMode;
use verbatim_engine::ports::{Alarm, Conversation, InboundText, Message, QueueStat};
use verbatim_engine::views::{RecordView, VerifyView};
use verbatim_record::policy::Policy;

use self::keeping::Found;
use super::office::Wish;
use super::run::{Run, Seen};
use super::world::{World, Written};
use super::{Broken, Failure, everything};
use crate::fakes::carrier::Taken;
use crate::fakes::platform::Room;

/// All that is known when everything has come to rest.
pub(crate) struct Audit {
    /// The log: id, conversation, content.
    records: Vec<(RecordId, Option<ConversationId>, RecordView)>,
    conversations: Vec<Conversation>,
    messages: HashMap<ConversationId, Vec<Message>>,
    rooms: BTreeMap<RoomId, Room>,
    taken: Vec<Taken>,
    received: Vec<InboundText>,
    written: Vec<Written>,
    holders: Vec<Vec<(Timestamp, Option<UserId>)>>,
    queue: Vec<QueueStat>,
    alarms: Vec<Alarm>,
    blunders: Vec<String>,
    mangled: bool,
    verified: VerifyView,
    catch_all: Option<UserId>,
    disclosure: DisclosureMode,
    wishes: Vec<Wish>,
    /// Disposals of which somebody was told that they are taken back, and the size of the log then.
    withdrawn: Vec<(DisposalId, u64)>,
    /// The keys of the log, each for its sizes.
    keys: Policy,
    failures: Vec<Failure>,
    /// What happened how often, so that nobody takes a run in which nothing happened for a good one.
    seen: Seen,
}

/// Everything that is wrong.
pub(crate) async fn judge(world: &World) -> Result<Run, Broken> {
    if world.examined {
        world.end_exports().await?;
        world.check_cosigned().await?;
        world.check_stamped().await?;
    }
    let mut audit = Audit::take(world).await?;
    if world.examined {
        let found = Found::by(world).await?;
        audit.keeping(&found);
        let stamps = world.authority.stamped().len();
        audit.seen.insert("stamped".to_owned(), stamps as u64);
    }
    audit.inbound();
    audit.outbound();
    audit.consent();
    audit.rooms();
    audit.upkeep();
    audit.count();
    let mut seen = audit.seen;
    seen.retain(|_, count| *count > 0);
    Ok(Run {
        failures: audit.failures,
        records: audit.records.len() as u64,
        seen,
    })
}

impl Audit {
    async fn take(world: &World) -> Result<Self, Broken> {
        world.look().await?;
        world.check_signed().await?;
        let reader = world.reader().await?;
        let store = &world.store;
        let conversations = store
            .conversations(everything())
            .await
            .map_err(Broken::new)?
            .items;
        let mut messages = HashMap::new();
        for conversation in &conversations {
            let page = store
                .messages(conversation.id, everything())
                .await
                .map_err(Broken::new)?;
            messages.insert(conversation.id, page.items);
        }
        let queue = store.queue_stats().await.map_err(Broken::new)?;
        let alarms = store.alarms().await.map_err(Broken::new)?;
        let verified = reader.verify_log(|_| ()).await.map_err(Broken::new)?;
        let (rooms, blunders) = {
            let server = world.platform.server();
            (server.rooms.clone(), server.blunders.clone())
        };
        let ledger = world.carrier.ledger();
        let mut taken = ledger.taken.clone();
        taken.sort_by_key(|taken| taken.at);
        let state = &mut *world.state();
        Ok(Self {
            keys: state.log_keys(),
            records: std::mem::take(&mut state.witness.records),
            conversations,
            messages,
            rooms,
            taken,
            received: ledger.received.clone(),
            written: state.written.clone(),
            holders: state.holders.clone(),
            queue,
            alarms,
            blunders,
            mangled: state.mangled,
            verified,
            catch_all: world.settings.catch_all.clone(),
            disclosure: world.settings.disclosure,
            wishes: state.office.wishes.clone(),
            withdrawn: state.office.withdrawn.clone(),
            failures: std::mem::take(&mut state.failures),
            seen: Seen::new(),
        })
    }

    fn count(&mut self) {
        for (_, _, view) in &self.records {
            let name = match view.kind.as_str() {
                // Carriers' words and input without sense have no end.
                "status" if view.rule.starts_with("status.carrier") => "receipt".to_owned(),
                kind => format!("{kind} {} {}", view.rule, view.reason),
            };
            *self.seen.entry(name).or_default() += 1;
        }
        let taken = self.taken.len() as u64;
        self.seen.insert("at the carrier".to_owned(), taken);
        let said = self.rooms.values().map(|room| room.timeline.len() as u64);
        let said = said.sum();
        self.seen.insert("in rooms".to_owned(), said);
    }

    fn fail(&mut self, rule: &'static str, what: impl Into<String>) {
        self.failures.push(Failure {
            rule,
            what: what.into(),
        });
    }

    /// Messages of one direction, with their conversations.
    fn all(&self, direction: Direction) -> Vec<(Conversation, Message)> {
        let of = |conversation: &Conversation| {
            let messages = self
                .messages
                .get(&conversation.id)
                .cloned()
                .unwrap_or_default();
            let one_way = messages
                .into_iter()
                .filter(|message| message.direction == direction);
            one_way
                .map(|message| (conversation.clone(), message))
                .collect::<Vec<_>>()
        };
        self.conversations.iter().flat_map(of).collect()
    }

    fn record(&self, id: RecordId) -> Option<&(RecordId, Option<ConversationId>, RecordView)> {
        self.records.iter().find(|(known, ..)| *known == id)
    }

    fn alarmed(&self, prefix: &str) -> bool {
        self.alarms
            .iter()
            .any(|alarm| alarm.key.starts_with(prefix))
    }
}
