//! Timestamps (RFC 3161): by when the records existed, whoever holds the log's key (control C05).
//!
//! What was stamped is a checkpoint of the log, of the bundle's size or smaller. It is worth something because
//! its tree is the beginning of the bundle's, and the tiles show that.

use std::collections::BTreeSet;

use super::SMALL;
use super::log::FolderTiles;
use crate::bundle::folder::Folder;
use crate::bundle::manifest::Manifest;
use crate::bundle::{timestamp_paths, utc};
use crate::checkpoint::{Checkpoint, number};
use crate::note::Note;
use crate::policy::Policy;
use crate::report::{Findings, Held, State};
use crate::statement::begins;
use crate::timestamp::{self, TimestampError};

const CHECK: &str = "timestamps";

/// Every timestamp that the manifest names.
pub(super) fn check(
    folder: &dyn Folder,
    manifest: &Manifest,
    checkpoint: &Checkpoint,
    policy: &Policy,
    ca_pem: Option<&str>,
    found: &mut Findings,
) -> Held<()> {
    let sizes = sizes(manifest)?;
    if sizes.is_empty() && ca_pem.is_some() {
        let words = "There is no timestamp here: by when the records existed could not be proved.";
        found.add(CHECK, State::NotProved, words);
    }
    for size in sizes {
        let [note_path, token_path] = timestamp_paths(size);
        let text = stamped_text(folder, size, checkpoint, policy)
            .map_err(|words| (CHECK, format!("{note_path}: {words}")))?;
        let token = folder
            .read(&token_path, timestamp::LONGEST as u64)
            .map_err(|e| (CHECK, format!("{token_path} cannot be read: {e}")))?;
        let (state, words) = weigh(&token, &text, size, ca_pem)
            .map_err(|error| (CHECK, format!("{token_path}: {error}")))?;
        found.add(CHECK, state, words);
    }
    Ok(())
}

/// What a timestamp of the checkpoint with this text and size proves, in words.
fn weigh(
    token: &[u8],
    text: &str,
    size: u64,
    ca_pem: Option<&str>,
) -> Result<(State, String), TimestampError> {
    let stamped = timestamp::read(token, text.as_bytes())?;
    let (last, at) = (size - 1, utc(stamped.at.as_millis()));
    let says = format!(
        "records up to position {last} existed before {at}, says {}",
        stamped.authority
    );
    let Some(ca_pem) = ca_pem else {
        let words = format!(
            "A timestamp is here: {says}. Who signed it was not proved: name whom you believe with --tsa-ca."
        );
        return Ok((State::NotAsked, words));
    };
    match timestamp::check(token, text.as_bytes(), None, ca_pem) {
        Ok(_) => Ok((State::Proved, format!("The {says}."))),
        // Nothing is wrong with it; but it is not by one of those that are believed.
        Err(e @ (TimestampError::Untrusted(_) | TimestampError::Certificates(_))) => {
            let words = format!("That {says} could not be proved: {e}.");
            Ok((State::NotProved, words))
        }
        Err(error) => Err(error),
    }
}

/// The sizes of the checkpoints that were stamped; each has both of its files.
fn sizes(manifest: &Manifest) -> Held<BTreeSet<u64>> {
    let names: BTreeSet<&str> = manifest.files.iter().map(|f| f.path.as_str()).collect();
    let mut sizes = BTreeSet::new();
    for name in &names {
        let Some(size) = size_of(name) else { continue };
        let paths = timestamp_paths(size);
        if let Some(missing) = paths.iter().find(|path| !names.contains(path.as_str())) {
            return Err((CHECK, format!("{name} is here without {missing}")));
        }
        sizes.insert(size);
    }
    Ok(sizes)
}

/// The size of the stamped checkpoint that a file belongs to, if it has the name of such a file.
pub(super) fn size_of(path: &str) -> Option<u64> {
    let (_, name) = path.split_once('/')?;
    let (size, _) = name.split_once('.')?;
    let size = number(size).filter(|size| *size > 0)?;
    timestamp_paths(size)
        .iter()
        .any(|known| known == path)
        .then_some(size)
}

/// The text of a stamped checkpoint, if the log has signed it and its tree is the beginning of the bundle's.
fn stamped_text(
    folder: &dyn Folder,
    size: u64,
    checkpoint: &Checkpoint,
    policy: &Policy,
) -> Result<String, String> {
    let [path, _] = timestamp_paths(size);
    let note = folder
        .read(&path, SMALL)
        .map_err(|e| format!("it cannot be read: {e}"))?;
    let note = String::from_utf8(note).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let note = Note::parse(&note).map_err(|e| e.to_string())?;
    let stamped = policy.open(&note).map_err(|e| e.to_string())?;
    if stamped.origin != checkpoint.origin {
        return Err(format!("it is of the log {}", stamped.origin));
    }
    if stamped.size != size {
        return Err(format!("it is of {} records", stamped.size));
    }
    let of = checkpoint.size;
    if size > of {
        return Err(format!(
            "it is of more records than the {of} of the bundle's checkpoint"
        ));
    }
    begins(&stamped, checkpoint, &FolderTiles(folder)).map_err(|e| {
        format!(
            "the log at this size is not shown to be the beginning of the log at size {of}: {e}"
        )
    })?;
    Ok(note.text)
}
