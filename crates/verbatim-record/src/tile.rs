//! Tiles: how a log's hashes are cut into files that never change (C2SP `tlog-tiles`).
//!
//! A tile of level 0 holds the hashes of 256 leaves in a row; one of level k + 1 the roots of 256 tiles of
//! level k. At the right edge tiles are partial: they have a width below 256 and are replaced by the full
//! one in time.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;

use crate::checkpoint::number;
use crate::error::FormatError;
use crate::merkle::{Frontier, root_of};
use crate::proof::{self, Nodes, ProofError};
use crate::record::Hash;

/// Hashes in a full tile.
pub const WIDTH: u64 = 256;
/// Levels of nodes in a tile: 2^8 = 256.
const LEVELS: u8 = 8;
const WHAT: &str = "the tile";

/// Which tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// 0 for the leaves' hashes.
    pub level: u8,
    /// Its place in the level.
    pub index: u64,
    /// How many hashes it holds: 256, or fewer at the right edge.
    pub width: u16,
}

impl TileId {
    /// The tile at this place in a tree of this size; none if there is none.
    pub fn at(level: u8, index: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(u32::from(level) * u32::from(LEVELS))?;
        let begin = index.checked_mul(WIDTH)?;
        let width = hashes.checked_sub(begin)?.min(WIDTH) as u16;
        (width > 0).then_some(Self {
            level,
            index,
            width,
        })
    }

    /// Whether it is full and so never changes.
    pub const fn is_full(&self) -> bool {
        self.width as u64 == WIDTH
    }

    /// The tiles that a tree of size `to` has and one of size `from` had not: full ones, and the partial
    /// ones at the right edge, the lowest level first.
    pub fn new_between(from: u64, to: u64) -> impl Iterator<Item = Self> {
        let levels = (0..LEVELS).take_while(move |level| to >> (level * LEVELS) > 0);
        levels.flat_map(move |level| {
            let shift = level * LEVELS;
            let (had, has) = (from >> shift, to >> shift);
            let places = if had == has {
                0..0
            } else {
                had / WIDTH..has.div_ceil(WIDTH)
            };
            places.filter_map(move |index| Self::at(level, index, to))
        })
    }
}

/// Its path below the log's prefix, such as `tile/0/x001/x234/067.p/12`.
impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/{}", self.level, Place(self.index, self.width))
    }
}

impl FromStr for TileId {
    type Err = FormatError;

    fn from_str(path: &str) -> Result<Self, FormatError> {
        let bad = || FormatError::Value {
            what: WHAT,
            part: "its path",
        };
        let rest = path.strip_prefix("tile/").ok_or_else(bad)?;
        let (level, place) = rest.split_once('/').ok_or_else(bad)?;
        let level = number(level).filter(|l| *l < 64).ok_or_else(bad)?;
        let Place(index, width) = place.parse().map_err(|()| bad())?;
        Ok(Self {
            level: level as u8,
            index,
            width,
        })
    }
}

/// The path of the bundle with the entries (our leaves) of the level-0 tile of this place and width.
pub fn entries_path(index: u64, width: u16) -> String {
    format!("tile/entries/{}", Place(index, width))
}

/// Place and width of a bundle of entries, from its path.
///
/// # Errors
/// [`FormatError::Value`] for anything else.
pub fn parse_entries_path(path: &str) -> Result<(u64, u16), FormatError> {
    let place = path.strip_prefix("tile/entries/").map(str::parse::<Place>);
    match place {
        Some(Ok(Place(index, width))) => Ok((index, width)),
        _ => Err(FormatError::Value {
            what: "the bundle of entries",
            part: "its path",
        }),
    }
}

/// Entries in a bundle: each with its length before it (16 bits, big endian).
pub fn bundle_entries<'a>(entries: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        // A leaf has 196 bytes.
        out.extend_from_slice(&(entry.len() as u16).to_be_bytes());
        out.extend_from_slice(entry);
    }
    out
}

/// The entries of a bundle.
///
/// # Errors
/// When it is cut off, or holds another number of entries than its path says.
pub fn read_entries(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, FormatError> {
    let bad = FormatError::Length {
        what: "the bundle of entries",
        found: bundle.len(),
    };
    let mut rest = bundle;
    let mut all = Vec::with_capacity(usize::from(width));
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or_else(|| bad.clone())?;
        all.push(entry);
        rest = after;
    }
    if rest.is_empty() && all.len() == usize::from(width) {
        Ok(all)
    } else {
        Err(bad)
    }
}

/// The hashes of a tile.
///
/// # Errors
/// When it has not the length that its path says.
pub fn read_tile(id: &TileId, bytes: &[u8]) -> Result<Vec<Hash>, FormatError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() && hashes.len() == usize::from(id.width) {
        Ok(hashes.to_vec())
    } else {
        Err(FormatError::Length {
            what: WHAT,
            found: bytes.len(),
        })
    }
}

/// The root of a full tile: its hash in the tile above.
pub fn tile_root(hashes: &[Hash]) -> Option<Hash> {
    (hashes.len() as u64 == WIDTH).then(|| root_of(hashes))
}

/// The right edge of the tree as a writer keeps it: the partial tile of each level.
///
/// With [`Frontier`] it is all that is needed to go on, and it is bounded: 256 hashes a level.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TileBuilder {
    frontier: Frontier,
    edges: Vec<Vec<Hash>>,
}

