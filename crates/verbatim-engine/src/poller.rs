//! Asks the carrier for what it never told us: texts whose webhooks were lost, and receipts.
//!
//! What is younger than `webhook_patience` is left to its webhook, which brings more (the signed request, as
//! evidence); the next poll looks again. What the carrier shows only in part (redacted) is not recorded as
//! the client's words.

use std::sync::Arc;

use verbatim_domain::{Duration, Timestamp};
use verbatim_record::{Body, Kind, SealedRecord};

use crate::admin::AdminError;
use crate::core::Engine;
use crate::evidence::Evidence;
use crate::ports::{
    Carrier, CarrierError, Change, InboundOutcome, InboundText, NewRecord, Number, Receipt,
    ReceiptOutcome, StoreError,
};

/// Where what was found comes from.
const LISTED: Evidence<'static> = Evidence {
    bytes: b"",
    kind: "carrier-listing",
    headers: &[],
};

/// What the carrier listed and no webhook has brought.
struct Missing {
    listed: usize,
    texts: Vec<InboundText>,
    receipts: Vec<Receipt>,
    /// Texts of which the carrier hides the sender or the words, each told of once.
    redacted: Vec<InboundText>,
}

impl Engine {
    /// Polls every account at once, and again and again, until cancelled.
    pub async fn run_poller(self: &Arc<Self>) {
        loop {
            if let Err(error) = self.poll().await {
                tracing::warn!(%error, "poll not finished, next time again");
            }
            self.clock.sleep(self.settings.poll_every).await;
        }
    }

    /// Asks once about every number. How many texts were found that no webhook had brought.
    ///
    /// # Errors
    /// When the store fails; a carrier that does not answer is skipped until the next time.
    pub async fn poll(&self) -> Result<u64, AdminError> {
        let mut found = 0;
        for number in self.all_numbers().await? {
            found += self.poll_number(&number).await?;
        }
        Ok(found)
    }

    async fn poll_number(&self, number: &Number) -> Result<u64, StoreError> {
        let Some(carrier) = self.carriers.get(&number.account) else {
            return Ok(0);
        };
        let cursor = format!("poll:{}", number.id);
        let ripe = Timestamp(self.now().as_millis() - millis(self.settings.webhook_patience));
        let missing = self.missing(carrier.as_ref(), number, &cursor, ripe).await;
        let Some(missing) = missing? else {
            return Ok(0);
        };
        // Said first: what is found is evidence of webhooks that never came, whatever dies on the way.
        self.say_what_is_missing(number, &missing).await?;
        let mut found = 0;
        for text in &missing.texts {
            let outcome = self.record_inbound(&number.account, text, LISTED).await?;
            found += u64::from(outcome != InboundOutcome::Duplicate);
        }
        for receipt in &missing.receipts {
            let outcome = self
                .record_receipt(&number.account, receipt, LISTED)
                .await?;
            found += u64::from(matches!(outcome, ReceiptOutcome::Moved { .. }));
        }
        let done = Change::SetCursor(cursor, ripe.as_millis().to_string());
        self.at_once(vec![done]).await?;
        Ok(found)
    }

    /// What the carrier lists and we do not know; nothing if it does not answer.
    async fn missing(
        &self,
        carrier: &dyn Carrier,
        number: &Number,
        cursor: &str,
        ripe: Timestamp,
    ) -> Result<Option<Missing>, StoreError> {
        let ours = self.reveal_text("number", &number.number)?;
        let since = self.since(cursor, number).await?;
        let listed = async {
            let texts = carrier.inbound_since(&ours, since).await?;
            Ok::<_, CarrierError>((texts, carrier.receipts_since(&ours, since).await?))
        };
        let listed = listed.await;
        self.heard(&number.account, &listed).await?;
        let (texts, receipts) = match listed {
            Ok(listed) => listed,
            Err(error) => {
                tracing::warn!(%error, account = %number.account, "carrier cannot be polled");
                return Ok(None);
            }
        };
        let mut missing = Missing {
            listed: texts.len() + receipts.len(),
            texts: Vec::new(),
            receipts: Vec::new(),
            redacted: Vec::new(),
        };
        for text in texts {
            if is_ripe(text.provider_at, ripe) && !self.has(number, &text).await? {
                if !text.redacted {
                    missing.texts.push(text);
                } else if self.store.cursor(&gap_key(number, &text)).await?.is_none() {
                    missing.redacted.push(text);
                }
            }
        }
        for receipt in receipts {
            if is_ripe(receipt.provider_at, ripe) && self.is_news(number, &receipt).await? {
                missing.receipts.push(receipt);
            }
        }
        Ok(Some(missing))
    }

