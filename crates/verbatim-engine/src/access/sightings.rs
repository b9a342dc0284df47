//! Who was shown a record, as views, proofs and exports say it. One of them that does not open, which a damaged
//! disk or a broken edge can leave, hides none of the others: it is named.

use verbatim_record::Kind;

use super::PAGE;
use crate::core::Engine;
use crate::disposal::Certified;
use crate::ports::{StoreError, StoredRecord};
use crate::views::SightingView;

/// Kinds that say, in the chain of a conversation, who was shown what of it.
const SIGHTINGS: [Kind; 2] = [Kind::View, Kind::Proof];

/// What was found so far.
pub(super) struct Sightings<'e> {
    pub(super) engine: &'e Engine,
    pub(super) gone: Vec<Certified>,
    seen: Vec<SightingView>,
    unreadable: Vec<u64>,
    /// Keys and certificates were read again because something did not open.
    is_fresh: bool,
}

impl Engine {
    /// Each time that a record was shown, and the positions of what does not open.
    pub(super) async fn sightings(
        &self,
        of: &StoredRecord,
    ) -> Result<(Vec<SightingView>, Vec<u64>), StoreError> {
        let mut found = Sightings {
            engine: self,
            gone: self.gone().await?,
            seen: Vec::new(),
            unreadable: Vec::new(),
            is_fresh: false,
        };
        found.of_conversation(of).await?;
        found.of_exports(of).await?;
        let Sightings {
            mut seen,
            mut unreadable,
            ..
        } = found;
        seen.sort_by_key(|sighting| sighting.log_index);
        unreadable.sort_unstable();
        Ok((seen, unreadable))
    }
}

impl Sightings<'_> {
    pub(super) fn disposed(&self, position: u64) -> bool {
        self.gone.iter().any(|found| found.covers(position))
    }

    /// Takes what a record says, if it opens and was not disposed of: then it expired together with, or before,
    /// what it is about.
    pub(super) async fn take(
        &mut self,
        stored: &StoredRecord,
        read: impl Fn(&Self) -> Result<Option<SightingView>, StoreError>,
    ) -> Result<(), StoreError> {
        if self.disposed(stored.global_seq) {
            return Ok(());
        }
        let mut said = read(self);
        if said.is_err() && !self.is_fresh {
            // A key may have been made, or destroyed, since they were read.
            self.gone = self.engine.gone().await?;
            self.is_fresh = true;
            if self.disposed(stored.global_seq) {
                return Ok(());
            }
            said = read(self);
        }
        match said {
            Err(StoreError::Damaged(_)) => self.unreadable.push(stored.global_seq),
            said => self.seen.extend(said?),
        }
        Ok(())
    }

    async fn of_conversation(&mut self, of: &StoredRecord) -> Result<(), StoreError> {
        let mut from = of.conversation_seq + 1;
        loop {
            let store = &self.engine.store;
            let page = store.records_of(of.conversation, from, PAGE).await?;
            for stored in page.iter().filter(|r| SIGHTINGS.contains(&r.sealed.kind)) {
                let read = |found: &Self| found.engine.sighting(stored, of.conversation_seq);
                self.take(stored, read).await?;
            }
            match page.last() {
                Some(last) if page.len() == PAGE as usize => from = last.conversation_seq + 1,
                _ => return Ok(()),
            }
        }
    }
}

impl Engine {
    /// What a record says about who was shown a position; none if it does not cover it.
    fn sighting(
        &self,
        stored: &StoredRecord,
        position: u64,
    ) -> Result<Option<SightingView>, StoreError> {
        let body = self.recorder.open(&stored.sealed).map_err(|e| {
            StoreError::Damaged(format!("record {} does not open: {e}", stored.global_seq))
        })?;
        let end = |name| body.details.get(name).and_then(|n| n.parse::<u64>().ok());
        let (Some(first), Some(last)) = (end("first"), end("last")) else {
            return Ok(None);
        };
        Ok((first..=last).contains(&position).then(|| SightingView {
            log_index: stored.global_seq,
            kind: stored.sealed.kind.word().to_owned(),
            what: body.reason.clone(),
            actor: body.actor.clone(),
            purpose: body.details.get("purpose").cloned().unwrap_or_default(),
            at_ms: body.captured_at,
            range: Some((first, last)),
        }))
    }
}
