//! How long records are kept: the rules in force, the buckets they fill, and how both become longer
//! (control C13).

mod extend;
mod list;
mod promise;

pub(crate) use extend::{BUCKETS, bucket_name};
pub(crate) use list::Binding;
pub(crate) use verbatim_record::month_of;

use verbatim_domain::Timestamp;
use verbatim_domain::retention::{Captured, FURTHEST_EAST, Period, Rule, Starts, as_long_as};
use verbatim_record::{RetentionClass, Vault};

use crate::admin::{Actor, AdminError};
use crate::core::{Engine, OpenError};
use crate::hold::act;
use crate::keys::KEY_ID;
use crate::ports::{Change, ClassPeriod, Sealed, Store, StoreError};

/// Remembers the rules that were last in force, in words: sealed, since they may name numbers.
const IN_FORCE: &str = "retention-rules-sealed";

/// The months by which rules count a capture.
pub(crate) fn months_of(at: Timestamp) -> Captured {
    Captured {
        month: month_of(at),
        furthest: month_of(at.after(FURTHEST_EAST)),
    }
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
    let of: Vec<_> = rule.of.iter().map(ToString::to_string).collect();
    let of = match of.is_empty() {
        true => String::new(),
        false => format!(", for {}", of.join(", ")),
    };
    format!("class {} ({}): {period}{of}", rule.class, rule.name)
}

/// Refuses rules under which a record would be kept shorter than under rules that were once in force.
pub(crate) async fn check_rules(
    store: &dyn Store,
    vault: &Vault,
    rules: &[Rule],
) -> Result<(), OpenError> {
    check_periods(store, rules).await?;
    promise::check(store, vault, rules).await
}

/// As much of it as an edge can: whom a rule is about it cannot read.
pub(crate) async fn check_periods(store: &dyn Store, rules: &[Rule]) -> Result<(), OpenError> {
    for before in store.periods().await? {
        if !as_long_as(rules, None, before.period) {
            return Err(OpenError::Shortened {
                class: before.class,
                before: period_words(before.period),
            });
        }
    }
    Ok(())
}

/// [`StoreError::Conflict`] for rules that are older than another node's.
pub(crate) fn as_new(checked: Result<(), OpenError>) -> Result<(), StoreError> {
    match checked {
        Ok(()) => Ok(()),
        Err(OpenError::Store(error)) => Err(error),
        Err(older) => Err(StoreError::Conflict(format!(
            "this process has older rules of retention than another node: {older}; restart it with the same rules"
        ))),
    }
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
        let before = self.rules_before().await?;
        if before.as_deref() == Some(&words) {
            return Ok(());
        }
        let now = self.now();
        let period = |rule: &Rule| ClassPeriod {
            class: rule.class,
            period: rule.period,
        };
        let for_all = rules.iter().filter(|rule| rule.is_for_all());
        let mut changes: Vec<_> = for_all.map(|r| Change::PutPeriod(period(r), now)).collect();
        let promises = self.promises_of(rules, &act(actor, now));
        let names = promise::named_by(&promises);
        changes.extend(promises.into_iter().map(Change::Promise));
        let sealed = hex::encode(self.hide(IN_FORCE, words.as_bytes()).0);
        changes.push(Change::SetCursor(IN_FORCE.to_owned(), sealed));
        // By this name a wrong key file is told what is missing.
        let key = self.recorder.keyring().kek().id();
        changes.push(Change::SetCursor(KEY_ID.to_owned(), key));
        let before = before.unwrap_or_default();
        let mut details = vec![("before", before.as_str()), ("after", &words)];
        if !names.is_empty() {
            details.push((promise::PROMISES, &names));
        }
        self.change(actor, "retention.rules", &details, changes)
            .await
    }

    /// Whether this process keeps everything as long as any other ever has: another node may have been
    /// started with newer rules since.
    pub(crate) async fn has_newest_rules(&self) -> Result<(), StoreError> {
        let rules = &self.settings.retention;
        as_new(check_rules(&*self.store, &self.vault, rules).await)
    }

    async fn rules_before(&self) -> Result<Option<String>, StoreError> {
        let Some(text) = self.store.cursor(IN_FORCE).await? else {
            return Ok(None);
        };
        let sealed = hex::decode(text);
        let sealed = sealed.map_err(|e| StoreError::Damaged(format!("{IN_FORCE}: {e}")))?;
        self.reveal_text(IN_FORCE, &Sealed(sealed)).map(Some)
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

    #[test]
    fn the_last_fourteen_hours_of_a_month_reach_into_the_next() {
        let new_year: i64 = 1_767_225_600_000;
        let check = |hours_before: i64, expected: Captured| {
            let at = Timestamp(new_year - hours_before * 3_600_000);
            assert_eq!(months_of(at), expected, "{hours_before}");
        };
        let december = 2025 * 12 + 11;
        check(15, Captured::within(december));
        check(14, Captured::at_end_of(december));
        check(0, Captured::within(december + 1));
    }
}
