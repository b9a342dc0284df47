//! Looking is recorded (DESIGN invariant 7; controls C07, C24): who was shown what of the record, when,
//! and what for. The record of it is durable before anything is shown.

mod exports;
mod sightings;

use verbatim_domain::{ConversationId, MessageId};
use verbatim_record::{Body, Kind};

use crate::admin::{Actor, AdminError};
use crate::core::Engine;
use crate::ports::{Change, NewRecord, StoredRecord};
use crate::views::WhoSawView;

const PAGE: u32 = 500;

/// Who looks, and what for.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Who.
    pub actor: Actor,
    /// What for, in their words; empty if they did not say.
    pub purpose: String,
}

/// What somebody is shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The conversation it is of; none for what is about no conversation.
    pub conversation: Option<ConversationId>,
    /// The first and the last position in the conversation.
    pub range: Option<(u64, u64)>,
    /// Anything else that says what it was.
    pub details: &'a [(&'a str, &'a str)],
}

/// Whose sightings are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// The record of a message's text.
    Message(MessageId),
    /// A record by its position in the log.
    Record(u64),
}

impl Engine {
    /// Records that somebody is about to be shown something. Call it before showing: if this fails,
    /// nothing may be shown.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn looked(
        &self,
        viewer: &Viewer,
        kind: Kind,
        what: &str,
        shown: Shown<'_>,
    ) -> Result<(), AdminError> {
        let mut body = Body {
            actor: viewer.actor.0.clone(),
            rule: "record.access".to_owned(),
            rule_version: 1,
            reason: what.to_owned(),
            ..Body::default()
        };
        let mut detail = |name: &str, value: String| body.details.insert(name.to_owned(), value);
        for (name, value) in shown.details {
            detail(name, (*value).to_owned());
        }
        if let Some((first, last)) = shown.range {
            detail("first", first.to_string());
            detail("last", last.to_string());
        }
        if !viewer.purpose.is_empty() {
            detail("purpose", viewer.purpose.clone());
        }
        let sealed = self.seal(kind, body).await?;
        let record = NewRecord {
            conversation: shown.conversation,
            sealed,
            about: None,
        };
        Ok(self.at_once(vec![Change::Append(record)]).await?)
    }

    /// Records that somebody was shown a page of a directory: names and numbers, no records.
    pub(crate) async fn listed(
        &self,
        viewer: &Viewer,
        what: &str,
        count: usize,
    ) -> Result<(), AdminError> {
        let shown = Shown {
            conversation: None,
            range: None,
            details: &[("count", &count.to_string())],
        };
        self.looked(viewer, Kind::View, what, shown).await
    }

    /// Records that somebody asked to see something of the record and may not.
    ///
    /// # Errors
    /// When the store fails; they are refused all the same.
    pub async fn look_refused(&self, viewer: &Viewer, what: &str) -> Result<(), AdminError> {
        let shown = Shown {
            conversation: None,
            range: None,
            details: &[("asked_for", what)],
        };
        self.looked(viewer, Kind::View, "refused", shown).await
    }

    /// Who has been shown a record: the views and proofs that cover its position, from the chain of its own
    /// conversation, and the exports that took it, from their own records. Those that do not open are named.
    /// Asking is a look at the record itself, and recorded.
    ///
    /// # Errors
    /// When there is no such message or record.
    pub async fn who_saw(&self, viewer: &Viewer, sought: Sought) -> Result<WhoSawView, AdminError> {
        let stored = self.sought(sought).await?;
        let (seen, unreadable) = self.sightings(&stored).await?;
        let shown = Shown {
            conversation: stored.conversation,
            range: None,
            details: &[("record", &stored.global_seq.to_string())],
        };
        self.looked(viewer, Kind::View, "who_saw", shown).await?;
        Ok(WhoSawView {
            log_index: stored.global_seq,
            conversation: stored.conversation.map(|id| id.to_string()),
            conversation_seq: stored.conversation_seq,
            kind: stored.sealed.kind.word().to_owned(),
            seen,
            unreadable,
        })
    }

    async fn sought(&self, sought: Sought) -> Result<StoredRecord, AdminError> {
        let (what, which, stored) = match sought {
            Sought::Message(id) => {
                let message = self.store.message(id).await?;
                let stored = match message {
                    Some(message) => self.store.record(message.record).await?,
                    None => None,
                };
                ("message", id.to_string(), stored)
            }
            Sought::Record(position) => {
                let page = self.store.records(position, 1).await?;
                let stored = page.into_iter().find(|r| r.global_seq == position);
                ("record", position.to_string(), stored)
            }
        };
        stored.ok_or(AdminError::NotFound {
            what,
            which,
            mend: "`verbatim record show` shows the records of a conversation with their positions",
        })
    }
}
