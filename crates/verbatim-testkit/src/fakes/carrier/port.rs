//! The carrier seen through the port.

use async_trait::async_trait;
use verbatim_domain::{AccountId, Duration, Timestamp};
use verbatim_engine::ports::{
    Carrier, CarrierError, CarrierEvent, FailureClass, InboundText, Receipt, Route, Sightings,
    Submission, SubmitOutcome, Webhook, WebhookError,
};

use super::hooks::listed;
use super::{FakeCarrier, Ledger, SubmitFault};

/// How far a listing looks back before the time asked for, as real adapters do.
const SKEW: Duration = Duration::from_secs(5);

fn unknown() -> SubmitOutcome {
    SubmitOutcome::Unknown {
        reason: "timeout".to_owned(),
    }
}

impl FakeCarrier {
    fn reachable(&self) -> Result<std::sync::MutexGuard<'_, Ledger>, CarrierError> {
        let ledger = self.ledger();
        if ledger.down {
            return Err(CarrierError::Unavailable("connection refused".to_owned()));
        }
        if ledger.bars {
            return Err(CarrierError::Refused("credentials".to_owned()));
        }
        Ok(ledger)
    }
}

impl Ledger {
    fn shows(&self, at: Timestamp, now: Timestamp) -> bool {
        at.after(self.listing_delay) <= now
    }

    fn answer(&mut self, submission: &Submission, now: Timestamp) -> SubmitOutcome {
        match self.faults.pop_front().flatten() {
            None => {
                let provider_id = self.take(submission, now);
                let raw = format!("{{\"id\":\"{provider_id}\"}}").into_bytes();
                SubmitOutcome::Accepted { provider_id, raw }
            }
            Some(SubmitFault::Refuse(class)) => SubmitOutcome::Refused {
                class,
                code: "30000".to_owned(),
                reason: "refused".to_owned(),
                raw: b"{}".to_vec(),
            },
            Some(SubmitFault::Busy(wait)) => SubmitOutcome::NotSent {
                reason: "429".to_owned(),
                retry_after: Some(wait),
            },
            Some(SubmitFault::NotSent) => SubmitOutcome::NotSent {
                reason: "no connection".to_owned(),
                retry_after: None,
            },
            Some(SubmitFault::TimeoutBefore) => unknown(),
            Some(SubmitFault::TimeoutAfter) => {
                self.take(submission, now);
                unknown()
            }
            Some(SubmitFault::TimeoutSlow(span)) => {
                self.take(submission, now.after(span));
                unknown()
            }
        }
    }
}

#[async_trait]
impl Carrier for FakeCarrier {
    fn account(&self) -> &AccountId {
        &self.account
    }

    fn read_webhook(&self, hook: &Webhook) -> Result<Vec<CarrierEvent>, WebhookError> {
        self.read(hook)
    }

    async fn submit(&self, submission: &Submission) -> SubmitOutcome {
        let now = self.clock.now();
        match self.reachable() {
            Ok(mut ledger) => ledger.answer(submission, now),
            Err(CarrierError::Refused(reason)) => SubmitOutcome::Refused {
                class: FailureClass::Account,
                code: "20003".to_owned(),
                reason,
                raw: b"{}".to_vec(),
            },
            Err(error) => SubmitOutcome::NotSent {
                reason: error.to_string(),
                retry_after: None,
            },
        }
    }

    async fn find(
        &self,
        submission: &Submission,
        tried_at: Timestamp,
    ) -> Result<Sightings, CarrierError> {
        let (now, ledger) = (self.clock.now(), self.reachable()?);
        let could_be = ledger.taken.iter().filter(|taken| {
            taken.from == submission.from
                && (ledger.redacts || taken.to == submission.to && taken.text == submission.text)
                && taken.at.after(SKEW) >= tried_at
                && ledger.shows(taken.at, now)
        });
        let found = could_be.map(listed).collect();
        let (same, doubtful) = match ledger.redacts {
            true => (Vec::new(), found),
            false => (found, Vec::new()),
        };
        Ok(Sightings { same, doubtful })
    }

    async fn receipts_since(
        &self,
        number: &str,
        since: Timestamp,
    ) -> Result<Vec<Receipt>, CarrierError> {
        let (now, ledger) = (self.clock.now(), self.reachable()?);
        let ours = ledger.taken.iter().filter(|taken| {
            taken.from == number && taken.at >= since && ledger.shows(taken.at, now)
        });
        Ok(ours.map(listed).collect())
    }

    async fn inbound_since(
        &self,
        number: &str,
        since: Timestamp,
    ) -> Result<Vec<InboundText>, CarrierError> {
        let (now, ledger) = (self.clock.now(), self.reachable()?);
        let theirs = ledger.received.iter().filter(|text| {
            let at = text.provider_at.unwrap_or(since);
            text.to == number && at >= since && ledger.shows(at, now)
        });
        let shown = theirs.cloned().map(|text| match ledger.redacts {
            true => InboundText {
                from: "+1628555XXXX".to_owned(),
                text: String::new(),
                redacted: true,
                ..text
            },
            false => text,
        });
        Ok(shown.collect())
    }

    fn inbound_address(&self) -> String {
        format!("https://sms.firm.example/hooks/{}/sms", self.account)
    }

    async fn routes(&self) -> Result<Vec<Route>, CarrierError> {
        self.reachable().map(|_| Vec::new())
    }

    async fn check(&self) -> Result<String, CarrierError> {
        self.reachable()
            .map(|_| format!("account {} answers", self.account))
    }
}
