//! What of a bucket must not be disposed of with it: records under a hold, and records of somebody whose rule
//! or extension binds longer.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use verbatim_domain::ConversationId;
use verbatim_domain::retention::{HoldScope, Member};
use verbatim_record::archive::is_of_edge;
use verbatim_record::{BucketId, Leaf};

use crate::core::Engine;
use crate::hold::party;
use crate::ports::{Conversation, StoreError, StoredRecord};
use crate::retention::{Binding, month_of};

/// Whether a record is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Nothing binds it.
    Nothing,
    /// A hold does.
    Hold,
    /// A rule or an extension does, which gives it this bucket. So does a rule for all that an edge which
    /// sealed it did not know.
    Rule(BucketId),
}

/// What binds now, and whose the records seen so far are.
pub(super) struct Keeping<'e> {
    engine: &'e Engine,
    /// The count of changes at which this was so.
    pub(super) changes: u64,
    scopes: Vec<HoldScope>,
    binding: Binding,
    month: u32,
    parties: HashMap<ConversationId, Whose>,
}

struct Whose {
    conversation: Conversation,
    numbers: [String; 2],
    members: [Member; 4],
}

impl Engine {
    /// What binds now.
    pub(super) async fn keeping(&self) -> Result<Keeping<'_>, StoreError> {
        // The count first: what comes in between makes it too old, which is noticed; never too new.
        let (changes, scopes) = self.standing_scopes().await?;
        Ok(Keeping {
            engine: self,
            changes,
            scopes,
            binding: self.binding().await?,
            month: month_of(self.now()),
            parties: HashMap::new(),
        })
    }
}

impl Keeping<'_> {
    /// Whether a record is kept. A hold counts first: it says nothing of when it ends.
    pub(super) async fn of(&mut self, record: &StoredRecord) -> Result<Keep, StoreError> {
        let at = record.sealed.captured_at;
        let whose = match record.conversation {
            None => None,
            Some(id) => Some(match self.parties.entry(id) {
                Entry::Occupied(known) => &*known.into_mut(),
                Entry::Vacant(place) => &*place.insert(whose(self.engine, id).await?),
            }),
        };
        let party = whose.map(|w| party(&w.conversation, &w.numbers));
        // By the leaf's time as well: the log vouches for that alone.
        let leaf = Leaf::decode(&record.leaf_bytes).map(|leaf| leaf.captured_at);
        let covers = |scope: &HoldScope| {
            let by_leaf = leaf.as_ref().is_ok_and(|at| scope.covers(party, *at));
            scope.covers(party, at) || by_leaf
        };
        if self.scopes.iter().any(covers) {
            return Ok(Keep::Hold);
        }
        let members = whose.map(|w| &w.members[..]);
        let bound = self.binding.until(members, record);
        let adopted = is_of_edge(&record.sealed.wrapped_key)
            .then(|| self.engine.adopts_under(&record.sealed).ok())
            .flatten()
            .filter(|bucket| *bucket != record.sealed.wrapped_by);
        let until = bound.into_iter().chain(adopted);
        Ok(match until.max_by_key(|bucket| bucket.expiry_month) {
            Some(bucket) if bucket.expiry_month >= self.month => Keep::Rule(bucket),
            _ => Keep::Nothing,
        })
    }
}

async fn whose(engine: &Engine, id: ConversationId) -> Result<Whose, StoreError> {
    let conversation = engine.store.conversation(id).await?;
    let conversation = conversation.ok_or_else(|| {
        StoreError::Damaged(format!("conversation {id} has records and is not there"))
    })?;
    Ok(Whose {
        numbers: engine.numbers_of(&conversation)?,
        members: engine.members_of(&conversation)?,
        conversation,
    })
}
