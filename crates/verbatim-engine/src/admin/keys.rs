//! The key-encryption key: what lies under it, and its rotation (C25).

use verbatim_record::{BucketId, Kek, Kind, VerifierKey};
use zeroize::Zeroizing;

use super::{Actor, AdminError, Said};
use crate::core::Engine;
use crate::key_watch::NOT_IN_ITS_PLACE;
use crate::keys::{FollowError, damaged, nonce, secret};
use crate::ports::{Change, KeyRotation, KeySafeError, RewrappedBucket, RotateKeys, StoreError};
use crate::views::{KeyRotationView, KeyedBucketView, KeysView};

/// How often a rotation begins anew because a bucket was made meanwhile.
const ATTEMPTS: u32 = 5;
/// The rule that records of keys name.
const RULE: &str = "key.custody";
/// Of the name of a key, in bytes.
const LONGEST_NAME: usize = 500;

/// What is done to files of keys on a machine, and not by the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyDeed {
    /// Another signing key is put in the place of the log's.
    ChangeSigner,
    /// The signing key from before is taken away.
    RetireSigner,
    /// The key file is wrapped by a token's key.
    HsmInit,
}

impl KeyDeed {
    const fn word(self) -> &'static str {
        match self {
            Self::ChangeSigner => "key.change_signer",
            Self::RetireSigner => "key.retire_signer",
            Self::HsmInit => "key.hsm_init",
        }
    }
}

impl Engine {
    /// What keys there are, and when the one above all others was changed.
    ///
    /// # Errors
    /// When the store or the key safe fails.
    pub async fn key_inventory(&self) -> Result<KeysView, AdminError> {
        let keys = self.recorder.keys();
        keys.follow(&*self.store).await?;
        let standing = self.store.standing_installation().await?;
        let buckets = self.store.bucket_keys().await?;
        let rotations = self.store.key_rotations().await?;
        let (key, next) = (keys.keyring().kek().id(), keys.safe().next().await?);
        let signer = self
            .log_keys()
            .await?
            .logs()
            .next()
            .map(VerifierKey::to_string);
        Ok(KeysView {
            signer: signer.unwrap_or_default(),
            // One that was rotated to and is not in its place yet is not the next.
            next: next.map(|next| next.id()).filter(|next| *next != key),
            key,
            state_root: standing.is_some_and(|i| !i.state_root.is_empty()),
            buckets: buckets.iter().map(|(id, _)| bucket_view(*id)).collect(),
            rotations: rotations.into_iter().map(Into::into).collect(),
        })
    }

    /// Lays a key ready for the next rotation, so that it can be copied to a safe place and to other nodes
    /// before anything depends on it. Answers its id, or that of the one which lies ready already. `in_use` is
    /// the id of the key in use, as the caller knows it.
    ///
    /// # Errors
    /// When another key is in use, or the key safe or the store fails.
    pub async fn prepare_key(&self, actor: &Actor, in_use: &str) -> Result<String, AdminError> {
        self.is_in_use(in_use)?;
        let next = self.next_key().await?.id();
        // Died here: a key lies ready that no record tells of; it opens nothing, and the next call records it.
        self.custody(actor, "key.prepare", &[("key", &next)], vec![])
            .await?;
        Ok(next)
    }

    /// Changes the key-encryption key: everything that lies under it is wrapped again, in one transaction
    /// with the record of it. No body and no sealed state is written anew. `in_use` is the id of the key in
    /// use, as the caller knows it: a request that is repeated does not rotate twice.
    ///
    /// # Errors
    /// When another key is in use, or the key safe or the store fails. The rotation has then not happened, unless the store's answer
    /// was lost and it cannot be asked: then the next call finds out.
    pub async fn rotate_key(
        &self,
        actor: &Actor,
        in_use: &str,
    ) -> Result<KeyRotationView, AdminError> {
        let _turn = self.rotating.lock().await;
        let keys = self.recorder.keys();
        // One that was committed without our hearing of it is finished instead.
        if keys.follow(&*self.store).await? {
            return self.last_rotation().await;
        }
        self.is_in_use(in_use)?;
        let next = self.next_key().await?;
        // Died here: the store is under the old key, which is in its place. The next key lies ready, and the
        // next rotation takes it.
        match self.put_under(actor, &next).await {
            // Died here: the store is under the next key, which still lies beside the old one. The next
            // start of any process finds it there, and so does `follow`.
            Ok(rotation) => {
                if let Err(error) = keys.take(next).await {
                    self.raise(NOT_IN_ITS_PLACE, not_in_its_place(&error))
                        .await?;
                }
                Ok(rotation.into())
            }
            // Perhaps it is done all the same.
            Err(error) => match keys.follow(&*self.store).await {
                Ok(true) => self.last_rotation().await,
                _ => Err(error),
            },
        }
    }

