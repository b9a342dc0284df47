//! What an edge has instead of the key-encryption key, as a text file: it seals, and opens nothing.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::archive::ArchivePublic;
use crate::error::KeyError;
use crate::key_file::{checksum, fields, key_bytes, significant_lines};
use crate::vault::IndexKey;

const LABEL: &str = "verbatim-edge/1";

/// The keys of an edge.
#[derive(Debug, Clone)]
pub struct EdgeKeys {
    /// The log that it writes into.
    pub log: [u8; 16],
    /// What it seals to.
    pub archive: ArchivePublic,
    /// By which it looks phone numbers up.
    pub phones: IndexKey,
}

impl EdgeKeys {
    /// The content of the file. Wiped when dropped: who has it and a copy of the store can test whether a
    /// given number is a client's.
    pub fn to_text(&self) -> Zeroizing<String> {
        let log = hex::encode(self.log);
        let archive = STANDARD.encode(self.archive.bytes());
        let phones = Zeroizing::new(STANDARD.encode(self.phones.0.as_ref()));
        let sum = checksum(LABEL, &[&log, &archive, &phones]);
        // Room for all of it, so that no grown-out-of buffer leaves the key behind.
        let mut text = Zeroizing::new(String::with_capacity(640));
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "# Keys of an edge of a Verbatim installation: they seal texts into the record and open none.\n\
             # Whoever holds this file and a copy of the store can test whether a given phone number is a\n\
             # client's: keep it readable by the edge only.\n\
             verbatim-edge: 1\n\
             log: {log}\n\
             archive: {archive}\n\
             phone-index: {}\n\
             sum: {sum}\n",
            *phones
        );
        text
    }

    /// Reads what [`Self::to_text`] wrote. Comments, empty lines and line endings may differ.
    ///
    /// # Errors
    /// When it is not such a file, or a damaged one.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut lines = significant_lines(text);
        match lines.next().and_then(|(_, line)| line.split_once(':')) {
            Some(("verbatim-edge", version)) if version.trim() == "1" => {}
            Some(("verbatim-edge", version)) => {
                return Err(KeyError::UnknownEdgeVersion(version.trim().to_owned()));
            }
            _ => return Err(KeyError::NotEdgeKeys),
        }
        let [log, archive, phones, sum] = fields(lines, ["log", "archive", "phone-index", "sum"])?;
        if checksum(LABEL, &[log, archive, phones]) != sum {
            return Err(KeyError::Altered);
        }
        let mut id = [0; 16];
        hex::decode_to_slice(log, &mut id).map_err(|_| KeyError::Damaged)?;
        Ok(Self {
            log: id,
            archive: ArchivePublic::new(*key_bytes(archive)?),
            phones: IndexKey(key_bytes(phones)?),
        })
    }
}
