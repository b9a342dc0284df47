//! The keys of an installation: opened at the start, and followed when another process rotates them.
//!
//! KMS root → key-encryption key → bucket keys and state root → data keys, sealed state, blind indexes.
//! The key-encryption key lies in a [`KeySafe`]; everything below it lies wrapped in the store, so that a
//! rotation is one transaction there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;
use verbatim_record::{ArchiveKey, BucketId, EdgeKeys, Hash, Kek, Keyring};
use verbatim_record::{SealError, StateRoot, Vault};
use zeroize::Zeroizing;

use crate::core::OpenError;
use crate::ports::{Entropy, Installation, KeySafe, KeySafeError, Store, StoreError};

/// The purpose of the index by which phone numbers are looked up.
pub(crate) const PHONES: &str = "phone";

/// Remembers the id of the key that the first service ran with: the store has a fingerprint of it only.
pub(crate) const KEY_ID: &str = "key-id";

/// An installation's keys, open.
pub struct Keys {
    installation: Installation,
    keyring: Keyring,
    vault: Arc<Vault>,
    edge: EdgeKeys,
    safe: Arc<dyn KeySafe>,
    /// The key in use lies where the next one belongs: it could not be moved.
    is_misplaced: AtomicBool,
}

impl Keys {
    /// Checks that key and store belong together, and opens what lies under the key. A store that is
    /// nobody's yet is bound to the key in use.
    ///
    /// # Errors
    /// [`OpenError::WrongKey`] if neither the key in use nor the one that lies ready is the store's.
    pub async fn open(
        store: &dyn Store,
        safe: Arc<dyn KeySafe>,
        entropy: &dyn Entropy,
    ) -> Result<Self, OpenError> {
        let current = safe.current().await?;
        let mine = Installation {
            log: entropy.id(),
            key_check: current.check(),
            state_root: new_root(entropy).wrap(&current, &nonce(entropy)),
            archive_key: new_archive(&current, entropy),
        };
        let installation = store.installation(mine).await?;
        let kek = if installation.key_check == current.check() {
            say_what_lies_ready(&*safe).await;
            current
        } else {
            finish_rotation(store, &*safe, &installation, &current).await?
        };
        let root = state_root(store, &installation, &kek, entropy).await?;
        let archive = archive_key(store, &installation, &kek, entropy).await?;
        let vault = Vault::new(&root).with_archive(archive.clone());
        let edge = EdgeKeys {
            log: installation.log,
            archive: archive.public().clone(),
            phones: vault.index_key(PHONES),
        };
        let keyring = Keyring::new(&kek).with_archive(archive);
        // Rotated by another process since: its buckets do not open, and the next start finds its key.
        for (bucket, wrapped) in store.bucket_keys().await? {
            keyring
                .open_bucket(bucket, &wrapped)
                .map_err(|e| OpenError::Bucket(e.to_string()))?;
        }
        Ok(Self {
            installation,
            keyring,
            vault: Arc::new(vault),
            edge,
            safe,
            is_misplaced: AtomicBool::new(false),
        })
    }

    /// Seals and opens state that is not a record; for adapters that keep some of their own.
    pub fn vault(&self) -> Arc<Vault> {
        self.vault.clone()
    }

    /// What an edge of this installation gets; [`Engine::edge_keys`](crate::Engine::edge_keys) hands it out.
    pub fn edge(&self) -> &EdgeKeys {
        &self.edge
    }

