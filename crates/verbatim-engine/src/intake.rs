//! What reaches us becomes durable, then is acknowledged (DESIGN invariants 1–3).
//!
//! For each request: check it over its raw bytes; seal; one transaction; answer. If the process dies
//! before the commit, nothing happened and the sender repeats; after it, a repetition is a duplicate.

use sha2::{Digest, Sha256};
use thiserror::Error;
use verbatim_domain::message::MessageState;
use verbatim_domain::{
    AccountId, ContactId, ConversationId, Duration, EmployeeId, MessageId, ProviderId, Timestamp,
};
use verbatim_record::{Body, Hash, Kind};

use crate::core::Engine;
use crate::look::LookError;
use crate::payload::{EventPayload, Parties, SayPayload};
use crate::ports::{
    Carrier, CarrierEvent, Change, Commit, Content, Failure, FailureClass, FreshIds,
    InboundOutcome, InboundSms, InboundText, NewRecord, RawEvent, Receipt, ReceiptIn,
    ReceiptOutcome, ReceiptStatus, RoomEventIn, StoreError, Webhook, WebhookError,
};

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

/// Where a piece of news came from: the evidence that is kept with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence<'a> {
    pub bytes: &'a [u8],
    pub kind: &'a str,
    pub headers: &'a [(String, String)],
}

impl Engine {
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
        self.store
            .commit(Commit {
                fence: None,
                changes,
            })
            .await
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
            hex8(&self.index(&self.canonical(number)).0)
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
        let record = self
            .seal(Kind::MessageIn, inbound_body(account, text, evidence))
            .await?;
        let say = SayPayload {
            as_stand_in: true,
            content: Content::Text {
                body: shown_text(text),
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
        };
        Ok(InboundSms {
            account: account.clone(),
            provider_id: text.provider_id.clone(),
            to: self.index(&to),
            from: self.index(&from),
            from_sealed: self.hide("number", from.as_bytes()),
            // Its number may have changed hands before we heard of it.
            at: text
                .provider_at
                .map_or_else(|| self.now(), |at| latest(at).min(self.now())),
            record,
            say: self.pack(&say),
            fresh: self.fresh_ids(),
            catch_all: self.catch_all().await?,
            again: None,
        })
    }

