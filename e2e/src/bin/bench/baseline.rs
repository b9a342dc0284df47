//! What the same Synapse takes without us: events of the same size, by the same stand-ins, into the same
//! rooms, with the same members listening; only Verbatim's work is missing.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::harness::Stack;
use serde_json::{Value, json};

use crate::through::Talk;

/// Together with the other fields about 900 bytes: an encrypted text of usual length.
const CIPHERTEXT: usize = 680;
/// Not `m.room.encrypted`: the clients would ask the homeserver again and again for what they cannot open.
/// No push rule matches it, so it costs the homeserver a little less than a text: to our disadvantage.
const EVENT: &str = "org.example.bench";
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends in the name of stand-ins.
pub(crate) struct Baseline {
    http: reqwest::Client,
    url: String,
    token: String,
    content: Value,
    sent: AtomicU64,
}

impl Baseline {
    pub(crate) fn new(stack: &Stack) -> Result<Self> {
        let token = fs::read_to_string(stack.data.join("keys/as_token")).context("as_token")?;
        let content = json!({
            "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "A".repeat(CIPHERTEXT),
            "device_id": "BENCHDEVICE", "sender_key": "k".repeat(43), "session_id": "s".repeat(43),
        });
        Ok(Self {
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(PATIENCE)
                .build()?,
            url: stack.synapse.url(),
            token: token.trim().to_owned(),
            content,
            sent: AtomicU64::new(0),
        })
    }

    /// One event.
    pub(crate) async fn send(&self, talk: &Talk) -> Result<()> {
        let mut url = url::Url::parse(&self.url)?;
        let txn = format!("bench{}", self.sent.fetch_add(1, Ordering::Relaxed));
        url.path_segments_mut().ok().context("address")?.extend([
            "_matrix", "client", "v3", "rooms", &talk.room, "send", EVENT, &txn,
        ]);
        let put = self.http.put(url).query(&[("user_id", &talk.stand_in)]);
        let answer = put
            .bearer_auth(&self.token)
            .json(&self.content)
            .send()
            .await?;
        let status = answer.status();
        let body = answer.text().await?;
        ensure!(status.is_success(), "{status} {body}");
        Ok(())
    }
}