    /// As it was read at the start. Of it, only the log's id never changes.
    pub(crate) fn installation(&self) -> &Installation {
        &self.installation
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    pub(crate) fn safe(&self) -> &dyn KeySafe {
        &*self.safe
    }

    /// Opens the bucket keys that other nodes have made since this one started.
    pub(crate) async fn learn(&self, store: &dyn Store) -> Result<(), StoreError> {
        if self.open_new(store).await.is_ok() {
            return Ok(());
        }
        // Perhaps another process has rotated the key, and made them under the next one.
        self.follow(store).await?;
        self.open_new(store).await
    }

    async fn open_new(&self, store: &dyn Store) -> Result<(), StoreError> {
        for (bucket, wrapped) in store.bucket_keys().await? {
            if !self.keyring.has_bucket(bucket) {
                let opened = self.keyring.open_bucket(bucket, &wrapped);
                opened.map_err(damaged)?;
            }
        }
        Ok(())
    }

    /// The key in the store stands: two nodes that make one at once end up with the same.
    pub(crate) async fn have_bucket(
        &self,
        store: &dyn Store,
        entropy: &dyn Entropy,
        bucket: BucketId,
    ) -> Result<(), StoreError> {
        if self.keyring.has_bucket(bucket) {
            return Ok(());
        }
        let key = secret(entropy);
        let wrapped = match self.keep_bucket(store, entropy, bucket, &key).await {
            Err(StoreError::Stale(_)) => {
                self.follow(store).await?;
                let kept = self.keep_bucket(store, entropy, bucket, &key).await;
                kept.map_err(|error| match error {
                    // Rotated twice in a moment, or back and forth: whoever asks again gets it.
                    StoreError::Stale(what) => StoreError::Unavailable(what.to_owned()),
                    error => error,
                })?
            }
            kept => kept?,
        };
        let opened = self.keyring.open_bucket(bucket, &wrapped);
        opened.map_err(damaged)
    }

    async fn keep_bucket(
        &self,
        store: &dyn Store,
        entropy: &dyn Entropy,
        bucket: BucketId,
        key: &[u8; 32],
    ) -> Result<Vec<u8>, StoreError> {
        let kek = self.keyring.kek();
        let wrapped = kek.wrap_bucket(bucket, key, &nonce(entropy));
        store.bucket_key(bucket, wrapped, kek.check()).await
    }

    /// If the store is under another key than this process holds, somebody has rotated it: takes the next
    /// one from the safe. Whether that was so.
    ///
    /// # Errors
    /// [`FollowError::Safe`] while the safe does not have that key.
    pub(crate) async fn follow(&self, store: &dyn Store) -> Result<bool, FollowError> {
        let standing = store.standing_installation().await?;
        let standing = standing.ok_or_else(|| StoreError::Damaged("no installation".into()))?;
        let held = self.keyring.kek();
        if standing.key_check == held.check() {
            return Ok(false);
        }
        let found = find(&*self.safe, &standing.key_check).await?;
        let kek = found.ok_or_else(|| KeySafeError {
            what: format!(
                "the key-encryption key was rotated, and this node still holds {}: bring the new key file here",
                held.id()
            ),
            source: None,
        })?;
        if let Err(error) = self.take(kek).await {
            tracing::warn!(%error, "the next key is in use, but not yet in its place");
        }
        Ok(true)
    }

    /// The store is under this key now.
    pub(crate) async fn take(&self, kek: Kek) -> Result<(), KeySafeError> {
        let (id, check) = (kek.id(), kek.check());
        self.keyring.rekey(kek);
        tracing::info!(key = %id, "the key-encryption key was rotated");
        self.is_misplaced.store(true, Ordering::Relaxed);
        // Died here: the key lies in the safe, and the next start promotes it.
        self.put_in_place(&check).await.map(drop)
    }

    /// Tries it again after a rotation whose key could not be moved. Whether it was.
    ///
    /// # Errors
    /// While it cannot be.
    pub(crate) async fn tidy(&self) -> Result<bool, KeySafeError> {
        match self.is_misplaced.load(Ordering::Relaxed) {
            true => self.put_in_place(&self.keyring.kek().check()).await,
            false => Ok(false),
        }
    }

    async fn put_in_place(&self, check: &Hash) -> Result<bool, KeySafeError> {
        self.safe.promote(check).await?;
        self.is_misplaced.store(false, Ordering::Relaxed);
        Ok(true)
    }
}

/// The key that the store is under cannot be had.
#[derive(Debug, Error)]
pub(crate) enum FollowError {
    /// The store cannot say which it is.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The safe does not have it.
    #[error(transparent)]
    Safe(#[from] KeySafeError),
}

/// For those who were about to seal: nothing can be sealed into a new bucket until it is there.
impl From<FollowError> for StoreError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Store(error) => error,
            FollowError::Safe(error) => Self::Unavailable(error.to_string()),
        }
    }
}

