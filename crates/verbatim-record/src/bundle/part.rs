//! A part: some records in a row, with their keys and their page.

use super::head::Head;
use super::line::{Entry, RecordLine};
use super::transcript;

/// Records in a part, at most.
pub(super) const MOST_RECORDS: usize = 10_000;
/// Bytes of lines in a part before it is closed.
pub(super) const ENOUGH_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of any file of a part that a reader takes, at most. One line can be as long as a record's evidence.
pub(super) const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// The lines of one part as they are collected.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) entries: Vec<Entry>,
    pub(super) records: String,
    pub(super) keys: String,
}

impl Lines {
    pub(super) fn push(&mut self, entry: Entry, key: Option<&[u8; 32]>) {
        self.records.push_str(&RecordLine::of(&entry).to_text());
        if let Some(key) = key {
            let line = super::line::KeyLine::of(entry.leaf.global_seq, key);
            self.keys.push_str(&line.to_text());
        }
        self.entries.push(entry);
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= MOST_RECORDS || self.records.len() >= ENOUGH_BYTES
    }

    pub(super) fn transcript(&self, head: &Head, origin: &str, part: u64) -> String {
        transcript::render(head, origin, part, &self.entries)
    }
}
