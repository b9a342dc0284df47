//! The body of a record: what happened, in clear, with its evidence.

use std::collections::BTreeMap;
use std::convert::Infallible;

use minicbor::{Decoder, Encoder};
use zeroize::Zeroizing;

use crate::error::FormatError;

const VERSION: u8 = 1;
const WHAT: &str = "the body";

/// The numbers of the fields. Part of the format; never reused, and below 24 so that each is one byte.
mod field {
    pub(super) const VERSION: u64 = 0;
    pub(super) const SALT: u64 = 1;
    pub(super) const ACTOR: u64 = 2;
    pub(super) const MESSAGE: u64 = 3;
    pub(super) const FROM: u64 = 4;
    pub(super) const TO: u64 = 5;
    pub(super) const TEXT: u64 = 6;
    pub(super) const TRANSMITTED: u64 = 7;
    pub(super) const ORIGIN_AT: u64 = 8;
    pub(super) const PROVIDER_AT: u64 = 9;
    pub(super) const CAPTURED_AT: u64 = 10;
    pub(super) const RULE: u64 = 11;
    pub(super) const RULE_VERSION: u64 = 12;
    pub(super) const REASON: u64 = 13;
    pub(super) const REFS: u64 = 14;
    pub(super) const DETAILS: u64 = 15;
    pub(super) const EVIDENCE: u64 = 16;
    pub(super) const EVIDENCE_KIND: u64 = 17;
}

type Written = Result<(), minicbor::encode::Error<Infallible>>;

/// The plaintext of a record. Encoded as deterministic CBOR; absent fields are empty.
///
/// Times are milliseconds since the Unix epoch; 0 means "not known".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// Who did it: `employee:<id>`, `contact:<id>`, `carrier:<account>`, `operator:<name>`, `system`.
    pub actor: String,
    /// The message this is about, if any (our id, simple hex).
    pub message: String,
    /// From, as the other side wrote it (E.164 for phones, user id for the platform).
    pub from: String,
    /// To, likewise.
    pub to: String,
    /// The text as typed or received.
    pub text: String,
    /// The text as transmitted, where it differs from `text`.
    pub transmitted: String,
    /// When the origin says that it happened.
    pub origin_at: i64,
    /// When the provider or homeserver says that it took it.
    pub provider_at: i64,
    /// When we captured it.
    pub captured_at: i64,
    /// The decision taken about it: rule id, rule version, reason code (DESIGN invariant 5).
    pub rule: String,
    /// Version of the rule.
    pub rule_version: u32,
    /// Machine-readable reason code.
    pub reason: String,
    /// The carrier's or platform's own ids: `provider_id`, `event_id`, `room_id`, `txn_id`, …
    pub refs: BTreeMap<String, String>,
    /// Further details, named.
    pub details: BTreeMap<String, String>,
    /// The raw request or event, byte for byte, as evidence.
    pub evidence: Vec<u8>,
    /// What the evidence is: media type, and for a webhook its headers that matter.
    pub evidence_kind: String,
}

