//! Appending to the log: positions without gaps, the chain within a conversation, the root per batch.
//!
//! The state is read inside the transaction that appends and written once per batch. Between batches
//! it is kept in memory and used again only if the stored size still agrees; after a failed or
//! uncertain commit it is thrown away ([`Log::forget`]).

use std::collections::{BTreeSet, HashMap};

use verbatim_domain::{ConversationId, Timestamp};
use verbatim_engine::ports::{MARKED, StoreError};
use verbatim_record::merkle::Frontier;
use verbatim_record::{Hash, Leaf, SealedRecord};

use crate::sql::{keys, log as sql};
use crate::tx::Tx;
use crate::value::params;

/// Conversations whose last position is remembered between batches, at most.
const REMEMBERED: usize = 20_000;

/// What appending needs to know.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The log's id, once the installation is known.
    id: Option<[u8; 16]>,
    /// Positions and roots as of the last batch, including this one.
    state: Option<State>,
    /// The next position in a conversation and the hash of its last leaf.
    heads: HashMap<ConversationId, Head>,
    /// Conversations that this batch has appended to.
    touched: BTreeSet<ConversationId>,
    /// What to restore if the running operation is undone.
    undo: Option<Undo>,
    /// Whether this batch has appended.
    dirty: bool,
}

#[derive(Debug, Clone)]
struct State {
    size: u64,
    frontier: Frontier,
    last_at: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Head {
    next: u64,
    /// Of the last record; without meaning before the first.
    last: Hash,
    place: u64,
}

impl Head {
    /// Nothing was appended yet.
    const NONE: Self = Self {
        next: 0,
        last: [0; 32],
        place: 0,
    };

    /// The place of the last record, if there is one.
    fn previous(&self) -> Option<u64> {
        (self.next > 0).then_some(self.place)
    }
}

#[derive(Debug)]
struct Undo {
    state: State,
    dirty: bool,
    heads: Vec<(ConversationId, Head)>,
}

fn damaged(what: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(what.to_string())
}

impl Log {
    /// Reads the state; on PostgreSQL this also keeps every other writer out until the commit.
    pub(crate) async fn begin(&mut self, tx: &dyn Tx) -> Result<(), StoreError> {
        let row = tx.query_opt(&sql::LOG_LOCK, vec![]).await?;
        let row = row.ok_or_else(|| damaged("the log has no state"))?;
        // A node of a later version may have changed the tables since this one started.
        crate::schema::refuse_newer(row.get(3)?)?;
        let size: u64 = row.get(0)?;
        if self.state.as_ref().is_none_or(|state| state.size != size) {
            let frontier = Frontier::decode(&row.get::<Vec<u8>>(1)?).map_err(damaged)?;
            if frontier.size() != size {
                return Err(damaged("the log's size and its frontier disagree"));
            }
            self.state = Some(State {
                size,
                frontier,
                last_at: row.get(2)?,
            });
            self.heads.clear();
        }
        if self.heads.len() > REMEMBERED {
            self.heads.clear();
        }
        self.touched.clear();
        self.dirty = false;
        self.undo = None;
        Ok(())
    }

    /// An operation begins.
    pub(crate) fn mark(&mut self) {
        self.undo = None;
    }

    /// The operation since [`Log::mark`] is undone.
    pub(crate) fn undo(&mut self) {
        let Some(undo) = self.undo.take() else { return };
        for (conversation, head) in undo.heads.into_iter().rev() {
            self.heads.insert(conversation, head);
        }
        self.state = Some(undo.state);
        self.dirty = undo.dirty;
    }

    /// Forgets everything, because nobody knows whether it agrees with the database.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// A conversation is made in this transaction: nothing was appended to it yet.
    pub(crate) fn begins(&mut self, conversation: ConversationId) {
        self.heads.entry(conversation).or_insert(Head::NONE);
    }

