//! Verifying a whole log, record by record, in memory bounded by the number of conversations.
//!
//! The verifier trusts nothing that it is given: every stored column is compared with the leaf, every
//! leaf with its neighbours, and every stored root with the tree that it computes itself.

use std::collections::BTreeMap;

use verbatim_domain::ConversationId;

use crate::chain::{Begin, Chain};
pub use crate::fault::{Fault, LeafProblem};
use crate::leaf::Leaf;
use crate::merkle::{Frontier, leaf_hash};
use crate::record::{Hash, SealedRecord};
use crate::seal::{Keyring, check_ciphertext};

/// One row of the record, as stored.
#[derive(Debug, Clone, Copy)]
pub struct VerifyEntry<'a> {
    /// The encoded leaf.
    pub leaf_bytes: &'a [u8],
    /// The leaf's hash.
    pub leaf_hash: Hash,
    /// The conversation column; none and [`ConversationId::NONE`] are the same.
    pub conversation: Option<ConversationId>,
    /// Position in the conversation.
    pub conversation_seq: u64,
    /// Position in the log.
    pub global_seq: u64,
    /// The sealed record.
    pub sealed: &'a SealedRecord,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a log is only verified if the report has no fault"]
pub struct Report {
    /// Number of leaves that were found good.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// Number of conversations, the installation's own records included.
    pub conversations: u64,
    /// Number of stored roots that were found good.
    pub roots: u64,
    /// Number of bodies that were opened and checked; zero without keys.
    pub opened: u64,
    /// Number of bodies that nobody can read any more, as a certificate says.
    pub disposed: u64,
    /// The first thing that is wrong; none if all is well.
    pub fault: Option<Fault>,
}

impl Report {
    /// Whether nothing is wrong.
    pub const fn is_good(&self) -> bool {
        self.fault.is_none()
    }
}

/// What is known of a record's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyIs {
    /// Its ciphertext is the one that was hashed.
    Sealed,
    /// It opens, and is the one that was committed to.
    Opened,
    /// Nobody can read it any more.
    Disposed,
}

/// Checks a log from its first leaf on. After a fault it answers that fault for ever.
#[derive(Debug, Clone, Default)]
pub struct LogVerifier<'k> {
    keyring: Option<&'k Keyring>,
    frontier: Frontier,
    chain: Chain,
    roots_ahead: BTreeMap<u64, Hash>,
    roots: u64,
    opened: u64,
    disposals: Vec<(u64, u64)>,
    disposed: u64,
    fault: Option<Fault>,
}

impl<'k> LogVerifier<'k> {
    /// A verifier that needs no keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also opens every body, and checks it against its commitments.
    pub fn with_keyring(mut self, keyring: &'k Keyring) -> Self {
        self.keyring = Some(keyring);
        self
    }

    /// Accepts that the bodies at these positions cannot be read: first and last of each range, as
    /// certificates of disposals name them. A body that is missing anywhere else is a fault.
    pub fn with_disposals(mut self, mut ranges: Vec<(u64, u64)>) -> Self {
        ranges.sort_unstable();
        self.disposals = ranges;
        self
    }

    /// Also checks that the leaves are of this log; without it, of the log of the first leaf.
    pub fn of_log(mut self, log: [u8; 16]) -> Self {
        self.chain = Chain::of(log);
        self
    }

    /// Number of leaves found good so far.
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Checks the next record, which must be given in the order of the log.
    pub fn record(&mut self, entry: &VerifyEntry<'_>) -> Result<(), Fault> {
        self.still_good()?;
        let global_seq = self.frontier.size();
        let body = match self.check(entry) {
            Ok(body) => body,
            Err(problem) => {
                return self.fail(Fault::Leaf {
                    global_seq,
                    problem,
                });
            }
        };
        self.opened += u64::from(body == BodyIs::Opened);
        self.disposed += u64::from(body == BodyIs::Disposed);
        self.frontier.push(&entry.leaf_hash);
        match self.roots_ahead.remove(&self.frontier.size()) {
            Some(root) => self.compare_root(&root),
            None => Ok(()),
        }
    }

    /// Checks a stored root: at once, or as soon as its size is reached. Give it before that.
    pub fn root(&mut self, size: u64, root: Hash) -> Result<(), Fault> {
        self.still_good()?;
        let passed = self.frontier.size();
        if size < passed {
            return self.fail(Fault::RootTooLate { size, passed });
        }
        if size == passed {
            return self.compare_root(&root);
        }
        match self.roots_ahead.insert(size, root) {
            // Two different roots for one size cannot both be right.
            Some(other) if other != root => self.fail(Fault::Root { size }),
            _ => Ok(()),
        }
    }

