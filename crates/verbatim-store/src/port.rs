//! The port `Store` on either database: each method names its operation and hands it over.

use async_trait::async_trait;
use verbatim_domain::consent::Consent;
use verbatim_domain::{
    AccountId, ConversationId, Duration, EmployeeId, EventId, MessageId, NumberId, ProviderId,
    RecordId, RoomId, Timestamp, UserId,
};
use verbatim_engine::ports::{
    Alarm, Anchors, ApiToken, BlindIndex, Bucket, ClassPeriod, Commit, Contact, Conversation,
    ConversationEnd, Cosignature, Disposal, Employee, Fence, Hold, InboundOutcome, InboundSms,
    Installation, Job, KeyRotation, Lane, LogLeaf, LogRoot, LogTimestamp, Message, Number, Page,
    PageAt, Promise, QueueStat, ReceiptIn, ReceiptOutcome, RoomEventIn, SignedCheckpoint,
    SignedLog, Store, StoreError, StoredRecord,
};
use verbatim_record::{BucketId, Hash};

use crate::ops::{self, lease::Claim};
use crate::reads::{self, Window};
use crate::store::{SqlStore, read_with, write_with};

fn claim(name: &str, holder: &str, duration: Duration) -> Claim {
    let duration_ms = duration.as_millis();
    Claim {
        namespace: String::new(),
        name: name.into(),
        holder: holder.into(),
        duration_ms,
    }
}

#[async_trait]
impl SignedLog for SqlStore {
    async fn latest_checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        read_with!(self, reads::signed_log::latest_checkpoint, ())
    }

    async fn checkpoints(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<SignedCheckpoint>, StoreError> {
        read_with!(self, reads::signed_log::checkpoints, (after, limit))
    }

    async fn log_tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        read_with!(self, reads::signed_log::tile, (level, index))
    }

    async fn leaves(&self, from: u64, limit: u32) -> Result<Vec<LogLeaf>, StoreError> {
        read_with!(self, reads::signed_log::leaves, (from, limit))
    }
}

#[async_trait]
impl Anchors for SqlStore {
    async fn latest_cosignature(&self, witness: &str) -> Result<Option<Cosignature>, StoreError> {
        read_with!(self, reads::anchors::latest_cosignature, witness.to_owned())
    }

    async fn cosignatures(&self, size: u64) -> Result<Vec<Cosignature>, StoreError> {
        read_with!(self, reads::anchors::cosignatures, size)
    }

    async fn latest_timestamp(&self, authority: &str) -> Result<Option<LogTimestamp>, StoreError> {
        read_with!(self, reads::anchors::latest_timestamp, authority.to_owned())
    }

    async fn timestamp_up_to(&self, size: u64) -> Result<Option<LogTimestamp>, StoreError> {
        read_with!(self, reads::anchors::timestamp_up_to, size)
    }

