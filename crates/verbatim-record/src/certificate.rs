//! The certificate of a disposal (control C14): which key was destroyed, which records that made unreadable,
//! by which rule, and who wanted it. Plain text, so that it can be printed and read without us.

use std::fmt::Write;

use thiserror::Error;
use verbatim_domain::Timestamp;

use crate::record::{BucketId, RetentionClass, month_of};

const VERSION: &str = "1";
/// The line that a certificate about single records has, and no other.
const ONLY_DATA_KEYS: &str = "only: data keys\n";

/// Somebody did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// When.
    pub at: Timestamp,
    /// Who, as records name them.
    pub actor: String,
}

/// What a disposal certifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The log's id.
    pub log: [u8; 16],
    /// The bucket whose key was destroyed.
    pub bucket: BucketId,
    /// The key, by its public id.
    pub key: [u8; 8],
    /// Whether the key stands and only the data keys of the records named were removed: single records, for
    /// an erasure.
    pub only_data_keys: bool,
    /// The rule by which its records had expired, in words.
    pub rule: String,
    /// Who proposed it.
    pub proposed: Act,
    /// Who approved it: somebody else.
    pub approved: Act,
    /// When the key was destroyed.
    pub destroyed_at: Timestamp,
    /// How many records of the bucket are kept, because holds bind them.
    pub held: u64,
    /// The positions in the log of the records that nobody can read any more: first and last of each run,
    /// ascending, with something between two runs.
    pub ranges: Vec<(u64, u64)>,
}

/// Why a text is no certificate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// Something else.
    #[error("this is no certificate of a disposal: its first line must be `verbatim-disposal: 1`")]
    NotACertificate,
    /// Made by a newer program.
    #[error("the certificate has version {0}, and this program reads version 1 only")]
    UnknownVersion(String),
    /// A line that is missing, superfluous or not as it should be.
    #[error("line {0} of the certificate is not as it should be")]
    Line(usize),
}

/// Why a certificate certifies what nobody may do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unlawful {
    /// Destroyed before its retention was over.
    #[error("the month of its bucket was not over when the key was destroyed")]
    TooEarly,
    /// Class 255 is kept as long as the log.
    #[error("its bucket is never disposed of")]
    Permanent,
    /// Nobody else approved it.
    #[error("who approved it had proposed it")]
    OnePerson,
    /// Certified before it happened.
    #[error("the key was destroyed only after the certificate was recorded")]
    NotYet,
}

impl Certificate {
    /// How many records became unreadable.
    pub fn records(&self) -> u64 {
        self.ranges
            .iter()
            .fold(0, |sum, (first, last)| sum.saturating_add(last - first + 1))
    }

    /// Whether it is about the record at a position.
    pub fn covers(&self, position: u64) -> bool {
        let after = self.ranges.partition_point(|(first, _)| *first <= position);
        let ranges = self.ranges.get(..after).unwrap_or_default();
        ranges.last().is_some_and(|(_, last)| *last >= position)
    }

    /// Whether what it certifies was allowed, for one that was recorded at this time of its leaf. What it says
    /// of the bucket, the two people and the times is the word of whoever had the log's key.
    ///
    /// # Errors
    /// Says what was not.
    pub fn check(&self, recorded_at: Timestamp) -> Result<(), Unlawful> {
        if self.bucket.class == RetentionClass::PERMANENT {
            return Err(Unlawful::Permanent);
        }
        // A bucket is kept to the end of its month at least, also where only single records were removed.
        if month_of(self.destroyed_at) <= self.bucket.expiry_month {
            return Err(Unlawful::TooEarly);
        }
        if self.proposed.actor == self.approved.actor {
            return Err(Unlawful::OnePerson);
        }
        if self.destroyed_at > recorded_at {
            return Err(Unlawful::NotYet);
        }
        Ok(())
    }