/// A rotation was committed and this process, or the one before, died before the key came to its place.
async fn finish_rotation(
    store: &dyn Store,
    safe: &dyn KeySafe,
    installation: &Installation,
    current: &Kek,
) -> Result<Kek, OpenError> {
    let check = &installation.key_check;
    let next = safe.next().await?;
    let Some(kek) = next.filter(|next| next.check() == *check) else {
        return Err(OpenError::WrongKey {
            expected: id_of_the_key(store).await?,
            found: current.id(),
        });
    };
    tracing::info!(
        key = %kek.id(), instead_of = %current.id(),
        "the store is under the key that lay ready: a rotation is finished"
    );
    safe.promote(check).await?;
    Ok(kek)
}

/// A key that lies ready is no fault: it was prepared, or a rotation ended before its commit.
async fn say_what_lies_ready(safe: &dyn KeySafe) {
    match safe.next().await {
        Ok(None) => {}
        Ok(Some(next)) => {
            tracing::info!(key = %next.id(), "a key lies ready for the next rotation")
        }
        Err(error) => {
            tracing::warn!(%error, "what lies ready for the next rotation cannot be used")
        }
    }
}

async fn find(safe: &dyn KeySafe, check: &Hash) -> Result<Option<Kek>, KeySafeError> {
    let current = safe.current().await?;
    if current.check() == *check {
        return Ok(Some(current));
    }
    Ok(safe.next().await?.filter(|next| next.check() == *check))
}

/// An old installation gets one here, which equals what its state is sealed with.
async fn state_root(
    store: &dyn Store,
    installation: &Installation,
    kek: &Kek,
    entropy: &dyn Entropy,
) -> Result<StateRoot, OpenError> {
    let wrapped = if installation.state_root.is_empty() {
        let wrapped = StateRoot::of_old_installation(kek).wrap(kek, &nonce(entropy));
        store.adopt_state_root(kek.check(), wrapped).await?
    } else {
        installation.state_root.clone()
    };
    StateRoot::unwrap(kek, &wrapped).map_err(|e| OpenError::Bucket(e.to_string()))
}

/// An old installation gets one here.
async fn archive_key(
    store: &dyn Store,
    installation: &Installation,
    kek: &Kek,
    entropy: &dyn Entropy,
) -> Result<ArchiveKey, OpenError> {
    let wrapped = if installation.archive_key.is_empty() {
        let wrapped = new_archive(kek, entropy);
        store.adopt_archive_key(kek.check(), wrapped).await?
    } else {
        installation.archive_key.clone()
    };
    ArchiveKey::unwrap(kek, &wrapped).map_err(|e| OpenError::Bucket(e.to_string()))
}

fn new_archive(kek: &Kek, entropy: &dyn Entropy) -> Vec<u8> {
    ArchiveKey::new(&secret(entropy)).wrap(kek, &nonce(entropy))
}

fn new_root(entropy: &dyn Entropy) -> StateRoot {
    StateRoot::new(secret(entropy))
}

/// 32 random bytes, wiped when dropped.
pub(crate) fn secret(entropy: &dyn Entropy) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    entropy.fill(bytes.as_mut());
    bytes
}

pub(crate) fn nonce(entropy: &dyn Entropy) -> [u8; 24] {
    let mut nonce = [0; 24];
    entropy.fill(&mut nonce);
    nonce
}

pub(crate) fn damaged(error: SealError) -> StoreError {
    StoreError::Damaged(error.to_string())
}

/// The id of the key that the store is under, as its key file prints it.
async fn id_of_the_key(store: &dyn Store) -> Result<String, StoreError> {
    let last = store.key_rotations().await?.into_iter().next();
    let noted = match last {
        Some(last) => Some(last.new_key),
        None => store.cursor(KEY_ID).await?,
    };
    Ok(noted.unwrap_or_else(|| "(its id was never noted)".to_owned()))
}