    async fn timestamps(&self, after: u64, limit: u32) -> Result<Vec<LogTimestamp>, StoreError> {
        read_with!(self, reads::anchors::timestamps, (after, limit))
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn record_inbound(&self, sms: InboundSms) -> Result<InboundOutcome, StoreError> {
        write_with!(self, ops::inbound::record, sms, ops::inbound::ahead)
    }

    async fn record_receipt(&self, receipt: ReceiptIn) -> Result<ReceiptOutcome, StoreError> {
        write_with!(self, ops::receipt::record, receipt)
    }

    async fn record_room_events(
        &self,
        events: Vec<RoomEventIn>,
        at: Timestamp,
    ) -> Result<usize, StoreError> {
        write_with!(self, ops::events::record, (events, at))
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        write_with!(self, ops::commit::apply, commit)
    }

    async fn due_jobs(
        &self,
        now: Timestamp,
        busy: &[Lane],
        limit: u32,
    ) -> Result<Vec<Job>, StoreError> {
        read_with!(self, reads::jobs::due, (now, busy.to_vec(), limit))
    }

    async fn next_due(&self, busy: &[Lane]) -> Result<Option<Timestamp>, StoreError> {
        read_with!(self, reads::jobs::next, busy.to_vec())
    }

    async fn work_arrived(&self) {
        self.arrived().notified().await;
    }

    async fn take_lease(
        &self,
        name: &str,
        holder: &str,
        duration: Duration,
    ) -> Result<Option<Fence>, StoreError> {
        let lease = write_with!(self, ops::lease::take, claim(name, holder, duration))?;
        Ok(lease.map(|lease| Fence {
            generation: lease.generation,
        }))
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        write_with!(
            self,
            ops::lease::release,
            claim(name, holder, Duration::default())
        )
    }

    async fn installation(&self, new: Installation) -> Result<Installation, StoreError> {
        write_with!(self, ops::keys::install, new)
    }

    async fn standing_installation(&self) -> Result<Option<Installation>, StoreError> {
        read_with!(self, reads::keys::installation, ())
    }

    async fn adopt_state_root(
        &self,
        key_check: Hash,
        wrapped: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        write_with!(self, ops::keys::adopt_state_root, (key_check, wrapped))
    }

    async fn adopt_archive_key(
        &self,
        key_check: Hash,
        wrapped: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        write_with!(self, ops::keys::adopt_archive_key, (key_check, wrapped))
    }

    async fn bucket_key(
        &self,
        bucket: BucketId,
        wrapped: Vec<u8>,
        key_check: Hash,
    ) -> Result<Vec<u8>, StoreError> {
        write_with!(self, ops::keys::bucket_key, (bucket, wrapped, key_check))
    }

    async fn bucket_keys(&self) -> Result<Vec<(BucketId, Vec<u8>)>, StoreError> {
        read_with!(self, reads::keys::bucket_keys, ())
    }

    async fn key_rotations(&self) -> Result<Vec<KeyRotation>, StoreError> {
        read_with!(self, reads::keys::rotations, ())
    }

    async fn periods(&self) -> Result<Vec<ClassPeriod>, StoreError> {
        read_with!(self, reads::retention::periods, ())
    }

    async fn promises(&self) -> Result<Vec<Promise>, StoreError> {
        read_with!(self, reads::retention::promises, ())
    }

    async fn buckets(&self) -> Result<Vec<Bucket>, StoreError> {
        read_with!(self, reads::retention::buckets, ())
    }

    async fn unadopted(
        &self,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<(u64, Result<StoredRecord, StoreError>)>, StoreError> {
        read_with!(self, reads::log::unadopted, (after, limit))
    }

    async fn records_in(
        &self,
        bucket: BucketId,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        read_with!(self, reads::log::records_in, (bucket, after, limit))
    }

    async fn holds(&self) -> Result<(u64, Vec<Hold>), StoreError> {
        read_with!(self, reads::retention::holds, ())
    }

    async fn disposals(&self) -> Result<Vec<Disposal>, StoreError> {
        read_with!(self, reads::retention::disposals, ())
    }

    async fn employee(&self, id: EmployeeId) -> Result<Option<Employee>, StoreError> {
        read_with!(self, reads::people::by_id, id)
    }

    async fn employee_by_user(&self, user: &UserId) -> Result<Option<Employee>, StoreError> {
        read_with!(self, reads::people::by_user, user.clone())
    }

    async fn employees(&self, at: PageAt) -> Result<Page<Employee>, StoreError> {
        read_with!(self, reads::people::employees, Window::new(&at)?)
    }

    async fn number(&self, index: &BlindIndex) -> Result<Option<Number>, StoreError> {
        read_with!(self, reads::people::number, *index)
    }

    async fn numbers(&self, at: PageAt) -> Result<Page<Number>, StoreError> {
        read_with!(self, reads::people::numbers, Window::new(&at)?)
    }

    async fn numbers_of(&self, holder: EmployeeId) -> Result<Vec<Number>, StoreError> {
        read_with!(self, reads::people::numbers_of, holder)
    }

    async fn contact_by_number(&self, index: &BlindIndex) -> Result<Option<Contact>, StoreError> {
        read_with!(self, reads::people::contact_by_number, *index)
    }

    async fn contacts(
        &self,
        of: Option<EmployeeId>,
        at: PageAt,
    ) -> Result<Page<Contact>, StoreError> {
        read_with!(self, reads::people::contacts, (of, Window::new(&at)?))
    }

    async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        read_with!(self, reads::people::conversation, id)
    }

    async fn conversation_by_room(
        &self,
        room: &RoomId,
    ) -> Result<Option<Conversation>, StoreError> {
        read_with!(self, reads::people::by_room, room.clone())
    }

    async fn conversation_of(
        &self,
        number: NumberId,
        peer: &BlindIndex,
        employee: EmployeeId,
    ) -> Result<Option<Conversation>, StoreError> {
        read_with!(
            self,
            reads::people::conversation_of,
            (number, *peer, employee)
        )
    }

    async fn consent(
        &self,
        ours: &BlindIndex,
        peer: &BlindIndex,
    ) -> Result<Option<(Consent, Timestamp)>, StoreError> {
        read_with!(self, reads::people::consent, (*ours, *peer))
    }

    async fn conversations(&self, at: PageAt) -> Result<Page<Conversation>, StoreError> {
        read_with!(self, reads::people::conversations, Window::new(&at)?)
    }

    async fn conversations_with(
        &self,
        employee: EmployeeId,
        at: PageAt,
    ) -> Result<Page<Conversation>, StoreError> {
        let window = Window::new(&at)?;
        read_with!(self, reads::people::conversations_with, (employee, window))
    }

    async fn direct(&self, room: &RoomId) -> Result<Option<Employee>, StoreError> {
        read_with!(self, reads::people::direct, room.clone())
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        read_with!(self, reads::messages::message, id)
    }

    async fn message_by_event(&self, event: &EventId) -> Result<Option<Message>, StoreError> {
        read_with!(self, reads::messages::by_event, event.clone())
    }

    async fn message_by_provider(
        &self,
        account: &AccountId,
        provider_id: &ProviderId,
    ) -> Result<Option<MessageId>, StoreError> {
        let key = (account.clone(), provider_id.clone());
        read_with!(self, reads::messages::id_by_provider, key)
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        at: PageAt,
    ) -> Result<Page<Message>, StoreError> {
        read_with!(
            self,
            reads::messages::page,
            (conversation, Window::new(&at)?)
        )
    }

    async fn has_inbound(
        &self,
        account: &AccountId,
        provider_id: &ProviderId,
    ) -> Result<bool, StoreError> {
        let key = (account.clone(), provider_id.clone());
        read_with!(self, reads::messages::has_inbound, key)
    }

    async fn alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        read_with!(self, reads::config::alarms, ())
    }