impl TileBuilder {
    /// The empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on where a tree of this size ended, given the hashes of its partial tiles, the lowest level
    /// first. None if a tree of this size has others; compare the root with the one that you know.
    pub fn resume(size: u64, edges: Vec<Vec<Hash>>) -> Option<Self> {
        let mut cache = TileCache::new(size);
        for (level, hashes) in (0..).zip(&edges) {
            let passed = size >> (u32::from(level) * u32::from(LEVELS));
            if hashes.len() as u64 != passed % WIDTH {
                return None;
            }
            cache.put(level, passed / WIDTH, hashes.clone());
        }
        let frontier = cache
            .with(|nodes| proof::frontier(size, nodes))
            .ok()?
            .ok()?;
        Some(Self { frontier, edges })
    }

    /// Which full tiles of the level below make the partial tile of each level, the lowest first: for
    /// level 0 the positions of leaves.
    pub fn edges_of(size: u64) -> impl Iterator<Item = std::ops::Range<u64>> {
        let passed = (0..LEVELS).map(move |level| size >> (level * LEVELS));
        passed
            .take_while(|passed| *passed > 0)
            .map(|passed| passed - passed % WIDTH..passed)
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over them.
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The hashes of the partial tile at this place, if that is where the level ends.
    pub fn edge(&self, level: u8, index: u64) -> Option<&[Hash]> {
        let passed = self
            .size()
            .checked_shr(u32::from(level) * u32::from(LEVELS))?;
        let edge = self.edges.get(usize::from(level))?;
        (passed / WIDTH == index).then_some(edge.as_slice())
    }

    /// Appends a leaf, given its hash; `full` gets the tiles that it completes, the lowest level first.
    pub fn push(&mut self, leaf_hash: &Hash, full: &mut Vec<(TileId, Vec<Hash>)>) {
        let mut hash = *leaf_hash;
        for level in 0.. {
            if self.edges.len() == usize::from(level) {
                self.edges.push(Vec::new());
            }
            let edge = &mut self.edges[usize::from(level)];
            edge.push(hash);
            let Some(root) = tile_root(edge) else { break };
            let passed = self.frontier.size() >> (u32::from(level) * u32::from(LEVELS));
            let id = TileId {
                level,
                index: passed / WIDTH,
                width: WIDTH as u16,
            };
            full.push((id, std::mem::take(edge)));
            hash = root;
        }
        self.frontier.push(leaf_hash);
    }
}

/// Index in groups of three digits, and width, as they stand in paths.
struct Place(u64, u16);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups = vec![format!("{:03}", self.0 % 1000)];
        let mut rest = self.0 / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        groups.reverse();
        f.write_str(&groups.join("/"))?;
        if u64::from(self.1) < WIDTH {
            write!(f, ".p/{}", self.1)?;
        }
        Ok(())
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (index, width) = match text.split_once(".p/") {
            None => (text, WIDTH),
            Some((index, width)) => {
                let width = number(width).filter(|w| (1..WIDTH).contains(w));
                (index, width.ok_or(())?)
            }
        };
        let mut value = 0_u64;
        let mut groups = index.split('/').peekable();
        while let Some(group) = groups.next() {
            let digits = match groups.peek() {
                None => group,
                Some(_) => group.strip_prefix('x').ok_or(())?,
            };
            if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(());
            }
            let digits: u64 = digits.parse().map_err(drop)?;
            value = value
                .checked_mul(1000)
                .and_then(|value| value.checked_add(digits))
                .ok_or(())?;
        }
        let place = Self(value, width as u16);
        // One way to write each: no leading groups of zeros.
        if place.to_string() == text {
            Ok(place)
        } else {
            Err(())
        }
    }
}

/// The nodes of a tree of one size, from those of its tiles that are at hand.
///
/// Which tiles a proof needs depends on sizes only. So whoever has to fetch them runs the proof twice:
/// [`Self::with`] notes what is missing, and does not call that a failure.
#[derive(Debug, Default)]
pub struct TileCache {
    size: u64,
    tiles: HashMap<(u8, u64), Vec<Hash>>,
    missing: RefCell<BTreeSet<TileId>>,
}

impl TileCache {
    /// Without any tile yet.
    pub fn new(size: u64) -> Self {
        Self {
            size,
            ..Self::default()
        }
    }

    /// The size of the tree.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Keeps a tile. It may be wider than this size needs.
    pub fn put(&mut self, level: u8, index: u64, hashes: Vec<Hash>) {
        self.tiles.insert((level, index), hashes);
    }

    /// What `work` computes from the nodes, or the tiles that it needs and that are not here.
    ///
    /// # Errors
    /// Those of `work`, other than for nodes that are merely not fetched yet.
    pub fn with<T>(
        &self,
        work: impl Fn(&Self) -> Result<T, ProofError>,
    ) -> Result<Result<T, Vec<TileId>>, ProofError> {
        self.missing.borrow_mut().clear();
        let result = work(self);
        let missing: Vec<_> = self.missing.take().into_iter().collect();
        if missing.is_empty() {
            result.map(Ok)
        } else {
            Ok(Err(missing))
        }
    }
}

impl Nodes for TileCache {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        let (tile_level, depth) = (level / LEVELS, level % LEVELS);
        let first = index.checked_shl(depth.into())?;
        let (tile, offset) = (first / WIDTH, (first % WIDTH) as usize);
        let Some(hashes) = self.tiles.get(&(tile_level, tile)) else {
            let id = TileId::at(tile_level, tile, self.size)?;
            self.missing.borrow_mut().insert(id);
            // Stands in for the hash until the tile is here: the walk does not depend on it.
            return Some([0; 32]);
        };
        // A power of two of them: the root over them is the node.
        Some(root_of(hashes.get(offset..offset + (1 << depth))?))
    }
}
