//! Periods, and which one wins.

use proptest::prelude::*;

use super::*;
use crate::{ConversationId, Timestamp};

const fn month(year: u32, month: u32) -> u32 {
    year * 12 + month - 1
}

fn rule(class: u8, months: u32, starts: Starts) -> Rule {
    Rule {
        class,
        name: format!("rule {class}"),
        period: Period { months, starts },
        of: BTreeSet::new(),
    }
}

#[test]
fn periods_run_from_their_beginning() {
    let check = |starts, captured, expected| {
        let period = Period { months: 60, starts };
        assert_eq!(period.expiry(Captured::within(captured)), expected);
    };
    check(Starts::Creation, month(2026, 11), month(2031, 11));
    check(Starts::FiscalYearEnd(12), month(2026, 11), month(2031, 12));
    check(Starts::FiscalYearEnd(12), month(2026, 12), month(2031, 12));
    check(Starts::FiscalYearEnd(12), month(2027, 1), month(2032, 12));
    check(Starts::FiscalYearEnd(6), month(2026, 7), month(2032, 6));
    check(Starts::FiscalYearEnd(6), month(2026, 6), month(2031, 6));
}

/// East of UTC the last hours of a fiscal year are the next one's first.
#[test]
fn the_last_hours_of_a_fiscal_year_count_as_the_next() {
    let check = |starts, captured, expected| {
        let period = Period { months: 60, starts };
        let expiry = period.expiry(Captured::at_end_of(captured));
        assert_eq!(expiry, expected, "{starts:?}");
    };
    check(Starts::Creation, month(2026, 12), month(2031, 12));
    check(Starts::FiscalYearEnd(12), month(2026, 11), month(2031, 12));
    check(Starts::FiscalYearEnd(12), month(2026, 12), month(2032, 12));
    check(Starts::FiscalYearEnd(6), month(2026, 6), month(2032, 6));
}

