//! The store port of a mortal process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use verbatim_domain::consent::Consent;
use verbatim_domain::{
    AccountId, ConversationId, Duration, EmployeeId, EventId, MessageId, NumberId, ProviderId,
    RecordId, RoomId, Timestamp, UserId,
};
use verbatim_engine::ports::{
    Alarm, Anchors, ApiToken, BlindIndex, Bucket, ClassPeriod, Clock, Commit, Contact,
    Conversation, ConversationEnd, Cosignature, Disposal, Employee, Fence, Hold, InboundOutcome,
    InboundSms, Installation, Job, KeyRotation, Lane, LogLeaf, LogRoot, LogTimestamp, Message,
    Number, Page, PageAt, Promise, QueueStat, ReceiptIn, ReceiptOutcome, RoomEventIn,
    SignedCheckpoint, SignedLog, Store, StoreError, StoredRecord,
};
use verbatim_record::{BucketId, Hash};

use crate::fakes::VirtualClock;
use crate::sim::process::{Dead, Fate, Process};
use crate::sim::sabotage::Sabotage;

pub(crate) struct MortalStore {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) process: Arc<Process>,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) sabotage: Sabotage,
    /// Whether rows are being compared with the log: that sees the truth, or nothing would ever be destroyed
    /// on the word of spoiled ones.
    pub(crate) compares: AtomicBool,
}

impl MortalStore {
    fn spoils(&self) -> Sabotage {
        match self.compares.load(Ordering::Relaxed) {
            true => Sabotage::Nothing,
            false => self.sabotage,
        }
    }
}

fn cut() -> StoreError {
    StoreError::Unavailable("the connection broke".to_owned())
}

fn died(_: Dead) -> StoreError {
    cut()
}

impl MortalStore {
    async fn read<R>(
        &self,
        call: impl Future<Output = Result<R, StoreError>> + Send,
    ) -> Result<R, StoreError> {
        self.process.gate().await.map_err(died)?;
        call.await
    }

    async fn write<R>(
        &self,
        call: impl Future<Output = Result<R, StoreError>> + Send,
    ) -> Result<R, StoreError> {
        self.process.gate().await.map_err(died)?;
        match self.process.fate() {
            Fate::Works => call.await,
            Fate::Refused => Err(cut()),
            Fate::LosesAnswer => {
                call.await?;
                Err(cut())
            }
        }
    }
}

#[async_trait]
impl SignedLog for MortalStore {
    async fn latest_checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        self.read(self.inner.latest_checkpoint()).await
    }

    async fn checkpoints(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<SignedCheckpoint>, StoreError> {
        self.read(self.inner.checkpoints(after, limit)).await
    }

    async fn log_tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(self.inner.log_tile(level, index)).await
    }

    async fn leaves(&self, from: u64, limit: u32) -> Result<Vec<LogLeaf>, StoreError> {
        self.read(self.inner.leaves(from, limit)).await
    }
}

#[async_trait]
impl Anchors for MortalStore {
    async fn latest_cosignature(&self, witness: &str) -> Result<Option<Cosignature>, StoreError> {
        self.read(self.inner.latest_cosignature(witness)).await
    }

    async fn cosignatures(&self, size: u64) -> Result<Vec<Cosignature>, StoreError> {
        self.read(self.inner.cosignatures(size)).await
    }

    async fn latest_timestamp(&self, authority: &str) -> Result<Option<LogTimestamp>, StoreError> {
        self.read(self.inner.latest_timestamp(authority)).await
    }

    async fn timestamp_up_to(&self, size: u64) -> Result<Option<LogTimestamp>, StoreError> {
        self.read(self.inner.timestamp_up_to(size)).await
    }

    async fn timestamps(&self, after: u64, limit: u32) -> Result<Vec<LogTimestamp>, StoreError> {
        self.read(self.inner.timestamps(after, limit)).await
    }
}

#[async_trait]
impl Store for MortalStore {
    async fn record_inbound(&self, sms: InboundSms) -> Result<InboundOutcome, StoreError> {
        let sms = self.sabotage.inbound(sms, self.clock.now());
        self.write(self.inner.record_inbound(sms)).await
    }

    async fn record_receipt(&self, receipt: ReceiptIn) -> Result<ReceiptOutcome, StoreError> {
        let ignored = self.sabotage == Sabotage::IgnoresReceipts;
        let to = receipt.to.filter(|_| !ignored);
        let receipt = ReceiptIn { to, ..receipt };
        self.write(self.inner.record_receipt(receipt)).await
    }

