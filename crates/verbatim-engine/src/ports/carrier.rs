//! The carrier port: an SMS provider account, seen from the engine.

use async_trait::async_trait;
use thiserror::Error;
use verbatim_domain::consent::Consent;
use verbatim_domain::{AccountId, Duration, MessageId, ProviderId, Timestamp};

/// A request as it reached a public address, before anything about it is believed.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Path and query exactly as received, such as `/hooks/twilio-main/status?m=…`.
    pub path_and_query: String,
    /// Header names in lower case, in order, with their values.
    pub headers: Vec<(String, String)>,
    /// The raw body.
    pub body: Vec<u8>,
}

/// Why a webhook was not believed. The edge answers accordingly and counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WebhookError {
    /// No or wrong signature: 403.
    #[error("signature missing or wrong")]
    Signature,
    /// Signed, but not something this endpoint understands: recorded as malformed, answered 200,
    /// since the provider would only repeat it.
    #[error("signed but not understood: {0}")]
    Malformed(&'static str),
}

/// What a webhook or a listing said happened at the carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CarrierEvent {
    /// A client's text.
    Inbound(InboundText),
    /// News of one of our messages.
    Receipt(Receipt),
}

/// A client's text as the carrier tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundText {
    /// The carrier's id; what makes it unique.
    pub provider_id: ProviderId,
    /// Sender as the carrier wrote it, usually E.164; may be a short code or a name.
    pub from: String,
    /// Our number as the carrier wrote it.
    pub to: String,
    /// The text.
    pub text: String,
    /// When the carrier says that it was received, if it says.
    pub provider_at: Option<Timestamp>,
    /// Media that came with it, not fetched: (address, media type).
    pub media: Vec<(String, String)>,
    /// Provider fields worth keeping in the record.
    pub details: Vec<(String, String)>,
    /// What the carrier took it to say about being texted, if it says so: it may know words that the firm
    /// has agreed on with it.
    pub consent: Option<Consent>,
    /// The carrier hides the sender or the words (a listing of an account with redaction): what is here
    /// is not what the client wrote.
    pub redacted: bool,
}

/// News of one of our messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The carrier's id of the message.
    pub provider_id: ProviderId,
    /// Our id, if the carrier gave it back (callback address, client reference).
    pub message: Option<MessageId>,
    /// What became of it.
    pub status: ReceiptStatus,
    /// The carrier's own word and code, for the record and the notice.
    pub provider_status: String,
    /// The carrier's error code, if any.
    pub code: Option<String>,
    /// When the carrier says that it happened, if it says.
    pub provider_at: Option<Timestamp>,
}

/// A carrier's status in our words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptStatus {
    /// Taken, not passed on yet.
    Submitted,
    /// Passed on.
    Sent,
    /// On the phone.
    Delivered,
    /// Final failure after submission.
    Undelivered(FailureClass),
    /// The carrier gave up or refused after taking it.
    Failed(FailureClass),
    /// Its time ran out at the carrier.
    Expired,
    /// A word we do not know: recorded, changes nothing, raises an alarm.
    Unrecognised,
}

/// Why a carrier failed a message: what the caller can do about it, not the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// The phone number cannot receive texts (wrong, landline, not reachable by this route).
    Address,
    /// The client has opted out.
    OptedOut,
    /// Refused or filtered for its content or sender reputation.
    Policy,
    /// A number, a registration or a permission of ours is not in order: an operator must act.
    Configuration,
    /// The account as a whole is refused (credentials, suspension): no text can go out until an operator
    /// has acted.
    Account,
    /// The handset or its network did not take it.
    Delivery,
    /// The request itself was not acceptable (too long, malformed).
    Request,
    /// No class we know.
    Other,
}

/// A text to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Our id; the adapter puts it where the carrier will give it back.
    pub message: MessageId,
    /// Our number, E.164.
    pub from: String,
    /// The client's number, E.164.
    pub to: String,
    /// The text to transmit, exactly.
    pub text: String,
    /// How long the carrier may keep trying.
    pub validity: Duration,
}