    async fn alarm_count(&self) -> Result<u64, StoreError> {
        read_with!(self, reads::config::alarm_count, ())
    }

    async fn token(&self, hash: &Hash) -> Result<Option<ApiToken>, StoreError> {
        read_with!(self, reads::config::token, *hash)
    }

    async fn tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        read_with!(self, reads::config::tokens, ())
    }

    async fn cursor(&self, name: &str) -> Result<Option<String>, StoreError> {
        read_with!(self, reads::config::cursor, name.to_owned())
    }

    async fn queue_stats(&self) -> Result<Vec<QueueStat>, StoreError> {
        read_with!(self, reads::jobs::stats, ())
    }

    async fn log_root(&self) -> Result<LogRoot, StoreError> {
        read_with!(self, reads::log::last_root, ())
    }

    async fn records(&self, from: u64, limit: u32) -> Result<Vec<StoredRecord>, StoreError> {
        read_with!(self, reads::log::records, (from, limit))
    }

    async fn records_of(
        &self,
        conversation: Option<ConversationId>,
        from: u64,
        limit: u32,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        read_with!(self, reads::log::records_of, (conversation, from, limit))
    }

    async fn exports(&self, from: u64, limit: u32) -> Result<Vec<StoredRecord>, StoreError> {
        read_with!(self, reads::log::exports, (from, limit))
    }

    async fn record(&self, id: RecordId) -> Result<Option<StoredRecord>, StoreError> {
        read_with!(self, reads::log::by_id, id)
    }

    async fn length_of(&self, conversation: Option<ConversationId>) -> Result<u64, StoreError> {
        read_with!(self, reads::log::length_of, conversation)
    }

    async fn end_of(
        &self,
        conversation: Option<ConversationId>,
    ) -> Result<Option<ConversationEnd>, StoreError> {
        read_with!(self, reads::log::end_of, conversation)
    }

    async fn mark_of(
        &self,
        conversation: Option<ConversationId>,
        mark: u64,
    ) -> Result<Option<u64>, StoreError> {
        read_with!(self, reads::log::mark_of, (conversation, mark))
    }

    async fn mark_count(&self, before: u64) -> Result<u64, StoreError> {
        read_with!(self, reads::log::mark_count, before)
    }

    async fn roots(&self, after: u64, limit: u32) -> Result<Vec<LogRoot>, StoreError> {
        read_with!(self, reads::log::roots, (after, limit))
    }

    async fn probe(&self) -> Result<(), StoreError> {
        write_with!(self, ops::config::probe, ())
    }
}
