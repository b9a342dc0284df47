//! Export bundles: a folder that holds some records, and everything that proves them.
//!
//! | part | says |
//! |---|---|
//! | [`Manifest`] | what was selected, by whom, why; every file with its hash |
//! | [`RecordLine`], [`KeyLine`] | one record in clear, with its leaf; the key of its sealed copy |
//! | [`transcript`] | the records as a page to read and print: a function of them, so it can be checked |
//! | [`CERTIFICATES`] | the records that say why others are not disclosed |
//! | [`TIMESTAMPS`] | when records existed at the latest, by somebody else's clock |
//! | [`Writer`] | makes the files, part by part, in bounded memory |
//! | [`check()`] | checks all of it, with nothing but the folder and a policy |
//!
//! The layout is described in `docs/formats/bundle.md`.

mod check;
mod folder;
mod head;
mod line;
mod manifest;
mod media;
mod part;
pub mod transcript;
mod words;
mod writer;

pub use check::{Given, check};
pub use folder::{DirFolder, Folder, MemoryFolder, is_plain_path};
pub use head::{Head, Of, RULE, Selection};
pub use line::{Content, DISPOSED, Entry, KeyLine, LineError, Readable, RecordLine, Undisclosed};
pub use manifest::{Counts, FileEntry, LogEntry, Manifest};
pub use media::Medium;
pub use words::utc;
pub use writer::{Part, Progress, Writer};

/// The version of the format.
pub const VERSION: u32 = 1;
/// The manifest's path.
pub const MANIFEST: &str = "manifest.json";
/// The explanation's path.
pub const VERIFY: &str = "VERIFY.txt";
/// The policy's path.
pub const POLICY: &str = "policy";
/// The path of the certificates that records which are not disclosed name; absent where all are disclosed.
pub const CERTIFICATES: &str = "certificates.jsonl";
/// The checkpoint's path.
pub const CHECKPOINT: &str = "log/checkpoint";
/// Where timestamps of the log's checkpoints stand; absent where there are none.
pub const TIMESTAMPS: &str = "timestamps";
/// Where an interrupted export keeps what it needs to go on; gone from a finished bundle.
pub const PROGRESS: &str = "progress.json";

/// The paths of a checkpoint of this size that was stamped, and of the authority's answer (RFC 3161).
pub fn timestamp_paths(size: u64) -> [String; 2] {
    ["checkpoint", "tsr"].map(|end| format!("{TIMESTAMPS}/{size}.{end}"))
}

/// The paths of the records, the keys and the transcript of a part, which counts from 1.
pub fn part_paths(part: u64) -> [String; 3] {
    [
        format!("records-{part}.jsonl"),
        format!("keys-{part}.jsonl"),
        format!("transcript-{part}.html"),
    ]
}