impl Body {
    /// The one deterministic encoding (RFC 8949 section 4.2.1) of this body with its salt.
    pub fn encode(&self, salt: &[u8; 32]) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size_hint());
        self.write(&mut Encoder::new(&mut out), salt)
            // A `Vec` takes every write; the encoder has no other way to fail.
            .expect("writing to memory cannot fail");
        out
    }

    fn write(&self, to: &mut Encoder<&mut Vec<u8>>, salt: &[u8; 32]) -> Written {
        to.map(2 + self.field_count())?;
        to.u64(field::VERSION)?.u8(VERSION)?;
        to.u64(field::SALT)?.bytes(salt)?;
        text(to, field::ACTOR, &self.actor)?;
        text(to, field::MESSAGE, &self.message)?;
        text(to, field::FROM, &self.from)?;
        text(to, field::TO, &self.to)?;
        text(to, field::TEXT, &self.text)?;
        text(to, field::TRANSMITTED, &self.transmitted)?;
        time(to, field::ORIGIN_AT, self.origin_at)?;
        time(to, field::PROVIDER_AT, self.provider_at)?;
        time(to, field::CAPTURED_AT, self.captured_at)?;
        text(to, field::RULE, &self.rule)?;
        time(to, field::RULE_VERSION, self.rule_version.into())?;
        text(to, field::REASON, &self.reason)?;
        names(to, field::REFS, &self.refs)?;
        names(to, field::DETAILS, &self.details)?;
        if !self.evidence.is_empty() {
            to.u64(field::EVIDENCE)?.bytes(&self.evidence)?;
        }
        text(to, field::EVIDENCE_KIND, &self.evidence_kind)
    }

    /// How many fields are there, version and salt aside.
    fn field_count(&self) -> u64 {
        let present = [
            !self.actor.is_empty(),
            !self.message.is_empty(),
            !self.from.is_empty(),
            !self.to.is_empty(),
            !self.text.is_empty(),
            !self.transmitted.is_empty(),
            self.origin_at != 0,
            self.provider_at != 0,
            self.captured_at != 0,
            !self.rule.is_empty(),
            self.rule_version != 0,
            !self.reason.is_empty(),
            !self.refs.is_empty(),
            !self.details.is_empty(),
            !self.evidence.is_empty(),
            !self.evidence_kind.is_empty(),
        ];
        present.into_iter().map(u64::from).sum()
    }

    /// Enough for nearly every body, so that its buffer never moves and leaves plaintext behind.
    fn size_hint(&self) -> usize {
        let named = |all: &BTreeMap<String, String>| -> usize {
            all.iter()
                .map(|(name, value)| name.len() + value.len() + 10)
                .sum()
        };
        let texts = self.actor.len()
            + self.message.len()
            + self.from.len()
            + self.to.len()
            + self.text.len()
            + self.transmitted.len()
            + self.rule.len()
            + self.reason.len()
            + self.evidence_kind.len();
        256 + texts + named(&self.refs) + named(&self.details) + self.evidence.len()
    }

    /// Reads what [`Self::encode`] wrote, and its salt; refuses every other encoding of the same content.
    pub fn decode(bytes: &[u8]) -> Result<(Self, [u8; 32]), FormatError> {
        let mut from = Decoder::new(bytes);
        let fields = read_version(&mut from)?;
        let mut body = Self::default();
        let mut salt = None;
        for _ in 1..fields {
            body.read_field(&mut from, &mut salt)?;
        }
        let salt = salt.ok_or(FormatError::Missing {
            what: WHAT,
            part: "the salt",
        })?;
        // Order, repetition, long integers, indefinite lengths, explicit empty fields and trailing bytes
        // all show as a difference from the one right encoding.
        let right = Zeroizing::new(body.encode(&salt));
        match first_difference(bytes, &right) {
            None => Ok((body, salt)),
            Some(at) => Err(FormatError::NotDeterministic { what: WHAT, at }),
        }
    }

    fn read_field(
        &mut self,
        from: &mut Decoder<'_>,
        salt: &mut Option<[u8; 32]>,
    ) -> Result<(), FormatError> {
        let key = from.u64().map_err(damaged)?;
        match key {
            field::SALT => *salt = Some(read_salt(from)?),
            field::ACTOR => self.actor = read_text(from)?,
            field::MESSAGE => self.message = read_text(from)?,
            field::FROM => self.from = read_text(from)?,
            field::TO => self.to = read_text(from)?,
            field::TEXT => self.text = read_text(from)?,
            field::TRANSMITTED => self.transmitted = read_text(from)?,
            field::ORIGIN_AT => self.origin_at = from.i64().map_err(damaged)?,
            field::PROVIDER_AT => self.provider_at = from.i64().map_err(damaged)?,
            field::CAPTURED_AT => self.captured_at = from.i64().map_err(damaged)?,
            field::RULE => self.rule = read_text(from)?,
            field::RULE_VERSION => self.rule_version = from.u32().map_err(damaged)?,
            field::REASON => self.reason = read_text(from)?,
            field::REFS => self.refs = read_names(from)?,
            field::DETAILS => self.details = read_names(from)?,
            field::EVIDENCE => self.evidence = from.bytes().map_err(damaged)?.to_vec(),
            field::EVIDENCE_KIND => self.evidence_kind = read_text(from)?,
            other => {
                return Err(FormatError::UnknownField {
                    what: WHAT,
                    field: other,
                });
            }
        }
        Ok(())
    }
}

fn text(to: &mut Encoder<&mut Vec<u8>>, key: u64, value: &str) -> Written {
    if !value.is_empty() {
        to.u64(key)?.str(value)?;
    }
    Ok(())
}

fn time(to: &mut Encoder<&mut Vec<u8>>, key: u64, value: i64) -> Written {
    if value != 0 {
        to.u64(key)?.i64(value)?;
    }
    Ok(())
}

fn names(to: &mut Encoder<&mut Vec<u8>>, key: u64, all: &BTreeMap<String, String>) -> Written {
    if all.is_empty() {
        return Ok(());
    }
    to.u64(key)?.map(all.len() as u64)?;
    let mut sorted: Vec<_> = all.iter().collect();
    // Keys sort by their encoded bytes, and those begin with the length.
    sorted.sort_by_key(|(name, _)| (name.len(), name.as_bytes()));
    for (name, value) in sorted {
        to.str(name)?.str(value)?;
    }
    Ok(())
}

/// Reads the map's head and the version, which is its first field, before anything else.
fn read_version(from: &mut Decoder<'_>) -> Result<u64, FormatError> {
    let fields = read_map(from)?;
    if fields == 0 || from.u64().map_err(damaged)? != field::VERSION {
        return Err(FormatError::Missing {
            what: WHAT,
            part: "its version in the first place",
        });
    }
    match from.u64().map_err(damaged)? {
        known if known == u64::from(VERSION) => Ok(fields),
        found => Err(FormatError::UnknownVersion {
            what: WHAT,
            found,
            known: VERSION,
        }),
    }
}

fn read_map(from: &mut Decoder<'_>) -> Result<u64, FormatError> {
    let at = from.position();
    let length = from.map().map_err(damaged)?;
    length.ok_or(FormatError::NotDeterministic { what: WHAT, at })
}

fn read_salt(from: &mut Decoder<'_>) -> Result<[u8; 32], FormatError> {
    let bytes = from.bytes().map_err(damaged)?;
    bytes.try_into().map_err(|_| FormatError::Value {
        what: WHAT,
        part: "the salt",
    })
}

fn read_text(from: &mut Decoder<'_>) -> Result<String, FormatError> {
    Ok(from.str().map_err(damaged)?.to_owned())
}

fn read_names(from: &mut Decoder<'_>) -> Result<BTreeMap<String, String>, FormatError> {
    let mut all = BTreeMap::new();
    for _ in 0..read_map(from)? {
        all.insert(read_text(from)?, read_text(from)?);
    }
    Ok(all)
}

fn damaged(error: minicbor::decode::Error) -> FormatError {
    let at = error.position().unwrap_or(0);
    FormatError::Damaged {
        what: WHAT,
        at,
        why: error.to_string(),
    }
}

fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    if a == b {
        return None;
    }
    let common = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    Some(common)
}
