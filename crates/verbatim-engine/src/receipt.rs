//! What becomes of a text at the carrier: receipts, and what they mean.

use sha2::{Digest, Sha256};
use verbatim_domain::message::MessageState;
use verbatim_domain::{AccountId, ProviderId};
use verbatim_record::{Body, Hash, Kind};

use crate::evidence::Evidence;
use crate::intake::Intake;
use crate::ports::{
    Failure, FailureClass, Receipt, ReceiptIn, ReceiptOutcome, ReceiptStatus, StoreError,
};

impl Intake {
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
}

fn receipt_body(account: &AccountId, receipt: &Receipt, evidence: Evidence<'_>) -> Body {
    let mut body = Body {
        actor: format!("carrier:{account}"),
        message: receipt.message.map(|m| m.to_string()).unwrap_or_default(),
        provider_at: receipt.provider_at.map_or(0, |t| t.as_millis()),
        rule: "status.carrier".to_owned(),
        rule_version: 1,
        reason: receipt.provider_status.clone(),
        ..Body::default()
    };
    body.refs
        .insert("provider_id".to_owned(), receipt.provider_id.0.clone());
    if let Some(code) = &receipt.code {
        body.details.insert("code".to_owned(), code.clone());
    }
    evidence.keep(&mut body);
    body
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
