//! Makes the files of a bundle, part by part.
//!
//! Whoever has the records gives them in the order of the log, puts each part's files where they belong, and
//! keeps [`Progress`] behind them: then a writer that died goes on at the part that was not finished. The
//! manifest comes last, so that until then there is no bundle. Memory is bounded by one part and, for each
//! part, the hashes of its files.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::head::Head;
use super::line::{Content, Entry, RecordLine};
use super::manifest::{Counts, FileEntry, LogEntry, Manifest};
use super::part::Lines;
use super::words::base64;
use super::{CERTIFICATES, CHECKPOINT, MANIFEST, POLICY, VERIFY, VERSION, part_paths, transcript};
use crate::checkpoint::Checkpoint;
use crate::cipher::sha256;
use crate::tile::{TileId, WIDTH};
use crate::tile_tree::{edge_of, way_of};

/// Files to be put in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Path and content.
    pub files: Vec<(String, Vec<u8>)>,
}

/// How far a bundle has come. Says nothing about what the records say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Version of the format.
    pub bundle: u32,
    /// The export.
    pub export: Head,
    /// The log's name.
    pub origin: String,
    /// The log's id, hex; empty before the first record.
    pub log: String,
    /// The next record wanted is at this position of the log or later.
    pub next: u64,
    /// Parts that are done.
    pub parts: u64,
    /// Records in them.
    pub counts: Counts,
    /// Whether the export's own record is among them, which is the last.
    pub ended: bool,
    /// Positions of the certificates that records which are not disclosed name.
    pub certificates: BTreeSet<u64>,
    /// Files that are done.
    pub files: Vec<FileEntry>,
    /// Places of the tiles of level 0 that hold the records.
    pub tiles: BTreeSet<u64>,
}

/// Makes a bundle.
pub struct Writer {
    done: Progress,
    lines: Lines,
}

impl Writer {
    /// A new bundle.
    pub fn new(export: Head, origin: &str) -> Self {
        Self::resume(Progress {
            bundle: VERSION,
            export,
            origin: origin.to_owned(),
            log: String::new(),
            next: 0,
            parts: 0,
            counts: Counts::default(),
            ended: false,
            certificates: BTreeSet::new(),
            files: Vec::new(),
            tiles: BTreeSet::new(),
        })
    }

    /// Goes on behind the parts that are done.
    pub fn resume(done: Progress) -> Self {
        let lines = Lines::default();
        Self { done, lines }
    }

    /// How far it has come: all parts that were handed out.
    pub const fn progress(&self) -> &Progress {
        &self.done
    }

    /// Takes the next record, with its key if its body is disclosed. The last one must be the export's own.
    /// Answers a part when one is full.
    pub fn push(&mut self, entry: Entry, key: Option<&[u8; 32]>) -> Option<Part> {
        let leaf = &entry.leaf;
        self.done.ended = leaf.global_seq == self.done.export.position;
        if !self.done.ended {
            let counts = &mut self.done.counts;
            counts.records += 1;
            match entry.content {
                Content::Disclosed { .. } => counts.disclosed += 1,
                Content::Undisclosed(_) => counts.undisclosed += 1,
            }
        }
        if let Content::Undisclosed(why) = &entry.content {
            self.done.certificates.insert(why.certificate);
        }
        self.done.log = hex::encode(leaf.log);
        self.done.next = leaf.global_seq + 1;
        self.done.tiles.insert(leaf.global_seq / WIDTH);
        self.lines.push(entry, key);
        (self.lines.is_full() || self.done.ended).then(|| self.close())
    }

    fn close(&mut self) -> Part {
        let lines = std::mem::take(&mut self.lines);
        self.done.parts += 1;
        let part = self.done.parts;
        let page = lines.transcript(&self.done.export, &self.done.origin, part);
        let contents = [lines.records, lines.keys, page].map(String::into_bytes);
        let files: Vec<_> = part_paths(part).into_iter().zip(contents).collect();
        self.done.files.extend(files.iter().map(entry_of));
        Part { files }
    }

    /// Takes the records of the certificates that [`Progress::certificates`] names, in this order, before the
    /// tiles are asked for. Answers their file; none if there are none.
    pub fn certify(&mut self, certificates: &[Entry]) -> Option<(&'static str, Vec<u8>)> {
        let mut lines = String::new();
        for entry in certificates {
            self.done.tiles.insert(entry.leaf.global_seq / WIDTH);
            lines.push_str(&RecordLine::of(entry).to_text());
        }
        if lines.is_empty() {
            return None;
        }
        self.note(CERTIFICATES, lines.as_bytes());
        Some((CERTIFICATES, lines.into_bytes()))
    }

    /// The size that a checkpoint must at least have to prove all that was taken.
    pub fn least_size(&self) -> u64 {
        let certificate = self.done.certificates.last().copied().unwrap_or_default();
        self.done.export.position.max(certificate) + 1
    }

    /// The tiles that prove the records in a tree of this size.
    pub fn tiles(&self, size: u64) -> BTreeSet<TileId> {
        let leaves = self.done.tiles.iter();
        leaves
            .flat_map(|tile| way_of(tile * WIDTH, size))
            .chain(edge_of(size))
            .collect()
    }

    /// Notes a file that was put in place besides the parts: a tile, a timestamp.
    pub fn note(&mut self, path: &str, content: &[u8]) {
        self.done.files.push(file_entry(path, content));
    }

    /// The last files, the manifest at the end: put them in this order.
    pub fn finish(mut self, checkpoint: &Checkpoint, note: &str, policy: &str) -> Part {
        let mut files = vec![
            (VERIFY.to_owned(), verify_text(&checkpoint.origin)),
            (POLICY.to_owned(), policy.to_owned()),
            (CHECKPOINT.to_owned(), note.to_owned()),
        ];
        let ends = files
            .iter()
            .map(|(path, text)| file_entry(path, text.as_bytes()));
        self.done.files.extend(ends);
        self.done.files.sort_by(|a, b| a.path.cmp(&b.path));
        let manifest = Manifest {
            bundle: VERSION,
            transcript: transcript::VERSION,
            export: self.done.export,
            log: LogEntry {
                origin: checkpoint.origin.clone(),
                id: self.done.log,
                size: checkpoint.size,
                root: base64(&checkpoint.root),
            },
            counts: self.done.counts,
            parts: self.done.parts,
            files: self.done.files,
        };
        files.push((MANIFEST.to_owned(), manifest.to_text()));
        let files = files
            .into_iter()
            .map(|(path, text)| (path, text.into_bytes()))
            .collect();
        Part { files }
    }
}

/// The explanation in each bundle of this version: nothing in it differs but the log's name.
pub(super) fn verify_text(origin: &str) -> String {
    include_str!("verify.txt").replace("{origin}", origin)
}

fn entry_of(file: &(String, Vec<u8>)) -> FileEntry {
    file_entry(&file.0, &file.1)
}

fn file_entry(path: &str, content: &[u8]) -> FileEntry {
    FileEntry {
        path: path.to_owned(),
        bytes: content.len() as u64,
        sha256: hex::encode(sha256(&[content])),
    }
}
