//! What a simulator is started with.

use crate::overrides::RetryPolicy;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// The configuration of one simulated account.
#[derive(Clone)]
pub struct SimConfig {
    /// Where the API, the control API and the page listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The account's identifier, `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The account's secret: Basic auth of the API, and the key of HMAC-SHA1 signatures.
    pub auth_token: String,
    /// Sign webhooks with HMAC-SHA256 under this (identifier, secret) instead of the auth token.
    pub shared_key: Option<(String, String)>,
    /// The account's numbers with the address of their inbound webhook; empty for none.
    pub numbers: Vec<(String, String)>,
    /// Who answers at the account's numbers, for the page and the API: (number, name).
    pub number_names: Vec<(String, String)>,
    /// The phones that exist from the start: (name, number).
    pub phones: Vec<(String, String)>,
    /// Where the ledger lives. With a path, state survives a restart; without, it is in memory.
    pub ledger: Option<PathBuf>,
    /// How long things take.
    pub delays: Delays,
    /// When webhooks are tried again, unless their address says otherwise.
    pub retry: RetryPolicy,
    /// Seed of the chance that faults use.
    pub seed: u64,
}

impl SimConfig {
    /// An account with these credentials on a free local port, in memory, with nothing else.
    #[must_use]
    pub fn new(account_sid: impl Into<String>, auth_token: impl Into<String>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            account_sid: account_sid.into(),
            auth_token: auth_token.into(),
            shared_key: None,
            numbers: Vec::new(),
            number_names: Vec::new(),
            phones: Vec::new(),
            ledger: None,
            delays: Delays::default(),
            retry: RetryPolicy::default(),
            seed: 0,
        }
    }
}

/// How long a message stays in each state, and how long the simulator waits between tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delays {
    /// From `queued` to `sending`.
    pub queued_ms: u64,
    /// From `sending` to `sent`.
    pub sending_ms: u64,
    /// From `sent` to the phone.
    pub sent_ms: u64,
    /// Between two tries of a webhook.
    pub retry_ms: u64,
}

impl Default for Delays {
    /// Fast, but slow enough that a person sees the states pass by.
    fn default() -> Self {
        Self {
            queued_ms: 100,
            sending_ms: 200,
            sent_ms: 500,
            retry_ms: 500,
        }
    }
}

impl Delays {
    /// No waiting at all.
    pub const NONE: Self = Self {
        queued_ms: 0,
        sending_ms: 0,
        sent_ms: 0,
        retry_ms: 0,
    };
}
