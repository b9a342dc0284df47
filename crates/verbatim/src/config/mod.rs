//! The configuration: one typed tree over one commented file of defaults (STYLE 18).

mod check;
mod secret;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

pub(crate) use secret::SecretRef;

/// The defaults, and what `verbatim init` starts from.
pub(crate) const DEFAULTS: &str = include_str!("default.toml");

/// The tables that an edge looks at; in the others it may leave the example values.
const OF_EDGES: [&str; 5] = ["node", "store", "listen", "carrier", "log"];

const PLACEHOLDER: &str = "CHANGE-ME";

/// The configuration file cannot be used.
#[derive(Debug, Error)]
pub(crate) enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {path}: {why}; {}", how_to_read(.why))]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// It is not what it should be.
    #[error("{path}: {why}")]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        why: String,
    },
    /// A setting still has its example value.
    #[error("{path}: `{key}` still has its example value; set it")]
    Placeholder {
        /// Which file.
        path: PathBuf,
        /// Which setting.
        key: String,
    },
    /// A secret cannot be had.
    #[error("secret {what}: {why}")]
    Secret {
        /// Which.
        what: String,
        /// Why not.
        why: String,
    },
}

impl ConfigError {
    /// What to do about it.
    pub(crate) fn mend(&self) -> String {
        match self {
            Self::Read { why, .. } => how_to_read(why).to_owned(),
            Self::Invalid { path, .. } => format!(
                "correct {}; what each setting takes stands in the file that `verbatim init --dir FOLDER` writes",
                path.display()
            ),
            Self::Placeholder { path, key } => format!("set `{key}` in {}", path.display()),
            Self::Secret { what, .. } => format!("mend {what}"),
        }
    }
}

fn how_to_read(why: &std::io::Error) -> &'static str {
    match why.kind() {
        std::io::ErrorKind::NotFound => "`verbatim init` writes one; name another with --config",
        std::io::ErrorKind::PermissionDenied => {
            "run this as the service's account, or give this account the file"
        }
        _ => "name the configuration file with --config",
    }
}

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) node: Node,
    pub(crate) firm: Firm,
    pub(crate) store: StoreConfig,
    pub(crate) keys: Keys,
    pub(crate) homeserver: Homeserver,
    pub(crate) listen: Listen,
    pub(crate) client: ClientConfig,
    pub(crate) limits: Limits,
    pub(crate) record: RecordConfig,
    pub(crate) log: LogConfig,
    #[serde(default)]
    pub(crate) retention: Vec<RetentionConfig>,
    #[serde(default)]
    pub(crate) carrier: Vec<CarrierConfig>,
    /// The folder of the file; relative paths start here.
    #[serde(skip)]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Node {
    pub(crate) role: Role,
    pub(crate) edge_keys: PathBuf,
}

/// What a node is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Everything, with the key-encryption key.
    Full,
    /// Takes webhooks and can read nothing.
    Edge,
}

impl Role {
    const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Edge => "edge",
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Firm {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) disclosure: Disclosure,
    pub(crate) disclosure_text: String,
    pub(crate) catch_all: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Disclosure {
    First,
    Off,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreConfig {
    pub(crate) url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keys {
    pub(crate) file: PathBuf,
    pub(crate) pkcs11: Option<Pkcs11Config>,
}

/// A token in front of the key file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pkcs11Config {
    pub(crate) module: PathBuf,
    pub(crate) token: String,
    pub(crate) pin: SecretRef,
    pub(crate) wrap_key: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Homeserver {
    pub(crate) url: String,
    pub(crate) server_name: String,
    pub(crate) as_id: String,
    pub(crate) as_token: SecretRef,
    pub(crate) hs_token: SecretRef,
    pub(crate) appservice_url: String,
    pub(crate) bot: String,
    pub(crate) bot_name: String,
    pub(crate) stand_in_prefix: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listen {
    pub(crate) public: std::net::SocketAddr,
    pub(crate) appservice: std::net::SocketAddr,
    pub(crate) api: std::net::SocketAddr,
    pub(crate) client: std::net::SocketAddr,
    pub(crate) ops: std::net::SocketAddr,
    pub(crate) drain_delay_seconds: u64,
}

/// The employee's client.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientConfig {
    pub(crate) enabled: bool,
    pub(crate) assets_dir: PathBuf,
    pub(crate) homeserver_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) max_chars: usize,
    pub(crate) max_age_minutes: u64,
    pub(crate) validity_seconds: u64,
    pub(crate) segments_per_second: f64,
    pub(crate) segment_burst: f64,
    pub(crate) poll_seconds: u64,
    pub(crate) webhook_patience_seconds: u64,
    pub(crate) unknown_notice_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordConfig {
    pub(crate) retention_months: u32,
    pub(crate) signing_key: PathBuf,
    pub(crate) publish: String,
    pub(crate) bucket: Option<BucketConfig>,
    #[serde(default)]
    pub(crate) witness: Vec<WitnessConfig>,
    #[serde(default)]
    pub(crate) timestamp: Vec<TimestampConfig>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BucketConfig {
    pub(crate) region: String,
    pub(crate) endpoint: Option<String>,
    pub(crate) access_key: SecretRef,
    pub(crate) secret_key: SecretRef,
}

/// A witness that cosigns the log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WitnessConfig {
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) url: String,
}

/// A time authority that stamps the log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimestampConfig {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) ca_file: PathBuf,
    #[serde(default = "hourly")]
    pub(crate) every_minutes: u64,
}

const fn hourly() -> u64 {
    60
}

/// A rule beside the one of `[record]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionConfig {
    pub(crate) class: u8,
    pub(crate) name: String,
    pub(crate) months: u32,
    pub(crate) starts: RetentionStarts,
    #[serde(default = "december")]
    pub(crate) fiscal_year_ends: u8,
    #[serde(default)]
    pub(crate) employees: Vec<String>,
    #[serde(default)]
    pub(crate) numbers: Vec<String>,
    #[serde(default)]
    pub(crate) conversations: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RetentionStarts {
    Creation,
    FiscalYearEnd,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogConfig {
    pub(crate) format: LogFormat,
    pub(crate) level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Human,
    Json,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CarrierConfig {
    pub(crate) name: String,
    pub(crate) kind: CarrierKind,
    pub(crate) account_sid: String,
    pub(crate) auth_token: Option<SecretRef>,
    pub(crate) auth_token_previous: Option<SecretRef>,
    pub(crate) public_url: String,
    pub(crate) messaging_service_sid: Option<String>,
    #[serde(default = "twilio_api")]
    pub(crate) api_base: String,
    #[serde(default = "timeout")]
    pub(crate) timeout_ms: u64,
    #[serde(default)]
    pub(crate) shared_keys: Vec<SharedKeyConfig>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CarrierKind {
    Twilio,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SharedKeyConfig {
    pub(crate) id: String,
    pub(crate) secret: SecretRef,
}

fn twilio_api() -> String {
    "https://api.twilio.com".to_owned()
}

const fn december() -> u8 {
    12
}

const fn timeout() -> u64 {
    15_000
}

impl Config {
    /// Reads a file over the defaults.
    ///
    /// # Errors
    /// For unknown settings, wrong types, values that cannot work, and example values that were not changed.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::read_as(path, None)
    }

    /// The same, in a role that the command line may say.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) fn read_as(path: &Path, role: Option<Role>) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|why| ConfigError::Read {
            path: path.to_owned(),
            why,
        })?;
        Self::parse_as(&text, path, role)
    }

    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        Self::parse_as(text, path, None)
    }