    /// Never before the number was ours: what was texted to it then is not for who holds it now.
    async fn since(&self, cursor: &str, number: &Number) -> Result<Timestamp, StoreError> {
        let last = self
            .store
            .cursor(cursor)
            .await?
            .and_then(|text| text.parse().ok())
            .map_or(number.created, Timestamp);
        let overlap = Timestamp(
            last.as_millis()
                .saturating_sub(millis(self.settings.poll_overlap)),
        );
        Ok(overlap.max(number.created))
    }

    async fn has(&self, number: &Number, text: &InboundText) -> Result<bool, StoreError> {
        self.store
            .has_inbound(&number.account, &text.provider_id)
            .await
    }

    /// A listing shows every message; only what would move one of ours is news.
    async fn is_news(&self, number: &Number, receipt: &Receipt) -> Result<bool, StoreError> {
        let Some(id) = self
            .store
            .message_by_provider(&number.account, &receipt.provider_id)
            .await?
        else {
            return Ok(false);
        };
        let message = self.store.message(id).await?;
        let to = crate::receipt::target_state(&receipt.status);
        Ok(message
            .zip(to)
            .is_some_and(|(message, to)| message.state.can_become(to)))
    }

    /// The record and the alarm of webhooks that never came.
    async fn say_what_is_missing(
        &self,
        number: &Number,
        missing: &Missing,
    ) -> Result<(), StoreError> {
        let found = missing.texts.len() + missing.receipts.len();
        let mut changes = Vec::new();
        if found > 0 {
            let sealed = self.missing_record(number, missing.listed, found).await?;
            changes.push(Change::Append(NewRecord {
                conversation: None,
                sealed,
                about: None,
            }));
            changes.push(self.alarm(
                format!("webhooks-missing:{}", number.account),
                format!("{found} carrier event(s) came by polling because their webhook never arrived: check the webhook address."),
            ));
        }
        for text in &missing.redacted {
            self.gap(number, text, &mut changes).await?;
        }
        if changes.is_empty() {
            return Ok(());
        }
        self.at_once(changes).await
    }

    /// A client's text that is lost: its webhook never came, and the carrier's list does not hold it.
    async fn gap(
        &self,
        number: &Number,
        text: &InboundText,
        changes: &mut Vec<Change>,
    ) -> Result<(), StoreError> {
        let mut body = Body {
            actor: format!("carrier:{}", number.account),
            from: text.from.clone(),
            to: text.to.clone(),
            provider_at: text.provider_at.map_or(0, |at| at.as_millis()),
            rule: "gap.redacted".to_owned(),
            rule_version: 1,
            reason: "carrier_redacts".to_owned(),
            ..Body::default()
        };
        body.refs
            .insert("provider_id".to_owned(), text.provider_id.0.clone());
        let sealed = self.seal(Kind::Gap, body).await?;
        let said = "A client's text came without its webhook, and the carrier hides sender or words in its list (message redaction): the text is NOT in the record. Check the webhook address, and ask the client.";
        changes.extend([
            Change::Append(NewRecord {
                conversation: None,
                sealed,
                about: None,
            }),
            Change::SetCursor(gap_key(number, text), self.now().as_millis().to_string()),
            self.alarm(format!("texts-redacted:{}", number.account), said),
        ]);
        Ok(())
    }

    async fn missing_record(
        &self,
        number: &Number,
        listed: usize,
        found: usize,
    ) -> Result<SealedRecord, StoreError> {
        let mut body = Body {
            actor: format!("carrier:{}", number.account),
            rule: "poll.carrier".to_owned(),
            rule_version: 1,
            reason: "webhooks_missing".to_owned(),
            ..Body::default()
        };
        for (name, value) in [
            ("number_id", number.id.to_string()),
            ("listed", listed.to_string()),
            ("missing_found", found.to_string()),
        ] {
            body.details.insert(name.to_owned(), value);
        }
        self.seal(Kind::Reconciliation, body).await
    }
}

/// Remembers that a text was told of.
fn gap_key(number: &Number, text: &InboundText) -> String {
    format!("redacted:{}:{}", number.account, text.provider_id)
}

/// Whether its webhook should have come by now; without a time there is nothing to wait for.
fn is_ripe(at: Option<Timestamp>, ripe: Timestamp) -> bool {
    at.is_none_or(|at| at <= ripe)
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