    /// Its text: one line a field, in this order, each ended by a line feed.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "verbatim-disposal: {VERSION}\n\
             log: {}\n\
             bucket: {} {}\n\
             key: {}\n\
             {}\
             rule: {}\n\
             proposed: {}\n\
             approved: {}\n\
             destroyed: {}\n\
             held: {}\n\
             records: {}\n",
            hex::encode(self.log),
            self.bucket.class.0,
            self.bucket.expiry_month,
            hex::encode(self.key),
            if self.only_data_keys {
                ONLY_DATA_KEYS
            } else {
                ""
            },
            one_line(&self.rule),
            act(&self.proposed),
            act(&self.approved),
            self.destroyed_at.as_millis(),
            self.held,
            self.records(),
        );
        for (first, last) in &self.ranges {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "range: {first} {last}");
        }
        text
    }

    /// Reads what [`Self::to_text`] wrote, and nothing else: any other spelling is refused.
    ///
    /// # Errors
    /// Names the line that is not as it should be.
    pub fn parse(text: &str) -> Result<Self, CertificateError> {
        let mut lines = Lines {
            rest: text.split_inclusive('\n'),
            number: 0,
        };
        match lines.rest.next().and_then(|line| line.split_once(": ")) {
            Some(("verbatim-disposal", "1\n")) => lines.number = 1,
            Some(("verbatim-disposal", version)) => {
                let version = version.trim_end().to_owned();
                return Err(CertificateError::UnknownVersion(version));
            }
            _ => return Err(CertificateError::NotACertificate),
        }
        let mut certificate = Self {
            log: lines.field("log", bytes)?,
            bucket: lines.field("bucket", bucket)?,
            key: lines.field("key", bytes)?,
            only_data_keys: lines.optional(ONLY_DATA_KEYS),
            rule: lines.field("rule", |text| Some(text.to_owned()))?,
            proposed: lines.field("proposed", parse_act)?,
            approved: lines.field("approved", parse_act)?,
            destroyed_at: lines.field("destroyed", |n| number(n).map(Timestamp))?,
            held: lines.field("held", number)?,
            ranges: Vec::new(),
        };
        let records: u64 = lines.field("records", number)?;
        let mut next = 0;
        while let Some((first, last)) = lines.another("range", pair)? {
            let apart = certificate.ranges.is_empty() || first > next;
            if first > last || last == u64::MAX || !apart {
                return Err(CertificateError::Line(lines.number));
            }
            certificate.ranges.push((first, last));
            next = last + 1;
        }
        if certificate.records() != records || certificate.to_text() != text {
            return Err(CertificateError::Line(lines.number));
        }
        Ok(certificate)
    }
}

/// Runs of positions that follow each other, from ascending positions.
pub fn ranges(positions: impl IntoIterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for position in positions {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == position => *last = position,
            _ => ranges.push((position, position)),
        }
    }
    ranges
}

struct Lines<'a> {
    rest: std::str::SplitInclusive<'a, char>,
    number: usize,
}

impl<'a> Lines<'a> {
    fn field<T>(
        &mut self,
        name: &str,
        read: impl Fn(&'a str) -> Option<T>,
    ) -> Result<T, CertificateError> {
        let missing = CertificateError::Line(self.number + 1);
        self.another(name, read)?.ok_or(missing)
    }

    /// Whether the next line is this one; if it is another, it stays.
    fn optional(&mut self, line: &str) -> bool {
        let mut ahead = self.rest.clone();
        let found = ahead.next() == Some(line);
        if found {
            self.rest = ahead;
            self.number += 1;
        }
        found
    }

    /// The next line, if there is one.
    fn another<T>(
        &mut self,
        name: &str,
        read: impl Fn(&'a str) -> Option<T>,
    ) -> Result<Option<T>, CertificateError> {
        let Some(line) = self.rest.next() else {
            return Ok(None);
        };
        self.number += 1;
        let value = line
            .strip_suffix('\n')
            .and_then(|line| line.strip_prefix(name))
            .and_then(|rest| rest.strip_prefix(": "));
        let value = value.and_then(read);
        value.map(Some).ok_or(CertificateError::Line(self.number))
    }
}

fn act(act: &Act) -> String {
    format!("{} {}", act.at.as_millis(), one_line(&act.actor))
}

fn parse_act(text: &str) -> Option<Act> {
    let (at, actor) = text.split_once(' ')?;
    Some(Act {
        at: Timestamp(number(at)?),
        actor: actor.to_owned(),
    })
}

fn bucket(text: &str) -> Option<BucketId> {
    let (class, month) = text.split_once(' ')?;
    Some(BucketId {
        class: RetentionClass(number(class)?),
        expiry_month: number(month)?,
    })
}

fn pair(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once(' ')?;
    Some((number(first)?, number(last)?))
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).collect()
}
