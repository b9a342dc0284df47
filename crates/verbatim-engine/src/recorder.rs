//! Seals bodies into records, in the bucket that the rule of retention says.

use verbatim_domain::retention::{Rule, longest};
use verbatim_domain::{RecordId, Timestamp};
use verbatim_record::{
    Body, BucketId, Keyring, Kind, NewSeal, RetentionClass, SealChance, SealError, SealedRecord,
};
use zeroize::Zeroizing;

use crate::keys::{Keys, damaged};
use crate::ports::{DisposalState, Entropy, Store, StoreError};
use crate::retention::months_of;
use crate::settings::Settings;

/// Where certificates of disposals are kept, and everything where there are no rules.
const PERMANENT: BucketId = BucketId {
    class: RetentionClass::PERMANENT,
    expiry_month: 0,
};

/// Where a record made now belongs: of the rules for all, the one that keeps it longest decides. Rules about
/// somebody bind when it comes to a disposal (decision 0024): whose record it is may not be known yet.
pub(crate) fn bucket_by(rules: &[Rule], now: Timestamp) -> BucketId {
    let rules = rules.iter().filter(|rule| rule.is_for_all());
    match longest(rules, months_of(now)) {
        Some((rule, expiry_month)) => BucketId {
            class: RetentionClass(rule.class),
            expiry_month,
        },
        None => PERMANENT,
    }
}

/// The keys of the record, and the rule by which a record gets its bucket.
pub(crate) struct Recorder {
    keys: Keys,
    rules: Vec<Rule>,
}

impl Recorder {
    pub(crate) fn new(keys: Keys, settings: &Settings) -> Self {
        Self {
            keys,
            rules: settings.retention.clone(),
        }
    }

    /// Where a record captured then belongs.
    pub(crate) fn bucket_at(&self, captured: Timestamp) -> BucketId {
        bucket_by(&self.rules, captured)
    }

    /// Opens the bucket keys that other nodes have made since this one started, and drops those that were
    /// destroyed.
    pub(crate) async fn learn(&self, store: &dyn Store) -> Result<(), StoreError> {
        let disposals = store.disposals().await?;
        for gone in disposals
            .iter()
            .filter(|d| d.state >= DisposalState::Destroyed && d.contact.is_none())
        {
            self.forget(gone.bucket);
        }
        self.keys.learn(store).await
    }

    pub(crate) async fn seal(
        &self,
        store: &dyn Store,
        entropy: &dyn Entropy,
        kind: Kind,
        body: Body,
        now: Timestamp,
    ) -> Result<SealedRecord, StoreError> {
        let bucket = self.bucket_at(now);
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
        self.keys.have_bucket(store, entropy, bucket).await?;
        body.captured_at = now.as_millis();
        let mut chance = Zeroizing::new([0; 112]);
        entropy.fill(chance.as_mut());
        self.keyring()
            .seal(NewSeal {
                id: RecordId::at(now, entropy.id()),
                kind,
                captured_at: now,
                bucket,
                body: &body,
                chance: SealChance::from_bytes(&chance),
            })
            .map_err(damaged)
    }

    pub(crate) fn open(&self, sealed: &SealedRecord) -> Result<Body, SealError> {
        self.keyring().open(sealed)
    }

    /// The data key of a record, wrapped by another bucket's key, which is made if need be.
    pub(crate) async fn wrap_again(
        &self,
        store: &dyn Store,
        entropy: &dyn Entropy,
        sealed: &SealedRecord,
        to: BucketId,
    ) -> Result<Vec<u8>, StoreError> {
        self.keys.have_bucket(store, entropy, to).await?;
        let mut nonce = [0; 24];
        entropy.fill(&mut nonce);
        self.keyring()
            .wrap_again(sealed, to, nonce)
            .map_err(damaged)
    }

    pub(crate) fn bucket_key_id(&self, bucket: BucketId) -> Result<[u8; 8], StoreError> {
        self.keyring().bucket_key_id(bucket).map_err(damaged)
    }

    /// Drops a destroyed key from memory.
    pub(crate) fn forget(&self, bucket: BucketId) {
        self.keyring().forget_bucket(bucket);
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        self.keys.keyring()
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }
}
