//! What a legal hold covers.

use std::collections::BTreeSet;

use crate::{ContactId, ConversationId, EmployeeId, Timestamp};

/// What a hold covers: records of any of the parties named, captured from `from` until before `until`.
///
/// A record about no conversation (a configuration, a gap, a command) may concern anybody: every hold whose
/// dates cover it keeps it. To keep too much is no fault of a hold; to lose something is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HoldScope {
    /// Everybody: the parties named do not matter.
    pub everyone: bool,
    /// Conversations of these employees.
    pub employees: BTreeSet<EmployeeId>,
    /// Conversations with these contacts.
    pub contacts: BTreeSet<ContactId>,
    /// These conversations.
    pub conversations: BTreeSet<ConversationId>,
    /// Conversations with these numbers on either side, in E.164.
    pub numbers: BTreeSet<String>,
    /// Captured at this moment or later.
    pub from: Option<Timestamp>,
    /// Captured before this moment.
    pub until: Option<Timestamp>,
}

/// Whose conversation a record is of.
#[derive(Debug, Clone, Copy)]
pub struct Party<'a> {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its employee.
    pub employee: EmployeeId,
    /// Its contact.
    pub contact: ContactId,
    /// Our number and the client's.
    pub numbers: [&'a str; 2],
}

impl HoldScope {
    /// Whether it names anybody.
    pub fn names_somebody(&self) -> bool {
        self.everyone
            || !self.employees.is_empty()
            || !self.contacts.is_empty()
            || !self.conversations.is_empty()
            || !self.numbers.is_empty()
    }

    /// Whether a record is under the hold.
    pub fn covers(&self, party: Option<Party<'_>>, captured: Timestamp) -> bool {
        let in_time = self.from.is_none_or(|from| from <= captured)
            && self.until.is_none_or(|until| captured < until);
        in_time && (self.everyone || party.is_none_or(|party| self.concerns(party)))
    }

    /// Whether a conversation is under the hold, whatever the dates.
    pub fn concerns(&self, party: Party<'_>) -> bool {
        self.everyone
            || self.employees.contains(&party.employee)
            || self.contacts.contains(&party.contact)
            || self.conversations.contains(&party.conversation)
            || party.numbers.iter().any(|n| self.numbers.contains(*n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party() -> Party<'static> {
        Party {
            conversation: ConversationId::from_random([1; 16]),
            employee: EmployeeId::from_random([2; 16]),
            contact: ContactId::from_random([3; 16]),
            numbers: ["+14155550100", "+14155552671"],
        }
    }

    #[test]
    fn a_hold_covers_who_it_names() {
        let check = |scope: HoldScope, expected: bool| {
            assert_eq!(
                scope.covers(Some(party()), Timestamp(5)),
                expected,
                "{scope:?}"
            );
            assert_eq!(scope.names_somebody(), scope != HoldScope::default());
        };
        let none = HoldScope::default;
        check(none(), false);
        check(
            HoldScope {
                everyone: true,
                ..none()
            },
            true,
        );
        for (seed, expected) in [(2, true), (9, false)] {
            let employees = BTreeSet::from([EmployeeId::from_random([seed; 16])]);
            check(
                HoldScope {
                    employees,
                    ..none()
                },
                expected,
            );
        }
        for (seed, expected) in [(3, true), (9, false)] {
            let contacts = BTreeSet::from([ContactId::from_random([seed; 16])]);
            check(HoldScope { contacts, ..none() }, expected);
        }
        for (seed, expected) in [(1, true), (9, false)] {
            let conversations = BTreeSet::from([ConversationId::from_random([seed; 16])]);
            check(
                HoldScope {
                    conversations,
                    ..none()
                },
                expected,
            );
        }
        for (number, expected) in [
            ("+14155550100", true),
            ("+14155552671", true),
            ("+14155552672", false),
        ] {
            let numbers = BTreeSet::from([number.to_owned()]);
            check(HoldScope { numbers, ..none() }, expected);
        }
    }

    #[test]
    fn dates_bound_it_from_and_until_before() {
        let check = |from: Option<i64>, until: Option<i64>, at: i64, expected: bool| {
            let scope = HoldScope {
                everyone: true,
                from: from.map(Timestamp),
                until: until.map(Timestamp),
                ..HoldScope::default()
            };
            for party in [None, Some(party())] {
                assert_eq!(
                    scope.covers(party, Timestamp(at)),
                    expected,
                    "{scope:?} {at}"
                );
            }
        };
        check(None, None, i64::MIN, true);
        check(Some(10), None, 9, false);
        check(Some(10), Some(20), 10, true);
        check(Some(10), Some(20), 19, true);
        check(Some(10), Some(20), 20, false);
    }

    #[test]
    fn what_is_about_no_conversation_is_kept_by_every_hold_of_its_time() {
        let contacts = BTreeSet::from([ContactId::from_random([9; 16])]);
        let scope = HoldScope {
            contacts,
            until: Some(Timestamp(20)),
            ..HoldScope::default()
        };
        assert!(scope.covers(None, Timestamp(5)));
        assert!(!scope.covers(None, Timestamp(25)));
        assert!(!scope.covers(Some(party()), Timestamp(5)));
    }
}
