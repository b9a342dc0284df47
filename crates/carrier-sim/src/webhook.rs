//! Posting webhooks: signed, retried as the contract says, in order per key, every try recorded.

use crate::chance::sid;
use crate::event::{Attempt, Event, Outcome, Status};
use crate::faults::{FaultKind, Scope};
use crate::overrides::RetryPolicy;
use crate::signature::{Key, SIGNATURE, without_fragment};
use crate::sim::{Sim, SimError};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// One webhook to post.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) sid: String,
    pub(crate) status: Status,
    pub(crate) url: String,
    pub(crate) params: Vec<(String, String)>,
}

/// Whether a webhook can be posted there. The provider refuses host names with an underscore.
pub(crate) fn is_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some_and(|host| !host.contains('_'))
    })
}

/// What is waiting per key: the pair of numbers for inbound texts, the message for callbacks.
#[derive(Default)]
pub(crate) struct Queues(Mutex<HashMap<String, VecDeque<Webhook>>>);

impl Queues {
    /// True if the key had no queue, so that the caller has to start one.
    fn push(&self, key: &str, webhook: Webhook) -> bool {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = !queues.contains_key(key);
        queues.entry(key.to_owned()).or_default().push_back(webhook);
        fresh
    }

    /// The next of a key; the queue ends with its last webhook.
    fn pop(&self, key: &str) -> Option<Webhook> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = queues.get_mut(key).and_then(VecDeque::pop_front);
        if next.is_none() {
            queues.remove(key);
        }
        next
    }
}

/// Queues a webhook behind those of the same key, unless `lost` strikes.
pub(crate) fn enqueue(sim: &Arc<Sim>, key: &str, webhook: Webhook, lost: FaultKind) {
    if sim.strikes(lost, Scope::All, Some(&webhook.sid)).is_some() {
        note(
            sim,
            &webhook,
            Try {
                attempt: 0,
                copy: 1,
            },
            (Outcome::Lost, None),
            Duration::ZERO,
        );
        return;
    }
    if sim.queues.push(key, webhook) {
        let (sim, key) = (Arc::clone(sim), key.to_owned());
        let owner = Arc::clone(&sim);
        owner.spawn(async move {
            while let Some(webhook) = sim.queues.pop(&key) {
                post_copies(&sim, &webhook).await;
            }
        });
    }
}

async fn post_copies(sim: &Arc<Sim>, webhook: &Webhook) {
    let duplicate = sim.strikes(FaultKind::DuplicateWebhooks, Scope::All, Some(&webhook.sid));
    let copies = if duplicate.is_some() { 2 } else { 1 };
    let posts = (1..=copies).map(|copy| post(sim, webhook, copy));
    futures_util::future::join_all(posts).await;
}

#[derive(Clone, Copy)]
struct Try {
    attempt: u8,
    copy: u8,
}

async fn post(sim: &Arc<Sim>, webhook: &Webhook, copy: u8) {
    let policy = sim.retry.with_overrides(&webhook.url);
    let mut headers = sim.poster.key.headers(&webhook.url, &webhook.params);
    if sim
        .strikes(FaultKind::BadSignature, Scope::All, Some(&webhook.sid))
        .is_some()
    {
        spoil(&mut headers);
    }
    // The provider marks repeats of one webhook with the same token.
    headers.push(("I-Twilio-Idempotency-Token", sid("").unwrap_or_default()));
    let end = Instant::now() + Duration::from_millis(policy.total_timeout_ms);
    for attempt in 1..=policy.retries + 1 {
        let started = Instant::now();
        let left = end.saturating_duration_since(started);
        let limit = left.min(Duration::from_millis(policy.read_timeout_ms));
        let result = sim.poster.post(webhook, &headers, &policy, limit).await;
        note(
            sim,
            webhook,
            Try { attempt, copy },
            result,
            started.elapsed(),
        );
        if attempt > policy.retries || !again(&policy, result) {
            return;
        }
        sleep(Duration::from_millis(sim.delays.retry_ms)).await;
        if Instant::now() >= end {
            return;
        }
    }
}

fn spoil(headers: &mut [(&'static str, String)]) {
    for (_, value) in headers.iter_mut().filter(|(name, _)| *name == SIGNATURE) {
        let first = if value.starts_with('A') { "B" } else { "A" };
        value.replace_range(..1, first);
    }
}

fn again(policy: &RetryPolicy, (outcome, http_status): (Outcome, Option<u16>)) -> bool {
    match (outcome, http_status) {
        (Outcome::ConnectFailed, _) => policy.on_connect,
        (Outcome::TimedOut | Outcome::Broken, _) => policy.on_read,
        (Outcome::Answered, Some(400..=499)) => policy.on_4xx,
        (Outcome::Answered, Some(500..=599)) => policy.on_5xx,
        (Outcome::Answered | Outcome::Lost, _) => false,
    }
}

fn note(
    sim: &Sim,
    webhook: &Webhook,
    Try { attempt, copy }: Try,
    (outcome, http_status): (Outcome, Option<u16>),
    elapsed: Duration,
) {
    let attempt = Attempt {
        sid: webhook.sid.clone(),
        status: webhook.status,
        url: webhook.url.clone(),
        attempt,
        copy,
        outcome,
        http_status,
        elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    };
    match sim.record(vec![Event::Webhook(attempt)]) {
        Ok(()) | Err(SimError::Stopped) => {}
        Err(error) => tracing::error!(%error, "a webhook's outcome is missing from the ledger"),
    }
}

/// The HTTP client of webhooks and what it signs with.
pub(crate) struct Poster {
    client: reqwest::Client,
    pub(crate) key: Key,
}

impl Poster {
    pub(crate) fn new(key: Key) -> Result<Self, reqwest::Error> {
        // Another part of the process may have chosen a provider already; theirs is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = client(RetryPolicy::default().connect_timeout())?;
        Ok(Self { client, key })
    }

    async fn post(
        &self,
        webhook: &Webhook,
        headers: &[(&'static str, String)],
        policy: &RetryPolicy,
        limit: Duration,
    ) -> (Outcome, Option<u16>) {
        let client = if *policy
            == (RetryPolicy {
                connect_timeout_ms: 5_000,
                ..*policy
            }) {
            self.client.clone()
        } else {
            // The limit on connecting belongs to a client, so another limit needs another one.
            match client(policy.connect_timeout()) {
                Ok(client) => client,
                Err(_) => return (Outcome::ConnectFailed, None),
            }
        };
        let mut request = client.post(without_fragment(&webhook.url)).timeout(limit);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = async {
            let answer = request.form(&webhook.params).send().await?;
            let status = answer.status().as_u16();
            answer.bytes().await?;
            Ok::<u16, reqwest::Error>(status)
        };
        match answer.await {
            Ok(status) => (Outcome::Answered, Some(status)),
            Err(error) if error.is_connect() => (Outcome::ConnectFailed, None),
            Err(error) if error.is_timeout() => (Outcome::TimedOut, None),
            Err(_) => (Outcome::Broken, None),
        }
    }
}

fn client(connect_timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .user_agent("TwilioProxy/1.1")
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(connect_timeout)
        .build()
}
