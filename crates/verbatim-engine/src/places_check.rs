//! Part of verifying the whole log: where the records of each conversation are. Rows beside the records say
//! so, where each conversation ends and where every 64th of its records is, and each record where the one before it is.

use std::collections::BTreeMap;

use verbatim_domain::ConversationId;

use crate::core::Engine;
use crate::ports::{ConversationEnd, MARKED, StoreError, StoredRecord};

/// Compares places with the records, record by record. It remembers one end per conversation.
pub(crate) struct PlacesCheck<'e> {
    engine: &'e Engine,
    ends: BTreeMap<Option<ConversationId>, ConversationEnd>,
    marks: u64,
    /// The next record's position in the log.
    next: u64,
    fault: Option<String>,
}

impl<'e> PlacesCheck<'e> {
    pub(crate) fn new(engine: &'e Engine) -> Self {
        Self {
            engine,
            ends: BTreeMap::new(),
            marks: 0,
            next: 0,
            fault: None,
        }
    }

    /// The next record, which the verifier has found to follow those before it.
    pub(crate) async fn record(&mut self, stored: &StoredRecord) -> Result<(), StoreError> {
        let (conversation, last) = (stored.conversation, stored.global_seq);
        let length = stored.conversation_seq + 1;
        self.next = last + 1;
        let end = ConversationEnd { length, last };
        let before = self.ends.insert(conversation, end).map(|end| end.last);
        if stored.previous != before {
            let what = format!("record {last} does not name the one before it in its conversation");
            self.fault.get_or_insert(what);
        }
        if !length.is_multiple_of(MARKED) {
            return Ok(());
        }
        self.marks += 1;
        let mark = stored.conversation_seq / MARKED;
        let said = self.engine.store.mark_of(conversation, mark).await?;
        if said != Some(last) {
            let whose = whose(conversation);
            let what = format!("mark {mark} of {whose} does not name record {last}");
            self.fault.get_or_insert(what);
        }
        Ok(())
    }

    /// The first thing that is wrong. What was appended since the check began is not looked at.
    pub(crate) async fn finish(self) -> Result<Option<String>, StoreError> {
        if self.fault.is_some() {
            return Ok(self.fault);
        }
        for (conversation, end) in &self.ends {
            let said = match self.engine.store.end_of(*conversation).await {
                Err(StoreError::Damaged(why)) => return Ok(Some(why)),
                other => other?,
            };
            let grown = |s: ConversationEnd| s.length > end.length && s.last >= self.next;
            if !said.is_some_and(|said| said == *end || grown(said)) {
                let whose = whose(*conversation);
                return Ok(Some(format!("the head of {whose} is not where it ends")));
            }
        }
        // A mark too many would stand in the way of the record that it is due to.
        let marks = self.engine.store.mark_count(self.next).await?;
        let what = format!("there are {marks} marks, and {} are due", self.marks);
        Ok((marks != self.marks).then_some(what))
    }
}

fn whose(conversation: Option<ConversationId>) -> String {
    conversation.map_or_else(
        || "the records about no conversation".to_owned(),
        |id| format!("conversation {id}"),
    )
}
