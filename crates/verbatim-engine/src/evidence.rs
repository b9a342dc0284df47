//! What is kept as evidence: requests as they came, and what could not be understood.

use verbatim_domain::AccountId;
use verbatim_record::{Body, Kind};

use crate::intake::Intake;
use crate::ports::{Change, NewRecord, StoreError, Webhook};

/// Where a piece of news came from: the evidence that is kept with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence<'a> {
    pub bytes: &'a [u8],
    pub kind: &'a str,
    pub headers: &'a [(String, String)],
}

impl Evidence<'_> {
    /// Puts it into a record.
    pub(crate) fn keep(&self, body: &mut Body) {
        body.evidence = self.bytes.to_vec();
        body.evidence_kind = self.kind.to_owned();
        keep_headers(body, self.headers);
    }
}

impl Intake {
    pub(crate) async fn record_malformed_webhook(
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

    pub(crate) async fn record_malformed(
        &self,
        body: Body,
        key: String,
        what: &str,
    ) -> Result<(), StoreError> {
        let changes = self.malformed(body, key, what).await?;
        self.at_once(changes.into()).await
    }

    /// The record of what makes no sense, and the alarm.
    pub(crate) async fn malformed(
        &self,
        body: Body,
        key: String,
        what: &str,
    ) -> Result<[Change; 2], StoreError> {
        let record = NewRecord {
            conversation: None,
            sealed: self.seal(Kind::Malformed, body).await?,
            about: None,
        };
        let alarm = self.alarm(key, format!("Input kept as evidence: {what}."));
        Ok([Change::Append(record), alarm])
    }
}

/// Something of the homeserver's that cannot be understood.
pub(crate) fn platform_evidence(bytes: &[u8], why: &str) -> Body {
    Body {
        actor: "homeserver".to_owned(),
        reason: why.to_owned(),
        evidence: bytes.to_vec(),
        evidence_kind: "application/json".to_owned(),
        ..Body::default()
    }
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
