//! Homeserver, carrier, Verbatim and employees, together.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use carrier_sim::{Delays, RetryPolicy, Running, Sim, SimConfig};
use serde_json::Value;

use super::employee::{Employee, Trust};
use super::ports::Ports;
use super::synapse::{SERVER_NAME, Synapse};
use super::verbatim::{Verbatim, http_client};
use super::wait::PATIENCE;

/// The carrier account, as the configuration names it.
pub const ACCOUNT: &str = "sim";
/// The firm's number of the first employee; each next one has the next.
const FIRST_NUMBER: u64 = 12_025_550_100;
/// Of every employee.
pub const PASSWORD: &str = "e2e password";
/// The simulated account.
pub const ACCOUNT_SID: &str = "AC00000000000000000000000000000001";
/// Its secret, which is secret to nobody.
pub const AUTH_TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// A webhook is repeated for long enough to outlast a restart (the address's own wish).
const RETRIES: &str = "#rc=5&rp=all&tt=15000";

/// What differs between tests.
#[derive(Debug, Clone)]
pub struct Options {
    /// Their names; each gets a number.
    pub employees: Vec<String>,
    /// How their clients trust.
    pub trust: Trust,
    /// Where Verbatim's own folder is; else with everything else.
    pub data: Option<PathBuf>,
    /// The store's address; else SQLite in Verbatim's folder.
    pub store: Option<String>,
    /// Whether clients are told first that texts are recorded.
    pub disclosure: bool,
    /// Whether webhooks are tried again for as long as the carrier does that at most.
    pub patient_webhooks: bool,
    /// How often Verbatim polls.
    pub poll_seconds: u64,
    /// How long the carrier may try.
    pub validity_seconds: u64,
    /// How long a text is on its way from the carrier to the phone.
    pub sent_ms: u64,
    /// Who gets texts to numbers that nobody holds.
    pub catch_all: String,
    /// How long Verbatim says "not ready" before its listeners close.
    pub drain_delay_seconds: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            employees: vec!["alice".into()],
            trust: Trust::Lax,
            data: None,
            store: None,
            disclosure: false,
            patient_webhooks: true,
            poll_seconds: 2,
            validity_seconds: 2,
            sent_ms: 30,
            catch_all: String::new(),
            drain_delay_seconds: 0,
        }
    }
}

/// An employee and what belongs to them.
pub struct Line {
    /// Their client.
    pub employee: Employee,
    /// Their number.
    pub number: String,
}

/// All of it. Dropping it ends every process and removes the folder, unless it is kept.
pub struct Stack {
    /// The product.
    pub verbatim: Verbatim,
    /// The homeserver.
    pub synapse: Synapse,
    /// Employees, in the order of the options.
    pub lines: Vec<Line>,
    /// Verbatim's folder.
    pub data: PathBuf,
    /// Who listens where.
    pub ports: Ports,
    carrier: Running,
    dir: Option<tempfile::TempDir>,
    root: PathBuf,
}

impl Stack {
    /// Starts everything and provisions the employees.
    ///
    /// # Errors
    /// When a part is missing or does not start.
    pub async fn start(options: &Options) -> Result<Self> {
        let mut stack = Self::prepare(options).await?;
        stack.synapse.start().await?;
        stack.verbatim.start().await?;
        for (index, name) in options.employees.iter().enumerate() {
            let line = stack.employ(name, index, options.trust).await?;
            stack.lines.push(line);
        }
        Ok(stack)
    }

    /// Configures everything; only the carrier runs.
    ///
    /// # Errors
    /// When a part is missing.
    pub async fn prepare(options: &Options) -> Result<Self> {
        // An error means that the process has one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::Builder::new().prefix("verbatim-e2e-").tempdir()?;
        let root = dir.path().to_owned();
        let ports = Ports::free()?;
        let data = options
            .data
            .clone()
            .unwrap_or_else(|| root.join("verbatim"));
        let carrier = carrier_sim::start(carrier(options, ports)).await?;
        let verbatim = Verbatim::new(&data, root.join("verbatim.log"), ports.ops())?;
        let synapse = Synapse::new(
            root.join("synapse"),
            ports.homeserver(),
            &data.join("registration.yaml"),
        )?;
        init(&verbatim, &data, &configuration(options, ports, &carrier)).await?;
        Ok(Self {
            verbatim,
            synapse,
            lines: Vec::new(),
            data,
            ports,
            carrier,
            dir: Some(dir),
            root,
        })
    }

    /// The carrier.
    #[must_use]
    pub fn carrier(&self) -> &Arc<Sim> {
        self.carrier.sim()
    }

    /// Where everything of this stack is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Leaves the folder for a person to look at.
    pub fn keep(&mut self) -> PathBuf {
        self.dir
            .take()
            .map_or_else(|| self.root.clone(), tempfile::TempDir::keep)
    }

    /// An account, a number, a client.
    async fn employ(&self, name: &str, index: usize, trust: Trust) -> Result<Line> {
        self.synapse.register(name, PASSWORD).await?;
        let employee = Employee::login(&self.synapse.url(), name, PASSWORD, trust).await?;
        let number = number(index);
        let display = format!("{} Example", name.to_uppercase());
        self.verbatim
            .json(&["employee", "add", employee.user(), &display])
            .await?;
        self.verbatim
            .json(&[
                "number",
                "add",
                &number,
                "--account",
                ACCOUNT,
                "--holder",
                employee.user(),
            ])
            .await?;
        Ok(Line { employee, number })
    }

