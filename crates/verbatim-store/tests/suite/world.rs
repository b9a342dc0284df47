//! What the cases start from: a store, ids that are easy to tell apart, and things to put into it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use verbatim_domain::message::{Direction, MessageState};
use verbatim_domain::{
    AccountId, ContactId, ConversationId, EmployeeId, JobId, MessageId, NumberId, ProviderId,
    RecordId, RoomId, Timestamp, UserId,
};
use verbatim_engine::ports::*;
use verbatim_record::{BucketId, Kind, RetentionClass, SealedRecord};
use verbatim_store::SqlStore;

/// The log's id in every case.
pub(crate) const LOG: [u8; 16] = [7; 16];
/// The fingerprint of its key-encryption key.
pub(crate) const KEY: [u8; 32] = [1; 32];

/// A store under test.
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) crypto: Arc<dyn CryptoRows>,
    /// The same, for planning faults.
    pub(crate) sql: Arc<SqlStore>,
    next: AtomicU64,
}

/// A number held by somebody.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    pub(crate) number: NumberId,
    pub(crate) index: BlindIndex,
    pub(crate) employee: EmployeeId,
}

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp(ms)
}

pub(crate) fn account() -> AccountId {
    "twilio-main".into()
}

pub(crate) fn peer(n: u8) -> BlindIndex {
    BlindIndex([n; 32])
}

pub(crate) fn sealed(text: &str) -> Sealed {
    Sealed(text.as_bytes().to_vec())
}

pub(crate) fn first(limit: u32) -> PageAt {
    PageAt { after: None, limit }
}

impl World {
    pub(crate) fn new(sql: &Arc<SqlStore>) -> Self {
        Self {
            store: Arc::clone(sql) as _,
            crypto: Arc::clone(sql) as _,
            sql: Arc::clone(sql),
            next: AtomicU64::new(1),
        }
    }

    /// Another view of the same database, which draws other ids.
    pub(crate) fn beside(sql: &Arc<SqlStore>, from: u64) -> Self {
        let world = Self::new(sql);
        world.next.store(from, Ordering::Relaxed);
        world
    }

    /// A store that knows whose it is.
    pub(crate) async fn install(&self) {
        let installation = Installation {
            log: LOG,
            key_check: KEY,
            state_root: vec![7],
            archive_key: vec![6],
        };
        assert_eq!(
            self.store.installation(installation.clone()).await,
            Ok(installation)
        );
    }

