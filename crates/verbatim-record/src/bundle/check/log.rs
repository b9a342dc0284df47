//! The checkpoint: who signed it, who cosigned it, and how it stands to another one.

use super::{SMALL, text};
use crate::bundle::folder::Folder;
use crate::bundle::manifest::Manifest;
use crate::bundle::words::base64;
use crate::bundle::{CHECKPOINT, MANIFEST};
use crate::checkpoint::Checkpoint;
use crate::note::Note;
use crate::policy::Policy;
use crate::report::{Findings, Held};
use crate::statement;
use crate::tile::TileId;
use crate::tile_tree::Tiles;

/// The tiles of a bundle.
pub(super) struct FolderTiles<'f>(pub(super) &'f dyn Folder);

impl Tiles for FolderTiles<'_> {
    fn tile(&self, id: &TileId) -> Result<Vec<u8>, String> {
        let most = u64::from(id.width) * 32;
        self.0
            .read(&format!("log/{id}"), most)
            .map_err(|e| e.to_string())
    }
}

/// The tile that stands at this path in the log at this size; none for any other path.
pub(super) fn tile_of(path: &str, size: u64) -> Option<TileId> {
    let id: TileId = path.strip_prefix("log/")?.parse().ok()?;
    let is_there = TileId::at(id.level, id.index, size) == Some(id);
    (is_there && path == format!("log/{id}")).then_some(id)
}

/// The bundle's checkpoint, if it is the log's and the manifest's.
pub(super) fn checkpoint(
    folder: &dyn Folder,
    manifest: &Manifest,
    policy: &Policy,
    found: &mut Findings,
) -> Held<Checkpoint> {
    let note = text(folder, CHECKPOINT, SMALL)?;
    let checkpoint = statement::believe(&note, policy, found)
        .map_err(|(check, words)| (check, format!("{CHECKPOINT}: {words}")))?;
    let log = &manifest.log;
    let is_that = log.origin == checkpoint.origin
        && log.size == checkpoint.size
        && log.root == base64(&checkpoint.root);
    if is_that {
        Ok(checkpoint)
    } else {
        let words = format!("{MANIFEST} names another log, size or root than {CHECKPOINT}");
        Err(("checkpoint", words))
    }
}

/// That one of two checkpoints is of the beginning of the other's log.
pub(super) fn since(
    folder: &dyn Folder,
    checkpoint: &Checkpoint,
    other: &Note,
    policy: &Policy,
    found: &mut Findings,
) -> Held<()> {
    statement::consistent(checkpoint, other, policy, &FolderTiles(folder), found)
}
