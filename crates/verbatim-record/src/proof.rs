//! Proofs about the log: that a leaf is in it, and that one size of it is the beginning of another.
//!
//! Made from the tree's inner nodes, whoever keeps them ([`Nodes`]); checked with nothing but the proof.
//! Definitions: RFC 6962 section 2.1; checking: RFC 9162 sections 2.1.3.2 and 2.1.4.2.

use thiserror::Error;

use crate::merkle::{Frontier, node_hash};
use crate::record::Hash;

/// Hashes in a proof, at most: two for each level of the largest tree.
pub const LONGEST: usize = 126;

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofError {
    /// The position or the smaller size is beyond the tree.
    #[error("the proof is about something beyond the tree")]
    Beyond,
    /// Too many or too few hashes for these sizes.
    #[error("the proof has a wrong length")]
    Length,
    /// It leads to another root: the leaf, the proof or the tree was altered.
    #[error("the proof leads to another root")]
    Root,
    /// A node that the proof needs is not at hand.
    #[error("the node {index} of level {level} is not there")]
    Absent {
        /// Its level; the leaves are level 0.
        level: u8,
        /// Its place in the level.
        index: u64,
    },
}

/// The inner nodes of a tree: roots of its perfect subtrees.
pub trait Nodes {
    /// The root over the leaves `index × 2^level` to `(index + 1) × 2^level − 1`.
    fn node(&self, level: u8, index: u64) -> Option<Hash>;
}

/// Leaf hashes in memory, for small trees and tests.
impl Nodes for [Hash] {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        if level == 0 {
            return self.get(usize::try_from(index).ok()?).copied();
        }
        let left = self.node(level - 1, index * 2)?;
        Some(node_hash(&left, &self.node(level - 1, index * 2 + 1)?))
    }
}

/// The hashes that lead from a leaf to the root of the tree of this size, from the leaf upwards.
///
/// # Errors
/// [`ProofError::Beyond`], or [`ProofError::Absent`].
pub fn inclusion(
    index: u64,
    size: u64,
    nodes: &(impl Nodes + ?Sized),
) -> Result<Vec<Hash>, ProofError> {
    if index >= size {
        return Err(ProofError::Beyond);
    }
    let (mut low, mut high) = (0, size);
    let mut from_top = Vec::new();
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            from_top.push(range(middle, high, nodes)?);
            high = middle;
        } else {
            from_top.push(range(low, middle, nodes)?);
            low = middle;
        }
    }
    from_top.reverse();
    Ok(from_top)
}

/// The hashes that show that the tree of `old` leaves is the beginning of the tree of `new` leaves.
///
/// # Errors
/// [`ProofError::Beyond`], or [`ProofError::Absent`].
pub fn consistency(
    old: u64,
    new: u64,
    nodes: &(impl Nodes + ?Sized),
) -> Result<Vec<Hash>, ProofError> {
    if old > new {
        return Err(ProofError::Beyond);
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut low, mut high) = (0, new);
    let mut from_top = Vec::new();
    while old != high {
        let middle = low + split(high - low);
        if old <= middle {
            from_top.push(range(middle, high, nodes)?);
            high = middle;
        } else {
            from_top.push(range(low, middle, nodes)?);
            low = middle;
        }
    }
    // The old tree itself is a subtree; unless it is the whole left edge, the checker needs its root.
    if low != 0 {
        from_top.push(range(low, high, nodes)?);
    }
    from_top.reverse();
    Ok(from_top)
}

/// Checks that the leaf is in the tree.
///
/// # Errors
/// When it does not show that.
pub fn check_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Beyond);
    }
    let (mut place, mut last) = (index, size - 1);
    let mut node = *leaf;
    for beside in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if place & 1 == 1 || place == last {
            node = node_hash(beside, &node);
            // A node at the right edge without a sibling moves up until it has one.
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            node = node_hash(&node, beside);
        }
        place >>= 1;
        last >>= 1;
    }
    match (last, node == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}

/// Checks that the first tree is the beginning of the second.
///
/// # Errors
/// When it does not show that.
pub fn check_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::Beyond);
    }
    if old == 0 || old == new {
        let right = if old == 0 {
            *old_root == Frontier::new().root() && (new != 0 || old_root == new_root)
        } else {
            old_root == new_root
        };
        return match (proof.is_empty(), right) {
            (true, true) => Ok(()),
            (true, false) => Err(ProofError::Root),
            (false, _) => Err(ProofError::Length),
        };
    }
    let mut hashes = proof.iter();
    let mut next = || hashes.next().ok_or(ProofError::Length);
    let first = if old.is_power_of_two() {
        *old_root
    } else {
        *next()?
    };
    let (mut place, mut last) = (old - 1, new - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (first, first);
    while last != 0 {
        let beside = next()?;
        if place & 1 == 1 || place == last {
            from_old = node_hash(beside, &from_old);
            from_new = node_hash(beside, &from_new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, beside);
        }
        place >>= 1;
        last >>= 1;
    }
    if hashes.next().is_some() {
        return Err(ProofError::Length);
    }
    if from_old == *old_root && from_new == *new_root {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}

/// The root of the first `size` leaves.
///
/// # Errors
/// [`ProofError::Absent`].
pub fn root(size: u64, nodes: &(impl Nodes + ?Sized)) -> Result<Hash, ProofError> {
    Ok(frontier(size, nodes)?.root())
}

/// What a writer needs to go on behind the first `size` leaves.
///
/// # Errors
/// [`ProofError::Absent`].
pub fn frontier(size: u64, nodes: &(impl Nodes + ?Sized)) -> Result<Frontier, ProofError> {
    let mut roots = Vec::new();
    let mut done = 0;
    for level in (0..63_u8).rev() {
        if size & (1 << level) != 0 {
            roots.push(perfect(level, done >> level, nodes)?);
            done += 1 << level;
        }
    }
    Ok(Frontier::from_roots(size, roots))
}

/// The largest power of two below `count`, which is more than one.
const fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

/// The root over the leaves from `low` until before `high`, which is a subtree of the tree.
fn range(low: u64, high: u64, nodes: &(impl Nodes + ?Sized)) -> Result<Hash, ProofError> {
    let count = high - low;
    if count.is_power_of_two() {
        let level = count.trailing_zeros() as u8;
        return perfect(level, low >> level, nodes);
    }
    let middle = low + split(count);
    Ok(node_hash(
        &range(low, middle, nodes)?,
        &range(middle, high, nodes)?,
    ))
}

fn perfect(level: u8, index: u64, nodes: &(impl Nodes + ?Sized)) -> Result<Hash, ProofError> {
    nodes
        .node(level, index)
        .ok_or(ProofError::Absent { level, index })
}