    fn parse_as(text: &str, path: &Path, role: Option<Role>) -> Result<Self, ConfigError> {
        let invalid = |why: String| ConfigError::Invalid {
            path: path.to_owned(),
            why,
        };
        let mut merged: toml::Table = DEFAULTS
            .parse()
            .map_err(|e: toml::de::Error| invalid(e.to_string()))?;
        let given: toml::Table = text
            .parse()
            .map_err(|e: toml::de::Error| invalid(e.to_string()))?;
        merge(&mut merged, given);
        if let (Some(role), Some(toml::Value::Table(node))) = (role, merged.get_mut("node")) {
            node.insert("role".to_owned(), role.word().into());
        }
        let mut config: Self = merged
            .clone()
            .try_into()
            .map_err(|e: toml::de::Error| invalid(e.to_string()))?;
        if config.node.role == Role::Edge {
            merged.retain(|key, _| OF_EDGES.contains(&key));
        }
        if let Some(key) = placeholder(&merged, "") {
            return Err(ConfigError::Placeholder {
                path: path.to_owned(),
                key,
            });
        }
        if let Some(why) = check::fault(&config) {
            return Err(invalid(why));
        }
        config.dir = path
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
            .to_owned();
        Ok(config)
    }

    /// A path of the configuration, seen from here.
    pub(crate) fn path(&self, relative: &Path) -> PathBuf {
        if relative.is_absolute() {
            relative.to_owned()
        } else {
            self.dir.join(relative)
        }
    }

    /// The folder of the built client: where it is installed beside this program, unless it is named.
    pub(crate) fn client_assets(&self) -> PathBuf {
        if self.client.assets_dir.as_os_str().is_empty() {
            installed_client()
        } else {
            self.path(&self.client.assets_dir)
        }
    }

    /// The homeserver's base address, as browsers reach it.
    pub(crate) fn client_homeserver(&self) -> &str {
        if self.client.homeserver_url.is_empty() {
            &self.homeserver.url
        } else {
            &self.client.homeserver_url
        }
    }

    /// The store's address with an SQLite path seen from here.
    pub(crate) fn store_url(&self) -> String {
        match self.store.url.strip_prefix("sqlite:") {
            Some(path) => format!("sqlite:{}", self.path(Path::new(path)).display()),
            None => self.store.url.clone(),
        }
    }

    /// The value of a secret.
    pub(crate) fn secret(&self, what: &str, secret: &SecretRef) -> Result<String, ConfigError> {
        let value = secret.value(&self.dir).map_err(|why| ConfigError::Secret {
            what: what.to_owned(),
            why,
        })?;
        if value.contains(PLACEHOLDER) || value.starts_with("change-me") {
            return Err(ConfigError::Secret {
                what: what.to_owned(),
                why: "still has its example value".to_owned(),
            });
        }
        Ok(value)
    }
}

/// Where the built client is installed: beside the folder of this program.
pub(crate) fn installed_client() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let prefix = program.parent().and_then(Path::parent);
    prefix
        .unwrap_or(Path::new("/usr/local"))
        .join("share/verbatim/client")
}

/// Later values win; tables are merged, everything else is replaced.
fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            // A secret is one value although it is written as a table.
            (Some(toml::Value::Table(old)), toml::Value::Table(new))
                if !(is_secret(old) && is_secret(&new)) =>
            {
                merge(old, new)
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn is_secret(table: &toml::Table) -> bool {
    table.contains_key("file") && table.len() == 1 || table.contains_key("env")
}

fn placeholder(table: &toml::Table, prefix: &str) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let path = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        match value {
            toml::Value::String(text) if text.contains(PLACEHOLDER) => Some(path),
            toml::Value::Table(inner) => placeholder(inner, &path),
            toml::Value::Array(items) => items
                .iter()
                .find_map(|i| i.as_table().and_then(|t| placeholder(t, &path))),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests;
