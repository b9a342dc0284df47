//! The statement that a log signs with another key from now on: a record of the log, signed by both keys.
//!
//! The old key says who follows it; the new key's signature shows that whoever holds it agreed. The layout is
//! described in `docs/formats/record.md`.

use verbatim_domain::Timestamp;

use crate::checkpoint::number;
use crate::note::{Note, NoteError, SignError, Signer, VerifierKey};

/// The reason of the record (kind `key`) that holds one.
pub const REASON: &str = "signing-key";
const HEAD: &str = "verbatim-signing-key: 1";

/// Which key follows which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChange {
    /// The log's id, as in every leaf.
    pub log: [u8; 16],
    /// The key that signed until now.
    pub old: VerifierKey,
    /// The key that signs from now on, under the same name.
    pub new: VerifierKey,
    /// When.
    pub at: Timestamp,
}

impl KeyChange {
    /// Its text, the old key's signature, and the new one's.
    ///
    /// # Errors
    /// When one of them cannot sign.
    pub fn sign(
        log: [u8; 16],
        at: Timestamp,
        old: &dyn Signer,
        new: &dyn Signer,
    ) -> Result<Note, SignError> {
        let (old_key, new_key) = (old.verifier().clone(), new.verifier().clone());
        let change = Self {
            log,
            old: old_key,
            new: new_key,
            at,
        };
        let mut note = Note::sign(change.to_text(), old)?;
        note.signatures
            .extend(Note::sign(change.to_text(), new)?.signatures);
        Ok(note)
    }

    fn to_text(&self) -> String {
        format!(
            "{HEAD}\nlog: {}\nold: {}\nnew: {}\nat: {}\n",
            hex::encode(self.log),
            self.old,
            self.new,
            self.at.as_millis()
        )
    }

    /// Reads one, in its one spelling, and checks both signatures. Whether the old key is one to believe is for
    /// the caller to say.
    ///
    /// # Errors
    /// [`NoteError`], for whatever is not right.
    pub fn open(note: &Note) -> Result<Self, NoteError> {
        let bad = NoteError::Malformed("it is not the statement of a change of keys");
        let change = Self::parse(&note.text).ok_or_else(|| bad.clone())?;
        if change.to_text() != note.text
            || change.old == change.new
            || change.old.name() != change.new.name()
        {
            return Err(bad);
        }
        note.check(std::slice::from_ref(&change.old))?;
        note.check(std::slice::from_ref(&change.new))?;
        Ok(change)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return None;
        }
        let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(": ");
        let mut log = [0; 16];
        hex::decode_to_slice(value("log")?, &mut log).ok()?;
        Some(Self {
            log,
            old: value("old")?.parse().ok()?,
            new: value("new")?.parse().ok()?,
            at: Timestamp(i64::try_from(number(value("at")?)?).ok()?),
        })
    }
}