    /// Ends the verification; the log must have this size and this root.
    pub fn finish(mut self, expected_size: u64, expected_root: Hash) -> Report {
        if self.fault.is_none() {
            self.fault = self.final_fault(expected_size, &expected_root);
        }
        Report {
            size: self.frontier.size(),
            root: self.frontier.root(),
            conversations: self.chain.conversations() as u64,
            roots: self.roots,
            opened: self.opened,
            disposed: self.disposed,
            fault: self.fault,
        }
    }

    fn final_fault(&self, expected: u64, root: &Hash) -> Option<Fault> {
        let found = self.frontier.size();
        if found != expected {
            return Some(Fault::Size { expected, found });
        }
        if let Some(&size) = self.roots_ahead.keys().next() {
            return Some(Fault::RootBeyondLog { size, found });
        }
        (self.frontier.root() != *root).then_some(Fault::Root { size: found })
    }

    fn still_good(&self) -> Result<(), Fault> {
        match &self.fault {
            Some(fault) => Err(fault.clone()),
            None => Ok(()),
        }
    }

    fn fail(&mut self, fault: Fault) -> Result<(), Fault> {
        self.fault = Some(fault.clone());
        Err(fault)
    }

    fn compare_root(&mut self, root: &Hash) -> Result<(), Fault> {
        if self.frontier.root() != *root {
            return self.fail(Fault::Root {
                size: self.frontier.size(),
            });
        }
        self.roots += 1;
        Ok(())
    }

    fn check(&mut self, entry: &VerifyEntry<'_>) -> Result<BodyIs, LeafProblem> {
        if entry.global_seq != self.frontier.size() {
            return Err(LeafProblem::Missing {
                found: entry.global_seq,
            });
        }
        let leaf = Leaf::decode(entry.leaf_bytes)?;
        if leaf_hash(entry.leaf_bytes) != entry.leaf_hash {
            return Err(LeafProblem::Hash);
        }
        check_columns(entry, &leaf)?;
        let before = self.chain.captured_at();
        self.chain.follow(&leaf, &entry.leaf_hash, Begin::AtFirst)?;
        // The leaf's time is the record's, or the previous leaf's if the clock had stepped back.
        let captured_at = entry.sealed.captured_at;
        let expected = before.map_or(captured_at, |before| before.max(captured_at));
        same(leaf.captured_at == expected, "capture time")?;
        self.check_body(entry)
    }

    /// A disposal destroys the key first, then removes data keys and ciphertexts bit by bit: whatever of
    /// them is still there is not looked at.
    fn check_body(&self, entry: &VerifyEntry<'_>) -> Result<BodyIs, LeafProblem> {
        if self.is_disposed(entry.global_seq) {
            return Ok(BodyIs::Disposed);
        }
        let no_key = self.keyring.is_some() && entry.sealed.wrapped_key.is_empty();
        if entry.sealed.ciphertext.is_empty() || no_key {
            return Err(LeafProblem::NoCertificate);
        }
        check_ciphertext(entry.sealed).map_err(LeafProblem::Seal)?;
        match self.keyring {
            None => Ok(BodyIs::Sealed),
            Some(keyring) => {
                keyring.open(entry.sealed).map_err(LeafProblem::Seal)?;
                Ok(BodyIs::Opened)
            }
        }
    }

    fn is_disposed(&self, position: u64) -> bool {
        let after = self
            .disposals
            .partition_point(|(first, _)| *first <= position);
        after
            .checked_sub(1)
            .is_some_and(|at| self.disposals[at].1 >= position)
    }
}

fn check_columns(entry: &VerifyEntry<'_>, leaf: &Leaf) -> Result<(), LeafProblem> {
    let sealed = entry.sealed;
    let conversation = entry.conversation.unwrap_or(ConversationId::NONE);
    same(entry.global_seq == leaf.global_seq, "position in the log")?;
    same(conversation == leaf.conversation, "conversation")?;
    same(
        entry.conversation_seq == leaf.conversation_seq,
        "position in the conversation",
    )?;
    same(sealed.kind == leaf.kind, "kind")?;
    same(sealed.bucket.class == leaf.retention, "retention class")?;
    same(
        sealed.commitment == leaf.commitment,
        "commitment to the body",
    )?;
    same(
        sealed.ciphertext_hash == leaf.ciphertext_hash,
        "ciphertext hash",
    )?;
    same(
        sealed.key_commitment == leaf.key_commitment,
        "commitment to the key",
    )
}

fn same(equal: bool, what: &'static str) -> Result<(), LeafProblem> {
    if equal {
        Ok(())
    } else {
        Err(LeafProblem::Column(what))
    }
}
