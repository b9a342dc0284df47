//! Signing the log: tiles and checkpoints (C2SP `tlog-tiles`, `tlog-checkpoint`).
//!
//! Records get their places where they are committed, in the store's own transaction; what happens here
//! is that the firm says so under its name, at most a second later. The one rule is that it never signs
//! two histories: a checkpoint is signed only for a tree that was computed from the leaves (not from what
//! stands beside them as their hashes: whoever appends writes both), extends the last signed one and has the
//! root that was committed at that size. Whoever signs holds the worker lease, whose fence is checked in the
//! transaction that keeps the checkpoint, and that transaction refuses a checkpoint that is not larger than
//! the last (C05). A store that has less than this process has signed was rolled back under it: that stops
//! signing until somebody has looked.

use std::ops::Range;

use thiserror::Error;
use verbatim_domain::Duration;
use verbatim_record::checkpoint::CheckpointError;
use verbatim_record::merkle::leaf_hash;
use verbatim_record::note::SignError;
use verbatim_record::proof::{self, ProofError};
use verbatim_record::tile::{TileBuilder, TileCache, TileId, bundle_entries, read_tile, tile_root};
use verbatim_record::{Checkpoint, FormatError, Hash, Note};

use crate::admin::AdminError;
use crate::core::Engine;
use crate::ports::{Change, LogLeaf, LogRoot, LogTile, SignedCheckpoint, StoreError};
use crate::views::LogProgress;

/// How often the log is looked at. Half a second leaves the other half for signing.
const EVERY: Duration = Duration::from_millis(500);
/// Leaves read at once.
const CHUNK: u32 = 10_000;
/// Full tiles kept in one transaction, at most: 64 are 512 KiB.
const TILES_AT_ONCE: usize = 64;
/// The alarm that the log is not signed any more.
pub(crate) const NOT_SIGNED: &str = "log-not-signed";

/// The log was not signed.
#[derive(Debug, Error)]
pub enum LogError {
    /// The store failed; the next look goes on.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key cannot be used now.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The key of this process is not the one that the log signs with. Records wait to be signed.
    #[error("{0}")]
    OtherKey(String),
    /// Somebody holds another history under our signature (`anchor`); an operator must clear that alarm.
    #[error("signing is stopped: {0}")]
    Stopped(String),
    /// What is kept is not what was signed. Nothing more is signed until somebody has looked.
    #[error("the log does not extend what was signed: {0}")]
    Inconsistent(String),
}

impl From<CheckpointError> for LogError {
    fn from(error: CheckpointError) -> Self {
        Self::Inconsistent(format!("the last checkpoint is not believed: {error}"))
    }
}

impl From<ProofError> for LogError {
    fn from(error: ProofError) -> Self {
        Self::Inconsistent(error.to_string())
    }
}

impl From<FormatError> for LogError {
    fn from(error: FormatError) -> Self {
        Self::Inconsistent(error.to_string())
    }
}

/// What the process that signs remembers.
#[derive(Default)]
pub(crate) struct Signing {
    /// The tree as it was signed last; none after a failure.
    tree: Option<TileBuilder>,
    /// Size and root of what was signed and kept last. A failure does not make this untrue.
    last: Option<(u64, Hash)>,
}

impl Engine {
    /// Signs whenever the log has grown, until cancelled.
    pub(crate) async fn run_signing(&self) {
        // The process before may have raised one and died.
        let mut told = true;
        loop {
            told = match self.sign_log().await {
                Ok(_) if told => self
                    .at_once(vec![Change::Clear(NOT_SIGNED.into())])
                    .await
                    .is_err(),
                Ok(_) => false,
                Err(error) => self.not_signed(&error).await || told,
            };
            self.clock.sleep(EVERY).await;
        }
    }

