//! A hole in the homeserver's numbering of its transactions.
//!
//! Synapse (1.163) can leave a transaction behind: one that it makes while its recovery of our service is
//! just ending is neither sent nor handed to the recovery, and later ones are delivered without it. Its
//! numbers are consecutive, so the hole shows. Refusing what came after it makes the homeserver begin a
//! new recovery, which sends the oldest first. The kill campaign found this; without it an employee's
//! text would wait until the homeserver's next restart.
//!
//! The specification does not promise consecutive numbers, and services that share a homeserver share the
//! numbering. So each hole is refused once only, and after some needless refusals in a row holes are
//! ignored until the process starts again.

/// Needless refusals after which holes are believed to be normal here.
const PATIENCE: u32 = 3;

/// What has arrived so far.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    last: Option<u64>,
    refused: Option<u64>,
    needless: u32,
}

impl Sequence {
    /// Whether this transaction should be refused, so that what is missing before it comes first.
    pub(crate) fn refuses(&mut self, txn: &str) -> bool {
        let Ok(number) = txn.parse::<u64>() else {
            return false;
        };
        let hole = self.needless < PATIENCE
            && self
                .last
                .is_some_and(|last| number > last.saturating_add(1));
        if hole && self.refused != Some(number) {
            self.refused = Some(number);
            return true;
        }
        if hole {
            // It came again, and nothing before it: there was nothing missing.
            self.needless += 1;
        } else if self.refused.is_some_and(|refused| number < refused) {
            self.needless = 0;
        }
        self.last = Some(number);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Transactions as they arrive, each with whether it is refused.
    #[track_caller]
    fn check(arrivals: &[(&str, bool)]) {
        let mut sequence = Sequence::default();
        for (i, (txn, refused)) in arrivals.iter().enumerate() {
            assert_eq!(sequence.refuses(txn), *refused, "{i}: {txn}");
        }
    }

    #[test]
    fn what_is_left_behind_is_asked_for() {
        check(&[
            ("7", false),
            ("8", false),
            ("10", true),
            ("9", false),
            ("10", false),
            ("11", false),
        ]);
        check(&[("7", false), ("9", true), ("9", false), ("10", false)]);
    }

    #[test]
    fn holes_that_are_normal_stop_being_refused() {
        let mut arrivals = vec![("1".to_owned(), false)];
        for i in 1..=PATIENCE {
            let txn = (1 + i * 5).to_string();
            arrivals.extend([(txn.clone(), true), (txn, false)]);
        }
        arrivals.extend([("100".to_owned(), false), ("200".to_owned(), false)]);
        let arrivals: Vec<(&str, bool)> = arrivals.iter().map(|(t, r)| (t.as_str(), *r)).collect();
        check(&arrivals);
    }

    #[test]
    fn other_numberings_are_left_alone() {
        check(&[
            ("a", false),
            ("c", false),
            ("9", false),
            ("b", false),
            ("10", false),
        ]);
        check(&[("500", false), ("500", false), ("1", false), ("2", false)]);
        check(&[
            ("18446744073709551615", false),
            ("18446744073709551615", false),
        ]);
    }
}
