//! Rules: each gives a month of expiry, and the latest wins.

use std::collections::BTreeSet;

use thiserror::Error;

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

impl Period {
    /// The month with whose end a record captured in a month expires.
    pub fn expiry(self, captured: u32) -> u32 {
        let begin = match self.starts {
            Starts::Creation => captured,
            Starts::FiscalYearEnd(end) => {
                let end = u32::from(end).clamp(1, 12) - 1;
                captured + (end + 12 - captured % 12) % 12
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

/// The rule that keeps a record captured in a month longest, and the month of its expiry. Of equal ones the
/// lowest class counts. Nothing without rules.
pub fn longest(rules: &[Rule], captured: u32) -> Option<(&Rule, u32)> {
    let expiring = rules
        .iter()
        .map(|rule| (rule, rule.period.expiry(captured)));
    expiring.max_by_key(|(rule, month)| (*month, std::cmp::Reverse(rule.class)))
}

/// Whether these rules keep every record at least as long as a period that was once in force: periods may
/// be extended, never shortened (17a-4(b), FINRA 4511).
pub fn as_long_as(rules: &[Rule], before: Period) -> bool {
    // Fiscal years make the length depend on the month of the year alone.
    (0..12).all(|captured| {
        let now = longest(rules, captured);
        now.is_some_and(|(_, month)| month >= before.expiry(captured))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn month(year: u32, month: u32) -> u32 {
        year * 12 + month - 1
    }

    fn rule(class: u8, months: u32, starts: Starts) -> Rule {
        Rule {
            class,
            name: format!("rule {class}"),
            period: Period { months, starts },
        }
    }

    #[test]
    fn periods_run_from_their_beginning() {
        let check = |starts, captured, expected| {
            let period = Period { months: 60, starts };
            assert_eq!(period.expiry(captured), expected, "{starts:?}");
        };
        check(Starts::Creation, month(2026, 11), month(2031, 11));
        check(Starts::FiscalYearEnd(12), month(2026, 11), month(2031, 12));
        check(Starts::FiscalYearEnd(12), month(2026, 12), month(2031, 12));
        check(Starts::FiscalYearEnd(12), month(2027, 1), month(2032, 12));
        check(Starts::FiscalYearEnd(6), month(2026, 7), month(2032, 6));
        check(Starts::FiscalYearEnd(6), month(2026, 6), month(2031, 6));
    }

    #[test]
    fn the_longest_rule_wins() {
        let check = |rules: &[Rule], captured, expected: Option<(u8, u32)>| {
            let found = longest(rules, captured).map(|(rule, month)| (rule.class, month));
            assert_eq!(found, expected);
        };
        let november = month(2026, 11);
        check(&[], november, None);
        let (six, adviser) = (
            rule(1, 72, Starts::Creation),
            rule(2, 60, Starts::FiscalYearEnd(10)),
        );
        check(
            &[six.clone(), adviser.clone()],
            november,
            Some((1, month(2032, 11))),
        );
        // Five years from the end of a fiscal year may be longer than five and a half from creation.
        let shorter = rule(3, 66, Starts::Creation);
        check(
            &[shorter.clone(), adviser.clone()],
            november,
            Some((2, month(2032, 10))),
        );
        check(
            &[shorter, adviser],
            month(2027, 10),
            Some((3, month(2033, 4))),
        );
        let same = rule(4, 72, Starts::Creation);
        check(&[same, six], november, Some((1, month(2032, 11))));
    }

    #[test]
    fn rules_may_only_become_longer() {
        let check = |rules: &[Rule], before: Rule, expected: bool| {
            assert_eq!(as_long_as(rules, before.period), expected, "{before:?}");
        };
        let (creation, fiscal) = (Starts::Creation, Starts::FiscalYearEnd(12));
        check(&[rule(1, 72, creation)], rule(1, 72, creation), true);
        check(&[rule(1, 73, creation)], rule(1, 72, creation), true);
        check(&[rule(1, 71, creation)], rule(1, 72, creation), false);
        check(&[], rule(1, 1, creation), false);
        // Another class that is as long will do.
        check(
            &[rule(1, 60, creation), rule(2, 72, creation)],
            rule(1, 72, creation),
            true,
        );
        // A fiscal year adds up to eleven months, in some months of the year none.
        check(&[rule(1, 60, creation)], rule(2, 60, fiscal), false);
        check(&[rule(1, 71, creation)], rule(2, 60, fiscal), true);
        check(&[rule(1, 60, fiscal)], rule(2, 61, creation), false);
        check(&[rule(1, 60, fiscal)], rule(2, 60, creation), true);
    }

    #[test]
    fn rules_that_cannot_be_used_are_named() {
        let good = rule(1, 72, Starts::Creation);
        let check = |bad: Rule, expected: RuleFault| {
            assert_eq!(check_rules(&[good.clone(), bad]), Err(expected));
        };
        assert_eq!(check_rules(std::slice::from_ref(&good)), Ok(()));
        check(rule(0, 72, Starts::Creation), RuleFault::Class(0));
        check(rule(201, 72, Starts::Creation), RuleFault::Class(201));
        check(rule(1, 60, Starts::Creation), RuleFault::Twice(1));
        check(rule(2, 0, Starts::Creation), RuleFault::Months(2, 0));
        check(rule(2, 1201, Starts::Creation), RuleFault::Months(2, 1201));
        check(
            rule(2, 60, Starts::FiscalYearEnd(13)),
            RuleFault::FiscalYear(2, 13),
        );
        for name in [String::new(), "x".repeat(101), "a\nb".to_owned()] {
            check(
                Rule {
                    name,
                    ..rule(2, 60, Starts::Creation)
                },
                RuleFault::Name(2),
            );
        }
    }
}
