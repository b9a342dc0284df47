//! Checks a published log (C2SP `tlog-tiles`) whose entries are our leaves, with its public key alone.

use crate::chain::{Begin, Chain};
use crate::leaf::Leaf;
use crate::merkle::leaf_hash;
use crate::note::Note;
use crate::policy::Policy;
use crate::report::{Findings, Held, State};
use crate::statement;
use crate::tile::{TileId, WIDTH, read_entries};
use crate::tile_tree::{TileTree, Tiles};

/// A published log.
pub trait LogSource: Tiles {
    /// Its newest checkpoint.
    ///
    /// # Errors
    /// Why there is none, in words.
    fn checkpoint(&self) -> Result<String, String>;

    /// The entries below the tile of level 0 at this place: exactly so many.
    ///
    /// # Errors
    /// Why there are none, in words.
    fn entries(&self, index: u64, width: u16) -> Result<Vec<u8>, String>;
}

/// What the examiner brings along.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Whom to believe.
    pub policy: &'a Policy,
    /// An older or newer checkpoint of the same log.
    pub since: Option<&'a Note>,
    /// Whether to look at every entry, or at the newest ones only.
    pub full: bool,
}

/// Checks a log. `progress` hears how many entries are done, of how many.
pub fn check(
    log: &dyn LogSource,
    given: Given<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Findings {
    let mut found = Findings::default();
    if let Err((check, words)) = run(log, given, progress, &mut found) {
        found.add(check, State::Wrong, words);
    }
    found
}

fn run(
    log: &dyn LogSource,
    given: Given<'_>,
    progress: &mut dyn FnMut(u64, u64),
    found: &mut Findings,
) -> Held<()> {
    let note = log.checkpoint().map_err(|e| ("signature", e))?;
    let checkpoint = statement::believe(&note, given.policy, found)?;
    let size = checkpoint.size;
    let mut tree =
        TileTree::open(size, &checkpoint.root, log).map_err(|e| ("tiles", e.to_string()))?;
    if let Some(since) = given.since {
        statement::consistent(&checkpoint, since, given.policy, log, found)?;
    }
    let tiles = size.div_ceil(WIDTH);
    let first = if given.full {
        0
    } else {
        tiles.saturating_sub(1)
    };
    let mut chain = Chain::default();
    for index in first..tiles {
        let hashes = tree
            .tile(0, index)
            .map_err(|e| ("tiles", e.to_string()))?
            .to_vec();
        let begin = if given.full {
            Begin::AtFirst
        } else {
            Begin::Anywhere
        };
        bundle(log, index, &hashes, &mut chain, begin)?;
        progress((index * WIDTH + hashes.len() as u64).min(size), size);
    }
    say(size, given.full, &chain, found);
    Ok(())
}

fn bundle(
    log: &dyn LogSource,
    index: u64,
    hashes: &[crate::record::Hash],
    chain: &mut Chain,
    begin: Begin,
) -> Held<()> {
    // A tile has 256 hashes at most.
    let width = hashes.len() as u16;
    let path = crate::tile::entries_path(index, width);
    let unreadable = |e: String| ("entries", format!("{path}: {e}"));
    let bytes = log.entries(index, width).map_err(unreadable)?;
    let entries = read_entries(&bytes, width).map_err(|e| unreadable(e.to_string()))?;
    for (position, (entry, hash)) in (index * WIDTH..).zip(entries.into_iter().zip(hashes)) {
        let at = |words: String| ("entries", format!("record {position}: {words}"));
        if leaf_hash(entry) != *hash {
            return Err(at(
                "the entry is not the one whose hash is in the tile".to_owned()
            ));
        }
        let leaf = Leaf::decode(entry).map_err(|e| at(e.to_string()))?;
        if leaf.global_seq != position {
            return Err(at(format!("its leaf says position {}", leaf.global_seq)));
        }
        let follows = chain.follow(&leaf, hash, begin);
        follows.map_err(|problem| at(problem.to_string()))?;
    }
    Ok(())
}

fn say(size: u64, full: bool, chain: &Chain, found: &mut Findings) {
    if !full {
        let words =
            "The tiles at the right edge lead to that root, and the newest records are among them.";
        found.add("tiles", State::Proved, words);
        let words = "The other records were not asked for: --full looks at each.";
        found.add("entries", State::NotAsked, words);
        return;
    }
    found.add(
        "tiles",
        State::Proved,
        "The tiles of every level lead to that root.",
    );
    let words = format!(
        "All {size} records are whole; {} sequences (one for each conversation, one for the installation) have no gaps.",
        chain.conversations()
    );
    found.add("entries", State::Proved, words);
}

/// The tile that stands in for a partial one which is gone: the full one, cut to its width.
pub fn full_of(id: &TileId) -> TileId {
    TileId {
        width: WIDTH as u16,
        ..*id
    }
}
