//! The lines of `records-N.jsonl` and `keys-N.jsonl`: one record each.
//!
//! A line says things twice: as bytes that are proved (leaf and body) and readably. There is one right line
//! for given bytes, so that nothing readable can differ from what is proved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use verbatim_domain::ConversationId;
use zeroize::Zeroizing;

use super::media::{Medium, media};
use super::words::{base64, from_base64, utc};
use crate::body::Body;
use crate::error::{FormatError, SealError};
use crate::leaf::Leaf;
use crate::seal::check_body;

/// Why a line is not one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LineError {
    /// Not a line of this format.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// The leaf is none.
    #[error("its leaf: {0}")]
    Leaf(#[from] FormatError),
    /// The body is not the one that the leaf commits to.
    #[error("{0}")]
    Body(#[from] SealError),
    /// The readable words differ from the bytes.
    #[error("what it says readably is not what its leaf and body say")]
    Words,
}

/// The body in words. Times are RFC 3339, and absent where not known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of `Body`")]
pub struct Readable {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub actor: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub to: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub transmitted: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub origin_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub captured_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rule: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub rule_version: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refs: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Medium>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub evidence_kind: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub evidence_bytes: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl From<&Body> for Readable {
    fn from(body: &Body) -> Self {
        let time = |ms| if ms == 0 { String::new() } else { utc(ms) };
        Self {
            actor: body.actor.clone(),
            message: body.message.clone(),
            from: body.from.clone(),
            to: body.to.clone(),
            text: body.text.clone(),
            transmitted: body.transmitted.clone(),
            origin_at: time(body.origin_at),
            provider_at: time(body.provider_at),
            captured_at: time(body.captured_at),
            rule: body.rule.clone(),
            rule_version: body.rule_version,
            reason: body.reason.clone(),
            refs: body.refs.clone(),
            details: body.details.clone(),
            media: media(body),
            evidence_kind: body.evidence_kind.clone(),
            evidence_bytes: u32::try_from(body.evidence.len()).unwrap_or(u32::MAX),
        }
    }
}

/// The one reason why a body is not here: its key was destroyed, as a certificate says (control C14).
pub const DISPOSED: &str = "disposed";

/// Why a body is not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undisclosed {
    /// A word: [`DISPOSED`].
    pub why: String,
    /// Position in the log of the certificate's record, which may be younger than the export.
    pub certificate: u64,
}

impl Undisclosed {
    /// What a certificate at this position of the log is about.
    pub fn disposed(certificate: u64) -> Self {
        let why = DISPOSED.to_owned();
        Self { why, certificate }
    }
}

/// What is known of a record beyond its leaf.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// The body, and its canonical encoding with the salt.
    Disclosed {
        /// In clear.
        body: Box<Body>,
        /// As it was committed to.
        plain: Vec<u8>,
    },
    /// Nothing.
    Undisclosed(Undisclosed),
}

/// A record of a bundle.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its leaf.
    pub leaf: Leaf,
    /// Its body, or why it is not here.
    pub content: Content,
}

impl Entry {
    /// The body, if it is here.
    pub fn body(&self) -> Option<&Body> {
        match &self.content {
            Content::Disclosed { body, .. } => Some(body),
            Content::Undisclosed(_) => None,
        }
    }
}

/// A line of `records-N.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordLine {
    /// In the log.
    pub position: u64,
    /// Hex; null for records about the installation itself.
    pub conversation: Option<String>,
    /// In the conversation.
    pub seq: u64,
    /// The kind's word.
    pub kind: String,
    /// Time of capture, RFC 3339.
    pub captured_at: String,
    /// The leaf, base64.
    pub leaf: String,
    /// The canonical body with its salt, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The body in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Readable>,
    /// Why there is no body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undisclosed: Option<Undisclosed>,
}

impl RecordLine {
    /// The line of a record.
    pub fn of(entry: &Entry) -> Self {
        let leaf = &entry.leaf;
        let (body, record, undisclosed) = match &entry.content {
            Content::Disclosed { body, plain } => {
                (Some(base64(plain)), Some(Readable::from(&**body)), None)
            }
            Content::Undisclosed(why) => (None, None, Some(why.clone())),
        };
        let of_a_conversation = leaf.conversation != ConversationId::NONE;
        Self {
            position: leaf.global_seq,
            conversation: of_a_conversation.then(|| leaf.conversation.to_string()),
            seq: leaf.conversation_seq,
            kind: leaf.kind.word().to_owned(),
            captured_at: utc(leaf.captured_at.as_millis()),
            leaf: base64(&leaf.encode()),
            body,
            record,
            undisclosed,
        }
    }

    /// As it stands in the file, with its end.
    pub fn to_text(&self) -> String {
        json_line(self)
    }

    /// Reads a line without its end, and checks everything that it says against its leaf.
    ///
    /// # Errors
    /// When it is not the one right line of its leaf and body.
    pub fn open(line: &str) -> Result<Entry, LineError> {
        let read: Self =
            serde_json::from_str(line).map_err(|e| LineError::Unreadable(e.to_string()))?;
        let unreadable = |why: &str| LineError::Unreadable(why.to_owned());
        let leaf = from_base64(&read.leaf).ok_or_else(|| unreadable("the leaf is not base64"))?;
        let leaf = Leaf::decode(&leaf)?;
        let content = match (&read.body, read.undisclosed.clone()) {
            (Some(body), None) => {
                let plain =
                    from_base64(body).ok_or_else(|| unreadable("the body is not base64"))?;
                let body = Box::new(check_body(&plain, &leaf.commitment)?);
                Content::Disclosed { body, plain }
            }
            (None, Some(why)) => Content::Undisclosed(why),
            _ => return Err(unreadable("it must have a body, or say why it has none")),
        };
        let entry = Entry { leaf, content };
        if Self::of(&entry).to_text().trim_end_matches('\n') == line {
            Ok(entry)
        } else {
            Err(LineError::Words)
        }
    }
}

/// A line of `keys-N.jsonl`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyLine {
    /// Of the record.
    pub position: u64,
    /// The data key, base64.
    pub key: String,
}

impl KeyLine {
    /// The line of a record's key.
    pub fn of(position: u64, key: &[u8; 32]) -> Self {
        let key = base64(key);
        Self { position, key }
    }

    /// As it stands in the file, with its end.
    pub fn to_text(&self) -> String {
        json_line(self)
    }

    /// Reads a line without its end: position and key.
    ///
    /// # Errors
    /// [`LineError::Unreadable`], or [`LineError::Words`] for another text of the same content.
    pub fn open(line: &str) -> Result<(u64, Zeroizing<[u8; 32]>), LineError> {
        let read: Self =
            serde_json::from_str(line).map_err(|e| LineError::Unreadable(e.to_string()))?;
        let key: Option<[u8; 32]> = from_base64(&read.key).and_then(|key| key.try_into().ok());
        let key = key.ok_or_else(|| LineError::Unreadable("the key is not 32 bytes".to_owned()))?;
        if read.to_text().trim_end_matches('\n') == line {
            Ok((read.position, Zeroizing::new(key)))
        } else {
            Err(LineError::Words)
        }
    }
}

fn json_line(of: &impl Serialize) -> String {
    // Plain data under text keys: JSON can say all of it, and writes line breaks as escapes.
    let mut text = serde_json::to_string(of).unwrap_or_default();
    text.push('\n');
    text
}
