//! A second look at the rooms: what the homeserver never handed out is fetched (decision 0009).
//!
//! A homeserver may lose what it has not handed to its services yet. Synapse (1.163) keeps events in
//! memory between noting them as handed out and writing the transaction, so a crash loses them; and it
//! leaves a transaction behind that it makes while its recovery of a service ends. The kill campaign found
//! both. So events have a second way in: a position in the homeserver's stream, up to which every room was
//! looked at. What both ways bring counts once, by its event id.
//!
//! The look comes *before* a transaction that follows a trouble (our start, the homeserver's absence, a
//! hole in its numbering), so that nothing overtakes what was lost; and now and then without cause. A
//! homeserver that is away keeps the transaction waiting; one that refuses the look does not, since that
//! would last: an alarm says that something may be missing.

use std::sync::atomic::Ordering;
use std::time::Duration;

use thiserror::Error;

use crate::core::{Engine, locked};
use crate::ports::{Change, Look, PlatformError, StoreError};

/// Looks that find nothing after holes in a row, after which holes are believed to be normal here:
/// services that share a homeserver share its numbering, and the specification promises none.
const PATIENCE: u32 = 3;

/// When to look, counted from a trouble's end: at once; soon; and after a recovery of the homeserver's
/// that the others overlapped.
const AFTER_TROUBLE: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(3),
    Duration::from_secs(12),
];
/// Without any cause.
const NOW_AND_THEN: Duration = Duration::from_secs(300);

/// Up to where every room was looked at: the platform's own position.
const POSITION: &str = "rooms-looked-at";
/// The last trouble, and the one that was looked after: a look is due while they differ. In the store,
/// since the process that notices may not be the one that takes the next transaction.
const TROUBLE: &str = "homeserver-trouble";
/// See [`TROUBLE`].
const LOOKED_AFTER: &str = "homeserver-trouble-looked-after";
/// The alarm of a look that was refused; with a room's id, of a part of that room.
const REFUSED: &str = "rooms-not-looked-at";
/// The alarm that a part of the past was not looked at.
const ANEW: &str = "rooms-looked-at-anew";
/// The number of the last transaction that was taken.
const TRANSACTION: &str = "homeserver-transaction";

/// Looking failed. What was found until then is durable, and the next look begins where this one did.
#[derive(Debug, Error)]
pub enum LookError {
    /// The store failed.
    #[error("not stored: {0}")]
    Store(#[from] StoreError),
    /// The homeserver did not say.
    #[error(transparent)]
    Platform(#[from] PlatformError),
}

/// What is known of the homeserver's numbering.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    needless: u32,
}

impl Numbering {
    /// Whether something seems to be missing before this number.
    fn suspects(&self, number: u64, last: u64) -> bool {
        number > last.saturating_add(1) && self.needless < PATIENCE
    }

    /// What the look after a suspicion found.
    fn learn(&mut self, found: usize) {
        self.needless = match found {
            0 => self.needless.saturating_add(1),
            _ => 0,
        };
    }
}

impl Engine {
    /// Looks at what has happened in our rooms since the last look; how much of it was new.
    ///
    /// # Errors
    /// [`LookError`]; nothing is lost, and the same look is made again.
    pub async fn look_again(&self) -> Result<usize, LookError> {
        let _one_at_a_time = self.looking.lock().await;
        let trouble = self.store.cursor(TROUBLE).await?;
        let since = self.store.cursor(POSITION).await?;
        let look = self.look_from(since.as_deref()).await?;
        let mut fresh = 0;
        for mut room in look.rooms {
            while let Some(gap) = room.gap {
                let (events, rest) = match self.platform.fill(&gap).await {
                    Ok(filled) => filled,
                    // The other rooms must not wait for this one.
                    Err(PlatformError::Refused(why)) => {
                        let key = format!("{REFUSED}:{}", gap.room);
                        self.raise(key, not_looked_at(&why)).await?;
                        break;
                    }
                    Err(error) => return Err(error.into()),
                };
                fresh += self.take_events(events).await?;
                room.gap = rest;
            }
            fresh += self.take_events(room.events).await?;
        }
        // Died before this: everything is durable, and is looked at once more.
        let mut changes = vec![
            Change::SetCursor(POSITION.to_owned(), look.next),
            Change::Clear(REFUSED.to_owned()),
        ];
        changes.extend(trouble.map(|at| Change::SetCursor(LOOKED_AFTER.to_owned(), at)));
        self.at_once(changes).await?;
        self.has_looked.store(true, Ordering::Release);
        if fresh > 0 && since.is_some() {
            tracing::info!(
                fresh,
                "taken from the rooms what the homeserver had not handed out yet"
            );
        }
        Ok(fresh)
    }