    /// Whether an alarm was raised. That the store is away is said elsewhere.
    async fn not_signed(&self, error: &LogError) -> bool {
        tracing::error!(%error, "the log was not signed");
        let text = match error {
            LogError::Store(StoreError::Damaged(_)) | LogError::Inconsistent(_) => format!(
                "{error}. Nothing is signed until this is understood: keep the store as it is, run `verbatim record \
                 verify`, and compare with published checkpoints and backups"
            ),
            LogError::Sign(_) | LogError::OtherKey(_) => {
                format!("{error}. Records are kept; checkpoints wait for the key")
            }
            LogError::Store(_) | LogError::Stopped(_) => return false,
        };
        self.raise(NOT_SIGNED, text).await.is_ok()
    }

    /// Signs the log as it stands, if it has grown since the last checkpoint.
    ///
    /// # Errors
    /// [`LogError`]. Nothing was signed, or what was signed is kept nowhere and shown to nobody.
    pub async fn sign_log(&self) -> Result<Option<SignedCheckpoint>, LogError> {
        let mut kept = self.signing.lock().await;
        self.follow_signing_key().await?;
        // Taken out: after any failure the next look begins with what the store has.
        let tree = kept.tree.take();
        self.still_holds(&mut kept.last).await?;
        let mut tree = match tree {
            Some(tree) => tree,
            None => self.resume().await?,
        };
        let head = self.store.log_root().await?;
        if head.size == tree.size() && head.root == tree.root() {
            kept.tree = Some(tree);
            return Ok(None);
        }
        if let Some(why) = self.signing_stopped().await? {
            kept.tree = Some(tree);
            return Err(LogError::Stopped(why));
        }
        let tiles = self.grow(&mut tree, &head).await?;
        if tree.root() != head.root {
            let size = head.size;
            let what = format!("the leaves do not lead to the root that was committed at {size}");
            return Err(LogError::Inconsistent(what));
        }
        let signed = self.sign(&head)?;
        // Died here: a signature that nobody has seen. The same or a larger tree is signed again.
        let changes = vec![
            Change::AddTiles(tiles),
            Change::AddCheckpoint(signed.clone()),
        ];
        self.commit(changes).await?;
        // Died here: kept, not published; whoever publishes reads it from the store.
        kept.tree = Some(tree);
        kept.last = Some((signed.size, signed.root));
        Ok(Some(signed))
    }

    /// The store still has what this process has signed; else there are two histories, of which only this
    /// memory knows: it is made to last before it is forgotten.
    async fn still_holds(&self, signed: &mut Option<(u64, Hash)>) -> Result<(), LogError> {
        let Some((size, root)) = *signed else {
            return Ok(());
        };
        let last = self.store.latest_checkpoint().await?;
        let there = last.map_or((0, [0; 32]), |last| (last.size, last.root));
        if there.0 > size || there == (size, root) {
            return Ok(());
        }
        let why = format!(
            "this process has signed {size} records, and the store now has a checkpoint of {}: it was rolled back \
             under the running service",
            there.0
        );
        self.stop_signing(&why).await?;
        *signed = None;
        Err(LogError::Stopped(why))
    }

    /// The tree as it was signed last, from what is kept of it.
    async fn resume(&self) -> Result<TileBuilder, LogError> {
        let Some(last) = self.store.latest_checkpoint().await? else {
            return Ok(TileBuilder::new());
        };
        let note = Note::parse(&last.note).map_err(CheckpointError::from)?;
        let said = self.log_keys().await?.open(&note)?;
        let mut edges = Vec::new();
        for (level, places) in (0_u8..).zip(TileBuilder::edges_of(said.size)) {
            let mut edge = Vec::new();
            match level.checked_sub(1) {
                None => edge = self.hashes(places).await?,
                Some(below) => {
                    for index in places {
                        edge.push(self.root_of_tile(below, index).await?);
                    }
                }
            }
            edges.push(edge);
        }
        match TileBuilder::resume(said.size, edges) {
            Some(tree) if tree.root() == said.root && said.root == last.root => Ok(tree),
            _ => Err(LogError::Inconsistent(format!(
                "records and tiles do not lead to the root that was signed at {}",
                said.size
            ))),
        }
    }

