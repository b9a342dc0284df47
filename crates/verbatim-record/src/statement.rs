//! What checkpoints prove: that a log has signed, who has seen it, and that nothing before was rewritten.

use thiserror::Error;

use crate::checkpoint::Checkpoint;
use crate::note::Note;
use crate::policy::Policy;
use crate::proof::{ProofError, check_consistency, consistency};
use crate::report::{Findings, Held, State};
use crate::tile::{TileCache, TileId, read_tile};
use crate::tile_tree::Tiles;

/// Opens a checkpoint under a policy, cosignatures included.
pub(crate) fn believe(note: &str, policy: &Policy, found: &mut Findings) -> Held<Checkpoint> {
    let note = Note::parse(note).map_err(|e| ("signature", e.to_string()))?;
    let checkpoint = policy
        .open(&note)
        .map_err(|e| ("signature", e.to_string()))?;
    let Checkpoint { origin, size, root } = &checkpoint;
    let root = hex::encode(root);
    let words =
        format!("The log {origin} has signed that it has {size} records and the root {root}.");
    found.add("signature", State::Proved, words);
    witnesses(&note, policy, found)?;
    Ok(checkpoint)
}

fn witnesses(note: &Note, policy: &Policy, found: &mut Findings) -> Held<()> {
    let cosigners = policy
        .cosigners(note)
        .map_err(|e| ("witnesses", e.to_string()))?;
    policy
        .quorum(note)
        .map_err(|e| ("witnesses", e.to_string()))?;
    for (witness, at) in cosigners {
        let at = crate::bundle::utc(i64::try_from(at).unwrap_or(i64::MAX).saturating_mul(1000));
        let words = format!("The witness {} has cosigned it at {at}.", witness.name);
        found.add("witnesses", State::Proved, words);
    }
    if !policy.asks_for_witnesses() {
        let words = "The policy asks for no witness: that the log was shown alike to everybody was not asked for.";
        found.add("witnesses", State::NotAsked, words);
    }
    Ok(())
}

/// That one of two checkpoints is of the beginning of the other's log. Tiles that are not there leave it open.
pub(crate) fn consistent(
    checkpoint: &Checkpoint,
    other: &Note,
    policy: &Policy,
    tiles: &dyn Tiles,
    found: &mut Findings,
) -> Held<()> {
    let check = "since";
    let other = policy
        .open(other)
        .map_err(|e| (check, format!("the checkpoint to compare with: {e}")))?;
    if other.origin != checkpoint.origin {
        let words = format!(
            "the checkpoint to compare with is of the log {}",
            other.origin
        );
        return Err((check, words));
    }
    let (old, new) = if other.size <= checkpoint.size {
        (&other, checkpoint)
    } else {
        (checkpoint, &other)
    };
    match begins(old, new, tiles) {
        Ok(()) => {}
        Err(NotBegun::Missing(id)) => {
            let words = format!(
                "That the log at size {} is the beginning of the log at size {} could not be proved: {id} is not \
                 here. The log itself has it (`verbatim-verify log`), and so has an export with --since.",
                old.size, new.size
            );
            found.add(check, State::NotProved, words);
            return Ok(());
        }
        Err(NotBegun::Rewritten(e)) => {
            let words = format!(
                "the log at size {} is not the beginning of the log at size {}: {e}. It was rewritten, or shown \
                 differently to different people",
                old.size, new.size
            );
            return Err((check, words));
        }
    }
    let words = format!(
        "Nothing was rewritten: the log at size {} is the beginning of the log at size {}.",
        old.size, new.size
    );
    found.add(check, State::Proved, words);
    Ok(())
}

/// Why a tree is not shown to be the beginning of another.
#[derive(Debug, Error)]
pub(crate) enum NotBegun {
    /// A tile that the proof needs cannot be read: nothing is shown either way.
    #[error("{0} is not here")]
    Missing(TileId),
    /// It is not the beginning.
    #[error(transparent)]
    Rewritten(ProofError),
}

/// That a tree is the beginning of a larger one, by the larger one's tiles (RFC 6962 section 2.1.2). They need not
/// be believed: the proof that is made of them leads to both roots, or to neither.
pub(crate) fn begins(
    old: &Checkpoint,
    new: &Checkpoint,
    tiles: &dyn Tiles,
) -> Result<(), NotBegun> {
    let mut cache = TileCache::new(new.size);
    for id in consistency_tiles(old.size, new.size) {
        let bytes = tiles.tile(&id).map_err(|_| NotBegun::Missing(id))?;
        let hashes = read_tile(&id, &bytes).map_err(|_| NotBegun::Missing(id))?;
        cache.put(id.level, id.index, hashes);
    }
    let proof = cache.with(|nodes| consistency(old.size, new.size, nodes));
    let proof = proof.map_err(NotBegun::Rewritten)?;
    // All that it needs was put there.
    let proof = proof.map_err(|_| NotBegun::Rewritten(ProofError::Length))?;
    check_consistency(old.size, &old.root, new.size, &new.root, &proof).map_err(NotBegun::Rewritten)
}

/// The tiles that a proof between two sizes needs.
pub fn consistency_tiles(old: u64, new: u64) -> Vec<TileId> {
    // Which ones depends on the sizes only, so an empty cache names them all.
    match TileCache::new(new).with(|nodes| consistency(old, new, nodes)) {
        Ok(Err(missing)) => missing,
        Ok(Ok(_)) | Err(_) => Vec::new(),
    }
}
