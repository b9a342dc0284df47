//! Seals bodies into records, in the bucket that the rule of retention says.

use time::OffsetDateTime;
use verbatim_domain::{RecordId, Timestamp};
use verbatim_record::{
    Body, BucketId, Keyring, Kind, NewSeal, RetentionClass, SealChance, SealError, SealedRecord,
};
use zeroize::Zeroizing;

use crate::keys::{Keys, damaged};
use crate::ports::{Entropy, Store, StoreError};
use crate::settings::Settings;

/// The keys of the record, and the rule by which a record gets its bucket.
pub(crate) struct Recorder {
    keys: Keys,
    class: RetentionClass,
    months: u32,
}

impl Recorder {
    pub(crate) fn new(keys: Keys, settings: &Settings) -> Self {
        Self {
            keys,
            class: settings.retention_class,
            months: settings.retention_months,
        }
    }

    /// Opens the bucket keys that other nodes have made since this one started.
    pub(crate) async fn learn(&self, store: &dyn Store) -> Result<(), StoreError> {
        self.keys.learn(store).await
    }

    pub(crate) async fn seal(
        &self,
        store: &dyn Store,
        entropy: &dyn Entropy,
        kind: Kind,
        mut body: Body,
        now: Timestamp,
    ) -> Result<SealedRecord, StoreError> {
        let bucket = BucketId {
            class: self.class,
            expiry_month: month_of(now) + self.months,
        };
        self.keys.have_bucket(store, entropy, bucket).await?;
        body.captured_at = now.as_millis();
        let mut chance = Zeroizing::new([0; 112]);
        entropy.fill(chance.as_mut());
        self.keyring()
            .seal(NewSeal {
                id: RecordId::from_random(entropy.id()),
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

    pub(crate) fn keyring(&self) -> &Keyring {
        self.keys.keyring()
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }
}

/// Months since year 0, UTC: year × 12 + month − 1. Times that no calendar has count as the epoch.
fn month_of(at: Timestamp) -> u32 {
    let day = OffsetDateTime::from_unix_timestamp(at.as_millis().div_euclid(1000))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    u32::try_from(day.year()).unwrap_or(0) * 12 + u32::from(u8::from(day.month())) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_count_from_year_zero() {
        let check = |ms: i64, year: u32, month: u32| {
            assert_eq!(month_of(Timestamp(ms)), year * 12 + month - 1, "{ms}");
        };
        check(0, 1970, 1);
        check(951_782_400_000, 2000, 2); // 29 February 2000
        check(951_868_800_000, 2000, 3);
        check(1_767_225_599_999, 2025, 12);
        check(1_767_225_600_000, 2026, 1);
        check(1_795_392_845_000, 2026, 11);
    }
}