    /// Appends the leaves up to the head. Full tiles are kept on the way; those that are not yet are the answer.
    async fn grow(&self, tree: &mut TileBuilder, head: &LogRoot) -> Result<Vec<LogTile>, LogError> {
        let mut full = Vec::new();
        while tree.size() < head.size {
            let limit = (head.size - tree.size()).min(CHUNK.into());
            let hashes = self.hashes(tree.size()..tree.size() + limit).await?;
            for hash in &hashes {
                tree.push(hash, &mut full);
            }
            if full.len() >= TILES_AT_ONCE {
                // Died here: tiles without a checkpoint over them. They are the same whenever they are made.
                let tiles = full.drain(..).map(kept_tile).collect();
                self.commit(vec![Change::AddTiles(tiles)]).await?;
            }
        }
        if tree.size() > head.size {
            let (signed, size) = (tree.size(), head.size);
            let what = format!(
                "{signed} records were signed and the store has {size}: it was rolled back"
            );
            return Err(LogError::Inconsistent(what));
        }
        Ok(full.into_iter().map(kept_tile).collect())
    }

    fn sign(&self, head: &LogRoot) -> Result<SignedCheckpoint, SignError> {
        let checkpoint = Checkpoint {
            origin: self.signer.verifier().name().to_owned(),
            size: head.size,
            root: head.root,
        };
        let mut note = checkpoint.sign(&*self.signer)?;
        // Whoever knows the key from before only believes it for as long as both sign.
        if let Some(before) = &self.signer_before {
            note.signatures
                .extend(checkpoint.sign(&**before)?.signatures);
        }
        Ok(SignedCheckpoint {
            size: head.size,
            root: head.root,
            at: self.now(),
            note: note.to_string(),
        })
    }

    /// The hashes of the leaves at these positions.
    async fn hashes(&self, places: Range<u64>) -> Result<Vec<Hash>, LogError> {
        let leaves = self.leaves(places).await?;
        Ok(leaves.into_iter().map(|leaf| leaf.hash).collect())
    }

    /// The leaves at these positions, all of them, each with the hash that it really has.
    async fn leaves(&self, places: Range<u64>) -> Result<Vec<LogLeaf>, LogError> {
        let Range { start, end } = places;
        let limit = u32::try_from(end - start).unwrap_or(u32::MAX);
        let leaves = self.store.leaves(start, limit).await?;
        if leaves.len() as u64 != end - start {
            let what = format!("there are not all records from {start} until before {end}");
            return Err(LogError::Inconsistent(what));
        }
        match places.zip(&leaves).find(|(_, leaf)| !is_whole(leaf)) {
            None => Ok(leaves),
            Some((place, _)) => Err(LogError::Inconsistent(format!(
                "the leaf of record {place} is not the one whose hash stands beside it"
            ))),
        }
    }

    async fn root_of_tile(&self, level: u8, index: u64) -> Result<Hash, LogError> {
        let id = TileId {
            level,
            index,
            width: 256,
        };
        let bytes = self.store.log_tile(level, index).await?;
        let bytes = bytes.ok_or_else(|| LogError::Inconsistent(format!("{id} is not there")))?;
        let root = tile_root(&read_tile(&id, &bytes)?);
        root.ok_or_else(|| LogError::Inconsistent(format!("{id} is not full")))
    }

