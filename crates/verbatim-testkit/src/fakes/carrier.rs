//! A carrier in memory: takes texts, keeps a ledger, tells what became of them by signed webhooks and
//! in listings.

mod hooks;
mod port;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use verbatim_domain::{AccountId, Duration, MessageId, ProviderId, Timestamp};
use verbatim_engine::ports::{Clock, FailureClass, InboundText, ReceiptStatus, Submission};

use super::lock;

/// How one submission goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitFault {
    /// The carrier says no.
    Refuse(FailureClass),
    /// The carrier is busy and asks us to come back (HTTP 429).
    Busy(Duration),
    /// The connection failed before anything was sent.
    NotSent,
    /// No answer, and the carrier never got it.
    TimeoutBefore,
    /// No answer, but the carrier took it.
    TimeoutAfter,
    /// No answer; the request arrives late, but it does.
    TimeoutSlow(Duration),
}

/// A text that the carrier took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its id there.
    pub provider_id: ProviderId,
    /// Our id.
    pub message: MessageId,
    /// Our number.
    pub from: String,
    /// The client's number.
    pub to: String,
    /// The text.
    pub text: String,
    /// When it was taken.
    pub at: Timestamp,
    /// What became of it.
    pub status: ReceiptStatus,
}

/// What the carrier knows.
#[derive(Default)]
pub struct Ledger {
    /// Texts it took from us, in order: what phones get.
    pub taken: Vec<Taken>,
    /// Texts that clients sent to our numbers, in order.
    pub received: Vec<InboundText>,
    /// No call gets through.
    pub down: bool,
    /// Every call is refused, as with wrong credentials.
    pub bars: bool,
    /// Listings hide the clients' numbers and all words.
    pub redacts: bool,
    /// How the next submissions go wrong, in order. `None`: this one goes well.
    pub faults: VecDeque<Option<SubmitFault>>,
    /// After how long a text shows in listings.
    pub listing_delay: Duration,
    counter: u64,
}

/// The carrier port in memory.
pub struct FakeCarrier {
    account: AccountId,
    secret: String,
    clock: Arc<dyn Clock>,
    ledger: Mutex<Ledger>,
}

impl FakeCarrier {
    /// A carrier account.
    pub fn new(account: &str, clock: Arc<dyn Clock>) -> Self {
        let secret = format!("secret of {account}");
        Self {
            account: account.into(),
            secret,
            clock,
            ledger: Mutex::default(),
        }
    }

    /// Looks into the books.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// A client texts one of our numbers.
    pub fn text_from_client(&self, from: &str, to: &str, text: &str) -> InboundText {
        let ledger = &mut *self.ledger();
        ledger.counter += 1;
        let inbound = InboundText {
            provider_id: ProviderId(format!("IN{:06}", ledger.counter)),
            from: from.to_owned(),
            to: to.to_owned(),
            text: text.to_owned(),
            provider_at: Some(self.clock.now()),
            media: Vec::new(),
            consent: None,
            details: Vec::new(),
            redacted: false,
        };
        ledger.received.push(inbound.clone());
        inbound
    }

    /// Something becomes of a text that the carrier took; final ends stay.
    pub fn report(&self, provider_id: &ProviderId, status: &ReceiptStatus) -> Option<Taken> {
        let ledger = &mut *self.ledger();
        let taken = ledger
            .taken
            .iter_mut()
            .find(|taken| taken.provider_id == *provider_id)?;
        if !is_final(&taken.status) {
            taken.status = status.clone();
        }
        Some(taken.clone())
    }
}

impl Ledger {
    fn take(&mut self, submission: &Submission, at: Timestamp) -> ProviderId {
        self.counter += 1;
        let provider_id = ProviderId(format!("SM{:06}", self.counter));
        self.taken.push(Taken {
            provider_id: provider_id.clone(),
            message: submission.message,
            from: submission.from.clone(),
            to: submission.to.clone(),
            text: submission.text.clone(),
            at,
            status: ReceiptStatus::Submitted,
        });
        provider_id
    }
}

/// Whether nothing more becomes of it.
pub fn is_final(status: &ReceiptStatus) -> bool {
    !matches!(
        status,
        ReceiptStatus::Submitted | ReceiptStatus::Sent | ReceiptStatus::Unrecognised
    )
}
