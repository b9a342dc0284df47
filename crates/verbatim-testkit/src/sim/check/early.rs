//! Nothing is disposed of before its time, or before that to which somebody has extended it (decision 0024).
//!
//! It is counted from what the log said before the certificate, and not as the engine does it, which has buckets
//! and promises in its store.

use verbatim_engine::ports::Conversation;
use verbatim_engine::views::RecordView;
use verbatim_record::{BucketId, Certificate};

use super::Audit;
use super::keeping::Found;
use crate::sim::world::{CLASS, MONTHS};

/// What the record of an extension says.
struct Extension<'a> {
    at: u64,
    months: i64,
    /// Whose, in words; everybody's of the class without it.
    of: Option<&'a str>,
    /// The names of the buckets that are kept longer.
    buckets: &'a str,
}

impl<'a> Extension<'a> {
    fn of(at: u64, view: &'a RecordView) -> Option<Self> {
        let is_one = view.kind == "config" && view.reason == "retention.extend";
        let detail = |name| view.details.get(name).map(String::as_str);
        let is_of_class = detail("class")? == CLASS.to_string();
        (is_one && is_of_class).then_some(Self {
            at,
            months: detail("months")?.parse().ok()?,
            of: detail("of"),
            buckets: detail("buckets").unwrap_or_default(),
        })
    }

    /// Whether it is about a record of a conversation. Those of none may concern anybody.
    fn concerns(&self, conversation: Option<&Conversation>, found: &Found) -> bool {
        let (Some(of), Some(conversation)) = (self.of, conversation) else {
            return true;
        };
        match of.split_once(' ') {
            Some(("employee", user)) => conversation.employee.user.0 == user,
            Some(("conversation", id)) => conversation.id.to_string() == id,
            Some(("number", number)) => found.indexes.get(number).is_some_and(|index| {
                [conversation.number.index.0, conversation.peer.0].contains(index)
            }),
            // Nobody knows whose: it keeps nothing, and whoever sees that finds this here.
            _ => false,
        }
    }
}

impl Audit {
    pub(super) fn in_time(&mut self, at: u64, certificate: &Certificate, found: &Found) {
        let now = month(certificate.destroyed_at.as_millis());
        let before = (0..at).zip(&self.records);
        let extensions = before.filter_map(|(at, (_, _, view))| Extension::of(at, view));
        let extensions: Vec<_> = extensions.collect();
        let bucket = certificate.bucket;
        let mut wrong = Vec::new();
        let early = self.named(certificate).find(|(position, (_, of, view))| {
            let made = month(view.captured_ms) + i64::from(MONTHS);
            let behind = || extensions.iter().filter(|e| e.at > *position);
            let about = |e: &&Extension<'_>| e.concerns(self.conversation(*of), found);
            let one = behind().filter(about).map(|e| e.months).max();
            // Extensions of the class add up, as long as the record was where it was made.
            let is_there = bucket.class.0 == CLASS && i64::from(bucket.expiry_month) == made;
            let all = behind().filter(|e| e.of.is_none() && is_there);
            let all = all.map(|e| e.months).sum::<i64>();
            made + all.max(one.unwrap_or_default()) >= now
        });
        if let Some((position, _)) = early {
            wrong.push(format!("{position}, by the certificate at {at}"));
        }
        // What lies in a bucket that the log has named stays with it.
        let name = name(bucket);
        let named = |e: &&Extension<'_>| e.buckets.split(' ').any(|one| one == name);
        let longer = extensions.iter().filter(named).map(|e| e.months);
        if i64::from(bucket.expiry_month) + longer.sum::<i64>() >= now {
            wrong.push(format!("the bucket {name}, by the certificate at {at}"));
        }
        for what in wrong {
            self.fail("early", what);
        }
    }
}

/// As records name a bucket.
fn name(bucket: BucketId) -> String {
    format!("{}:{}", bucket.class.0, words(bucket))
}

/// The month of a bucket as records have it.
pub(super) fn words(bucket: BucketId) -> String {
    let month = bucket.expiry_month;
    format!("{:04}-{:02}", month / 12, month % 12 + 1)
}

/// Year × 12 + month − 1 of a time in Unix milliseconds, UTC: the days of the calendar counted by hand, so
/// that the engine's own counting is checked (H. Hinnant, `civil_from_days`).
fn month(ms: i64) -> i64 {
    let days = ms.div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    // Years begin with March.
    let since_march = (5 * of_year + 2) / 153;
    (year + era * 400) * 12 + since_march + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted() {
        for (ms, year, of_year) in [
            (0, 1970, 1),
            (951_782_400_000, 2000, 2), // 29 February 2000
            (951_868_800_000, 2000, 3),
            (1_767_225_599_999, 2025, 12),
            (1_767_225_600_000, 2026, 1),
        ] {
            assert_eq!(month(ms), year * 12 + of_year - 1, "{ms}");
        }
    }
}
