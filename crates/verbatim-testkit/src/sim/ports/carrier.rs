//! The carrier port of a mortal process; what is submitted is compared with the record on the way.

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use verbatim_domain::{AccountId, ProviderId, Timestamp};
use verbatim_engine::ports::{
    Carrier, CarrierError, CarrierEvent, InboundText, Receipt, Route, Sightings, Submission,
    SubmitOutcome, Webhook, WebhookError,
};

use crate::fakes::FakeCarrier;
use crate::sim::process::{Dead, Fate, Process};
use crate::sim::sabotage::Sabotage;
use crate::sim::world::World;

pub(crate) struct MortalCarrier {
    pub(crate) inner: Arc<FakeCarrier>,
    pub(crate) process: Arc<Process>,
    pub(crate) world: Weak<World>,
    pub(crate) sabotage: Sabotage,
}

fn cut() -> SubmitOutcome {
    SubmitOutcome::Unknown {
        reason: "the connection broke".to_owned(),
    }
}

fn died(_: Dead) -> CarrierError {
    CarrierError::Unavailable("the connection broke".to_owned())
}

impl MortalCarrier {
    async fn submit_in_time(&self, submission: &Submission) -> SubmitOutcome {
        if let Some(world) = self.world.upgrade() {
            world.witness_submitted(submission).await;
        }
        match self.sabotage {
            Sabotage::LosesAtCarrier => SubmitOutcome::Accepted {
                provider_id: ProviderId(format!("lost {}", submission.message)),
                raw: Vec::new(),
            },
            Sabotage::DoublesAtCarrier => {
                self.inner.submit(submission).await;
                self.inner.submit(submission).await
            }
            _ => {
                let outcome = self.inner.submit(submission).await;
                self.sabotage.submitted(&mut self.inner.ledger());
                outcome
            }
        }
    }
}

#[async_trait]
impl Carrier for MortalCarrier {
    fn account(&self) -> &AccountId {
        self.inner.account()
    }

    fn read_webhook(&self, hook: &Webhook) -> Result<Vec<CarrierEvent>, WebhookError> {
        match self.inner.read_webhook(hook) {
            Err(_) if self.sabotage == Sabotage::BelievesAnybody => Ok(Vec::new()),
            read => read,
        }
    }

    async fn submit(&self, submission: &Submission) -> SubmitOutcome {
        if self.process.gate().await.is_err() {
            return cut();
        }
        let outcome = match self.process.fate() {
            Fate::Works => self.submit_in_time(submission).await,
            Fate::Refused => cut(),
            Fate::LosesAnswer => {
                self.submit_in_time(submission).await;
                cut()
            }
        };
        // Receipts, and death, can come before the answer.
        match self.process.gate().await {
            Ok(()) => outcome,
            Err(Dead) => cut(),
        }
    }

    async fn find(
        &self,
        submission: &Submission,
        tried_at: Timestamp,
    ) -> Result<Sightings, CarrierError> {
        self.process.gate().await.map_err(died)?;
        self.inner.find(submission, tried_at).await
    }

    async fn receipts_since(
        &self,
        number: &str,
        since: Timestamp,
    ) -> Result<Vec<Receipt>, CarrierError> {
        self.process.gate().await.map_err(died)?;
        self.inner.receipts_since(number, since).await
    }

    async fn inbound_since(
        &self,
        number: &str,
        since: Timestamp,
    ) -> Result<Vec<InboundText>, CarrierError> {
        self.process.gate().await.map_err(died)?;
        self.inner.inbound_since(number, since).await
    }

    fn inbound_address(&self) -> String {
        self.inner.inbound_address()
    }

    async fn routes(&self) -> Result<Vec<Route>, CarrierError> {
        self.inner.routes().await
    }

    async fn check(&self) -> Result<String, CarrierError> {
        self.inner.check().await
    }
}
