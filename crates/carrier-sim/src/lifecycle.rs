//! The way of a message: from `queued` to a phone, and from a phone to the account's webhook.

use crate::chance::sid;
use crate::clock::now_ms;
use crate::event::{Event, Status, Text};
use crate::faults::{Fault, FaultKind, Scope};
use crate::sim::{Sim, SimError};
use crate::text::segments;
use crate::webhook::{Webhook, enqueue};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// The provider's words that end consent for one number; the whole text, in any case.
const STOP: [&str; 8] = [
    "stop",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
];
/// The words that restore it.
const START: [&str; 2] = ["start", "unstop"];
/// The words that are answered with what can be answered.
const HELP: [&str; 2] = ["help", "info"];
/// Validity period expired before the message could be sent.
const EXPIRED: u32 = 30036;
/// Handset unreachable: what a failed delivery says unless the switch says otherwise.
const UNREACHABLE: u32 = 30003;

/// What the text of a phone changes about its consent.
pub(crate) fn consent_change(text: &Text) -> Option<Event> {
    let word = text.body.trim().to_lowercase();
    let opted_out = match word.as_str() {
        word if STOP.contains(&word) => true,
        word if START.contains(&word) => false,
        _ => return None,
    };
    Some(Event::OptOut {
        phone: text.from.clone(),
        number: text.to.clone(),
        opted_out,
    })
}

/// What the provider answers by itself to its own words, as real ones do unless the account forbids it. It is no
/// message of the account: no list of its API has it.
pub(crate) fn own_answer(text: &Text) -> Result<Option<Event>, SimError> {
    let word = text.body.trim().to_lowercase();
    let body = match word.as_str() {
        word if STOP.contains(&word) => {
            "You are unsubscribed: no more texts come from this number. Reply START to get them again."
        }
        word if START.contains(&word) => {
            "You get texts from this number again. Reply HELP for help, STOP to end them."
        }
        word if HELP.contains(&word) => "Reply STOP to get no more texts from this number.",
        _ => return Ok(None),
    };
    Ok(Some(Event::Delivered(Text {
        sid: sid("SM")?,
        from: text.to.clone(),
        to: text.from.clone(),
        body: body.to_owned(),
    })))
}

/// Queues the webhook of an inbound text, behind earlier texts of the same pair of numbers.
pub(crate) fn hand_over(sim: &Arc<Sim>, sid: &str) {
    let found = {
        let world = sim.world();
        world.message(sid).map(|message| {
            let url = world
                .numbers
                .get(&message.text.to)
                .cloned()
                .unwrap_or_default();
            (message.text.clone(), url)
        })
    };
    let Some((text, url)) = found.filter(|(_, url)| !url.is_empty()) else {
        return;
    };
    let key = format!("{}>{}", text.from, text.to);
    let params = inbound_params(&sim.account.sid, &text);
    let webhook = Webhook {
        sid: text.sid,
        status: Status::Received,
        url,
        params,
    };
    enqueue(sim, &key, webhook, FaultKind::LostInbound);
}

fn inbound_params(account: &str, text: &Text) -> Vec<(String, String)> {
    form(&[
        ("ToCountry", "US"),
        ("SmsMessageSid", &text.sid),
        ("NumMedia", "0"),
        ("SmsSid", &text.sid),
        ("SmsStatus", "received"),
        ("Body", &text.body),
        ("FromCountry", "US"),
        ("To", &text.to),
        ("NumSegments", &segments(&text.body).to_string()),
        ("MessageSid", &text.sid),
        ("AccountSid", account),
        ("From", &text.from),
        ("ApiVersion", "2010-04-01"),
    ])
}