    /// How far signing has come.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn log_progress(&self) -> Result<LogProgress, AdminError> {
        Ok(LogProgress {
            records: self.store.log_root().await?.size,
            signed: self.latest_checkpoint().await?.map_or(0, |last| last.size),
        })
    }

    /// The checkpoint that was signed last, if any was.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn latest_checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        self.store.latest_checkpoint().await
    }

    /// The hashes of a tile of the signed log, partial ones included; none if the log has no such tile.
    ///
    /// # Errors
    /// When the store fails or contradicts itself.
    pub async fn tile(&self, id: TileId) -> Result<Option<Vec<u8>>, LogError> {
        if !self.is_signed(&id).await? {
            return Ok(None);
        }
        // A partial tile is the beginning of the one that follows it.
        let length = usize::from(id.width) * 32;
        if let Some(mut full) = self.store.log_tile(id.level, id.index).await? {
            full.truncate(length);
            return Ok(Some(full));
        }
        if let Some(edge) = self.edge_of_tree(&id) {
            return Ok(Some(edge));
        }
        let begin = id.index * 256;
        let places = begin..begin + u64::from(id.width);
        let mut hashes = Vec::new();
        match id.level.checked_sub(1) {
            None => hashes = self.hashes(places).await?,
            Some(below) => {
                for index in places {
                    hashes.push(self.root_of_tile(below, index).await?);
                }
            }
        }
        Ok(Some(hashes.concat()))
    }

    /// The same from memory, on the node that signs.
    fn edge_of_tree(&self, id: &TileId) -> Option<Vec<u8>> {
        let signing = self.signing.try_lock().ok()?;
        let edge = signing.tree.as_ref()?.edge(id.level, id.index)?;
        Some(edge.get(..usize::from(id.width))?.concat())
    }

    /// The encoded leaves under a tile of level 0, as a bundle; none if the signed log has no such.
    ///
    /// # Errors
    /// When the store fails or contradicts itself.
    pub async fn entries(&self, index: u64, width: u16) -> Result<Option<Vec<u8>>, LogError> {
        let id = TileId {
            level: 0,
            index,
            width,
        };
        if !self.is_signed(&id).await? {
            return Ok(None);
        }
        let begin = index * 256;
        let leaves = self.leaves(begin..begin + u64::from(width)).await?;
        let bytes = leaves.iter().map(|leaf| leaf.bytes.as_slice());
        Ok(Some(bundle_entries(bytes)))
    }

    /// Whether the signed log has a tile of at least this width there.
    async fn is_signed(&self, id: &TileId) -> Result<bool, StoreError> {
        let size = self.latest_checkpoint().await?.map_or(0, |last| last.size);
        let there = TileId::at(id.level, id.index, size);
        Ok(there.is_some_and(|there| there.width >= id.width))
    }

    /// Proves that the record at a position is in the signed log of this size.
    ///
    /// # Errors
    /// When either is beyond the signed log, or the store fails or contradicts itself.
    pub async fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, LogError> {
        self.prove(size, |nodes| proof::inclusion(index, size, nodes))
            .await
    }

    /// Proves that the signed log of `old` records is the beginning of that of `new`.
    ///
    /// # Errors
    /// When either is beyond the signed log, or the store fails or contradicts itself.
    pub async fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, LogError> {
        self.prove(new, |nodes| proof::consistency(old, new, nodes))
            .await
    }

    pub(crate) async fn prove<T>(
        &self,
        size: u64,
        work: impl Fn(&TileCache) -> Result<T, ProofError> + Send + Sync,
    ) -> Result<T, LogError> {
        let mut nodes = TileCache::new(size);
        loop {
            let missing = match nodes.with(&work)? {
                Ok(done) => return Ok(done),
                Err(missing) => missing,
            };
            for id in missing {
                let bytes = self.tile(id).await?.ok_or(ProofError::Beyond)?;
                nodes.put(id.level, id.index, read_tile(&id, &bytes)?);
            }
        }
    }
}

fn is_whole(leaf: &LogLeaf) -> bool {
    leaf_hash(&leaf.bytes) == leaf.hash
}

fn kept_tile((id, hashes): (TileId, Vec<Hash>)) -> LogTile {
    LogTile {
        level: id.level,
        index: id.index,
        hashes: hashes.concat(),
    }
}