/// What came of a submission. The caller acts on certainty, never on codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitOutcome {
    /// The carrier took it.
    Accepted {
        /// Its id there.
        provider_id: ProviderId,
        /// The answer, as evidence.
        raw: Vec<u8>,
    },
    /// The carrier certainly refused it.
    Refused {
        /// What can be done.
        class: FailureClass,
        /// The carrier's code.
        code: String,
        /// The carrier's words, without our text.
        reason: String,
        /// The answer, as evidence.
        raw: Vec<u8>,
    },
    /// It certainly did not reach the carrier, or the carrier asks us to come back: try again.
    NotSent {
        /// Why, for the log (no text, no numbers).
        reason: String,
        /// When the carrier asks us to come back, if it says.
        retry_after: Option<Duration>,
    },
    /// Nobody knows. Never repeat before [`Carrier::find`] has answered.
    Unknown {
        /// Why, for the log (no text, no numbers).
        reason: String,
    },
}

/// What a carrier lists that could be a submission of unknown outcome.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sightings {
    /// The same parties and the same text, not older; oldest first.
    pub same: Vec<Receipt>,
    /// Could be it, but the carrier hides too much of it to tell (redacted numbers or texts).
    pub doubtful: Vec<Receipt>,
}

/// A carrier could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CarrierError {
    /// Try again later.
    #[error("carrier not reachable: {0}")]
    Unavailable(String),
    /// An operator must act.
    #[error("carrier refuses us: {0}")]
    Refused(String),
}

/// Where a carrier sends what comes for a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The number as the carrier writes it, usually E.164.
    pub number: String,
    /// What to change there so that it comes to us; none if it does.
    pub fault: Option<String>,
}

/// One account at an SMS provider.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// The account's name in the configuration.
    fn account(&self) -> &AccountId;

    /// Checks the signature over the raw bytes against the configured public address, then reads it.
    ///
    /// # Errors
    /// [`WebhookError::Signature`] before anything else is looked at.
    fn read_webhook(&self, hook: &Webhook) -> Result<Vec<CarrierEvent>, WebhookError>;

    /// Sends one text. Never repeats by itself.
    async fn submit(&self, submission: &Submission) -> SubmitOutcome;

    /// Looks for a submission of unknown outcome that was tried at `tried_at`: everything the carrier
    /// lists that could be it. The engine leaves out what other messages have claimed. An empty answer is
    /// proof only once the validity window is over; a doubtful sighting proves neither way.
    ///
    /// # Errors
    /// When the carrier could not be asked; nothing is known then.
    async fn find(
        &self,
        submission: &Submission,
        tried_at: Timestamp,
    ) -> Result<Sightings, CarrierError>;

    /// How the texts that one of our numbers sent since `since` stand now: finds receipts that never came.
    ///
    /// # Errors
    /// When the carrier could not be asked.
    async fn receipts_since(
        &self,
        number: &str,
        since: Timestamp,
    ) -> Result<Vec<Receipt>, CarrierError>;

    /// Lists the texts received on one of our numbers since `since`, oldest first.
    ///
    /// # Errors
    /// When the carrier could not be asked.
    async fn inbound_since(
        &self,
        number: &str,
        since: Timestamp,
    ) -> Result<Vec<InboundText>, CarrierError>;

    /// The address to enter at the carrier for incoming texts.
    fn inbound_address(&self) -> String;

    /// Where the carrier sends what comes for each number of the account, for `doctor`.
    ///
    /// # Errors
    /// When the carrier could not be asked.
    async fn routes(&self) -> Result<Vec<Route>, CarrierError>;

    /// Checks credentials, for `doctor`.
    ///
    /// # Errors
    /// When the carrier is not reachable or refuses the credentials.
    async fn check(&self) -> Result<String, CarrierError>;
}
