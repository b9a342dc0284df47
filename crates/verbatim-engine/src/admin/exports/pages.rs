//! The records of an export, a page at a time.

use verbatim_domain::ConversationId;
use verbatim_record::Leaf;
use verbatim_record::bundle::{Content, Entry, Head, Undisclosed};

use super::READ;
use super::disclose::{Exported, leaf_of};
use super::selection::Which;
use crate::admin::{Actor, AdminError};
use crate::core::Engine;
use crate::disposal::Certified;
use crate::ports::{StoreError, StoredRecord};

/// Records in a page, at most.
const MOST_RECORDS: usize = 2_000;
/// Bytes of bodies after which a page ends.
const ENOUGH_BYTES: usize = 4 * 1024 * 1024;
/// Records looked at for a page, at most.
const MOST_LOOKED_AT: u64 = 50_000;

/// Some records of an export.
pub struct ExportPage {
    /// In the order of the log.
    pub records: Vec<Exported>,
    /// Where the next page begins; none behind the export's own record, which is the last.
    pub next: Option<u64>,
}

impl Engine {
    /// Records of an export, from a log position on, each opened and checked.
    ///
    /// # Errors
    /// When there is no such export of this actor, or a record does not open.
    pub async fn export_page(
        &self,
        actor: &Actor,
        position: u64,
        from: u64,
    ) -> Result<ExportPage, AdminError> {
        let head = self.own_export(actor, position).await?;
        let which = self.which(&head.selection.of).await?;
        let mut page = Pages {
            engine: self,
            head: &head,
            certificates: self.certificates().await?,
            records: Vec::new(),
            bytes: 0,
        };
        let next = match &which {
            Which::One(id) => page.of_conversation(*id, from).await?,
            which => page.of_log(which, from).await?,
        };
        let mut records = page.records;
        if next.is_none() {
            let own = self.store.records(position, 1).await?;
            let own = own.first().ok_or(StoreError::Stale("export"))?;
            records.push(self.disclosed(own)?);
        }
        Ok(ExportPage { records, next })
    }
}

/// A page as it is collected.
struct Pages<'e> {
    engine: &'e Engine,
    head: &'e Head,
    certificates: Vec<Certified>,
    records: Vec<Exported>,
    bytes: usize,
}

impl Pages<'_> {
    fn is_full(&self) -> bool {
        self.records.len() >= MOST_RECORDS || self.bytes >= ENOUGH_BYTES
    }

    async fn take(&mut self, stored: &StoredRecord) -> Result<(), StoreError> {
        // First the leaf: what is of another time need not open.
        if self.head.selection.may_hold(&leaf_of(stored)?) {
            let exported = self.exported(stored).await?;
            self.bytes += stored.sealed.ciphertext.len();
            self.records.push(exported);
        }
        Ok(())
    }

    /// What was disposed of has no body any more. Certificates decide that: when a key is destroyed, what it
    /// had wrapped is still there for a while.
    async fn exported(&mut self, stored: &StoredRecord) -> Result<Exported, StoreError> {
        if let Some(gone) = self.disposed(stored)? {
            return Ok(gone);
        }
        match self.engine.disclosed(stored) {
            Ok(disclosed) => Ok(disclosed),
            // Its key may have been destroyed since the certificates were read.
            Err(error) => {
                self.certificates = self.engine.certificates().await?;
                self.disposed(stored)?.ok_or(error)
            }
        }
    }

    fn disposed(&self, stored: &StoredRecord) -> Result<Option<Exported>, StoreError> {
        let position = stored.global_seq;
        let Some(by) = self.certificates.iter().find(|c| c.covers(position)) else {
            return Ok(None);
        };
        let leaf = leaf_of(stored)?;
        let content = Content::Undisclosed(Undisclosed::disposed(by.log_index));
        let entry = Entry { leaf, content };
        Ok(Some(Exported { entry, key: None }))
    }

    /// Whether this and all later records are beyond the export or its time.
    fn is_beyond(&self, stored: &StoredRecord) -> Result<bool, StoreError> {
        let leaf = leaf_of(stored)?;
        let to = self.head.selection.to_ms;
        Ok(stored.global_seq >= self.head.position
            || to.is_some_and(|to| leaf.captured_at.as_millis() >= to))
    }

    async fn of_conversation(
        &mut self,
        id: ConversationId,
        from: u64,
    ) -> Result<Option<u64>, StoreError> {
        let store = &self.engine.store;
        let mut seq = self.seq_at(id, from).await?;
        loop {
            let records = store.records_of(Some(id), seq, READ).await?;
            for stored in &records {
                if self.is_beyond(stored)? {
                    return Ok(None);
                }
                if self.is_full() {
                    return Ok(Some(stored.global_seq));
                }
                self.take(stored).await?;
                seq = stored.conversation_seq + 1;
            }
            if records.is_empty() {
                return Ok(None);
            }
        }
    }

    /// The first position in the conversation that stands at a log position or behind it: the conversation is
    /// in the order of the log, so halving finds it.
    async fn seq_at(&self, id: ConversationId, from: u64) -> Result<u64, StoreError> {
        let is_before = async |seq: u64| {
            let there = self.engine.store.records_of(Some(id), seq, 1).await?;
            Ok::<_, StoreError>(there.first().is_some_and(|r| r.global_seq < from))
        };
        let (mut low, mut high) = (0, 1);
        if from == 0 {
            return Ok(0);
        }
        while is_before(high).await? {
            low = high;
            high *= 2;
        }
        // The one at `low` may be before, the one at `high` is not.
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(middle).await? {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    async fn of_log(&mut self, which: &Which, from: u64) -> Result<Option<u64>, StoreError> {
        let begin = from.max(self.begin().await?);
        let mut next = begin;
        while next < self.head.position {
            if self.is_full() || next - begin >= MOST_LOOKED_AT {
                return Ok(Some(next));
            }
            let records = self.engine.store.records(next, READ).await?;
            for stored in &records {
                if self.is_beyond(stored)? {
                    return Ok(None);
                }
                if self.is_full() {
                    return Ok(Some(stored.global_seq));
                }
                let of = stored.conversation.unwrap_or(ConversationId::NONE);
                if matches!(which, Which::All)
                    || matches!(which, Which::These(ids) if ids.contains(&of))
                {
                    self.take(stored).await?;
                }
                next = stored.global_seq + 1;
            }
            if records.is_empty() {
                return Err(StoreError::Damaged(format!("record {next} is not there")));
            }
        }
        Ok(None)
    }

    /// The first position of the selection's time: time does not run backwards in the log.
    async fn begin(&self) -> Result<u64, StoreError> {
        let Some(from) = self.head.selection.from_ms else {
            return Ok(0);
        };
        let (mut low, mut high) = (0, self.head.position);
        while low < high {
            let middle = low + (high - low) / 2;
            let there = self.engine.store.records(middle, 1).await?;
            let leaf = there.first().map(|r| Leaf::decode(&r.leaf_bytes));
            match leaf {
                Some(Ok(leaf)) if leaf.captured_at.as_millis() < from => low = middle + 1,
                Some(Ok(_)) => high = middle,
                _ => return Err(StoreError::Damaged(format!("record {middle}"))),
            }
        }
        Ok(low)
    }
}
