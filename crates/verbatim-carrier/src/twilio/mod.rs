//! Twilio Programmable Messaging, API version 2010-04-01, and providers that speak the same.
//!
//! - [`config`]: what the adapter needs to know
//! - [`signature`]: whether a webhook comes from Twilio
//! - [`form`]: `application/x-www-form-urlencoded`, as the signature sees it
//! - [`webhook`]: what a webhook says
//! - [`status`]: Twilio's status words and error codes in our terms
//! - `api`, `send`, `listing`, `numbers`, `reconcile`, `inbound`: requests to Twilio
//!
//! # What was never run against the vendor
//! Nothing in here has talked to Twilio itself. The signatures are checked against vectors made with
//! Twilio's published SDK. Requests and answers follow Twilio's published API description. These points
//! are assumptions until somebody tries them with a real account:
//! - A listing gives a text back as it was sent, but for white space at its ends and line ends.
//! - `DateSent` leaves out messages that are still queued, so that an empty listing proves nothing
//!   before the validity period is over.
//! - 429 always means that the message was not taken.
//! - The `#rc=…` connection overrides of a webhook address are not part of the signed address.
//! - Media listed for an inbound message can be fetched at its address without `.json`.
//! - A trial account puts a fixed line before each text, in listings too.

mod api;
pub mod config;
pub mod form;
mod inbound;
mod listing;
mod numbers;
mod reconcile;
mod send;
pub mod signature;
pub mod status;
mod time;
pub mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use verbatim_domain::{AccountId, Timestamp};
use verbatim_engine::ports::{
    Carrier, CarrierError, CarrierEvent, InboundText, Receipt, Route, Sightings, Submission,
    SubmitOutcome, Webhook, WebhookError,
};

pub use config::{ConfigError, Secret, SharedKey, TwilioConfig};

use api::Api;

/// One Twilio account.
pub struct Twilio {
    config: TwilioConfig,
    api: Api,
}

impl Twilio {
    /// An adapter with an HTTP client of its own.
    ///
    /// # Errors
    /// When the configuration cannot work; the error says what to change.
    pub fn new(config: TwilioConfig) -> Result<Arc<Self>, ConfigError> {
        let client = api::client(&config)?;
        Self::with_client(config, client)
    }

    /// An adapter with a given HTTP client. It must follow no redirects, repeat nothing and have a
    /// time limit of its own.
    ///
    /// # Errors
    /// When the configuration cannot work; the error says what to change.
    pub fn with_client(
        config: TwilioConfig,
        client: reqwest::Client,
    ) -> Result<Arc<Self>, ConfigError> {
        config.validate()?;
        let api = Api::new(client, &config);
        Ok(Arc::new(Self { config, api }))
    }
}

#[async_trait]
impl Carrier for Twilio {
    fn account(&self) -> &AccountId {
        &self.config.account
    }

    fn read_webhook(&self, hook: &Webhook) -> Result<Vec<CarrierEvent>, WebhookError> {
        webhook::read(&self.config, hook)
    }

    async fn submit(&self, submission: &Submission) -> SubmitOutcome {
        send::submit(&self.config, &self.api, submission).await
    }

    async fn find(
        &self,
        submission: &Submission,
        tried_at: Timestamp,
    ) -> Result<Sightings, CarrierError> {
        reconcile::find(&self.api, submission, tried_at).await
    }

    async fn receipts_since(
        &self,
        number: &str,
        since: Timestamp,
    ) -> Result<Vec<Receipt>, CarrierError> {
        reconcile::receipts_since(&self.api, number, since).await
    }

    async fn inbound_since(
        &self,
        number: &str,
        since: Timestamp,
    ) -> Result<Vec<InboundText>, CarrierError> {
        inbound::inbound_since(&self.api, number, since).await
    }

    fn inbound_address(&self) -> String {
        self.config.hook("sms")
    }

    async fn routes(&self) -> Result<Vec<Route>, CarrierError> {
        numbers::routes(&self.api, &self.inbound_address()).await
    }

    async fn check(&self) -> Result<String, CarrierError> {
        self.api.check().await
    }
}
