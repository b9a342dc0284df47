//! Where the platform adapter keeps its cryptographic state: sealed rows in our own store.
//!
//! Every row belongs to a namespace: one device. What a row holds is the adapter's affair.

use async_trait::async_trait;

use super::store::{Fence, StoreError};

/// A row's address within a namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// What kind of thing it is, such as `session`.
    pub kind: String,
    /// First part of the key; empty if unused.
    pub k1: String,
    /// Second part of the key; empty if unused.
    pub k2: String,
}

/// A change to a namespace. Later changes of one batch win over earlier ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowChange {
    /// Insert or replace.
    Put(RowKey, Vec<u8>),
    /// Remove, if there.
    Delete(RowKey),
    /// Remove everything of a kind.
    DeleteKind(String),
    /// Insert or replace an inbound group session.
    PutGroupSession(GroupSessionRow),
    /// Set or clear the backed-up mark: all sessions if `None`, else (room, session) pairs.
    MarkBackedUp(Option<Vec<String>>, bool),
}

/// An inbound group session with the columns it is looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSessionRow {
    /// Primary key within the namespace.
    pub session_id: String,
    /// The room it is for.
    pub room_id: String,
    /// The sender's curve key.
    pub sender_key: String,
    /// The crypto library's sender-data type.
    pub sender_data_type: i16,
    /// Overrides the flag inside `data`.
    pub backed_up: bool,
    /// The sealed pickle.
    pub data: Vec<u8>,
}

/// Which group sessions to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupSessionQuery {
    /// One, by its id.
    One(String),
    /// All.
    All,
    /// All of a room.
    Room(String),
    /// Those not backed up, at most so many.
    NotBackedUp(usize),
    /// A page for one sender key and sender-data type, after a session id, in byte order of the id.
    Device {
        /// The sender's curve key.
        sender_key: String,
        /// The crypto library's sender-data type.
        sender_data_type: i16,
        /// Only ids greater than this.
        after: Option<String>,
        /// At most so many.
        limit: usize,
    },
}

/// The result of trying to take a row lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowLease {
    /// Grows by one whenever the lease changes hands; the first is 1.
    pub generation: u64,
}

/// Sealed rows by namespace.
#[async_trait]
pub trait CryptoRows: Send + Sync {
    /// Applies a batch in one transaction, if the fence still stands (`None`: tests without leases).
    async fn apply(
        &self,
        namespace: &str,
        fence: Option<Fence>,
        changes: Vec<RowChange>,
    ) -> Result<(), StoreError>;

    /// One row.
    async fn get(&self, namespace: &str, key: &RowKey) -> Result<Option<Vec<u8>>, StoreError>;

    /// All rows of a kind, optionally narrowed by `k1`, with their keys.
    async fn list(
        &self,
        namespace: &str,
        kind: &str,
        k1: Option<&str>,
    ) -> Result<Vec<(RowKey, Vec<u8>)>, StoreError>;

    /// Inbound group sessions.
    async fn group_sessions(
        &self,
        namespace: &str,
        query: GroupSessionQuery,
    ) -> Result<Vec<GroupSessionRow>, StoreError>;

    /// (all, backed up).
    async fn group_session_counts(
        &self,
        namespace: &str,
        room: Option<&str>,
    ) -> Result<(usize, usize), StoreError>;

    /// Takes or extends a named lease in the namespace, by the database's clock. The same holder keeps
    /// the generation; an expired lease goes to anyone with generation + 1.
    async fn lease(
        &self,
        namespace: &str,
        name: &str,
        holder: &str,
        duration_ms: u32,
    ) -> Result<Option<RowLease>, StoreError>;
}
