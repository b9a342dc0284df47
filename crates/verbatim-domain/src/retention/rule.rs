//! Rules: each gives a month of expiry, and the latest wins.

use std::collections::BTreeSet;

use thiserror::Error;

use super::member::{Aged, Extension, Member};
use crate::Duration;

/// Classes that a firm's rules may have; the others belong to the program.
const CLASSES: std::ops::RangeInclusive<u8> = 1..=200;
/// A hundred years.
const MONTHS: std::ops::RangeInclusive<u32> = 1..=1200;

/// From when a period runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Starts {
    /// From the record's capture (17a-4(b)(4), FINRA 4511).
    Creation,
    /// From the end of the fiscal year of its capture, which ends with this month of the year, 1 to 12
    /// (Advisers Act 204-2(e)).
    FiscalYearEnd(u8),
}

/// How long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    /// Full months.
    pub months: u32,
    /// From when.
    pub starts: Starts,
}

/// How far the calendar is ahead of UTC anywhere: it may be the next fiscal year there (UTC+14).
pub const FURTHEST_EAST: Duration = Duration::from_secs(14 * 3600);

/// When a record was captured, in months of the calendar since year 0: year × 12 + month − 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Captured {
    /// In UTC.
    pub month: u32,
    /// [`FURTHEST_EAST`] of it: the same, or the next in the last hours of a month. Where the firm's day ends
    /// is not known, and a fiscal year too many is not too short.
    pub furthest: u32,
}

impl Captured {
    /// Long before a month's end.
    pub const fn within(month: u32) -> Self {
        let furthest = month;
        Self { month, furthest }
    }

    /// In a month's last hours.
    pub const fn at_end_of(month: u32) -> Self {
        let furthest = month + 1;
        Self { month, furthest }
    }
}

impl Period {
    /// The month with whose end a record expires.
    pub fn expiry(self, captured: Captured) -> u32 {
        let begin = match self.starts {
            Starts::Creation => captured.month,
            Starts::FiscalYearEnd(end) => {
                let end = u32::from(end).clamp(1, 12) - 1;
                let month = captured.furthest;
                month + (end + 12 - month % 12) % 12
            }
        };
        begin.saturating_add(self.months)
    }
}

/// A rule of the firm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The retention class of the records that it decides on, 1 to 200; in their leaves for ever.
    pub class: u8,
    /// What the firm calls it.
    pub name: String,
    /// How long.
    pub period: Period,
    /// Whose records; nobody named is everybody.
    pub of: BTreeSet<Member>,
}

impl Rule {
    /// Whether it is about all records of the firm.
    pub fn is_for_all(&self) -> bool {
        self.of.is_empty()
    }
}

/// Why rules cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleFault {
    /// The class belongs to the program.
    #[error("class {0} is not one of a firm's: use 1 to 200")]
    Class(u8),
    /// Two rules have one class.
    #[error("two rules have class {0}: give each its own")]
    Twice(u8),
    /// No period, or one that nobody means.
    #[error("class {0} keeps records for {1} months: use 1 to 1200")]
    Months(u8, u32),
    /// Not a month of the year.
    #[error("class {0} has a fiscal year that ends in month {1}: use 1 to 12")]
    FiscalYear(u8, u8),
    /// The name is missing or too long.
    #[error("class {0} needs a name of 1 to 100 characters on one line")]
    Name(u8),
}

/// What is wrong with a set of rules; nothing if they can be used together.
pub fn check_rules(rules: &[Rule]) -> Result<(), RuleFault> {
    let mut seen = BTreeSet::new();
    for Rule {
        class,
        name,
        period,
        of: _,
    } in rules
    {
        if !CLASSES.contains(class) {
            return Err(RuleFault::Class(*class));
        }
        if !seen.insert(*class) {
            return Err(RuleFault::Twice(*class));
        }
        if !MONTHS.contains(&period.months) {
            return Err(RuleFault::Months(*class, period.months));
        }
        match period.starts {
            Starts::FiscalYearEnd(month) if !(1..=12).contains(&month) => {
                return Err(RuleFault::FiscalYear(*class, month));
            }
            Starts::FiscalYearEnd(_) | Starts::Creation => {}
        }
        let fits = (1..=100).contains(&name.chars().count());
        if !fits || name.chars().any(char::is_control) {
            return Err(RuleFault::Name(*class));
        }
    }
    Ok(())
}

/// The rule that keeps a record longest, and the month of its expiry. Of equal ones the
/// lowest class counts. Nothing without rules.
pub fn longest<'r>(
    rules: impl IntoIterator<Item = &'r Rule>,
    captured: Captured,
) -> Option<(&'r Rule, u32)> {
    let expiring = rules
        .into_iter()
        .map(|rule| (rule, rule.period.expiry(captured)));
    expiring.max_by_key(|(rule, month)| (*month, std::cmp::Reverse(rule.class)))
}

/// Until the end of which month rules about somebody, and extensions, bind a record, and for which class;
/// the latest wins, and of equal ones the lowest class. Nothing if none is about it. What it was made under
/// counts beside this, so none of these can ever make it shorter.
pub fn bound(rules: &[Rule], extensions: &[Extension], record: &Aged<'_>) -> Option<(u8, u32)> {
    let about = |rule: &&Rule| rule.of.iter().any(|member| record.is_of(member));
    let by_rule = longest(rules.iter().filter(about), record.months);
    let by_rule = by_rule.map(|(rule, month)| (rule.class, month));
    let about = |e: &&Extension| {
        e.class == record.class && record.captured <= e.made && record.is_of(&e.member)
    };
    let extended = extensions.iter().filter(about).map(|e| e.months).max();
    let extended =
        extended.map(|months| (record.class, record.expiry_month.saturating_add(months)));
    let found = by_rule.into_iter().chain(extended);
    found.max_by_key(|(class, month)| (*month, std::cmp::Reverse(*class)))
}

/// Whether these rules keep every record (of somebody, if named) at least as long as a period that was once
/// in force: periods may be extended, never shortened (17a-4(b), FINRA 4511).
pub fn as_long_as(rules: &[Rule], of: Option<&Member>, before: Period) -> bool {
    // A rule for all decides when a record is made: it is too late for those that a promise to somebody has
    // to keep. So that one is kept by rules that name them.
    let about = |rule: &&Rule| of.map_or(rule.is_for_all(), |of| rule.of.contains(of));
    // Fiscal years make the length depend on the month of the year alone.
    let times = (0..12).flat_map(|m| [Captured::within(m), Captured::at_end_of(m)]);
    times.into_iter().all(|captured| {
        let now = longest(rules.iter().filter(about), captured);
        now.is_some_and(|(_, month)| month >= before.expiry(captured))
    })
}

#[cfg(test)]
mod tests;
