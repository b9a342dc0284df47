//! A Synapse of its own for each stack, on SQLite, without federation and without limits for the
//! tests' accounts.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;
use tokio::process::{Child, Command};

use super::verbatim::{http_client, tail};
use super::wait::{PATIENCE, until};

/// The name in Matrix ids.
pub const SERVER_NAME: &str = "verbatim.test";
/// Known to everybody; the server listens on this machine only and lives as long as a test.
const SHARED_SECRET: &str = "e2e shared secret";

const FIXED: &str = "\
report_stats: false
suppress_key_server_warning: true
trusted_key_servers: []
federation_domain_whitelist: []
enable_registration: false
presence: { enabled: false }
url_preview_enabled: false
macaroon_secret_key: e2e macaroon
form_secret: e2e form
rc_message: { per_second: 10000, burst_count: 10000 }
rc_login:
  address: { per_second: 1000, burst_count: 1000 }
  account: { per_second: 1000, burst_count: 1000 }
  failed_attempts: { per_second: 1000, burst_count: 1000 }
rc_joins:
  local: { per_second: 1000, burst_count: 1000 }
rc_joins_per_room: { per_second: 1000, burst_count: 1000 }
rc_invites:
  per_room: { per_second: 1000, burst_count: 1000 }
  per_user: { per_second: 1000, burst_count: 1000 }
  per_issuer: { per_second: 1000, burst_count: 1000 }
rc_room_creation: { per_second: 1000, burst_count: 1000 }
rc_key_requests: { per_second: 1000, burst_count: 1000 }
";

/// One homeserver, running or not.
pub struct Synapse {
    python: PathBuf,
    dir: PathBuf,
    listen: SocketAddr,
    child: Option<Child>,
}

impl Synapse {
    /// Configures a homeserver with one application service. Starts nothing.
    ///
    /// # Errors
    /// When no Python with Synapse is named, or files cannot be written.
    pub fn new(dir: PathBuf, listen: SocketAddr, registration: &Path) -> Result<Self> {
        let python = std::env::var_os("VERBATIM_SYNAPSE_PYTHON")
            .context("VERBATIM_SYNAPSE_PYTHON must name a Python that has matrix-synapse")?;
        fs::create_dir_all(&dir)?;
        let synapse = Self {
            python: python.into(),
            dir,
            listen,
            child: None,
        };
        fs::write(synapse.config(), synapse.homeserver_yaml(registration))?;
        fs::write(synapse.dir.join("log.yaml"), synapse.log_yaml())?;
        Ok(synapse)
    }

    /// Where clients reach it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// When it ends, or does not answer in time.
    pub async fn start(&mut self) -> Result<()> {
        self.spawn().await?;
        self.ready().await
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("Synapse does not run")?;
        child.kill().await.context("kill -9")
    }

    /// Makes an account.
    ///
    /// # Errors
    /// When the homeserver refuses.
    pub async fn register(&self, user: &str, password: &str) -> Result<()> {
        let url = format!("{}/_synapse/admin/v1/register", self.url());
        let http = http_client(PATIENCE)?;
        let answer: Value = http.get(&url).send().await?.json().await?;
        let nonce = answer["nonce"].as_str().context("no nonce")?;
        let mut mac = Hmac::<Sha1>::new_from_slice(SHARED_SECRET.as_bytes()).context("key")?;
        mac.update([nonce, user, password, "notadmin"].join("\0").as_bytes());
        let mac: String = mac
            .finalize()
            .into_bytes()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let body = json!({"nonce": nonce, "username": user, "password": password, "admin": false, "mac": mac});
        let answer = http.post(&url).json(&body).send().await?;
        let status = answer.status();
        ensure!(
            status.is_success(),
            "{user}: {status} {}",
            answer.text().await.unwrap_or_default()
        );
        Ok(())
    }

    async fn spawn(&mut self) -> Result<()> {
        ensure!(self.child.is_none(), "Synapse runs already");
        if !self.dir.join("signing.key").exists() {
            let made = self.command(&["--generate-keys"])?.status().await?;
            ensure!(
                made.success(),
                "Synapse made no signing key:\n{}",
                self.complaint()
            );
        }
        self.child = Some(self.command(&[])?.spawn()?);
        Ok(())
    }

    fn command(&self, options: &[&str]) -> Result<Command> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(self.dir.join("output.log"))?;
        let mut command = Command::new(&self.python);
        command
            .args(["-m", "synapse.app.homeserver", "-c"])
            .arg(self.config())
            .args(options);
        command.current_dir(&self.dir).stdin(Stdio::null());
        command
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true);
        Ok(command)
    }

    async fn ready(&mut self) -> Result<()> {
        let url = format!("{}/_matrix/client/versions", self.url());
        let http = http_client(Duration::from_secs(2))?;
        until("Synapse answers", PATIENCE, async || {
            let child = self.child.as_mut().context("Synapse does not run")?;
            if let Some(status) = child.try_wait()? {
                bail!("Synapse ended ({status}):\n{}", self.complaint());
            }
            let ready = http
                .get(&url)
                .send()
                .await
                .is_ok_and(|r| r.status().is_success());
            Ok(ready.then_some(()))
        })
        .await
    }

    fn complaint(&self) -> String {
        let read = |name| fs::read_to_string(self.dir.join(name)).unwrap_or_default();
        tail(&[read("homeserver.log"), read("output.log")].concat())
    }

    fn config(&self) -> PathBuf {
        self.dir.join("homeserver.yaml")
    }

    fn homeserver_yaml(&self, registration: &Path) -> String {
        let path = |name: &str| json!(self.dir.join(name)).to_string();
        format!(
            "server_name: {SERVER_NAME}\npid_file: {pid}\npublic_baseurl: {url}/\n\
             listeners:\n  - port: {port}\n    bind_addresses: [\"{ip}\"]\n    type: http\n    tls: false\n    \
             x_forwarded: false\n    resources: [{{ names: [client, openid], compress: false }}]\n\
             database: {{ name: sqlite3, args: {{ database: {database} }} }}\n\
             log_config: {log}\nmedia_store_path: {media}\nsigning_key_path: {key}\n\
             registration_shared_secret: {SHARED_SECRET}\napp_service_config_files: [{registration}]\n{FIXED}",
            pid = path("homeserver.pid"),
            url = self.url(),
            port = self.listen.port(),
            ip = self.listen.ip(),
            database = path("homeserver.db"),
            log = path("log.yaml"),
            media = path("media"),
            key = path("signing.key"),
            registration = json!(registration),
        )
    }

    fn log_yaml(&self) -> String {
        format!(
            "version: 1\nformatters: {{ p: {{ format: '%(asctime)s %(levelname)s %(name)s %(message)s' }} }}\n\
             handlers: {{ f: {{ class: logging.FileHandler, formatter: p, filename: {} }} }}\n\
             root: {{ level: WARNING, handlers: [f] }}\ndisable_existing_loggers: false\n",
            json!(self.dir.join("homeserver.log"))
        )
    }
}