fn form(params: &[(&str, &str)]) -> Vec<(String, String)> {
    params
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Carries an accepted message to its end, from wherever it is now.
pub(crate) async fn carry(sim: Arc<Sim>, sid: String) {
    let Some(mut journey) = Journey::new(&sim, &sid) else {
        return;
    };
    match journey.run().await {
        // The next start takes it up again.
        Ok(()) | Err(SimError::Stopped) => {}
        Err(error) => tracing::error!(%error, sid, "a message stands still"),
    }
}

struct Journey {
    sim: Arc<Sim>,
    text: Text,
    at: Status,
    deadline_ms: u64,
    callback: Option<String>,
    /// Callbacks kept back, to be posted in reverse; none where they go out as they come.
    kept_back: Option<Vec<Webhook>>,
    failure: Option<Fault>,
}

impl Journey {
    fn new(sim: &Arc<Sim>, sid: &str) -> Option<Self> {
        let (text, at, deadline_ms, callback) = {
            let world = sim.world();
            let message = world.message(sid)?;
            let deadline_ms = message.created_ms + u64::from(message.validity_s) * 1000;
            (
                message.text.clone(),
                message.status,
                deadline_ms,
                message.status_callback.clone(),
            )
        };
        let strikes = |kind| sim.strikes(kind, Scope::All, Some(sid));
        let failure = strikes(FaultKind::DeliveryFailure);
        let reorder = callback.is_some() && strikes(FaultKind::ReorderCallbacks).is_some();
        let kept_back = reorder.then(Vec::new);
        Some(Self {
            sim: Arc::clone(sim),
            text,
            at,
            deadline_ms,
            callback,
            kept_back,
            failure,
        })
    }

    async fn run(&mut self) -> Result<(), SimError> {
        if self.at == Status::Queued {
            self.call_back(Status::Queued, None);
            self.wait_in_queue().await;
            if now_ms() > self.deadline_ms {
                self.reach(Status::Failed, Some(EXPIRED))?;
                self.release();
                return Ok(());
            }
            self.reach(Status::Sending, None)?;
        }
        if self.at == Status::Sending {
            sleep(Duration::from_millis(self.sim.delays.sending_ms)).await;
            self.reach(Status::Sent, None)?;
        }
        sleep(Duration::from_millis(self.sim.delays.sent_ms)).await;
        match &self.failure {
            Some(fault) => {
                let code = fault.error_code.unwrap_or(UNREACHABLE);
                self.reach(Status::Undelivered, Some(code))?;
            }
            None => self.reach(Status::Delivered, None)?,
        }
        self.release();
        Ok(())
    }

    async fn wait_in_queue(&self) {
        let slow = self
            .sim
            .strikes(FaultKind::SlowDelivery, Scope::All, Some(&self.text.sid));
        let queued_ms = match slow {
            // One millisecond past the deadline is enough to expire.
            Some(fault) => fault
                .delay_ms
                .unwrap_or(10_000)
                .min((self.deadline_ms + 1).saturating_sub(now_ms())),
            None => self.sim.delays.queued_ms,
        };
        sleep(Duration::from_millis(queued_ms)).await;
    }

    fn reach(&mut self, status: Status, error_code: Option<u32>) -> Result<(), SimError> {
        let mut events = Vec::new();
        if status == Status::Delivered {
            events = self.sim.implicit_phone(&self.text.to);
            events.push(Event::Delivered(self.text.clone()));
        }
        events.push(Event::Status {
            sid: self.text.sid.clone(),
            status,
            error_code,
        });
        self.sim.record(events)?;
        self.at = status;
        // `sending` is an inner state; the provider does not tell it.
        if status != Status::Sending {
            self.call_back(status, error_code);
        }
        Ok(())
    }

    fn call_back(&mut self, status: Status, error_code: Option<u32>) {
        let Some(url) = self.callback.clone() else {
            return;
        };
        let mut params = form(&[
            ("SmsSid", &self.text.sid),
            ("SmsStatus", status.as_str()),
            ("MessageStatus", status.as_str()),
            ("To", &self.text.to),
            ("MessageSid", &self.text.sid),
            ("AccountSid", &self.sim.account.sid),
            ("From", &self.text.from),
            ("ApiVersion", "2010-04-01"),
        ]);
        if let Some(code) = error_code {
            params.push(("ErrorCode".into(), code.to_string()));
        }
        let webhook = Webhook {
            sid: self.text.sid.clone(),
            status,
            url,
            params,
        };
        match &mut self.kept_back {
            Some(kept_back) => kept_back.push(webhook),
            None => enqueue(&self.sim, &self.text.sid, webhook, FaultKind::LostReceipts),
        }
    }

    fn release(&mut self) {
        for webhook in self.kept_back.take().unwrap_or_default().into_iter().rev() {
            enqueue(&self.sim, &self.text.sid, webhook, FaultKind::LostReceipts);
        }
    }
}
