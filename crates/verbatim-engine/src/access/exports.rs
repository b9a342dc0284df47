//! Exports that had a record. What one took is not written beside each record: its own record says what it
//! selected (control C09), and that decides, now as then. So an export costs one look, however large it was.

use verbatim_record::{Kind, Leaf};

use super::PAGE;
use super::sightings::Sightings;
use crate::core::Engine;
use crate::ports::{Conversation, StoreError, StoredRecord};
use crate::views::SightingView;

impl Sightings<'_> {
    /// The exports that handed a record out, or may have: it counts that they were begun.
    pub(super) async fn of_exports(&mut self, of: &StoredRecord) -> Result<(), StoreError> {
        let engine = self.engine;
        let conversation = match of.conversation {
            Some(id) => engine.store.conversation(id).await?,
            None => None,
        };
        let leaf = Leaf::decode(&of.leaf_bytes);
        let leaf =
            leaf.map_err(|e| StoreError::Damaged(format!("record {}: {e}", of.global_seq)))?;
        // Whoever exported it after its disposal got its leaf, and no body.
        let mut gone = self.gone.iter().filter(|c| c.covers(of.global_seq));
        let gone = gone.next().map(|c| c.log_index);
        // From its own position on: an export hands out its own record, too.
        let mut from = of.global_seq;
        loop {
            let page = engine.store.exports(from, PAGE).await?;
            for export in &page {
                from = export.global_seq + 1;
                if gone.is_some_and(|gone| gone < export.global_seq) {
                    continue;
                }
                let read = |_: &Self| engine.export_with(export, of, &leaf, conversation.as_ref());
                self.take(export, read).await?;
            }
            if page.len() < PAGE as usize {
                return Ok(());
            }
        }
    }
}

impl Engine {
    fn export_with(
        &self,
        export: &StoredRecord,
        of: &StoredRecord,
        leaf: &Leaf,
        conversation: Option<&Conversation>,
    ) -> Result<Option<SightingView>, StoreError> {
        let head = self.export_head(export)?;
        let selection = &head.selection;
        let took = selection.may_hold(leaf) && self.selects(&selection.of, conversation);
        let is_own = export.global_seq == of.global_seq;
        Ok((took || is_own).then(|| SightingView {
            log_index: head.position,
            kind: Kind::Export.word().to_owned(),
            what: selection.words(),
            actor: head.by.clone(),
            purpose: head.purpose.clone(),
            at_ms: head.at_ms,
            range: None,
        }))
    }
}