    /// A position that is refused may be of a homeserver that was set back since: begins anew, and says so.
    async fn look_from(&self, since: Option<&str>) -> Result<Look, LookError> {
        let refused = match self.platform.look(since).await {
            Err(PlatformError::Refused(why)) if since.is_some() => PlatformError::Refused(why),
            other => return Ok(other?),
        };
        let Ok(anew) = self.platform.look(None).await else {
            return Err(refused.into());
        };
        let text = format!(
            "The homeserver does not know the moment up to which rooms were looked at ({refused}): it may have been set back. From now on they are looked at again; what it forgot to hand out before may be missing."
        );
        self.raise(ANEW, text).await?;
        Ok(anew)
    }

    /// Looks after every trouble and now and then, until cancelled.
    pub async fn run_looks(&self) {
        let mut waits = AFTER_TROUBLE.iter();
        loop {
            let wait = waits.next().unwrap_or(&NOW_AND_THEN);
            tokio::select! {
                () = tokio::time::sleep(*wait) => {}
                () = self.homeserver_is_back.notified() => {
                    waits = AFTER_TROUBLE.iter();
                    continue;
                }
            }
            if let Err(error) = self.look_if_allowed().await {
                tracing::warn!(%error, "could not look at the rooms; it is done again");
            }
        }
    }

    /// The homeserver does not answer. It may forget what it has not handed out, so whoever takes its next
    /// transaction looks first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn homeserver_is_away(&self) -> Result<(), StoreError> {
        let at = self.now().as_millis().to_string();
        self.at_once(vec![Change::SetCursor(TROUBLE.to_owned(), at)])
            .await
    }

    /// Before a transaction: looks, if something may be missing before it.
    pub(crate) async fn look_first(&self, txn: &str) -> Result<(), LookError> {
        if !self.has_looked.load(Ordering::Acquire) || self.is_look_due().await? {
            return self.look_if_allowed().await.map(drop);
        }
        let Ok(number) = txn.parse() else {
            return Ok(());
        };
        let last = self.store.cursor(TRANSACTION).await?;
        let Some(last) = last.and_then(|text| text.parse().ok()) else {
            // The first of all: one before it would leave no hole that shows.
            return self.look_if_allowed().await.map(drop);
        };
        if locked(&self.numbering).suspects(number, last) {
            let found = self.look_if_allowed().await?;
            locked(&self.numbering).learn(found);
        }
        Ok(())
    }

    async fn look_if_allowed(&self) -> Result<usize, LookError> {
        match self.look_again().await {
            Err(LookError::Platform(PlatformError::Refused(why))) => {
                self.raise(REFUSED, not_looked_at(&why)).await?;
                Ok(0)
            }
            other => other,
        }
    }

    async fn is_look_due(&self) -> Result<bool, StoreError> {
        let trouble = self.store.cursor(TROUBLE).await?;
        Ok(trouble.is_some() && trouble != self.store.cursor(LOOKED_AFTER).await?)
    }

    /// Remembers a transaction as taken; before it is acknowledged.
    pub(crate) async fn remember_transaction(&self, txn: &str) -> Result<(), StoreError> {
        if txn.parse::<u64>().is_err() {
            return Ok(());
        }
        let number = Change::SetCursor(TRANSACTION.to_owned(), txn.to_owned());
        self.at_once(vec![number]).await
    }
}

fn not_looked_at(why: &str) -> String {
    format!(
        "The homeserver refuses to show what has happened ({why}): what it forgot to hand out may be missing. `verbatim doctor` checks the homeserver."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Transactions as they arrive after the first, each with what a look finds if it is made.
    #[track_caller]
    fn check(mut last: u64, arrivals: &[(u64, Option<usize>)]) {
        let mut numbering = Numbering::default();
        for (i, (number, found)) in arrivals.iter().enumerate() {
            let suspected = numbering.suspects(*number, last);
            assert_eq!(suspected, found.is_some(), "{i}: {number}");
            if let Some(found) = found {
                numbering.learn(*found);
            }
            last = *number;
        }
    }

    #[test]
    fn a_hole_is_looked_into() {
        check(7, &[(8, None), (10, Some(1)), (11, None)]);
        check(500, &[(500, None), (1, None), (2, None)]);
        check(u64::MAX, &[(u64::MAX, None)]);
    }

    #[test]
    fn holes_that_are_normal_stop_being_looked_into() {
        check(1, &[(3, Some(0)), (5, Some(0)), (7, Some(0)), (9, None)]);
        check(1, &[(3, Some(0)), (5, Some(0)), (7, Some(2)), (9, Some(0))]);
    }
}
