//! Logs to standard output: JSON for machines, text for people. Bodies, names and full numbers never
//! reach a log call; the canary test searches for them.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Starts logging to standard output.
pub(crate) fn start(config: &LogConfig) -> Result<()> {
    let filter = filter(config)?;
    let plain = !std::io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(!plain);
    let started = match config.format {
        LogFormat::Human => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|e| anyhow::anyhow!("logging: {e}"))
}

/// Starts logging to a file: the demo's screen belongs to its reader.
pub(crate) fn to_file(config: &LogConfig, path: &Path) -> Result<()> {
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(config)?)
        .with_ansi(false);
    builder
        .with_writer(Mutex::new(file))
        .try_init()
        .map_err(|e| anyhow::anyhow!("logging: {e}"))
}

fn filter(config: &LogConfig) -> Result<EnvFilter> {
    // The crypto library speaks of users and devices; only its errors matter here.
    EnvFilter::try_new(format!("matrix_sdk_crypto=error,{}", config.level)).context("[log] level")
}
