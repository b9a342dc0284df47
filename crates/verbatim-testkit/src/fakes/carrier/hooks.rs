//! Webhooks of the carrier in memory: JSON, signed over path and body with a shared secret.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use verbatim_domain::{MessageId, Timestamp};
use verbatim_engine::ports::{
    CarrierEvent, FailureClass, InboundText, Receipt, ReceiptStatus, Webhook, WebhookError,
};

use super::{FakeCarrier, Taken};

const SIGNATURE: &str = "x-fake-signature";

const CLASSES: [(FailureClass, &str); 8] = [
    (FailureClass::Address, "address"),
    (FailureClass::OptedOut, "opted_out"),
    (FailureClass::Policy, "policy"),
    (FailureClass::Configuration, "configuration"),
    (FailureClass::Account, "account"),
    (FailureClass::Delivery, "delivery"),
    (FailureClass::Request, "request"),
    (FailureClass::Other, "other"),
];

impl FakeCarrier {
    /// The webhook that tells of a client's text.
    pub fn inbound_hook(&self, text: &InboundText) -> Webhook {
        let body = json!({
            "id": text.provider_id.0, "from": text.from, "to": text.to, "text": text.text,
            "at": text.provider_at.map(Timestamp::as_millis),
        });
        self.signed("inbound", &body)
    }

    /// The webhook that tells how one of our texts stands.
    pub fn status_hook(&self, taken: &Taken) -> Webhook {
        let (word, code) = words(&taken.status);
        let body = json!({
            "id": taken.provider_id.0, "message": taken.message.to_string(),
            "status": word, "code": code,
        });
        self.signed("status", &body)
    }

    /// A webhook that is signed and says nothing that anybody understands.
    pub fn mangled_hook(&self) -> Webhook {
        self.signed("inbound", &json!({ "hello": "world" }))
    }

    fn signed(&self, kind: &str, body: &Value) -> Webhook {
        let path_and_query = format!("/hooks/{}/{kind}", self.account);
        let body = body.to_string().into_bytes();
        let signature = self.signature(&path_and_query, &body);
        Webhook {
            path_and_query,
            headers: vec![(SIGNATURE.to_owned(), signature)],
            body,
        }
    }

    fn signature(&self, path: &str, body: &[u8]) -> String {
        let hash = Sha256::new()
            .chain_update(&self.secret)
            .chain_update(path)
            .chain_update(body);
        hash.finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    pub(super) fn read(&self, hook: &Webhook) -> Result<Vec<CarrierEvent>, WebhookError> {
        let expected = self.signature(&hook.path_and_query, &hook.body);
        if !hook
            .headers
            .iter()
            .any(|(name, value)| name == SIGNATURE && *value == expected)
        {
            return Err(WebhookError::Signature);
        }
        let body: Value =
            serde_json::from_slice(&hook.body).map_err(|_| WebhookError::Malformed("not JSON"))?;
        let word = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        if word("id").is_empty() {
            return Err(WebhookError::Malformed("no id"));
        }
        if hook.path_and_query.ends_with("/inbound") {
            return Ok(vec![CarrierEvent::Inbound(InboundText {
                provider_id: word("id").as_str().into(),
                from: word("from"),
                to: word("to"),
                text: word("text"),
                provider_at: body["at"].as_i64().map(Timestamp),
                media: Vec::new(),
                consent: None,
                details: Vec::new(),
                redacted: false,
            })]);
        }
        let message: Option<MessageId> = word("message").parse().ok();
        let code = body["code"].as_str();
        Ok(vec![CarrierEvent::Receipt(receipt(
            &word("id"),
            message,
            &word("status"),
            code,
        ))])
    }
}

/// A receipt in the carrier's words.
fn receipt(id: &str, message: Option<MessageId>, word: &str, code: Option<&str>) -> Receipt {
    Receipt {
        provider_id: id.into(),
        message,
        status: status(word, code),
        provider_status: word.to_owned(),
        code: code.map(str::to_owned),
        provider_at: None,
    }
}

/// How a text stands, as a listing shows it: without our id.
pub(super) fn listed(taken: &Taken) -> Receipt {
    let (word, code) = words(&taken.status);
    receipt(&taken.provider_id.0, None, word, code)
}

fn class_word(class: FailureClass) -> &'static str {
    CLASSES
        .iter()
        .find(|(known, _)| *known == class)
        .map_or("other", |(_, word)| *word)
}

fn class_of(word: Option<&str>) -> FailureClass {
    let found = CLASSES.iter().find(|(_, known)| Some(*known) == word);
    found.map_or(FailureClass::Other, |(class, _)| *class)
}

fn words(status: &ReceiptStatus) -> (&'static str, Option<&'static str>) {
    match status {
        ReceiptStatus::Submitted => ("queued", None),
        ReceiptStatus::Sent => ("sent", None),
        ReceiptStatus::Delivered => ("delivered", None),
        ReceiptStatus::Undelivered(class) => ("undelivered", Some(class_word(*class))),
        ReceiptStatus::Failed(class) => ("failed", Some(class_word(*class))),
        ReceiptStatus::Expired => ("expired", None),
        ReceiptStatus::Unrecognised => ("pondering", None),
    }
}

fn status(word: &str, code: Option<&str>) -> ReceiptStatus {
    match word {
        "queued" => ReceiptStatus::Submitted,
        "sent" => ReceiptStatus::Sent,
        "delivered" => ReceiptStatus::Delivered,
        "undelivered" => ReceiptStatus::Undelivered(class_of(code)),
        "failed" => ReceiptStatus::Failed(class_of(code)),
        "expired" => ReceiptStatus::Expired,
        _ => ReceiptStatus::Unrecognised,
    }
}
