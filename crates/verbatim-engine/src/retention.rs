//! How long records are kept: the rules in force, the buckets they fill, and how both become longer
//! (control C13).

use std::collections::HashMap;

use time::OffsetDateTime;
use verbatim_domain::Timestamp;
use verbatim_domain::retention::{Period, Rule, Starts, as_long_as};
use verbatim_record::RetentionClass;

use crate::admin::{Actor, AdminError};
use crate::core::{Engine, OpenError};
use crate::ports::{Bucket, Change, ClassPeriod, Store};
use crate::views::{BucketView, RetentionView, RuleView};

/// Remembers the rules that were last in force, in words.
const IN_FORCE: &str = "retention-rules";

/// Months since year 0, UTC: year × 12 + month − 1. Times that no calendar has count as the epoch.
pub(crate) fn month_of(at: Timestamp) -> u32 {
    let day = OffsetDateTime::from_unix_timestamp(at.as_millis().div_euclid(1000))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    u32::try_from(day.year()).unwrap_or(0) * 12 + u32::from(u8::from(day.month())) - 1
}

/// A month as people write it: `2033-11`.
pub(crate) fn month_words(month: u32) -> String {
    format!("{:04}-{:02}", month / 12, month % 12 + 1)
}

fn period_words(period: Period) -> String {
    let months = period.months;
    match period.starts {
        Starts::Creation => format!("{months} months from creation"),
        Starts::FiscalYearEnd(end) => {
            format!("{months} months from the end of the fiscal year (month {end})")
        }
    }
}

pub(crate) fn rule_words(rule: &Rule) -> String {
    let period = period_words(rule.period);
    format!("class {} ({}): {period}", rule.class, rule.name)
}

/// Refuses rules under which a record would be kept shorter than under rules that were once in force.
pub(crate) async fn check_rules(store: &dyn Store, rules: &[Rule]) -> Result<(), OpenError> {
    for before in store.periods().await? {
        if !as_long_as(rules, before.period) {
            return Err(OpenError::Shortened {
                class: before.class,
                before: period_words(before.period),
            });
        }
    }
    Ok(())
}

impl Engine {
    /// Remembers the rules in force, and records them if they are others than the last ones (control
    /// C32). Asked at the start of the service.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn keep_rules(&self, actor: &Actor) -> Result<(), AdminError> {
        let rules = &self.settings.retention;
        let words: Vec<_> = rules.iter().map(rule_words).collect();
        let words = words.join("; ");
        let before = self.store.cursor(IN_FORCE).await?;
        if before.as_deref() == Some(&words) {
            return Ok(());
        }
        let now = self.now();
        let period = |rule: &Rule| ClassPeriod {
            class: rule.class,
            period: rule.period,
        };
        let changes = rules.iter().map(|r| Change::PutPeriod(period(r), now));
        let last = Change::SetCursor(IN_FORCE.to_owned(), words.clone());
        let changes = changes.chain([last]).collect();
        let before = before.unwrap_or_default();
        let details = [("before", before.as_str()), ("after", &words)];
        self.change(actor, "retention.rules", &details, changes)
            .await
    }

    /// The rules, and the buckets with the months after which they may be disposed of.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn retention(&self) -> Result<RetentionView, AdminError> {
        let disposals = self.store.disposals().await?;
        let states: HashMap<_, _> = disposals.iter().map(|d| (d.bucket, d.state)).collect();
        let buckets = self.store.buckets().await?;
        let view = |bucket: &Bucket| BucketView {
            class: bucket.id.class.0,
            name: self.class_name(bucket.id.class),
            expires: match bucket.id.class {
                RetentionClass::PERMANENT => None,
                _ => Some(month_words(bucket.expires())),
            },
            records: bucket.records,
            disposal: states.get(&bucket.id).map(|s| s.word().to_owned()),
        };
        Ok(RetentionView {
            rules: self.settings.retention.iter().map(rule_view).collect(),
            buckets: buckets.iter().map(view).collect(),
        })
    }

    pub(crate) fn class_name(&self, class: RetentionClass) -> String {
        if class == RetentionClass::PERMANENT {
            return "certificates".to_owned();
        }
        if class.is_hold() {
            return "legal hold".to_owned();
        }
        let mut rules = self.settings.retention.iter();
        let rule = rules.find(|rule| rule.class == class.0);
        rule.map_or_else(|| "(no rule any more)".to_owned(), |r| r.name.clone())
    }

    /// Keeps what a class has collected for longer. How many buckets that moved.
    ///
    /// # Errors
    /// When there is nothing of this class, or the months are not from 1 to 1200.
    pub async fn extend_retention(
        &self,
        actor: &Actor,
        class: u8,
        months: u32,
    ) -> Result<usize, AdminError> {
        if !(1..=1200).contains(&months) {
            let text = "a retention is extended by 1 to 1200 months";
            return Err(AdminError::Invalid(text.to_owned()));
        }
        let buckets = self.store.buckets().await?;
        let live = |b: &&Bucket| b.id.class == RetentionClass(class) && b.disposal.is_none();
        let keep = |b: &Bucket| Change::KeepBucket(b.id, b.expires() + months);
        let changes: Vec<_> = buckets.iter().filter(live).map(keep).collect();
        let count = changes.len();
        if count == 0 || class == RetentionClass::PERMANENT.0 {
            return Err(AdminError::NotFound {
                what: "retention class",
                which: class.to_string(),
                mend: "`verbatim retention list` shows those that have records",
            });
        }
        let details = [
            ("class", &*class.to_string()),
            ("months", &*months.to_string()),
        ];
        self.change(actor, "retention.extend", &details, changes)
            .await?;
        Ok(count)
    }
}

fn rule_view(rule: &Rule) -> RuleView {
    RuleView {
        class: rule.class,
        name: rule.name.clone(),
        months: rule.period.months,
        starts: match rule.period.starts {
            Starts::Creation => "creation".to_owned(),
            Starts::FiscalYearEnd(_) => "fiscal_year_end".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_count_from_year_zero() {
        let check = |ms: i64, year: u32, month: u32, words: &str| {
            assert_eq!(month_of(Timestamp(ms)), year * 12 + month - 1, "{ms}");
            assert_eq!(month_words(month_of(Timestamp(ms))), words);
        };
        check(0, 1970, 1, "1970-01");
        check(951_782_400_000, 2000, 2, "2000-02"); // 29 February 2000
        check(951_868_800_000, 2000, 3, "2000-03");
        check(1_767_225_599_999, 2025, 12, "2025-12");
        check(1_767_225_600_000, 2026, 1, "2026-01");
        check(1_795_392_845_000, 2026, 11, "2026-11");
    }
}
