//! Seals bodies into records, and makes the bucket keys that this needs.

use verbatim_domain::retention::{Rule, longest};
use verbatim_domain::{RecordId, Timestamp};
use verbatim_record::{
    Body, BucketId, Kek, Keyring, Kind, NewSeal, RetentionClass, SealChance, SealError,
    SealedRecord,
};

use crate::ports::{DisposalState, Entropy, Store, StoreError};
use crate::retention::month_of;
use crate::settings::Settings;

/// Where certificates of disposals are kept, and everything where there are no rules.
const PERMANENT: BucketId = BucketId {
    class: RetentionClass::PERMANENT,
    expiry_month: 0,
};

/// The keys of the record, and the rule by which a record gets its bucket.
pub(crate) struct Recorder {
    keyring: Keyring,
    rules: Vec<Rule>,
}

impl Recorder {
    pub(crate) fn new(kek: &Kek, settings: &Settings) -> Self {
        Self {
            keyring: Keyring::new(kek),
            rules: settings.retention.clone(),
        }
    }

    pub(crate) fn open_bucket(&self, bucket: BucketId, wrapped: &[u8]) -> Result<(), SealError> {
        self.keyring.open_bucket(bucket, wrapped)
    }

    /// Opens the bucket keys that other nodes have made since this one started, and drops those that were
    /// destroyed.
    pub(crate) async fn learn(&self, store: &dyn Store) -> Result<(), StoreError> {
        let disposals = store.disposals().await?;
        for gone in disposals
            .iter()
            .filter(|d| d.state >= DisposalState::Destroyed)
        {
            self.forget(gone.bucket);
        }
        for (bucket, wrapped) in store.bucket_keys().await? {
            if !self.keyring.has_bucket(bucket) {
                self.open_bucket(bucket, &wrapped).map_err(damaged)?;
            }
        }
        Ok(())
    }

    pub(crate) async fn seal(
        &self,
        store: &dyn Store,
        entropy: &dyn Entropy,
        kind: Kind,
        body: Body,
        now: Timestamp,
    ) -> Result<SealedRecord, StoreError> {
        let bucket = match longest(&self.rules, month_of(now)) {
            Some((rule, expiry_month)) => BucketId {
                class: RetentionClass(rule.class),
                expiry_month,
            },
            None => PERMANENT,
        };
        self.seal_in(bucket, store, entropy, kind, body, now).await
    }

    /// Seals what is kept as long as the log.
    pub(crate) async fn seal_permanently(
        &self,
        store: &dyn Store,
        entropy: &dyn Entropy,
        kind: Kind,
        body: Body,
        now: Timestamp,
    ) -> Result<SealedRecord, StoreError> {
        self.seal_in(PERMANENT, store, entropy, kind, body, now)
            .await
    }

    async fn seal_in(
        &self,
        bucket: BucketId,
        store: &dyn Store,
        entropy: &dyn Entropy,
        kind: Kind,
        mut body: Body,
        now: Timestamp,
    ) -> Result<SealedRecord, StoreError> {
        self.have_bucket(store, entropy, bucket).await?;
        body.captured_at = now.as_millis();
        let mut chance = [0; 112];
        entropy.fill(&mut chance);
        self.keyring
            .seal(NewSeal {
                id: RecordId::from_random(entropy.id()),
                kind,
                captured_at: now,
                bucket,
                body: &body,
                chance: SealChance::from_bytes(chance),
            })
            .map_err(damaged)
    }

    pub(crate) fn open(&self, sealed: &SealedRecord) -> Result<Body, SealError> {
        self.keyring.open(sealed)
    }

    /// The data key of a record, wrapped by another bucket's key, which is made if need be.
    pub(crate) async fn wrap_again(
        &self,
        store: &dyn Store,
        entropy: &dyn Entropy,
        sealed: &SealedRecord,
        to: BucketId,
    ) -> Result<Vec<u8>, StoreError> {
        self.have_bucket(store, entropy, to).await?;
        let mut nonce = [0; 24];
        entropy.fill(&mut nonce);
        self.keyring.wrap_again(sealed, to, nonce).map_err(damaged)
    }

    pub(crate) fn bucket_key_id(&self, bucket: BucketId) -> Result<[u8; 8], StoreError> {
        self.keyring.bucket_key_id(bucket).map_err(damaged)
    }

    /// Drops a destroyed key from memory.
    pub(crate) fn forget(&self, bucket: BucketId) {
        self.keyring.forget_bucket(bucket);
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The key in the store stands: two nodes that make one at once end up with the same.
    async fn have_bucket(
        &self,
        store: &dyn Store,
        entropy: &dyn Entropy,
        bucket: BucketId,
    ) -> Result<(), StoreError> {
        if self.keyring.has_bucket(bucket) {
            return Ok(());
        }
        let (mut key, mut nonce) = ([0; 32], [0; 24]);
        entropy.fill(&mut key);
        entropy.fill(&mut nonce);
        let wrapped = store
            .bucket_key(bucket, self.keyring.new_bucket(bucket, key, nonce))
            .await?;
        self.keyring.open_bucket(bucket, &wrapped).map_err(damaged)
    }
}

fn damaged(error: SealError) -> StoreError {
    StoreError::Damaged(error.to_string())
}
