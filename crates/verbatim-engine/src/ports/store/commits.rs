//! A commit: changes that become durable together.

use verbatim_domain::message::MessageState;
use verbatim_domain::{
    ContactId, ConversationId, DisposalId, EmployeeId, EventId, JobId, MessageId, NumberId,
    ProviderId, RecordId, RoomId, Timestamp, UserId,
};
use verbatim_record::{BucketId, SealedRecord};

use super::{
    Act, Alarm, ApiToken, BlindIndex, ClassPeriod, Contact, Cosignature, Destruction, Disposal,
    Employee, Failure, Fence, Hold, Lane, LogTile, LogTimestamp, Message, NewJob, Number, Promise,
    RotateKeys, Said, Sealed, SignedCheckpoint,
};

/// A record to be appended.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// The conversation it belongs to; none for the installation's own records.
    pub conversation: Option<ConversationId>,
    /// The record.
    pub sealed: SealedRecord,
    /// The earlier record it is about.
    pub about: Option<RecordId>,
}

/// Changes that become durable together.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// Must still stand; `None` for what any node may do.
    pub fence: Option<Fence>,
    /// The changes, applied in order.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone)]
pub enum Change {
    /// Append to the record.
    Append(NewRecord),
    /// A new outbound message in its first state (inbound ones are made by intake).
    AddMessage(Message),
    /// A request is about to go out: from `Accepted` to `Submitting`, tried at this moment.
    /// [`StoreError::Stale`](super::StoreError::Stale) if the message stands anywhere else.
    BeginSubmitting(MessageId, Timestamp),
    /// Move a message forward. Without effect if it stands there or further already.
    Advance {
        /// Which.
        message: MessageId,
        /// Whereto.
        to: MessageState,
        /// The carrier's id, now known.
        provider_id: Option<ProviderId>,
        /// Why it failed.
        failure: Option<Failure>,
    },
    /// It is proved that the attempt did not happen: back from `Submitting`/`Unknown` to `Accepted`.
    /// [`StoreError::Stale`](super::StoreError::Stale) if it has moved on meanwhile.
    Withdraw(MessageId),
    /// The room event of a message is known.
    SetEvent(MessageId, EventId),
    /// Queue a job.
    Enqueue(NewJob),
    /// A job is done. [`StoreError::Stale`](super::StoreError::Stale) if it is not there any more.
    Finish(JobId),
    /// A job must wait; `payload` replaces what it carries. [`StoreError::Stale`](super::StoreError::Stale) if it is gone.
    Retry {
        /// Which.
        job: JobId,
        /// Not before this moment.
        due: Timestamp,
        /// New details (a prepared event, for instance).
        payload: Option<Sealed>,
        /// Whether it counts as an attempt.
        counts: bool,
    },
    /// A job leaves its lane for another, so that those behind it can go on.
    Move(JobId, Lane),
    /// Jobs about this room become due now.
    WakeRoom(RoomId, Timestamp),
    /// The head of this lane becomes due now.
    WakeLane(Lane, Timestamp),
    /// What waits to be said in this employee's conversations becomes due now.
    WakeReader(UserId, Timestamp),
    /// The conversation has its room. [`StoreError::Conflict`](super::StoreError::Conflict) if it has another
    /// one than the one that this is instead of.
    BindRoom {
        /// Which.
        conversation: ConversationId,
        /// Its room from now on.
        room: RoomId,
        /// The room it had, if that one is gone.
        instead_of: Option<RoomId>,
    },
    /// A disclosure made at this moment is on its way to the client; the first one counts.
    Disclosed(ConversationId, Timestamp),
    /// The disclosure made at that moment did not reach the client. Without effect if another one is on its way.
    NotDisclosed(ConversationId, Timestamp),
    /// What a client's number says to one of ours about being texted. Without effect if something later was
    /// said: by the carrier's time where both have that; in the order in which we heard it where neither has;
    /// else in doubt, within minutes, it is that they do not want it.
    SetConsent {
        /// Our number.
        ours: BlindIndex,
        /// The client's.
        peer: BlindIndex,
        /// What it says.
        said: Said,
    },
    /// A direct chat of an employee with the bot.
    BindDirect(RoomId, EmployeeId),
    /// Insert an employee, or change name and end.
    PutEmployee(Employee),
    /// Insert a number. [`StoreError::Conflict`](super::StoreError::Conflict) if it exists under another id.
    PutNumber(Number),
    /// Give a number to an employee from a moment on. [`StoreError::Conflict`](super::StoreError::Conflict) if somebody holds it then.
    Assign(NumberId, EmployeeId, Timestamp),
    /// Take a number back from a moment on.
    Release(NumberId, Timestamp),
    /// Insert a contact, or change name, state and add numbers. [`StoreError::Conflict`](super::StoreError::Conflict) if one of its
    /// numbers belongs to another contact.
    PutContact(Contact),
    /// Insert a conversation. [`StoreError::Conflict`](super::StoreError::Conflict) if (number, peer, employee) exists.
    PutConversation {
        /// Its id.
        id: ConversationId,
        /// Our number.
        number: NumberId,
        /// The contact.
        contact: ContactId,
        /// Which of the contact's numbers.
        peer: BlindIndex,
        /// The employee.
        employee: EmployeeId,
        /// Now.
        at: Timestamp,
    },
    /// Keep full tiles of the log. [`StoreError::Damaged`](super::StoreError::Damaged) if one is kept with other hashes.
    AddTiles(Vec<LogTile>),
    /// Keep a checkpoint. [`StoreError::Damaged`](super::StoreError::Damaged) unless it is larger than all before it and
    /// has the root that was committed at its size.
    AddCheckpoint(SignedCheckpoint),
    /// Keep a witness's cosignature of a checkpoint; a later one of the same checkpoint replaces it.
    PutCosignature(Cosignature),
    /// Keep a timestamp of a checkpoint.
    AddTimestamp(LogTimestamp),
    /// Remember a period that is in force from now on.
    PutPeriod(ClassPeriod, Timestamp),
    /// Keep a promise about somebody's records, unless it is kept already. Counts as a change to the holds.
    Promise(Promise),
    /// Keep a bucket until the end of a later month. [`StoreError::Stale`](super::StoreError::Stale) if it is not
    /// kept until `from`, [`StoreError::Conflict`](super::StoreError::Conflict) if that is later, or its key is
    /// destroyed. Counts as a change to the holds.
    KeepBucket {
        /// Which.
        bucket: BucketId,
        /// The month until which it was kept when that was decided.
        from: u32,
        /// The month until which it is kept from now on.
        until: u32,
    },
    /// Insert a hold, or write down a step of its release. Counts as a change to the holds.
    PutHold(Hold),
    /// Insert a proposed disposal. [`StoreError::Conflict`](super::StoreError::Conflict) if the bucket has
    /// one.
    Propose(Disposal),
    /// Approve a disposal. [`StoreError::Stale`](super::StoreError::Stale) if it is not proposed any more.
    Approve(DisposalId, Act),
    /// Take a disposal back. [`StoreError::Stale`](super::StoreError::Stale) if it is carried out already.
    WithdrawDisposal(DisposalId, Act),
    /// Wrap a data key by another bucket's key. Without effect if it is not under `from` any more.
    WrapAgain {
        /// The record's position in the log.
        position: u64,
        /// Whose key wraps it.
        from: BucketId,
        /// Whose key will.
        to: BucketId,
        /// The data key, wrapped by that.
        wrapped: Vec<u8>,
    },
    /// Destroy a bucket's key, or some of the data keys that it wraps.
    Destroy(Destruction),
    /// Remove ciphertexts and data keys of a bucket whose key is destroyed, so many at most.
    Shred(BucketId, u32),
    /// A disposal has nothing left to do. [`StoreError::Stale`](super::StoreError::Stale) if something is.
    EndDisposal(DisposalId),
    /// Raise or update an alarm.
    Raise(Alarm),
    /// Clear an alarm, if it is there.
    Clear(String),
    /// Insert or replace an API token.
    PutToken(ApiToken),
    /// Remember how far something has come.
    SetCursor(String, String),
    /// Put everything under another key-encryption key.
    RotateKeys(Box<RotateKeys>),
}
