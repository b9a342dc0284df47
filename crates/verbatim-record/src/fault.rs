//! What can be wrong with a log, in words for the person who has to look into it.

use crate::error::{FormatError, SealError};

/// The first thing that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A record is not what it should be.
    #[error("leaf {global_seq}: {problem}")]
    Leaf {
        /// Position in the log.
        global_seq: u64,
        /// What is wrong with it.
        problem: LeafProblem,
    },
    /// A stored root is not the root of the leaves before it.
    #[error("the stored root at size {size} is not the root of the first {size} leaves")]
    Root {
        /// Number of leaves that the root is over.
        size: u64,
    },
    /// A stored root is over more leaves than there are.
    #[error("there is a stored root over {size} leaves, but the log has only {found}")]
    RootBeyondLog {
        /// Number of leaves that the root is over.
        size: u64,
        /// Number of leaves found.
        found: u64,
    },
    /// A root was given after the leaves had passed it; the caller must give it earlier.
    #[error(
        "the root at size {size} was given after {passed} leaves and cannot be checked any more"
    )]
    RootTooLate {
        /// Number of leaves that the root is over.
        size: u64,
        /// Number of leaves that were checked already.
        passed: u64,
    },
    /// Leaves are missing at the end, or there are too many.
    #[error("leaf {}: the log should have {expected} leaves and has {found}", expected.min(found))]
    Size {
        /// Number of leaves expected.
        expected: u64,
        /// Number of leaves found.
        found: u64,
    },
}

/// What is wrong with one record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafProblem {
    /// Records are missing, repeated or out of order.
    #[error("it is missing; the next stored record has position {found}")]
    Missing {
        /// The position column of the record found instead.
        found: u64,
    },
    /// The leaf cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] FormatError),
    /// The stored hash is not the leaf's.
    #[error("the stored leaf hash is not the hash of the stored leaf")]
    Hash,
    /// A column does not say what the leaf says.
    #[error("the stored {0} is not the one in the leaf")]
    Column(&'static str),
    /// The leaf is of another log.
    #[error("it belongs to another log")]
    OtherLog,
    /// The conversation has a gap, a repetition, or a changed order.
    #[error("it has position {found} in its conversation where {expected} comes next")]
    ConversationGap {
        /// The position that comes next.
        expected: u64,
        /// The position in the leaf.
        found: u64,
    },
    /// The chain of the conversation is broken.
    #[error("it does not follow the previous leaf of its conversation")]
    Previous,
    /// Time runs backwards.
    #[error("it was captured before the leaf in front of it")]
    Time,
    /// It refers to itself or to what comes later.
    #[error("it refers to leaf {0}, which is not an earlier one")]
    About(u64),
    /// Its body or its key is gone, and nobody certified that.
    #[error("its body cannot be read any more, and no certificate says that it was disposed of")]
    NoCertificate,
    /// The sealed record is altered or not the one that the leaf is about.
    #[error("{0}")]
    Seal(SealError),
}

impl Fault {
    /// The first bad leaf, if the fault is about one.
    pub fn global_seq(&self) -> Option<u64> {
        match self {
            Self::Leaf { global_seq, .. } => Some(*global_seq),
            Self::Size { expected, found } => Some(*expected.min(found)),
            Self::Root { .. } | Self::RootBeyondLog { .. } | Self::RootTooLate { .. } => None,
        }
    }
}