#[test]
fn the_longest_rule_wins() {
    let check = |rules: &[Rule], captured, expected: Option<(u8, u32)>| {
        let found =
            longest(rules, Captured::within(captured)).map(|(rule, month)| (rule.class, month));
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
        assert_eq!(
            as_long_as(rules, None, before.period),
            expected,
            "{before:?}"
        );
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
    // A fiscal year adds up to twelve months, in some months of the year none.
    check(&[rule(1, 60, creation)], rule(2, 60, fiscal), false);
    check(&[rule(1, 71, creation)], rule(2, 60, fiscal), false);
    check(&[rule(1, 72, creation)], rule(2, 60, fiscal), true);
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

fn member(n: u8) -> Member {
    match n % 3 {
        0 => Member::Employee(format!("@{n}:acme.example").as_str().into()),
        1 => Member::Number(format!("+1415555010{n}")),
        _ => Member::Conversation(ConversationId::from_random([n; 16])),
    }
}

fn rule_of(class: u8, months: u32, members: &[u8]) -> Rule {
    Rule {
        of: members.iter().map(|n| member(*n)).collect(),
        ..rule(class, months, Starts::Creation)
    }
}

#[test]
fn members_are_written_one_way() {
    for n in 0..6 {
        assert_eq!(member(n).to_string().parse(), Ok(member(n)));
    }
    for bad in ["", "employee", "number", "somebody x", "conversation x"] {
        assert!(bad.parse::<Member>().is_err(), "{bad}");
    }
}

#[test]
fn rules_about_somebody_bind_their_records() {
    let captured = month(2026, 11);
    let extension = |n: u8, class, months, made| Extension {
        member: member(n),
        class,
        months,
        made: Timestamp(made),
    };
    let check = |of: Option<&[u8]>, expected: Option<(u8, u32)>| {
        let rules = [
            rule(1, 84, Starts::Creation),
            rule_of(2, 96, &[0]),
            rule_of(3, 120, &[1, 2]),
        ];
        let extensions = [
            extension(4, 1, 6, 100),
            extension(4, 1, 12, 100),
            // Of another class, and of records from before this one.
            extension(5, 2, 12, 100),
            extension(5, 1, 12, 99),
        ];
        let of: Option<Vec<_>> = of.map(|of| of.iter().map(|n| member(*n)).collect());
        let record = Aged {
            of: of.as_deref(),
            captured: Timestamp(100),
            months: Captured::within(captured),
            class: 1,
            expiry_month: captured + 84,
        };
        assert_eq!(bound(&rules, &extensions, &record), expected, "{of:?}");
    };
    check(Some(&[]), None);
    check(Some(&[3, 5]), None);
    check(Some(&[0]), Some((2, captured + 96)));
    check(Some(&[0, 1, 3]), Some((3, captured + 120)));
    // The longest extension, not their sum; one that is as long as a rule counts for its own class.
    check(Some(&[4]), Some((1, captured + 96)));
    check(Some(&[0, 4]), Some((1, captured + 96)));
    // About nobody's conversation: everything counts.
    check(None, Some((3, captured + 120)));
}

#[test]
fn a_rule_about_somebody_may_be_split_and_not_shortened() {
    let check = |rules: &[Rule], of: u8, months: u32, expected: bool| {
        let before = Period {
            months,
            starts: Starts::Creation,
        };
        let found = as_long_as(rules, Some(&member(of)), before);
        assert_eq!(found, expected, "{of} {months}");
    };
    let split = [rule_of(2, 96, &[0]), rule_of(3, 96, &[1])];
    check(&split, 0, 96, true);
    check(&split, 1, 96, true);
    check(&split, 1, 97, false);
    check(&split, 2, 1, false);
    // A longer rule for all is for records to come.
    check(&[rule(1, 96, Starts::Creation)], 2, 96, false);
    // What somebody is promised is no promise to all.
    let before = split[0].period;
    assert!(!as_long_as(&split, None, before));
}

prop_compose! {
    fn any_rule()(
        class in 1u8..5, months in 1u32..200, fiscal in 0u8..13,
        members in proptest::collection::vec(0u8..6, 0..3),
    ) -> Rule {
        let starts = if fiscal == 0 { Starts::Creation } else { Starts::FiscalYearEnd(fiscal) };
        Rule { period: Period { months, starts }, ..rule_of(class, months, &members) }
    }
}

prop_compose! {
    fn any_extension()(
        class in 1u8..5, months in 1u32..200, n in 0u8..6, made in 0i64..100,
    ) -> Extension {
        Extension { member: member(n), class, months, made: Timestamp(made) }
    }
}

proptest! {
    /// One more rule or extension never makes anything shorter; one about others changes nothing; and what
    /// rules that may follow each other bind is never less.
    #[test]
    fn whatever_is_added_keeps_as_long_or_longer(
        rules in proptest::collection::vec(any_rule(), 0..5),
        extensions in proptest::collection::vec(any_extension(), 0..4),
        more in any_rule(),
        longer in any_extension(),
        of in proptest::collection::btree_set(0u8..6, 0..4),
        is_nobodys in any::<bool>(),
        captured_month in 24_000u32..24_100,
        is_late in any::<bool>(),
        captured in 0i64..100,
        class in 1u8..5,
    ) {
        let members: Vec<_> = of.iter().map(|n| member(*n)).collect();
        let months = match is_late {
            true => Captured::at_end_of(captured_month),
            false => Captured::within(captured_month),
        };
        let record = Aged {
            of: (!is_nobodys).then_some(&members[..]),
            captured: Timestamp(captured),
            months,
            class,
            expiry_month: captured_month + 60,
        };
        let until = |rules: &[Rule], extensions: &[Extension]| {
            bound(rules, extensions, &record).map(|(_, month)| month)
        };
        let before = until(&rules, &extensions);
        let (mut with_rule, mut extended) = (rules.clone(), extensions.clone());
        with_rule.push(more.clone());
        extended.push(longer.clone());
        prop_assert!(until(&with_rule, &extensions) >= before);
        prop_assert!(until(&rules, &extended) >= before);
        if !more.of.iter().any(|member| record.is_of(member)) {
            prop_assert_eq!(until(&with_rule, &extensions), before);
        }
        // Each rule that is about it is kept to.
        for rule in rules.iter().filter(|r| r.of.iter().any(|m| record.is_of(m))) {
            prop_assert!(before >= Some(rule.period.expiry(months)));
        }
        // If other rules may take the place of one that bound a member, its records are kept no shorter.
        let follow = |rule: &Rule| {
            let mut of = rule.of.iter();
            of.all(|m| as_long_as(std::slice::from_ref(&more), Some(m), rule.period))
        };
        if rules.iter().all(follow) && !more.is_for_all() {
            prop_assert!(until(std::slice::from_ref(&more), &[]) >= until(&rules, &[]));
        }
    }
}
