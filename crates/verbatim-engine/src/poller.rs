//! Asks the carrier for what it never told us: texts whose webhooks were lost, and receipts.

use std::sync::Arc;

use verbatim_domain::Timestamp;
use verbatim_record::{Body, Kind};

use crate::admin::AdminError;
use crate::core::Engine;
use crate::intake::Evidence;
use crate::ports::{
    CarrierError, Change, Commit, InboundOutcome, InboundText, NewRecord, Number, Receipt,
    ReceiptOutcome, StoreError,
};

const LISTING: &str = "carrier-listing";

impl Engine {
    /// Polls every account again and again, until cancelled.
    pub async fn run_poller(self: &Arc<Self>) {
        loop {
            self.clock.sleep(self.settings.poll_every).await;
            if let Err(error) = self.poll().await {
                tracing::warn!(%error, "poll not finished, next time again");
            }
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
        let ours = self.reveal_text("number", &number.number)?;
        let cursor = format!("poll:{}", number.id);
        let started = self.now();
        let since = self.since(&cursor, number).await?;
        let listed = async {
            let texts = carrier.inbound_since(&ours, since).await?;
            Ok::<_, CarrierError>((texts, carrier.receipts_since(&ours, since).await?))
        };
        let (texts, receipts) = match listed.await {
            Ok(listed) => listed,
            Err(error) => {
                tracing::warn!(%error, account = %number.account, "carrier cannot be polled");
                return Ok(0);
            }
        };
        let (seen, mut found) = (texts.len(), 0);
        for text in &texts {
            found += u64::from(self.poll_text(number, text).await?);
        }
        for receipt in &receipts {
            found += u64::from(self.poll_receipt(number, receipt).await?);
        }
        self.finish_poll(number, &cursor, started, seen + receipts.len(), found)
            .await?;
        Ok(found)
    }

    async fn since(&self, cursor: &str, number: &Number) -> Result<Timestamp, StoreError> {
        let last = self
            .store
            .cursor(cursor)
            .await?
            .and_then(|text| text.parse().ok())
            .map_or(number.created, Timestamp);
        Ok(Timestamp(last.as_millis().saturating_sub(
            i64::try_from(self.settings.poll_overlap.as_millis()).unwrap_or(i64::MAX),
        )))
    }

    async fn poll_text(&self, number: &Number, text: &InboundText) -> Result<bool, StoreError> {
        if self
            .store
            .has_inbound(&number.account, &text.provider_id)
            .await?
        {
            return Ok(false);
        }
        let evidence = Evidence {
            bytes: b"",
            kind: LISTING,
            headers: &[],
        };
        let outcome = self.record_inbound(&number.account, text, evidence).await?;
        Ok(outcome != InboundOutcome::Duplicate)
    }

    /// A listing shows every message; only what would move one of ours is news.
    async fn poll_receipt(&self, number: &Number, receipt: &Receipt) -> Result<bool, StoreError> {
        let Some(id) = self
            .store
            .message_by_provider(&number.account, &receipt.provider_id)
            .await?
        else {
            return Ok(false);
        };
        let Some(message) = self.store.message(id).await? else {
            return Ok(false);
        };
        let news = crate::intake::target_state(&receipt.status)
            .is_some_and(|to| message.state.can_become(to));
        if !news {
            return Ok(false);
        }
        let evidence = Evidence {
            bytes: b"",
            kind: LISTING,
            headers: &[],
        };
        let outcome = self
            .record_receipt(&number.account, receipt, evidence)
            .await?;
        Ok(matches!(outcome, ReceiptOutcome::Moved { .. }))
    }

    /// A poll that found something is itself recorded: it is evidence of a webhook that never came.
    async fn finish_poll(
        &self,
        number: &Number,
        cursor: &str,
        started: Timestamp,
        seen: usize,
        found: u64,
    ) -> Result<(), StoreError> {
        let mut changes = vec![Change::SetCursor(
            cursor.to_owned(),
            started.as_millis().to_string(),
        )];
        if found > 0 {
            let mut body = Body {
                actor: format!("carrier:{}", number.account),
                rule: "poll.carrier".to_owned(),
                rule_version: 1,
                reason: "webhooks_missing".to_owned(),
                ..Body::default()
            };
            body.details
                .insert("number_id".to_owned(), number.id.to_string());
            body.details.insert("listed".to_owned(), seen.to_string());
            body.details
                .insert("missing_found".to_owned(), found.to_string());
            let sealed = self.seal(Kind::Reconciliation, body).await?;
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
        self.store
            .commit(Commit {
                fence: None,
                changes,
            })
            .await
    }
}
