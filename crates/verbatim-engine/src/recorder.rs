//! Seals bodies into records, and makes the bucket keys that this needs.

use verbatim_domain::{RecordId, Timestamp};
use verbatim_record::{
    Body, BucketId, Kek, Keyring, Kind, NewSeal, RetentionClass, SealChance, SealError,
    SealedRecord,
};

use crate::ports::{Entropy, Store, StoreError};
use crate::settings::Settings;

/// The keys of the record, and the rule by which a record gets its bucket.
pub(crate) struct Recorder {
    keyring: Keyring,
    class: RetentionClass,
    months: u32,
}

impl Recorder {
    pub(crate) fn new(kek: &Kek, settings: &Settings) -> Self {
        Self {
            keyring: Keyring::new(kek),
            class: settings.retention_class,
            months: settings.retention_months,
        }
    }

    pub(crate) fn open_bucket(&self, bucket: BucketId, wrapped: &[u8]) -> Result<(), SealError> {
        self.keyring.open_bucket(bucket, wrapped)
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

/// Months since year 0 in the proleptic Gregorian calendar (days-to-civil arithmetic, H. Hinnant).
fn month_of(at: Timestamp) -> u32 {
    let days = at.as_millis().div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 2
    } else {
        shifted - 10
    };
    let year = year_of_era + era * 400 + i64::from(month < 2);
    u32::try_from(year * 12 + month).unwrap_or(0)
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
