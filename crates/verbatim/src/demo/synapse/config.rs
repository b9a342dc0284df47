//! Synapse's configuration files. YAML takes JSON strings as they are, so every value that
//! is not a constant goes in as one.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;

use super::Layout;
use crate::demo::secrets::Secrets;

/// Only stable features; no federation, no open registration, SQLite. The rate limits matter
/// only to ordinary accounts (the demo's employees): the service itself is not limited.
const FIXED: &str = "\
report_stats: false
suppress_key_server_warning: true
trusted_key_servers: []
federation_domain_whitelist: []
enable_registration: false
presence: { enabled: false }
url_preview_enabled: false
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

/// Writes homeserver.yaml and log.yaml; they follow the ports and paths of this start.
pub(super) fn write(layout: &Layout, secrets: &Secrets) -> anyhow::Result<()> {
    write_private(&layout.config_file(), &homeserver_yaml(layout, secrets)?)?;
    write_private(&layout.log_config_file(), &log_yaml(layout)?)
}

fn homeserver_yaml(layout: &Layout, secrets: &Secrets) -> anyhow::Result<String> {
    Ok(format!(
        "# Written anew by each `verbatim demo`; changes here do not last.
server_name: {server_name}
pid_file: {pid}
public_baseurl: {url}
listeners:
  - port: {port}
    bind_addresses: [{address}]
    type: http
    tls: false
    x_forwarded: false
    resources:
      - names: [client, openid]
        compress: false
database: {{ name: sqlite3, args: {{ database: {database} }} }}
log_config: {log_config}
media_store_path: {media}
signing_key_path: {key}
registration_shared_secret: {shared}
macaroon_secret_key: {macaroon}
form_secret: {form}
app_service_config_files: [{registration}]
{FIXED}",
        server_name = quoted(&layout.server_name)?,
        pid = quoted_path(&layout.dir.join("homeserver.pid"))?,
        url = quoted(&format!("{}/", layout.url()))?,
        port = layout.listen.port(),
        address = quoted(&layout.listen.ip().to_string())?,
        database = quoted_path(&layout.dir.join("homeserver.db"))?,
        log_config = quoted_path(&layout.log_config_file())?,
        media = quoted_path(&layout.dir.join("media"))?,
        key = quoted_path(&layout.signing_key_file())?,
        shared = quoted(&secrets.registration_shared_secret)?,
        macaroon = quoted(&secrets.macaroon_secret_key)?,
        form = quoted(&secrets.form_secret)?,
        registration = quoted_path(&layout.registration)?,
    ))
}

fn log_yaml(layout: &Layout) -> anyhow::Result<String> {
    Ok(format!(
        "version: 1
formatters: {{ p: {{ format: '%(asctime)s %(levelname)s %(name)s %(message)s' }} }}
handlers:
  f:
    class: logging.handlers.RotatingFileHandler
    formatter: p
    filename: {}
    maxBytes: 50000000
    backupCount: 1
root: {{ level: WARNING, handlers: [f] }}
disable_existing_loggers: false
",
        quoted_path(&layout.logs.join("synapse.log"))?
    ))
}

fn quoted(text: &str) -> anyhow::Result<String> {
    serde_json::to_string(text).context("not text")
}

fn quoted_path(path: &Path) -> anyhow::Result<String> {
    quoted(
        path.to_str()
            .with_context(|| format!("{} is not UTF-8", path.display()))?,
    )
}

fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(file.write_all(text.as_bytes())?)
}
