//! What reaches us becomes durable, then is acknowledged (DESIGN invariants 1–3).
//!
//! For each request: check it over its raw bytes; seal; one transaction; answer. If the process dies
//! before the commit, nothing happened and the sender repeats; after it, a repetition is a duplicate.

mod parts;
mod sealer;

use thiserror::Error;
use verbatim_domain::{
    AccountId, ContactId, ConversationId, Duration, EmployeeId, MessageId, Timestamp,
};
use verbatim_record::{Body, Kind};

use crate::consent::heard;
use crate::core::Engine;
use crate::evidence::{Evidence, platform_evidence};
use crate::look::LookError;
use crate::payload::{About, EventPayload, PURPOSE as JOB, Parties, SayPayload, packed};
use crate::ports::{
    Carrier, CarrierEvent, Change, Content, FreshIds, InboundOutcome, InboundSms, InboundText,
    RawEvent, RoomEventIn, Said, Sealed, StoreError, Webhook, WebhookError,
};

pub use parts::{Intake, IntakeParts};
use sealer::Beside;
pub(crate) use sealer::hide;

/// How the edge answers a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookAnswer {
    /// Durable (or a duplicate): 2xx.
    Accepted,
    /// Not believed: 403.
    Forged,
    /// No such account: 404.
    UnknownAccount,
    /// Not durable: 503. Some carriers repeat; Twilio does so only if its address for us asks for it
    /// (`#rp=5xx`), else the poller finds the text at the carrier.
    TryLater,
}

