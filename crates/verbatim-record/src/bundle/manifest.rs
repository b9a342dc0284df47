//! The manifest: what is in a bundle. It is written last, so that a bundle without one is not finished.

use serde::{Deserialize, Serialize};

use super::head::Head;
use super::{VERSION, is_plain_path, transcript};
use crate::error::FormatError;

const WHAT: &str = "the manifest";

/// A file of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// From the bundle's folder, with `/`.
    pub path: String,
    /// Length.
    pub bytes: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// Which log, at which size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogEntry {
    /// Its name: the first line of its checkpoints.
    pub origin: String,
    /// Its id, as in every leaf, hex.
    pub id: String,
    /// Size of the checkpoint.
    pub size: u64,
    /// Its root, base64.
    pub root: String,
}

/// How many records are in the bundle, the export's own not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// All.
    pub records: u64,
    /// With their bodies and keys.
    pub disclosed: u64,
    /// Without.
    pub undisclosed: u64,
}

/// What is in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the format.
    pub bundle: u32,
    /// Version of the transcript's layout; each version of the format has one.
    pub transcript: u32,
    /// The export.
    pub export: Head,
    /// The log.
    pub log: LogEntry,
    /// How many records.
    pub counts: Counts,
    /// How many parts of records, keys and transcript.
    pub parts: u64,
    /// Every other file.
    pub files: Vec<FileEntry>,
}

/// The version alone, which is looked at before anything else.
#[derive(Deserialize)]
struct Version {
    bundle: u64,
}

impl Manifest {
    /// The one text of it: JSON, indented by two spaces, ending in a newline.
    pub fn to_text(&self) -> String {
        // Plain data under text keys: JSON can say all of it.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads it; refuses another version, and every other text of the same content.
    ///
    /// # Errors
    /// When it is not one of this version.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let damaged = |error: serde_json::Error| FormatError::Damaged {
            what: WHAT,
            at: error.column(),
            why: error.to_string(),
        };
        let Version { bundle } = serde_json::from_str(text).map_err(damaged)?;
        if bundle != u64::from(VERSION) {
            return Err(FormatError::UnknownVersion {
                what: WHAT,
                found: bundle,
                known: VERSION as u8,
            });
        }
        let manifest: Self = serde_json::from_str(text).map_err(damaged)?;
        // A page that nobody can make again to compare may say anything.
        if manifest.transcript != transcript::VERSION {
            return Err(FormatError::UnknownVersion {
                what: "the transcript's layout",
                found: manifest.transcript.into(),
                known: transcript::VERSION as u8,
            });
        }
        let right = manifest.to_text();
        if right != text {
            let same = right.bytes().zip(text.bytes());
            let at = same.take_while(|(a, b)| a == b).count();
            return Err(FormatError::NotDeterministic { what: WHAT, at });
        }
        if !manifest.files.iter().all(|file| is_plain_path(&file.path)) {
            let part = "the path of a file";
            return Err(FormatError::Value { what: WHAT, part });
        }
        Ok(manifest)
    }
}
