//! How each carrier account stands: its circuit breaker, our pace on its numbers, and the alarms about it.

use std::collections::HashMap;

use verbatim_domain::retry::{Breaker, TokenBucket};
use verbatim_domain::{AccountId, Duration};

use crate::core::{Engine, locked};
use crate::ports::{
    CarrierError, Change, FailureClass, Message, Number, StoreError, SubmitOutcome,
};

/// A carrier account as this process has seen it.
pub(crate) struct Line {
    breaker: Breaker,
    /// Whether it took texts when last heard of; unknown at the start, so that the first success clears
    /// what an earlier process has raised.
    sends: Option<bool>,
    /// The same for its listing.
    lists: Option<bool>,
}

/// What an answer to a submission tells about the account.
enum Verdict {
    Well,
    /// It did not answer.
    Away,
    /// It refuses us as a whole.
    Barred,
}

impl Verdict {
    fn of(outcome: &SubmitOutcome) -> Self {
        match outcome {
            SubmitOutcome::Refused {
                class: FailureClass::Account,
                ..
            } => Self::Barred,
            SubmitOutcome::NotSent {
                retry_after: None, ..
            }
            | SubmitOutcome::Unknown { .. } => Self::Away,
            SubmitOutcome::Accepted { .. }
            | SubmitOutcome::Refused { .. }
            | SubmitOutcome::NotSent { .. } => Self::Well,
        }
    }
}

impl Engine {
    /// The carrier's health, and our pace on this number.
    pub(crate) fn admit(&self, number: &Number, message: &Message) -> Result<(), Duration> {
        let now = self.now();
        let mut lines = locked(&self.lines);
        let line = self.line(&mut lines, &number.account);
        let mut buckets = locked(&self.buckets);
        let (rate, burst) = (
            self.settings.segments_per_second,
            self.settings.segment_burst,
        );
        let bucket = buckets
            .entry(number.id)
            .or_insert_with(|| TokenBucket::new(rate, burst, now));
        // The breaker last: its trial request must not be spent on a text that then waits for its turn.
        let mut paid = *bucket;
        paid.take(message.segments.max(1), now)?;
        line.breaker.admit(now)?;
        *bucket = paid;
        Ok(())
    }

    fn line<'a>(
        &self,
        lines: &'a mut HashMap<AccountId, Line>,
        account: &AccountId,
    ) -> &'a mut Line {
        let settings = &self.settings;
        lines.entry(account.clone()).or_insert_with(|| Line {
            breaker: Breaker::new(settings.breaker_threshold, settings.breaker_rest),
            sends: None,
            lists: None,
        })
    }

    /// Feeds the circuit breaker, and raises or clears what an operator should know of the account.
    pub(crate) async fn weigh(
        &self,
        account: &AccountId,
        outcome: &SubmitOutcome,
    ) -> Result<(), StoreError> {
        let changes = match Verdict::of(outcome) {
            Verdict::Well => self.sends_well(account),
            Verdict::Away => self.is_away(account),
            Verdict::Barred => self.is_barred(account),
        };
        if !changes.is_empty() {
            self.at_once(changes).await?;
        }
        self.weigh_configuration(account, outcome).await
    }

    fn sends_well(&self, account: &AccountId) -> Vec<Change> {
        let mut lines = locked(&self.lines);
        let line = self.line(&mut lines, account);
        line.breaker.succeeded();
        if line.sends.replace(true) == Some(true) {
            return Vec::new();
        }
        vec![
            Change::Clear(down(account)),
            Change::Clear(refuses(account)),
        ]
    }

    fn is_away(&self, account: &AccountId) -> Vec<Change> {
        let mut lines = locked(&self.lines);
        let line = self.line(&mut lines, account);
        if !line.breaker.failed(self.now()) {
            return Vec::new();
        }
        line.sends = Some(false);
        let text = "The carrier does not answer; texts wait and go out when it does. `verbatim doctor` checks the account.";
        vec![self.alarm(down(account), text)]
    }

    /// No text can go out, so none is failed for it: they wait, as when the carrier does not answer.
    fn is_barred(&self, account: &AccountId) -> Vec<Change> {
        let mut lines = locked(&self.lines);
        let line = self.line(&mut lines, account);
        line.breaker.trip(self.now());
        line.sends = Some(false);
        let text = "The carrier refuses our account (credentials, suspension): texts wait, and fail when they are too old. Put the account in order; `verbatim doctor` checks it.";
        vec![self.alarm(refuses(account), text)]
    }

    /// One text was refused because something about our account is not in order: the next may be as well.
    async fn weigh_configuration(
        &self,
        account: &AccountId,
        outcome: &SubmitOutcome,
    ) -> Result<(), StoreError> {
        let SubmitOutcome::Refused {
            class: FailureClass::Configuration,
            code,
            ..
        } = outcome
        else {
            return Ok(());
        };
        let text = format!(
            "The carrier refused a text because the account, a number or a registration is not in order (its code: {code}). Such texts fail until that is put right."
        );
        self.raise(format!("carrier-refuses:{account}:{code}"), text)
            .await
    }

    /// Notes whether an account could be asked for its listing.
    pub(crate) async fn heard<T: Sync>(
        &self,
        account: &AccountId,
        answer: &Result<T, CarrierError>,
    ) -> Result<(), StoreError> {
        let key = format!("carrier-refuses-listing:{account}");
        let refused = matches!(answer, Err(CarrierError::Refused(_)));
        if answer.is_err() && !refused {
            return Ok(());
        }
        let before = {
            let mut lines = locked(&self.lines);
            self.line(&mut lines, account).lists.replace(!refused)
        };
        match answer {
            Err(error) => {
                let text = format!(
                    "The carrier does not tell us about our texts ({error}): lost webhooks are not found, and texts of unknown fate wait. Put the account in order; `verbatim doctor` checks it."
                );
                self.raise(key, text).await
            }
            Ok(_) if before != Some(true) => self.at_once(vec![Change::Clear(key)]).await,
            Ok(_) => Ok(()),
        }
    }
}

fn down(account: &AccountId) -> String {
    format!("carrier-down:{account}")
}

fn refuses(account: &AccountId) -> String {
    format!("carrier-refuses:{account}")
}
