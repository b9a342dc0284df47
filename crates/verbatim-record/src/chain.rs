//! What each leaf says about its neighbours: conversations without gaps, time that does not run backwards.
//!
//! Memory: one entry for each conversation.

use std::collections::HashMap;

use verbatim_domain::{ConversationId, Timestamp};

use crate::fault::LeafProblem;
use crate::leaf::Leaf;
use crate::record::Hash;

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    next: u64,
    previous: Hash,
}

/// Where a conversation may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// At its first record: everything is here.
    AtFirst,
    /// Anywhere: what is here is a stretch of it.
    Anywhere,
}

/// Follows leaves in the order of the log, of all conversations or of some.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    log: Option<[u8; 16]>,
    captured_at: Option<Timestamp>,
    places: HashMap<ConversationId, Place>,
}

impl Chain {
    /// Of this log; else it is of the first leaf's.
    pub fn of(log: [u8; 16]) -> Self {
        Self {
            log: Some(log),
            ..Self::default()
        }
    }

    /// When the last leaf was captured; none before the first.
    pub const fn captured_at(&self) -> Option<Timestamp> {
        self.captured_at
    }

    /// Of which log the leaves are, if it is known.
    pub const fn log(&self) -> Option<[u8; 16]> {
        self.log
    }

    /// How many conversations were seen, the installation's own among them.
    pub fn conversations(&self) -> usize {
        self.places.len()
    }

    /// Takes the next leaf, with its hash.
    ///
    /// # Errors
    /// When it does not follow the leaves before it.
    pub fn follow(&mut self, leaf: &Leaf, hash: &Hash, begin: Begin) -> Result<(), LeafProblem> {
        if self.log.is_some_and(|log| log != leaf.log) {
            return Err(LeafProblem::OtherLog);
        }
        if self
            .captured_at
            .is_some_and(|before| leaf.captured_at < before)
        {
            return Err(LeafProblem::Time);
        }
        self.check_place(leaf, begin)?;
        match leaf.about {
            Some(about) if about >= leaf.global_seq => return Err(LeafProblem::About(about)),
            _ => {}
        }
        self.log = Some(leaf.log);
        self.captured_at = Some(leaf.captured_at);
        let place = Place {
            next: leaf.conversation_seq.saturating_add(1),
            previous: *hash,
        };
        self.places.insert(leaf.conversation, place);
        Ok(())
    }

    fn check_place(&self, leaf: &Leaf, begin: Begin) -> Result<(), LeafProblem> {
        let place = match (self.places.get(&leaf.conversation), begin) {
            (Some(place), _) => *place,
            (None, Begin::AtFirst) => Place::default(),
            (None, Begin::Anywhere) => return Ok(()),
        };
        if leaf.conversation_seq != place.next {
            let (expected, found) = (place.next, leaf.conversation_seq);
            return Err(LeafProblem::ConversationGap { expected, found });
        }
        if leaf.previous != place.previous {
            return Err(LeafProblem::Previous);
        }
        Ok(())
    }
}
