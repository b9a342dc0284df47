//! The Merkle log (RFC 6962 section 2.1 hashing): the root as the log grows, kept in O(log n) space.

use crate::cipher::sha256;
use crate::error::FormatError;
use crate::record::Hash;

const VERSION: u8 = 1;
const WHAT: &str = "the log frontier";
/// Positions are kept in signed columns, so no log may grow beyond them.
const MAX_SIZE: u64 = i64::MAX as u64;

/// The hash of a log entry as a leaf: `SHA-256(0x00 ‖ entry)`.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry])
}

/// The hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The root over leaf hashes by the recursive definition of RFC 6962: slow, and beyond doubt.
pub fn root_of(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => sha256(&[]),
        [only] => *only,
        _ => {
            let split = hashes.len().next_power_of_two() / 2;
            let (left, right) = hashes.split_at(split);
            node_hash(&root_of(left), &root_of(right))
        }
    }
}

/// The right edge of the tree: the roots of its perfect subtrees, largest first.
///
/// There is one for each one-bit of the size, so it can be extended and its root computed without any
/// other part of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// The empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// From the roots of the perfect subtrees, largest first: one for each one-bit of the size.
    pub(crate) const fn from_roots(size: u64, roots: Vec<Hash>) -> Self {
        Self { size, roots }
    }

    /// Appends a leaf, given its [`leaf_hash`].
    pub fn push(&mut self, leaf_hash: &Hash) {
        let mut node = *leaf_hash;
        // Each trailing one-bit of the size is a perfect subtree that the new leaf completes a pair with.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.roots.push(node);
        self.size += 1;
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves; of the empty tree, the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut from_right = self.roots.iter().rev();
        match from_right.next() {
            None => sha256(&[]),
            Some(smallest) => from_right.fold(*smallest, |right, left| node_hash(left, &right)),
        }
    }

    /// `version ‖ size ‖ subtree roots`.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(9 + 32 * self.roots.len());
        out.push(VERSION);
        out.extend_from_slice(&self.size.to_be_bytes());
        out.extend_from_slice(self.roots.as_flattened());
        out
    }

    /// Reads what [`Self::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let length = FormatError::Length {
            what: WHAT,
            found: bytes.len(),
        };
        let (&version, rest) = bytes.split_first().ok_or_else(|| length.clone())?;
        if version != VERSION {
            let found = version.into();
            return Err(FormatError::UnknownVersion {
                what: WHAT,
                found,
                known: VERSION,
            });
        }
        let (size, rest) = rest
            .split_first_chunk::<8>()
            .ok_or_else(|| length.clone())?;
        let size = u64::from_be_bytes(*size);
        if size > MAX_SIZE {
            return Err(FormatError::Value {
                what: WHAT,
                part: "the size",
            });
        }
        let (roots, tail) = rest.as_chunks::<32>();
        if !tail.is_empty() || roots.len() != size.count_ones() as usize {
            return Err(length);
        }
        Ok(Self {
            size,
            roots: roots.to_vec(),
        })
    }
}