/// A homeserver transaction was not accepted: 503, the homeserver repeats.
#[derive(Debug, Error)]
#[error("not accepted: {0}")]
pub struct TransactionError(#[from] pub LookError);

impl From<StoreError> for TransactionError {
    fn from(error: StoreError) -> Self {
        Self(LookError::Store(error))
    }
}

impl Intake {
    /// Takes a carrier's webhook: verified on its raw bytes, recorded, then acknowledged.
    pub async fn webhook(&self, account: &AccountId, hook: &Webhook) -> WebhookAnswer {
        let Some(carrier) = self.carriers.get(account) else {
            return WebhookAnswer::UnknownAccount;
        };
        let stored = match carrier.read_webhook(hook) {
            Err(WebhookError::Signature) => {
                self.counters.forged.inc();
                return WebhookAnswer::Forged;
            }
            Err(WebhookError::Malformed(why)) => {
                self.record_malformed_webhook(account, hook, why).await
            }
            Ok(events) => self.record_events(account, &events, hook).await,
        };
        match stored {
            Ok(()) => WebhookAnswer::Accepted,
            Err(error) => {
                tracing::error!(%error, "webhook not stored");
                WebhookAnswer::TryLater
            }
        }
    }

    async fn record_events(
        &self,
        account: &AccountId,
        events: &[CarrierEvent],
        hook: &Webhook,
    ) -> Result<(), StoreError> {
        let evidence = Evidence {
            bytes: &hook.body,
            kind: "application/x-www-form-urlencoded",
            headers: &hook.headers,
        };
        for event in events {
            match event {
                CarrierEvent::Inbound(text) => self
                    .record_inbound(account, text, evidence)
                    .await
                    .map(|_| ())?,
                CarrierEvent::Receipt(receipt) => self
                    .record_receipt(account, receipt, evidence)
                    .await
                    .map(|_| ())?,
            }
        }
        Ok(())
    }

    /// Records a client's text, whether it came by webhook or was found by a poll.
    pub(crate) async fn record_inbound(
        &self,
        account: &AccountId,
        text: &InboundText,
        evidence: Evidence<'_>,
    ) -> Result<InboundOutcome, StoreError> {
        let sms = self.inbound(account, text, evidence).await?;
        let outcome = self.store.record_inbound(sms).await?;
        match &outcome {
            InboundOutcome::Duplicate => {
                self.counters.duplicates.inc();
                // It may be repeated because we died between its record and the alarm.
                self.raise_if_nobody_holds(&text.to).await?;
            }
            InboundOutcome::Placed { caught, .. } => {
                self.counters.inbound.inc();
                if *caught {
                    self.raise_if_nobody_holds(&text.to).await?;
                }
            }
            InboundOutcome::Unplaced { .. } => {
                self.counters.inbound.inc();
                self.raise_if_nobody_holds(&text.to).await?;
            }
        }
        Ok(outcome)
    }

    async fn raise_if_nobody_holds(&self, number: &str) -> Result<(), StoreError> {
        let known = self
            .store
            .number(&self.index(&self.canonical(number)))
            .await?;
        if known.as_ref().is_some_and(|number| number.holder.is_some()) {
            return Ok(());
        }
        let changes = vec![self.nobody_holds(number, known.is_some())];
        self.at_once(changes).await
    }

    /// The alarm that a text came for a number without holder.
    pub(crate) fn nobody_holds(&self, number: &str, known: bool) -> Change {
        let ending = last_four(number);
        let what = if known {
            "nobody holds"
        } else {
            "we do not know"
        };
        let key = format!(
            "number-without-holder:{}",
            self.index(&self.canonical(number)).short()
        );
        self.alarm(key, format!("A text came for number …{ending}, which {what}: assign it with `verbatim number assign`."))
    }

    async fn inbound(
        &self,
        account: &AccountId,
        text: &InboundText,
        evidence: Evidence<'_>,
    ) -> Result<InboundSms, StoreError> {
        let (from, to) = (self.canonical(&text.from), self.canonical(&text.to));
        let mut body = inbound_body(account, text, evidence);
        let standing = match text.consent {
            Some(_) => {
                let (ours, peer) = (self.index(&to), self.index(&from));
                self.store.consent(&ours, &peer).await?
            }
            None => None,
        };
        let consent = heard(text, standing.map(|(standing, _)| standing), &mut body);
        let say = SayPayload {
            as_stand_in: true,
            content: Content::Text {
                body: shown_body(&body),
            },
            room: None,
            slot: None,
            at: text.provider_at,
            parties: Some(Parties {
                account: account.0.clone(),
                provider_id: text.provider_id.0.clone(),
                from: from.clone(),
                to: to.clone(),
            }),
            consent,
        };
        let fresh = self.fresh_ids();
        let (about, say) = (About::Text(fresh.message).context(), packed(&say));
        let beside: [Beside<'_>; 2] = [("number", b"", from.as_bytes()), (JOB, &about, &say)];
        let sealed = self.seal_with(Kind::MessageIn, body, &beside).await?;
        let (record, hidden) = sealed;
        // As many as were given.
        let [from_sealed, say] = <[Sealed; 2]>::try_from(hidden)
            .map_err(|_| StoreError::Damaged("not everything was sealed".to_owned()))?;
        // Its number may have changed hands before we heard of it.
        let now = self.now();
        let at = text.provider_at.map_or(now, |at| latest(at).min(now));
        Ok(InboundSms {
            account: account.clone(),
            provider_id: text.provider_id.clone(),
            to: self.index(&to),
            from: self.index(&from),
            from_sealed,
            at,
            record,
            consent: consent.map(|consent| Said {
                consent,
                at,
                by_carrier: text.provider_at.is_some(),
            }),
            say,
            fresh,
            catch_all: self.catch_all().await?,
            again: None,
        })
    }

    pub(crate) fn fresh_ids(&self) -> FreshIds {
        FreshIds {
            contact: ContactId::from_random(self.entropy.id()),
            stand_in: ContactId::from_random(self.entropy.id()).to_string(),
            conversation: ConversationId::from_random(self.entropy.id()),
            message: MessageId::at(self.now(), self.entropy.id()),
        }
    }

    pub(crate) async fn catch_all(&self) -> Result<Option<EmployeeId>, StoreError> {
        let Some(user) = &self.settings.catch_all else {
            return Ok(None);
        };
        Ok(self
            .store
            .employee_by_user(user)
            .await?
            .filter(|e| e.ended.is_none())
            .map(|e| e.id))
    }
}

impl Engine {
    /// Takes a homeserver transaction: its events become durable, with whatever is missing before them,
    /// then it is acknowledged. How many of its events were new.
    ///
    /// # Errors
    /// [`TransactionError`]: not durable; the homeserver repeats it.
    pub async fn transaction(&self, txn: &str, body: &[u8]) -> Result<usize, TransactionError> {
        self.look_first(txn).await?;
        let fresh = self.take_transaction(body).await?;
        self.remember_transaction(txn).await?;
        Ok(fresh)
    }

    async fn take_transaction(&self, body: &[u8]) -> Result<usize, StoreError> {
        let transaction = match self.platform.read_transaction(body) {
            Ok(transaction) => transaction,
            Err(why) => {
                // The homeserver would repeat it forever and hold up everything behind it.
                self.record_malformed(
                    platform_evidence(body, &why),
                    "malformed-transaction".into(),
                    "a homeserver transaction",
                )
                .await?;
                return Ok(0);
            }
        };
        for entry in &transaction.malformed {
            self.record_malformed(
                platform_evidence(entry, "no event id or room"),
                "malformed-event".into(),
                "a room event",
            )
            .await?;
        }
        self.take_events(transaction.events).await
    }

    /// Events, from a transaction or a second look: durable; how many were new.
    pub(crate) async fn take_events(&self, events: Vec<RawEvent>) -> Result<usize, StoreError> {
        let events = events
            .into_iter()
            .map(|event| {
                let raw = String::from_utf8_lossy(&event.raw).into_owned();
                let payload = EventPayload {
                    raw,
                    step: 0,
                    since: None,
                };
                RoomEventIn {
                    raw: self.pack(About::Event(&event.room), &payload),
                    event: event.event,
                    room: event.room,
                }
            })
            .collect::<Vec<_>>();
        if events.is_empty() {
            return Ok(0);
        }
        let fresh = self.store.record_room_events(events, self.now()).await?;
        self.counters.room_events.add(fresh as u64);
        Ok(fresh)
    }

    /// A carrier by its account name.
    pub(crate) fn carrier(&self, account: &AccountId) -> Option<&dyn Carrier> {
        self.carriers.get(account).map(AsRef::as_ref)
    }
}

/// Carriers list whole seconds: the last moment that such a time can mean, so that a number assigned
/// within that second is not taken for one without a holder.
fn latest(listed: Timestamp) -> Timestamp {
    if listed.as_millis() % 1000 == 0 {
        listed.after(Duration::from_millis(999))
    } else {
        listed
    }
}

fn inbound_body(account: &AccountId, text: &InboundText, evidence: Evidence<'_>) -> Body {
    let mut body = Body {
        actor: format!("carrier:{account}"),
        from: text.from.clone(),
        to: text.to.clone(),
        text: text.text.clone(),
        provider_at: text.provider_at.map_or(0, |t| t.as_millis()),
        rule: "relay.inbound".to_owned(),
        rule_version: 1,
        reason: "from_client".to_owned(),
        ..Body::default()
    };
    body.refs
        .insert("provider_id".to_owned(), text.provider_id.0.clone());
    body.details.extend(text.details.iter().cloned());
    for (i, (address, media_type)) in text.media.iter().enumerate() {
        body.details
            .insert(format!("media{i}.url"), address.clone());
        body.details
            .insert(format!("media{i}.type"), media_type.clone());
    }
    evidence.keep(&mut body);
    body
}

/// What of a recorded text is said in the room. Media cannot be relayed yet: the employee is told that there
/// is some.
pub(crate) fn shown_body(body: &Body) -> String {
    let kind = |i: usize| body.details.get(&format!("media{i}.type"));
    let kinds: Vec<&str> = (0..).map_while(kind).map(String::as_str).collect();
    if kinds.is_empty() {
        return body.text.clone();
    }
    let note = format!(
        "[{} attachment(s) not shown: {}. Ask your client to describe it in words.]",
        kinds.len(),
        kinds.join(", ")
    );
    if body.text.is_empty() {
        note
    } else {
        format!("{}\n{note}", body.text)
    }
}

fn last_four(number: &str) -> String {
    let tail: Vec<char> = number.chars().rev().take(4).collect();
    tail.into_iter().rev().collect()
}