    pub(crate) fn count(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Sixteen bytes never used before in this world.
    pub(crate) fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0xA5; 16];
        bytes[..8].copy_from_slice(&self.count().to_be_bytes());
        bytes
    }

    pub(crate) fn record(&self, kind: Kind, captured: i64) -> SealedRecord {
        let n = self.count();
        let hash = |salt: u8| {
            let mut hash = [salt; 32];
            hash[..8].copy_from_slice(&n.to_be_bytes());
            hash
        };
        SealedRecord {
            id: RecordId::from_random(self.bytes()),
            kind,
            captured_at: at(captured),
            bucket: BucketId {
                class: RetentionClass(2),
                expiry_month: 24_500,
            },
            wrapped_by: BucketId {
                class: RetentionClass(2),
                expiry_month: 24_500,
            },
            commitment: hash(1),
            ciphertext_hash: hash(2),
            key_commitment: hash(3),
            ciphertext: format!("ciphertext {n}").into_bytes(),
            wrapped_key: format!("key {n}").into_bytes(),
        }
    }

    /// A text from `from` to `to`, never seen before.
    pub(crate) fn sms(&self, to: BlindIndex, from: BlindIndex, ms: i64) -> InboundSms {
        InboundSms {
            account: account(),
            provider_id: ProviderId(format!("SM{:08}", self.count())),
            to,
            from,
            from_sealed: sealed("+1555…"),
            at: at(ms),
            record: self.record(Kind::MessageIn, ms),
            consent: None,
            say: sealed("say"),
            fresh: FreshIds {
                contact: ContactId::from_random(self.bytes()),
                stand_in: format!("sms_{}", self.count()),
                conversation: ConversationId::from_random(self.bytes()),
                message: MessageId::from_random(self.bytes()),
            },
            catch_all: None,
            again: None,
        }
    }

    pub(crate) async fn commit(&self, changes: Vec<Change>) {
        assert_eq!(
            self.store
                .commit(Commit {
                    fence: None,
                    changes
                })
                .await,
            Ok(())
        );
    }

    pub(crate) async fn refused(&self, changes: Vec<Change>) -> StoreError {
        self.store
            .commit(Commit {
                fence: None,
                changes,
            })
            .await
            .expect_err("must be refused")
    }

    pub(crate) async fn employee(&self, name: &str) -> EmployeeId {
        let id = EmployeeId::from_random(self.bytes());
        self.commit(vec![Change::PutEmployee(self.new_employee(id, name))])
            .await;
        id
    }

    pub(crate) fn new_employee(&self, id: EmployeeId, name: &str) -> Employee {
        let user = UserId(format!("@{name}:example.org"));
        Employee {
            id,
            user,
            name: sealed(name),
            created: at(1),
            ended: None,
        }
    }

    pub(crate) fn new_number(&self, n: u8) -> Number {
        Number {
            id: NumberId::from_random(self.bytes()),
            index: BlindIndex([n; 32]),
            number: sealed("+1212…"),
            account: account(),
            created: at(1),
            holder: None,
        }
    }

    /// A number that `employee` holds from `since` on.
    pub(crate) async fn held(&self, n: u8, employee: EmployeeId, since: i64) -> Held {
        let number = self.new_number(n);
        let (id, index) = (number.id, number.index);
        let assign = Change::Assign(id, employee, at(since));
        self.commit(vec![Change::PutNumber(number), assign]).await;
        Held {
            number: id,
            index,
            employee,
        }
    }

    /// Alice with number 200, held from the beginning; the log has an owner.
    pub(crate) async fn alice(&self) -> Held {
        self.install().await;
        let alice = self.employee("alice").await;
        self.held(200, alice, 0).await
    }

    /// A conversation begun by a text from `from`, and that text's message.
    pub(crate) async fn conversation(
        &self,
        held: Held,
        from: u8,
        ms: i64,
    ) -> (ConversationId, MessageId) {
        let sms = self.sms(held.index, peer(from), ms);
        match self.store.record_inbound(sms).await {
            Ok(InboundOutcome::Placed {
                conversation,
                message,
                ..
            }) => (conversation, message),
            other => panic!("not placed: {other:?}"),
        }
    }

    pub(crate) fn outbound(&self, conversation: ConversationId, record: RecordId) -> Message {
        Message {
            id: MessageId::from_random(self.bytes()),
            conversation: Some(conversation),
            direction: Direction::Outbound,
            state: MessageState::Accepted,
            record,
            provider_id: None,
            event: None,
            segments: 2,
            created: at(50),
            first_tried: None,
            last_tried: None,
            failure: None,
        }
    }

    /// An accepted outbound message with its record.
    pub(crate) async fn accepted(&self, conversation: ConversationId) -> Message {
        let sealed = self.record(Kind::MessageOut, 50);
        let message = self.outbound(conversation, sealed.id);
        let record = NewRecord {
            conversation: Some(conversation),
            sealed,
            about: None,
        };
        self.commit(vec![
            Change::Append(record),
            Change::AddMessage(message.clone()),
        ])
        .await;
        message
    }

    pub(crate) fn advance(&self, message: MessageId, to: MessageState) -> Change {
        Change::Advance {
            message,
            to,
            provider_id: None,
            failure: None,
        }
    }

    pub(crate) fn receipt(&self, id: &str, to: Option<MessageState>) -> ReceiptIn {
        let mut dedupe = [9; 32];
        dedupe[..8].copy_from_slice(&self.count().to_be_bytes());
        ReceiptIn {
            account: account(),
            provider_id: id.into(),
            message: None,
            to,
            failure: None,
            dedupe,
            at: at(90),
            record: self.record(Kind::Status, 90),
            show: true,
        }
    }

    pub(crate) fn job(&self, lane: &str, due: i64) -> NewJob {
        NewJob {
            lane: Lane(lane.into()),
            kind: JobKind::Say,
            due: at(due),
            payload: sealed(&format!("payload {}", self.count())),
            conversation: None,
            message: None,
            room: None,
            unique: None,
        }
    }

    pub(crate) async fn due(&self, now: i64) -> Vec<Job> {
        self.store
            .due_jobs(at(now), &[], 1000)
            .await
            .expect("due jobs")
    }

    /// Runs every job to its end: heads only, as a worker would. What ran, in order.
    pub(crate) async fn drain(&self) -> Vec<(Lane, JobKind)> {
        let mut ran = Vec::new();
        loop {
            let jobs = self.due(i64::MAX).await;
            let Some(job) = jobs.into_iter().next() else {
                return ran;
            };
            ran.push((job.lane, job.kind));
            self.commit(vec![Change::Finish(job.id)]).await;
        }
    }

    pub(crate) async fn only_job(&self, now: i64) -> Job {
        let mut jobs = self.due(now).await;
        assert_eq!(jobs.len(), 1, "{jobs:?}");
        jobs.remove(0)
    }

    pub(crate) async fn state(&self, message: MessageId) -> MessageState {
        self.message(message).await.state
    }

    pub(crate) async fn message(&self, message: MessageId) -> Message {
        self.store
            .message(message)
            .await
            .expect("read")
            .expect("message")
    }

    pub(crate) async fn log_size(&self) -> u64 {
        self.store.log_root().await.expect("root").size
    }
}

pub(crate) fn room(name: &str) -> RoomId {
    RoomId(format!("!{name}:example.org"))
}

pub(crate) fn finish(job: &Job) -> Change {
    Change::Finish(JobId(job.id.0))
}