    async fn record_room_events(
        &self,
        events: Vec<RoomEventIn>,
        at: Timestamp,
    ) -> Result<usize, StoreError> {
        self.write(self.inner.record_room_events(events, at)).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.compares.store(false, Ordering::Relaxed);
        let commit = self.sabotage.commit(commit);
        let commit = self.sabotage.shred(&*self.inner, commit).await;
        self.write(self.inner.commit(commit)).await
    }

    async fn due_jobs(
        &self,
        now: Timestamp,
        busy: &[Lane],
        limit: u32,
    ) -> Result<Vec<Job>, StoreError> {
        self.read(self.inner.due_jobs(now, busy, limit)).await
    }

    async fn next_due(&self, busy: &[Lane]) -> Result<Option<Timestamp>, StoreError> {
        self.read(self.inner.next_due(busy)).await
    }

    async fn work_arrived(&self) {
        self.inner.work_arrived().await;
    }

    async fn take_lease(
        &self,
        name: &str,
        holder: &str,
        duration: Duration,
    ) -> Result<Option<Fence>, StoreError> {
        self.write(self.inner.take_lease(name, holder, duration))
            .await
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.write(self.inner.release_lease(name, holder)).await
    }

    async fn installation(&self, new: Installation) -> Result<Installation, StoreError> {
        self.write(self.inner.installation(new)).await
    }

    async fn standing_installation(&self) -> Result<Option<Installation>, StoreError> {
        self.read(self.inner.standing_installation()).await
    }

    async fn adopt_archive_key(
        &self,
        key_check: Hash,
        wrapped: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        self.write(self.inner.adopt_archive_key(key_check, wrapped))
            .await
    }

    async fn adopt_state_root(
        &self,
        key_check: Hash,
        wrapped: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        self.write(self.inner.adopt_state_root(key_check, wrapped))
            .await
    }

    async fn bucket_key(
        &self,
        bucket: BucketId,
        wrapped: Vec<u8>,
        key_check: Hash,
    ) -> Result<Vec<u8>, StoreError> {
        self.write(self.inner.bucket_key(bucket, wrapped, key_check))
            .await
    }

    async fn key_rotations(&self) -> Result<Vec<KeyRotation>, StoreError> {
        self.read(self.inner.key_rotations()).await
    }

    async fn bucket_keys(&self) -> Result<Vec<(BucketId, Vec<u8>)>, StoreError> {
        self.read(self.inner.bucket_keys()).await
    }

    async fn periods(&self) -> Result<Vec<ClassPeriod>, StoreError> {
        self.read(self.inner.periods()).await
    }

    async fn promises(&self) -> Result<Vec<Promise>, StoreError> {
        let promises = self.read(self.inner.promises()).await?;
        Ok(self.spoils().promises(promises))
    }

    async fn buckets(&self) -> Result<Vec<Bucket>, StoreError> {
        self.read(self.inner.buckets()).await
    }

    async fn records_in(
        &self,
        bucket: BucketId,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        self.read(self.inner.records_in(bucket, after, limit)).await
    }

    async fn unadopted(
        &self,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<(u64, Result<StoredRecord, StoreError>)>, StoreError> {
        self.read(self.inner.unadopted(after, limit)).await
    }

    async fn holds(&self) -> Result<(u64, Vec<Hold>), StoreError> {
        let holds = self.read(self.inner.holds()).await?;
        Ok(self.spoils().holds(holds))
    }

    async fn disposals(&self) -> Result<Vec<Disposal>, StoreError> {
        let disposals = self.read(self.inner.disposals()).await?;
        Ok(self.spoils().disposals(disposals))
    }

    async fn employee(&self, id: EmployeeId) -> Result<Option<Employee>, StoreError> {
        self.read(self.inner.employee(id)).await
    }

    async fn employee_by_user(&self, user: &UserId) -> Result<Option<Employee>, StoreError> {
        self.read(self.inner.employee_by_user(user)).await
    }

    async fn employees(&self, at: PageAt) -> Result<Page<Employee>, StoreError> {
        self.read(self.inner.employees(at)).await
    }

    async fn number(&self, index: &BlindIndex) -> Result<Option<Number>, StoreError> {
        self.read(self.inner.number(index)).await
    }

    async fn numbers(&self, at: PageAt) -> Result<Page<Number>, StoreError> {
        self.read(self.inner.numbers(at)).await
    }

    async fn numbers_of(&self, holder: EmployeeId) -> Result<Vec<Number>, StoreError> {
        self.read(self.inner.numbers_of(holder)).await
    }

    async fn contact_by_number(&self, index: &BlindIndex) -> Result<Option<Contact>, StoreError> {
        self.read(self.inner.contact_by_number(index)).await
    }

    async fn contacts(
        &self,
        of: Option<EmployeeId>,
        at: PageAt,
    ) -> Result<Page<Contact>, StoreError> {
        self.read(self.inner.contacts(of, at)).await
    }

    async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        self.read(self.inner.conversation(id)).await
    }

