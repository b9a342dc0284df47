//! The signed log: its key, and what is published.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use verbatim_record::checkpoint::CheckpointError;
use verbatim_record::{Checkpoint, Note, Signer, VerifierKey};

use super::Verdict;
use crate::config::Config;
use crate::wiring;

/// The path of the checkpoint (C2SP tlog-tiles).
const CHECKPOINT: &str = "checkpoint";

pub(super) fn signing_key(config: &Config, key: &Result<Arc<dyn Signer>>) -> Verdict {
    let path = config.path(&config.record.signing_key);
    match key {
        Err(error) => Verdict::Fail(
            format!("{error:#}"),
            "restore it from its copy: the log goes on with the same key only".into(),
        ),
        Ok(key) => match std::fs::metadata(&path).map(|m| m.permissions().mode() & 0o077) {
            Ok(0) => Verdict::Ok(format!("{}", key.verifier())),
            _ => Verdict::Warn(
                "others can read it".into(),
                format!("chmod 600 {}", path.display()),
            ),
        },
    }
}

/// What others see of the log, with our own key.
pub(super) async fn published(config: &Config, key: &dyn Signer) -> Verdict {
    if let Some(folder) = folder_to_be(config) {
        return Verdict::Ok(format!("nothing yet at {}", folder.display()));
    }
    let place = match wiring::publication(config) {
        Ok(Some(place)) => place,
        Ok(None) => {
            return Verdict::Warn(
                "the log is published nowhere".into(),
                "set `[record] publish`: a rolled-back store is found by what was published".into(),
            );
        }
        Err(error) => return Verdict::Fail(format!("{error:#}"), mend()),
    };
    match place.get(CHECKPOINT).await {
        Err(error) => Verdict::Fail(format!("{}: {error}", place.place()), mend()),
        Ok(None) => Verdict::Ok(format!("nothing yet at {}", place.place())),
        Ok(Some(bytes)) => match believed(config, &bytes, key) {
            Ok(said) => Verdict::Ok(format!("{} records at {}", said.size, place.place())),
            Err(why) => Verdict::Fail(
                format!("{}: {why}", place.place()),
                "another installation's log lies there, or somebody changed it: name another place after an \
                 investigation"
                    .into(),
            ),
        },
    }
}

/// The folder of publication, if it is not there: to open it would make it.
fn folder_to_be(config: &Config) -> Option<PathBuf> {
    let record = &config.record;
    let folder = config.path(Path::new(&record.publish));
    let is_folder = record.bucket.is_none() && !record.publish.is_empty();
    (is_folder && !folder.exists()).then_some(folder)
}

fn mend() -> String {
    "check `[record] publish` and `[record.bucket]`; nothing is signed before it answers".into()
}

fn believed(config: &Config, bytes: &[u8], key: &dyn Signer) -> Result<Checkpoint, String> {
    let note = Note::parse(&String::from_utf8_lossy(bytes)).map_err(|e| e.to_string())?;
    let before = key_before(config);
    let before = before.as_ref().map(|key| key.verifier());
    opened(&note, key.verifier(), before).map_err(|e| e.to_string())
}

/// The key before the log's, as long as it lies beside it.
pub(super) fn key_before(config: &Config) -> Option<Arc<dyn Signer>> {
    wiring::read_signer_before(config).ok().flatten()
}

/// A checkpoint of ours. After a change of the key that is also what the one before has signed: until then it
/// signed alone, and as long as it is there it signs beside the new one, which others may not know yet.
pub(super) fn opened(
    note: &Note,
    key: &VerifierKey,
    before: Option<&VerifierKey>,
) -> Result<Checkpoint, CheckpointError> {
    Checkpoint::open(note, key).or_else(|error| {
        let said = before.and_then(|before| Checkpoint::open(note, before).ok());
        said.ok_or(error)
    })
}