    /// The keys of an edge, whose handing out is recorded. They are the same each time.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn edge_keys(&self, actor: &Actor) -> Result<Zeroizing<String>, AdminError> {
        let keys = self.recorder.keys().edge();
        let archive = keys.archive.id();
        self.custody(actor, "key.edge", &[("archive", &archive)], vec![])
            .await?;
        Ok(keys.to_text())
    }

    /// Records what somebody is about to do to files of keys. `key` names one: the signing key that is replaced,
    /// the one that stays, the token's key.
    ///
    /// # Errors
    /// When a signing key is to be taken away and the log does not sign with the one that stays, or the store
    /// fails.
    pub async fn record_key_deed(
        &self,
        actor: &Actor,
        deed: KeyDeed,
        key: &str,
    ) -> Result<(), AdminError> {
        if key.is_empty() || key.len() > LONGEST_NAME || key.chars().any(char::is_control) {
            return Err(AdminError::Invalid("this is no name of a key".to_owned()));
        }
        let mut details = vec![("key", key.to_owned())];
        if deed == KeyDeed::RetireSigner {
            let keys = self.log_keys().await?;
            let mut keys = keys.logs().map(VerifierKey::to_string);
            if keys.next().is_none_or(|newest| newest != key) {
                return Err(AdminError::Invalid(format!(
                    "the log does not sign with {key}"
                )));
            }
            details.extend(keys.next().map(|before| ("retired", before)));
        }
        let details: Vec<_> = details
            .iter()
            .map(|(name, v)| (*name, v.as_str()))
            .collect();
        // Died here: the record says more than was done; whoever repeats it says so again.
        self.custody(actor, deed.word(), &details, vec![]).await
    }

    fn is_in_use(&self, key: &str) -> Result<(), AdminError> {
        match self.recorder.keys().keyring().kek().id() {
            id if id == key => Ok(()),
            id => Err(AdminError::Invalid(format!(
                "the key in use is {id}, not `{key}`: look again with `verbatim key show`"
            ))),
        }
    }

    /// The key that lies ready, made if need be; durable when this returns. Never the one in use: a rotation to
    /// that would change nothing, and be recorded as one.
    async fn next_key(&self) -> Result<Kek, AdminError> {
        let (safe, held) = (
            self.recorder.keys().safe(),
            self.recorder.keys().keyring().kek(),
        );
        let fresh = || Kek::new(secret(&*self.entropy));
        let next = safe.prepare(fresh()).await?;
        if next.check() != held.check() {
            return Ok(next);
        }
        // It did not come to its place after the last rotation, or was copied here once more.
        safe.promote(&held.check()).await?;
        // Died here: the key in use is in its place, and nothing lies ready.
        let next = safe.prepare(fresh()).await?;
        match next.check() != held.check() {
            true => Ok(next),
            false => Err(KeySafeError {
                what: "the key that lies ready is the one in use: remove the file with the ending .new".to_owned(),
                source: None,
            }
            .into()),
        }
    }

    /// Begins anew where a bucket was made or destroyed between reading and writing.
    async fn put_under(&self, actor: &Actor, next: &Kek) -> Result<KeyRotation, AdminError> {
        let mut left = ATTEMPTS;
        loop {
            let new = self.wrapped_again(next).await?;
            let done = new.rotation.clone();
            let buckets = done.buckets.to_string();
            let details = [
                ("from", &*done.old_key),
                ("to", &*done.new_key),
                ("buckets", &buckets),
            ];
            let changes = vec![Change::RotateKeys(Box::new(new))];
            match self.custody(actor, "key.rotate", &details, changes).await {
                Err(AdminError::Store(StoreError::Stale(_))) if left > 0 => left -= 1,
                result => return result.map(|()| done),
            }
        }
    }

    /// Everything that lies under the key now, wrapped under the next.
    async fn wrapped_again(&self, next: &Kek) -> Result<RotateKeys, AdminError> {
        let kek = self.recorder.keys().keyring().kek();
        let standing = self.store.standing_installation().await?;
        let old = standing.ok_or_else(|| StoreError::Damaged("no installation".into()))?;
        if old.key_check != kek.check() {
            return Err(StoreError::Stale("the key was rotated by another process").into());
        }
        let root = verbatim_record::StateRoot::unwrap(&kek, &old.state_root).map_err(damaged)?;
        let archive =
            verbatim_record::ArchiveKey::unwrap(&kek, &old.archive_key).map_err(damaged)?;
        let mut buckets = Vec::new();
        for (id, old) in self.store.bucket_keys().await? {
            let again = kek.rewrap_bucket(next, id, &old, &nonce(&*self.entropy));
            let new = again.map_err(damaged)?;
            buckets.push(RewrappedBucket { id, old, new });
        }
        Ok(RotateKeys {
            key_check: next.check(),
            state_root: root.wrap(next, &nonce(&*self.entropy)),
            archive_key: archive.wrap(next, &nonce(&*self.entropy)),
            rotation: KeyRotation {
                at: self.now(),
                old_key: kek.id(),
                new_key: next.id(),
                buckets: buckets.len() as u64,
            },
            old,
            buckets,
        })
    }

    async fn last_rotation(&self) -> Result<KeyRotationView, AdminError> {
        let last = self.store.key_rotations().await?.into_iter().next();
        let last = last.ok_or_else(|| StoreError::Damaged("a rotation without a trace".into()))?;
        Ok(last.into())
    }

    async fn custody(
        &self,
        actor: &Actor,
        what: &str,
        details: &[(&str, &str)],
        changes: Vec<Change>,
    ) -> Result<(), AdminError> {
        let said = Said {
            kind: Kind::Key,
            rule: RULE,
            what,
        };
        self.recorded(actor, said, details, changes).await
    }
}

impl From<FollowError> for AdminError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Store(error) => error.into(),
            FollowError::Safe(error) => error.into(),
        }
    }
}

pub(crate) fn not_in_its_place(error: &KeySafeError) -> String {
    format!(
        "the key-encryption key was rotated, but the new key file is not in its place: {error}; it lies \
         beside it with the ending .new. It is moved once that is mended, or at the next start"
    )
}

fn bucket_view(id: BucketId) -> KeyedBucketView {
    KeyedBucketView {
        class: id.class.0,
        expires: format!(
            "{:04}-{:02}",
            id.expiry_month / 12,
            id.expiry_month % 12 + 1
        ),
    }
}

impl From<KeyRotation> for KeyRotationView {
    fn from(rotation: KeyRotation) -> Self {
        Self {
            at_ms: rotation.at.as_millis(),
            old_key: rotation.old_key,
            new_key: rotation.new_key,
            buckets: rotation.buckets,
        }
    }
}