    async fn conversation_by_room(
        &self,
        room: &RoomId,
    ) -> Result<Option<Conversation>, StoreError> {
        self.read(self.inner.conversation_by_room(room)).await
    }

    async fn conversation_of(
        &self,
        number: NumberId,
        peer: &BlindIndex,
        employee: EmployeeId,
    ) -> Result<Option<Conversation>, StoreError> {
        self.read(self.inner.conversation_of(number, peer, employee))
            .await
    }

    async fn consent(
        &self,
        ours: &BlindIndex,
        peer: &BlindIndex,
    ) -> Result<Option<(Consent, Timestamp)>, StoreError> {
        self.read(self.inner.consent(ours, peer)).await
    }

    async fn conversations(&self, at: PageAt) -> Result<Page<Conversation>, StoreError> {
        let page = self.read(self.inner.conversations(at)).await?;
        Ok(self.sabotage.conversations(page))
    }

    async fn conversations_with(
        &self,
        employee: EmployeeId,
        at: PageAt,
    ) -> Result<Page<Conversation>, StoreError> {
        self.read(self.inner.conversations_with(employee, at)).await
    }

    async fn direct(&self, room: &RoomId) -> Result<Option<Employee>, StoreError> {
        self.read(self.inner.direct(room)).await
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.read(self.inner.message(id)).await
    }

    async fn message_by_event(&self, event: &EventId) -> Result<Option<Message>, StoreError> {
        self.read(self.inner.message_by_event(event)).await
    }

    async fn message_by_provider(
        &self,
        account: &AccountId,
        provider_id: &ProviderId,
    ) -> Result<Option<MessageId>, StoreError> {
        self.read(self.inner.message_by_provider(account, provider_id))
            .await
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        at: PageAt,
    ) -> Result<Page<Message>, StoreError> {
        self.read(self.inner.messages(conversation, at)).await
    }

    async fn has_inbound(
        &self,
        account: &AccountId,
        provider_id: &ProviderId,
    ) -> Result<bool, StoreError> {
        self.read(self.inner.has_inbound(account, provider_id))
            .await
    }

    async fn alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        self.read(self.inner.alarms()).await
    }

    async fn alarm_count(&self) -> Result<u64, StoreError> {
        self.read(self.inner.alarm_count()).await
    }

    async fn token(&self, hash: &Hash) -> Result<Option<ApiToken>, StoreError> {
        self.read(self.inner.token(hash)).await
    }

    async fn tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        self.read(self.inner.tokens()).await
    }

    async fn cursor(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.read(self.inner.cursor(name)).await
    }

    async fn queue_stats(&self) -> Result<Vec<QueueStat>, StoreError> {
        self.read(self.inner.queue_stats()).await
    }

    async fn log_root(&self) -> Result<LogRoot, StoreError> {
        self.read(self.inner.log_root()).await
    }

    async fn records(&self, from: u64, limit: u32) -> Result<Vec<StoredRecord>, StoreError> {
        self.read(self.inner.records(from, limit)).await
    }

    async fn records_of(
        &self,
        conversation: Option<ConversationId>,
        from: u64,
        limit: u32,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        if conversation.is_none() {
            self.compares.store(true, Ordering::Relaxed);
        }
        let records = self.inner.records_of(conversation, from, limit);
        Ok(self.sabotage.records_of(self.read(records).await?))
    }

    async fn exports(&self, from: u64, limit: u32) -> Result<Vec<StoredRecord>, StoreError> {
        self.read(self.inner.exports(from, limit)).await
    }

    async fn record(&self, id: RecordId) -> Result<Option<StoredRecord>, StoreError> {
        self.read(self.inner.record(id)).await
    }

    async fn length_of(&self, conversation: Option<ConversationId>) -> Result<u64, StoreError> {
        self.read(self.inner.length_of(conversation)).await
    }

    async fn end_of(
        &self,
        conversation: Option<ConversationId>,
    ) -> Result<Option<ConversationEnd>, StoreError> {
        self.read(self.inner.end_of(conversation)).await
    }

    async fn mark_of(
        &self,
        conversation: Option<ConversationId>,
        mark: u64,
    ) -> Result<Option<u64>, StoreError> {
        self.read(self.inner.mark_of(conversation, mark)).await
    }

    async fn mark_count(&self, before: u64) -> Result<u64, StoreError> {
        self.read(self.inner.mark_count(before)).await
    }

    async fn roots(&self, after: u64, limit: u32) -> Result<Vec<LogRoot>, StoreError> {
        let roots = self.read(self.inner.roots(after, limit)).await?;
        Ok(self.sabotage.roots(roots))
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.write(self.inner.probe()).await
    }
}
