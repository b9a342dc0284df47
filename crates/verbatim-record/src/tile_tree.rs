//! Tiles that are believed: each is hashed once and must lead to the root of a checkpoint.
//!
//! A checkpoint's root follows from the partial tiles at the right edge, so those are checked when the
//! tree is opened. Every full tile must have the hash that stands for it in the tile above. A leaf is
//! included if its hash stands in its believed tile, so that checking many leaves in a row costs about two
//! hashes each, and memory is one tile for each level.

use std::collections::HashMap;

use thiserror::Error;

use crate::error::FormatError;
use crate::proof;
use crate::record::Hash;
use crate::tile::{TileCache, TileId, WIDTH, read_tile, tile_root};

/// A tree of 2^63 leaves has eight levels of tiles.
const LEVELS: u8 = 8;

/// Where tiles come from.
pub trait Tiles {
    /// The content of a tile: exactly its width.
    ///
    /// # Errors
    /// Why there is none, in words.
    fn tile(&self, id: &TileId) -> Result<Vec<u8>, String>;
}

/// A tile that is not to be believed, or is not there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TileFault {
    /// It could not be read.
    #[error("{id} cannot be read: {why}")]
    Unreadable {
        /// Which tile.
        id: TileId,
        /// Why not.
        why: String,
    },
    /// It has another length than its place says.
    #[error("{id}: {why}")]
    Format {
        /// Which tile.
        id: TileId,
        /// What is wrong with it.
        why: FormatError,
    },
    /// It does not lead to what stands for it above.
    #[error("{id} is altered: its hash is not the one that the tile above has for it")]
    Hash {
        /// Which tile.
        id: TileId,
    },
    /// The right edge does not lead to the root.
    #[error("the tiles at the right edge do not lead to the root of the checkpoint")]
    Root,
    /// The position is beyond the tree.
    #[error("position {0} is beyond the checkpoint")]
    Beyond(u64),
}

/// The tree of one checkpoint.
pub struct TileTree<'s> {
    size: u64,
    source: &'s dyn Tiles,
    /// The partial tile of each level that has one, with its place.
    edge: HashMap<u8, (u64, Vec<Hash>)>,
    /// The full tile of each level that was read last.
    last: HashMap<u8, (u64, Vec<Hash>)>,
}

impl<'s> TileTree<'s> {
    /// Reads the right edge and compares it with the root.
    ///
    /// # Errors
    /// When a tile of it cannot be read, or they do not lead to the root.
    pub fn open(size: u64, root: &Hash, source: &'s dyn Tiles) -> Result<Self, TileFault> {
        let mut edge = HashMap::new();
        let mut cache = TileCache::new(size);
        for id in edge_of(size) {
            let hashes = read(source, id)?;
            cache.put(id.level, id.index, hashes.clone());
            edge.insert(id.level, (id.index, hashes));
        }
        // All nodes that the root needs stand at the right edge, so none can be missing.
        match cache.with(|nodes| proof::root(size, nodes)) {
            Ok(Ok(found)) if found == *root => {}
            _ => return Err(TileFault::Root),
        }
        let last = HashMap::new();
        Ok(Self {
            size,
            source,
            edge,
            last,
        })
    }

    /// Number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hash of a leaf.
    ///
    /// # Errors
    /// When a tile on its way to the root is not to be believed.
    pub fn leaf(&mut self, position: u64) -> Result<Hash, TileFault> {
        if position >= self.size {
            return Err(TileFault::Beyond(position));
        }
        let tile = self.tile(0, position / WIDTH)?;
        // The tile is at this place in the tree, so it reaches to the position.
        tile.get((position % WIDTH) as usize)
            .copied()
            .ok_or(TileFault::Beyond(position))
    }

    /// The hashes of the tile at this place of a level.
    ///
    /// # Errors
    /// When a tile on its way to the root is not to be believed.
    pub fn tile(&mut self, level: u8, index: u64) -> Result<&[Hash], TileFault> {
        let is_here = |at: &HashMap<u8, (u64, Vec<Hash>)>| {
            at.get(&level).is_some_and(|(found, _)| *found == index)
        };
        if !is_here(&self.edge) && !is_here(&self.last) {
            let id = TileId::at(level, index, self.size).ok_or(TileFault::Beyond(index))?;
            let hashes = read(self.source, id)?;
            let above = self.tile(level + 1, index / WIDTH)?;
            let expected = above.get((index % WIDTH) as usize).copied();
            if expected.is_none() || tile_root(&hashes) != expected {
                return Err(TileFault::Hash { id });
            }
            self.last.insert(level, (index, hashes));
        }
        let here = if is_here(&self.edge) {
            self.edge.get(&level)
        } else {
            self.last.get(&level)
        };
        here.map(|(_, hashes)| hashes.as_slice())
            .ok_or(TileFault::Beyond(index))
    }
}

/// The partial tiles of a tree of this size, the lowest level first: its right edge.
pub fn edge_of(size: u64) -> impl Iterator<Item = TileId> {
    (0..LEVELS).filter_map(move |level| {
        let hashes = size >> (u32::from(level) * 8);
        TileId::at(level, hashes / WIDTH, size).filter(|id| !id.is_full())
    })
}

/// The tiles that lead from a leaf to the root: its own and those above it, without the right edge.
pub fn way_of(position: u64, size: u64) -> impl Iterator<Item = TileId> {
    (0..LEVELS).filter_map(move |level| {
        let index = position.checked_shr(u32::from(level + 1) * 8).unwrap_or(0);
        TileId::at(level, index, size).filter(TileId::is_full)
    })
}

fn read(source: &dyn Tiles, id: TileId) -> Result<Vec<Hash>, TileFault> {
    let bytes = source
        .tile(&id)
        .map_err(|why| TileFault::Unreadable { id, why })?;
    read_tile(&id, &bytes).map_err(|why| TileFault::Format { id, why })
}
