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

use crate::core::Engine;
use crate::ports::{Change, Commit, StoreError};

/// Needless refusals after which holes are believed to be normal here.
const PATIENCE: u32 = 3;

/// Where the number of the last transaction that was taken is kept: in the store, since the hole may have
/// been made while this process was not there, and since another may have taken the last one.
const CURSOR: &str = "homeserver-transaction";

/// Which holes were refused so far.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    refused: Option<u64>,
    needless: u32,
}

impl Sequence {
    /// Whether this transaction should be refused, so that what is missing before it comes first.
    fn refuses(&mut self, number: u64, last: Option<u64>) -> bool {
        let hole = last.is_some_and(|last| number > last.saturating_add(1));
        if self.needless < PATIENCE && hole && self.refused != Some(number) {
            self.refused = Some(number);
            return true;
        }
        if hole {
            // It came again, and nothing before it: there was nothing missing.
            self.needless = self.needless.saturating_add(1);
        } else if self.refused.is_some_and(|refused| number < refused) {
            self.needless = 0;
        }
        false
    }
}

impl Engine {
    /// Whether a homeserver transaction came before one that is missing: refuse it, and the homeserver
    /// sends the missing one first.
    pub(crate) async fn is_out_of_sequence(&self, txn: &str) -> Result<bool, StoreError> {
        let Ok(number) = txn.parse() else {
            return Ok(false);
        };
        let last = self.store.cursor(CURSOR).await?;
        let last = last.and_then(|text| text.parse().ok());
        let mut sequence = self
            .sequence
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let refused = sequence.refuses(number, last);
        if refused {
            tracing::warn!("the homeserver left a transaction behind; asking for it");
        }
        Ok(refused)
    }

    /// Remembers a transaction as taken; before it is acknowledged.
    pub(crate) async fn remember_transaction(&self, txn: &str) -> Result<(), StoreError> {
        if txn.parse::<u64>().is_err() {
            return Ok(());
        }
        let changes = vec![Change::SetCursor(CURSOR.to_owned(), txn.to_owned())];
        self.store
            .commit(Commit {
                fence: None,
                changes,
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Transactions as they arrive, each with whether it is refused.
    #[track_caller]
    fn check(arrivals: &[(u64, bool)]) {
        let (mut sequence, mut last) = (Sequence::default(), None);
        for (i, (number, refused)) in arrivals.iter().enumerate() {
            assert_eq!(sequence.refuses(*number, last), *refused, "{i}: {number}");
            if !refused {
                last = Some(*number);
            }
        }
    }

    #[test]
    fn what_is_left_behind_is_asked_for() {
        check(&[
            (7, false),
            (8, false),
            (10, true),
            (9, false),
            (10, false),
            (11, false),
        ]);
        check(&[(7, false), (9, true), (9, false), (10, false)]);
    }

    #[test]
    fn holes_that_are_normal_stop_being_refused() {
        let mut arrivals = vec![(1, false)];
        for i in 1..=u64::from(PATIENCE) {
            arrivals.extend([(1 + i * 5, true), (1 + i * 5, false)]);
        }
        arrivals.extend([(100, false), (200, false)]);
        check(&arrivals);
    }

    #[test]
    fn other_numberings_are_left_alone() {
        check(&[(500, false), (500, false), (1, false), (2, false)]);
        check(&[(u64::MAX, false), (u64::MAX, false)]);
    }
}
