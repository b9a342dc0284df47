//! What the demo needs of Verbatim itself. The real one is in the binary's wiring; the demo
//! knows this much of it and no more.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::ports::Ports;
use super::secrets::Secrets;

/// Everything Verbatim is started with.
#[derive(Clone)]
pub(crate) struct StackPlan {
    /// Verbatim's own folder: config, keys, registration, store.
    pub(crate) dir: PathBuf,
    /// Where every part logs.
    pub(crate) logs: PathBuf,
    /// Where its listeners go.
    pub(crate) ports: Ports,
    /// Where the homeserver answers.
    pub(crate) homeserver_url: String,
    /// The homeserver's name in Matrix ids.
    pub(crate) server_name: String,
    /// Where the carrier's API answers.
    pub(crate) carrier_url: String,
    /// Where the carrier sends inbound messages: given to the carrier when it starts.
    pub(crate) inbound_webhook_url: String,
    /// Where the employee's client answers.
    pub(crate) client_url: String,
    /// The folder of the built client, whether or not it is built.
    pub(crate) client_assets: PathBuf,
    /// Tokens of the homeserver and the carrier.
    pub(crate) secrets: Secrets,
    /// Who has which number.
    pub(crate) holders: Vec<Holder>,
}

/// An employee and the number they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    /// Localpart, for people.
    pub(crate) name: String,
    /// Matrix id.
    pub(crate) user_id: String,
    /// The virtual number, E.164.
    pub(crate) number: String,
}

/// Starts Verbatim for the demo.
#[async_trait]
pub(crate) trait DemoStack: Sync {
    /// Writes config, keys and registration where missing, before the homeserver starts;
    /// returns the registration's path.
    async fn prepare(&self, plan: &StackPlan) -> anyhow::Result<PathBuf>;

    /// Starts, and provisions the holders and their numbers where missing.
    async fn start(&self, plan: &StackPlan) -> anyhow::Result<Box<dyn RunningStack>>;
}

/// Verbatim, running.
#[async_trait]
pub(crate) trait RunningStack: Send + Sync {
    /// Finds the records of these messages, opens their bodies, and verifies the whole log;
    /// an error if one is missing or anything does not verify.
    async fn read_back(&self, messages: &[Expected<'_>]) -> anyhow::Result<ReadBack>;

    /// Hands the conversation of this message out as a bundle in a folder that is not there yet, and has it
    /// checked as an examiner would; in words, who found it right.
    async fn hand_out(&self, message: &Expected<'_>, folder: &Path) -> anyhow::Result<String>;

    /// Drains and stops.
    async fn stop(self: Box<Self>) -> anyhow::Result<()>;
}

/// A message that must be in the record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    /// From the phone to the employee, or the other way.
    pub(crate) inbound: bool,
    /// The client's number, E.164.
    pub(crate) phone: &'a str,
    /// Our number, E.164.
    pub(crate) number: &'a str,
    /// The exact text.
    pub(crate) body: &'a str,
}

/// What the record said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReadBack {
    /// How many records the conversation has.
    pub(crate) records: u64,
    /// How many leaves the log has.
    pub(crate) log_size: u64,
    /// The log's root, hexadecimal.
    pub(crate) root: String,
}