    /// Appends a record; `about` is a position in the log.
    pub(crate) async fn append(
        &mut self,
        tx: &dyn Tx,
        conversation: Option<ConversationId>,
        sealed: &SealedRecord,
        about: Option<u64>,
    ) -> Result<(), StoreError> {
        let log = self.installation(tx).await?;
        let conversation = conversation.unwrap_or(ConversationId::NONE);
        let head = self.head(tx, conversation).await?;
        let state = self
            .state
            .as_mut()
            .ok_or_else(|| damaged("no transaction"))?;
        let undo = self.undo.get_or_insert_with(|| Undo {
            state: state.clone(),
            dirty: self.dirty,
            heads: Vec::new(),
        });
        let leaf = Leaf {
            log,
            conversation,
            conversation_seq: head.next,
            global_seq: state.size,
            kind: sealed.kind,
            captured_at: state.last_at.max(sealed.captured_at),
            retention: sealed.bucket.class,
            commitment: sealed.commitment,
            ciphertext_hash: sealed.ciphertext_hash,
            key_commitment: sealed.key_commitment,
            previous: head.last,
            about,
        };
        let hash = leaf.hash();
        undo.heads.push((conversation, head));
        let new = Head {
            next: head.next + 1,
            last: hash,
            place: leaf.global_seq,
        };
        self.heads.insert(conversation, new);
        self.touched.insert(conversation);
        state.frontier.push(&hash);
        state.size += 1;
        state.last_at = leaf.captured_at;
        self.dirty = true;
        let previous = head.previous();
        tx.send(&sql::RECORD_ADD, row(sealed, &leaf, hash, previous))
            .await?;
        tx.send(&sql::DATA_KEY_ADD, data_key(sealed, &leaf)).await?;
        if new.next.is_multiple_of(MARKED) {
            let mark = head.next / MARKED;
            tx.send(&sql::MARK_ADD, params![conversation, mark, new.place])
                .await?;
        }
        Ok(())
    }

    /// Writes the state, the root and the heads of conversations of this batch, if it appended.
    pub(crate) async fn save(&mut self, tx: &dyn Tx) -> Result<(), StoreError> {
        let Some(state) = self.state.as_ref().filter(|_| self.dirty) else {
            return Ok(());
        };
        for conversation in &self.touched {
            // An operation that was undone leaves the head before it, which is written again.
            if let Some(head) = self.heads.get(conversation).filter(|head| head.next > 0) {
                let params = params![*conversation, head.place, head.next];
                tx.send(&sql::HEAD_PUT, params).await?;
            }
        }
        let frontier = state.frontier.encode();
        tx.send(&sql::LOG_SAVE, params![state.size, frontier, state.last_at])
            .await?;
        tx.send(
            &sql::ROOT_ADD,
            params![state.size, state.frontier.root(), state.last_at],
        )
        .await
    }

    /// The log's id. It never changes once said; if the batch that says it is undone, so is this.
    async fn installation(&mut self, tx: &dyn Tx) -> Result<[u8; 16], StoreError> {
        if let Some(id) = self.id {
            return Ok(id);
        }
        let row = tx.query_opt(&keys::INSTALLATION, vec![]).await?;
        let id = row.ok_or_else(|| damaged("no installation"))?.get(0)?;
        self.id = Some(id);
        Ok(id)
    }

    async fn head(&self, tx: &dyn Tx, conversation: ConversationId) -> Result<Head, StoreError> {
        if let Some(head) = self.heads.get(&conversation) {
            return Ok(*head);
        }
        match tx.query_opt(&sql::LOG_HEAD, params![conversation]).await? {
            Some(row) => Ok(Head {
                next: row.get(0)?,
                place: row.get(1)?,
                last: row.get(2)?,
            }),
            None => Ok(Head::NONE),
        }
    }
}

/// The data key, in a table of its own: everything in the record's row stays as it is for ever.
fn data_key(sealed: &SealedRecord, leaf: &Leaf) -> Vec<crate::value::Value> {
    params![
        leaf.global_seq,
        i64::from(sealed.wrapped_by.class.0),
        sealed.wrapped_by.expiry_month,
        sealed.wrapped_key.as_slice(),
    ]
}

fn row(
    sealed: &SealedRecord,
    leaf: &Leaf,
    hash: Hash,
    previous: Option<u64>,
) -> Vec<crate::value::Value> {
    params![
        sealed.id,
        i64::from(sealed.kind.code()),
        sealed.captured_at,
        i64::from(sealed.bucket.class.0),
        sealed.bucket.expiry_month,
        sealed.commitment,
        sealed.ciphertext_hash,
        sealed.key_commitment,
        sealed.ciphertext.as_slice(),
        leaf.encode(),
        hash,
        leaf.conversation,
        leaf.conversation_seq,
        leaf.global_seq,
        previous,
    ]
}
