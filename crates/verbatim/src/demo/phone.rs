//! The phones of the simulated carrier, through its control API.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::json;

/// How long one question for new texts may stay open.
const POLL_MS: u64 = 5_000;

/// The phones of one simulator.
#[derive(Debug)]
pub(crate) struct Phones {
    http: reqwest::Client,
    base: String,
}

#[derive(Deserialize)]
struct Messages {
    messages: Vec<Message>,
}

/// A bubble on a phone.
#[derive(Deserialize)]
struct Message {
    seq: u64,
    direction: String,
    with: String,
    body: String,
}

impl Phones {
    /// The control API at this address.
    pub(crate) fn at(address: SocketAddr) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(15))
            .build()?;
        Ok(Self {
            http,
            base: format!("http://{address}/sim/phones"),
        })
    }

    /// A phone texts one of our numbers. One that the simulator does not know appears.
    pub(crate) async fn send(&self, phone: &str, to: &str, body: &str) -> anyhow::Result<()> {
        let url = format!("{}/{phone}/send", self.base);
        let answer = self
            .http
            .post(url)
            .json(&json!({"to": to, "body": body}))
            .send()
            .await?;
        let status = answer.status();
        if !status.is_success() {
            bail!(
                "the carrier refused ({status}): {}",
                answer.text().await.unwrap_or_default()
            );
        }
        Ok(())
    }

    /// Waits until the phone has received this text. The caller sets the deadline.
    pub(crate) async fn wait_for(&self, phone: &str, from: &str, body: &str) -> anyhow::Result<()> {
        let url = format!("{}/{phone}/messages", self.base);
        let mut after = 0;
        loop {
            let query = [("after", after), ("wait_ms", POLL_MS)];
            let answer = self
                .http
                .get(&url)
                .query(&query)
                .send()
                .await?
                .error_for_status()?;
            let list: Messages = answer.json().await.context("the carrier's list of texts")?;
            let wanted = |message: &Message| {
                message.direction == "received" && message.with == from && message.body == body
            };
            if list.messages.iter().any(wanted) {
                return Ok(());
            }
            after = list
                .messages
                .iter()
                .map(|message| message.seq)
                .max()
                .unwrap_or(after);
        }
    }
}