    pub(crate) fn fresh_ids(&self) -> FreshIds {
        FreshIds {
            contact: ContactId::from_random(self.entropy.id()),
            stand_in: ContactId::from_random(self.entropy.id()).to_string(),
            conversation: ConversationId::from_random(self.entropy.id()),
            message: MessageId::from_random(self.entropy.id()),
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

    /// Records what became of one of our texts.
    pub(crate) async fn record_receipt(
        &self,
        account: &AccountId,
        receipt: &Receipt,
        evidence: Evidence<'_>,
    ) -> Result<ReceiptOutcome, StoreError> {
        let to = target_state(&receipt.status);
        let record = self
            .seal(Kind::Status, receipt_body(account, receipt, evidence))
            .await?;
        let outcome = self
            .store
            .record_receipt(ReceiptIn {
                account: account.clone(),
                provider_id: receipt.provider_id.clone(),
                message: receipt.message,
                to,
                failure: failure_of(receipt),
                dedupe: receipt_key(account, &receipt.provider_id, receipt),
                at: self.now(),
                record,
                show: to.is_some_and(|s| s != MessageState::Submitted),
            })
            .await?;
        self.counters.receipts.inc();
        if to.is_none() {
            let key = format!("carrier-status:{account}:{}", receipt.provider_status);
            self.raise(
                key,
                format!(
                    "Carrier status `{}` is not known; it changed nothing.",
                    receipt.provider_status
                ),
            )
            .await?;
        }
        Ok(outcome)
    }

    async fn record_malformed_webhook(
        &self,
        account: &AccountId,
        hook: &Webhook,
        why: &str,
    ) -> Result<(), StoreError> {
        let mut body = Body {
            actor: format!("carrier:{account}"),
            reason: why.to_owned(),
            evidence: hook.body.clone(),
            evidence_kind: "application/octet-stream".to_owned(),
            ..Body::default()
        };
        keep_headers(&mut body, &hook.headers);
        self.record_malformed(
            body,
            format!("malformed-webhook:{account}"),
            "a signed webhook could not be understood",
        )
        .await
    }

    async fn record_malformed(
        &self,
        body: Body,
        key: String,
        what: &str,
    ) -> Result<(), StoreError> {
        let sealed = self.seal(Kind::Malformed, body).await?;
        let changes = vec![
            Change::Append(NewRecord {
                conversation: None,
                sealed,
                about: None,
            }),
            self.alarm(key, format!("Input kept as evidence: {what}.")),
        ];
        self.store
            .commit(Commit {
                fence: None,
                changes,
            })
            .await
    }

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
                RoomEventIn {
                    event: event.event,
                    room: event.room,
                    raw: self.pack(&EventPayload {
                        raw,
                        step: 0,
                        since: None,
                    }),
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

fn platform_evidence(bytes: &[u8], why: &str) -> Body {
    Body {
        actor: "homeserver".to_owned(),
        reason: why.to_owned(),
        evidence: bytes.to_vec(),
        evidence_kind: "application/json".to_owned(),
        ..Body::default()
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
        evidence: evidence.bytes.to_vec(),
        evidence_kind: evidence.kind.to_owned(),
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
    keep_headers(&mut body, evidence.headers);
    body
}

fn receipt_body(account: &AccountId, receipt: &Receipt, evidence: Evidence<'_>) -> Body {
    let mut body = Body {
        actor: format!("carrier:{account}"),
        message: receipt.message.map(|m| m.to_string()).unwrap_or_default(),
        provider_at: receipt.provider_at.map_or(0, |t| t.as_millis()),
        rule: "status.carrier".to_owned(),
        rule_version: 1,
        reason: receipt.provider_status.clone(),
        evidence: evidence.bytes.to_vec(),
        evidence_kind: evidence.kind.to_owned(),
        ..Body::default()
    };
    body.refs
        .insert("provider_id".to_owned(), receipt.provider_id.0.clone());
    if let Some(code) = &receipt.code {
        body.details.insert("code".to_owned(), code.clone());
    }
    keep_headers(&mut body, evidence.headers);
    body
}

/// Signature headers prove the request; the rest says nothing that the record needs.
fn keep_headers(body: &mut Body, headers: &[(String, String)]) {
    for (name, value) in headers
        .iter()
        .filter(|(n, _)| n.contains("signature") || n == "i-twilio-idempotency-token")
    {
        body.details.insert(format!("header.{name}"), value.clone());
    }
}

/// Media cannot be relayed yet: the employee is told that there is some.
fn shown_text(text: &InboundText) -> String {
    if text.media.is_empty() {
        return text.text.clone();
    }
    let kinds: Vec<&str> = text.media.iter().map(|(_, kind)| kind.as_str()).collect();
    let note = format!(
        "[{} attachment(s) not shown: {}. Ask your client to describe it in words.]",
        kinds.len(),
        kinds.join(", ")
    );
    if text.text.is_empty() {
        note
    } else {
        format!("{}\n{note}", text.text)
    }
}

/// The message state that a carrier status leads to.
pub(crate) fn target_state(status: &ReceiptStatus) -> Option<MessageState> {
    Some(match status {
        ReceiptStatus::Submitted => MessageState::Submitted,
        ReceiptStatus::Sent => MessageState::Sent,
        ReceiptStatus::Delivered => MessageState::Delivered,
        ReceiptStatus::Undelivered(_) => MessageState::Undelivered,
        ReceiptStatus::Failed(_) => MessageState::Failed,
        ReceiptStatus::Expired => MessageState::Expired,
        ReceiptStatus::Unrecognised => return None,
    })
}

pub(crate) fn failure_of(receipt: &Receipt) -> Option<Failure> {
    let (class, certain) = match receipt.status {
        // A handset that was switched off may still show it when the carrier retries.
        ReceiptStatus::Undelivered(class) => (class, class != FailureClass::Other),
        ReceiptStatus::Failed(class) => (class, true),
        ReceiptStatus::Expired => {
            return Some(Failure {
                class: "expired".into(),
                code: String::new(),
                certain: true,
            });
        }
        _ => return None,
    };
    Some(Failure {
        class: class_word(class).into(),
        code: receipt.code.clone().unwrap_or_default(),
        certain,
    })
}

/// The stable word for a failure class.
pub(crate) fn class_word(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Address => "address",
        FailureClass::OptedOut => "opted_out",
        FailureClass::Policy => "policy",
        FailureClass::Configuration | FailureClass::Account => "configuration",
        FailureClass::Delivery => "delivery",
        FailureClass::Request => "request",
        FailureClass::Other => "other",
    }
}

/// What makes a receipt unique: the carrier may repeat it as often as it likes.
fn receipt_key(account: &AccountId, provider_id: &ProviderId, receipt: &Receipt) -> Hash {
    let code = receipt.code.as_deref().unwrap_or("");
    let mut hash = Sha256::new();
    for part in [
        account.as_str(),
        provider_id.as_str(),
        receipt.provider_status.as_str(),
        code,
    ] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().into()
}

fn last_four(number: &str) -> String {
    let tail: Vec<char> = number.chars().rev().take(4).collect();
    tail.into_iter().rev().collect()
}

fn hex8(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|b| format!("{b:02x}")).collect()
}
