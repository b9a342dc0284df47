//! The worker erases single records: those about a contact whose bucket has expired, one bucket at a time.
//!
//! 1. Their positions are collected; what a hold or a rule binds by now is left. *Died here:* nothing happened.
//! 2. One commit removes their data keys and texts and appends the certificate, if holds, promises and the
//!    bucket are as they were in step 1. *Died before:* step 1 runs again. *Died after:* it has happened, and
//!    is certified.
//! 3. The disposal is done: nothing is left to clear away.
//!
//! The bucket's key stands, since it wraps what others have, until the bucket is disposed of. So a data key
//! that is found in an old page or a backup opens until then; SQLite overwrites what is deleted.

use verbatim_domain::ContactId;
use verbatim_record::certificate::ranges;

use super::kept::Keep;
use crate::admin::Actor;
use crate::core::Engine;
use crate::ports::{Disposal, PageAt, StoreError};
use crate::trouble::JobError;

const PAGE: u32 = 500;

impl Engine {
    /// Steps 1 and 2. False if the bucket is kept longer by now, or it has nothing about the contact to erase.
    pub(super) async fn erase(
        &self,
        disposal: &Disposal,
        contact: ContactId,
    ) -> Result<bool, JobError> {
        let buckets = self.store.buckets().await?;
        let bucket = buckets.iter().find(|b| b.id == disposal.bucket);
        let live = bucket.filter(|b| b.disposal.is_none());
        if live.is_some_and(|b| !self.has_expired(b)) {
            return Ok(false);
        }
        self.recorder.learn(&*self.store).await?;
        let found = self.still_there(disposal, contact).await?;
        if live.is_none() || (found.positions.is_empty() && found.held == 0) {
            // The bucket was disposed of meanwhile, or everything of theirs was.
            let actor = Actor("verbatim".to_owned());
            let changes = self.withdrawal(&actor, disposal, "nothing_left").await?;
            self.commit(changes).await?;
            return Ok(false);
        }
        if found.positions.is_empty() {
            return Ok(false);
        }
        let certificate = self.certificate(disposal, found.held, ranges(found.positions))?;
        self.certify(disposal, found.changes, &certificate).await?;
        Ok(true)
    }

    async fn still_there(&self, disposal: &Disposal, of: ContactId) -> Result<Found, StoreError> {
        let mut keeping = self.keeping().await?;
        let (mut positions, mut held) = (Vec::new(), 0);
        let (mut after, limit) = (None, PAGE);
        loop {
            let page = self.store.conversations(PageAt { after, limit }).await?;
            for conversation in page.items.iter().filter(|c| c.contact.id == of) {
                let mut from = 0;
                loop {
                    let id = Some(conversation.id);
                    let records = self.store.records_of(id, from, PAGE).await?;
                    let Some(last) = records.last() else { break };
                    from = last.conversation_seq + 1;
                    let theirs = records.iter().filter(|r| {
                        r.sealed.wrapped_by == disposal.bucket && !r.sealed.wrapped_key.is_empty()
                    });
                    for record in theirs {
                        match keeping.of(record).await? {
                            Keep::Nothing => positions.push(record.global_seq),
                            Keep::Hold | Keep::Rule(_) => held += 1,
                        }
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        positions.sort_unstable();
        Ok(Found {
            changes: keeping.changes,
            positions,
            held,
        })
    }
}

/// What a bucket has about a contact.
struct Found {
    /// The count of changes to what binds, at which this was so.
    changes: u64,
    /// What nothing binds.
    positions: Vec<u64>,
    /// How many something binds.
    held: u64,
}
