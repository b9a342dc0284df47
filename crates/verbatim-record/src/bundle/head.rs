//! Who asked for an export, why, and what of: as the export's own record in the log says it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use verbatim_domain::{ConversationId, Timestamp};

use crate::body::Body;
use crate::leaf::Leaf;
use crate::record::Kind;

/// The rule that the record of an export names.
pub const RULE: &str = "record.export";

/// Whose records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// Everybody's, and those about the installation itself.
    All,
    /// Of one conversation.
    Conversation(ConversationId),
    /// Of every conversation of an employee, by platform account.
    Person(String),
    /// Of every conversation of one of the firm's numbers, E.164.
    Number(String),
    /// Of every conversation with a contact, by our id.
    Contact(String),
}

/// What is exported: records older than the export's own, of somebody, of some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Whose.
    pub of: Of,
    /// Captured at this time or later, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
    /// Captured before this time, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<i64>,
}

impl Selection {
    /// Whether it takes conversations from their first record on.
    pub const fn is_from_the_first(&self) -> bool {
        self.from_ms.is_none()
    }

    /// Whether a leaf is of its time, and of its conversation if it names one.
    pub fn may_hold(&self, leaf: &Leaf) -> bool {
        let of = match &self.of {
            Of::Conversation(id) => leaf.conversation == *id,
            Of::All => true,
            // Which conversations these have is not in the leaf; none has the installation's records.
            Of::Person(_) | Of::Number(_) | Of::Contact(_) => {
                leaf.conversation != ConversationId::NONE
            }
        };
        let at = leaf.captured_at.as_millis();
        of && self.from_ms.is_none_or(|from| at >= from) && self.to_ms.is_none_or(|to| at < to)
    }

    /// In words.
    pub fn words(&self) -> String {
        let of = match &self.of {
            Of::All => "all records".to_owned(),
            Of::Conversation(id) => format!("the conversation {id}"),
            Of::Person(user) => format!("the conversations of {user}"),
            Of::Number(number) => format!("the conversations of the number {number}"),
            Of::Contact(id) => format!("the conversations with the contact {id}"),
        };
        let time = |ms| super::words::utc(ms);
        match (self.from_ms, self.to_ms) {
            (None, None) => of,
            (Some(from), None) => format!("{of}, from {}", time(from)),
            (None, Some(to)) => format!("{of}, before {}", time(to)),
            (Some(from), Some(to)) => {
                format!("{of}, from {} until before {}", time(from), time(to))
            }
        }
    }
}

/// The export, as its own record tells it (C09: who took what, and why, is in the log before it is given).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Position of its record in the log. It names the export, and only older records are in it.
    pub position: u64,
    /// Who asked for it.
    pub by: String,
    /// Why.
    pub purpose: String,
    /// What of.
    pub selection: Selection,
    /// When, Unix milliseconds.
    pub at_ms: i64,
}

impl Head {
    /// The body of the record of an export. `size` is the log's when it was asked for.
    pub fn body(by: &str, purpose: &str, selection: &Selection, size: u64) -> Body {
        // Two levels of plain data: there is nothing that JSON cannot say.
        let selection = serde_json::to_string(selection).unwrap_or_default();
        let details = [
            ("purpose", purpose.to_owned()),
            ("selection", selection),
            ("log_size", size.to_string()),
        ];
        Body {
            actor: by.to_owned(),
            rule: RULE.to_owned(),
            rule_version: 1,
            reason: "export".to_owned(),
            details: details
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<BTreeMap<_, _>>(),
            ..Body::default()
        }
    }

    /// Reads the record of an export; none if it is something else.
    pub fn of_record(leaf: &Leaf, body: &Body) -> Option<Self> {
        let Timestamp(at_ms) = leaf.captured_at;
        let selection = serde_json::from_str(body.details.get("selection")?).ok()?;
        (leaf.kind == Kind::Export && body.rule == RULE).then(|| Self {
            position: leaf.global_seq,
            by: body.actor.clone(),
            purpose: body.details.get("purpose").cloned().unwrap_or_default(),
            selection,
            at_ms,
        })
    }
}