    /// Asks the REST API, as the command line would.
    ///
    /// # Errors
    /// When it does not answer with success.
    pub async fn api(&self, path: &str) -> Result<Value> {
        let token = fs::read_to_string(self.data.join("verbatim.cli-token"))?;
        let url = format!("http://{}/api/v1/{path}", self.ports.api());
        let answer = http_client(PATIENCE)?
            .get(&url)
            .bearer_auth(token.trim())
            .send()
            .await?;
        let status = answer.status();
        ensure!(
            status.is_success(),
            "{path}: {status} {}",
            answer.text().await.unwrap_or_default()
        );
        Ok(answer.json().await?)
    }

    /// The conversations, as the command line lists them.
    ///
    /// # Errors
    /// When it does not.
    pub async fn conversations(&self) -> Result<Vec<Value>> {
        let list = self.verbatim.json(&["conversation", "list"]).await?;
        Ok(list.as_array().cloned().unwrap_or_default())
    }

    /// The conversation of a phone with a number.
    ///
    /// # Errors
    /// When there is none.
    pub async fn conversation(&self, phone: &str, number: &str) -> Result<Value> {
        let all = self.conversations().await?;
        let ours = |c: &&Value| c["peer"] == phone && c["number"] == number;
        all.iter()
            .find(ours)
            .cloned()
            .with_context(|| format!("no conversation of {phone} with {number}: {all:?}"))
    }

    /// What an operator should look at.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn alarms(&self) -> Result<Vec<Value>> {
        let page = self.api("alarms").await?;
        Ok(page["items"].as_array().cloned().unwrap_or_default())
    }

    /// Every record of a conversation, opened.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn timeline(&self, conversation: &str) -> Result<Vec<Value>> {
        self.verbatim
            .json_lines(&["record", "show", conversation])
            .await
    }
}

/// The firm's numbers.
fn number(index: usize) -> String {
    format!("+{}", FIRST_NUMBER + index as u64)
}

fn carrier(options: &Options, ports: Ports) -> SimConfig {
    let retries = if options.patient_webhooks {
        RETRIES
    } else {
        ""
    };
    let hook = format!("http://{}/hooks/{ACCOUNT}/sms{retries}", ports.public());
    let mut config = SimConfig::new(ACCOUNT_SID, AUTH_TOKEN);
    config.numbers = (0..options.employees.len())
        .map(|i| (number(i), hook.clone()))
        .collect();
    config.delays = Delays {
        queued_ms: 10,
        sending_ms: 10,
        sent_ms: options.sent_ms,
        retry_ms: 1_000,
    };
    config.retry = RetryPolicy {
        retries: 5,
        on_read: true,
        on_5xx: true,
        ..RetryPolicy::default()
    };
    config
}

/// Keys by `verbatim init`, then the configuration, then the registration by `verbatim init` again.
async fn init(verbatim: &Verbatim, data: &Path, configuration: &str) -> Result<()> {
    let dir = data.to_str().context("path")?;
    for _ in 0..2 {
        let done = verbatim.run(&["init", "--dir", dir]).await?;
        ensure!(done.code == Some(0), "init failed: {done:?}");
        fs::write(data.join("verbatim.toml"), configuration)?;
    }
    Ok(())
}

fn configuration(options: &Options, ports: Ports, carrier: &Running) -> String {
    let store = options.store.as_deref().unwrap_or("sqlite:verbatim.db");
    let disclosure = if options.disclosure { "first" } else { "off" };
    format!(
        "[firm]\nname = \"Acme Wealth\"\nregion = \"US\"\ndisclosure = \"{disclosure}\"\n\
         catch_all = \"{catch_all}\"\n[store]\nurl = \"{store}\"\n\
         [homeserver]\nurl = \"http://{homeserver}\"\nserver_name = \"{SERVER_NAME}\"\n\
         appservice_url = \"http://{appservice}\"\n\
         [listen]\npublic = \"{public}\"\nappservice = \"{appservice}\"\napi = \"{api}\"\nops = \"{ops}\"\nclient = \"{client}\"\ndrain_delay_seconds = {drain}\n\
         [limits]\npoll_seconds = {poll}\nwebhook_patience_seconds = {poll}\nvalidity_seconds = {validity}\nsegments_per_second = 100.0\n\
         segment_burst = 1000.0\n\
         [log]\nlevel = \"info,verbatim=debug,verbatim_engine=debug\"\n\
         [[carrier]]\nname = \"{ACCOUNT}\"\nkind = \"twilio\"\naccount_sid = \"{ACCOUNT_SID}\"\n\
         auth_token = \"{AUTH_TOKEN}\"\npublic_url = \"http://{public}\"\napi_base = \"{base}\"\n\
         timeout_ms = 1500\n",
        catch_all = options.catch_all,
        homeserver = ports.homeserver(),
        appservice = ports.appservice(),
        public = ports.public(),
        api = ports.api(),
        ops = ports.ops(),
        client = ports.client(),
        drain = options.drain_delay_seconds,
        poll = options.poll_seconds,
        validity = options.validity_seconds,
        base = carrier.base_url(),
    )
}
