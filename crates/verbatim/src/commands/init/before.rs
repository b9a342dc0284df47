//! What is looked at before `verbatim init` writes anything: what exists is kept, so a wrong file would
//! stay, and a key made beside a store of another one would hide that the right one is lost.

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use verbatim_store::Look;

use super::{InitArgs, configuration, key_path};
use crate::config::{Config, ConfigError, SecretRef};
use crate::wiring;

/// Reads the configuration that is there, or tries the one that would be written, with the carrier's token
/// if it was given now.
///
/// # Errors
/// When what would be written cannot work.
pub(super) async fn look(args: &InitArgs, path: &Path, token: Option<&str>) -> Result<()> {
    if path.exists() {
        let Ok(config) = Config::read(path) else {
            // `next` says what is wrong with it.
            return Ok(());
        };
        key_or_no_store(&config, true).await?;
        return signing_key_or_no_log(&config, true).await;
    }
    let config = tried(args, path, token).map_err(|why| anyhow!("{why:#}; nothing was written"))?;
    key_or_no_store(&config, false).await?;
    signing_key_or_no_log(&config, false).await
}

/// What would be written, with examples in the place of what must be filled in later.
fn tried(args: &InitArgs, path: &Path, token: Option<&str>) -> Result<Config> {
    let or = |given: &Option<String>, example: &str| {
        let given = given.as_deref().unwrap_or(example);
        Some(given.to_owned())
    };
    let trial = InitArgs {
        dir: args.dir.clone(),
        firm: or(&args.firm, "Example"),
        homeserver: or(&args.homeserver, "https://matrix.example.org"),
        server_name: or(&args.server_name, "example.org"),
        appservice_url: args.appservice_url.clone(),
        twilio_sid: args.twilio_sid.clone(),
        public_url: or(&args.public_url, "https://sms.example.org"),
        store: args.store.clone(),
        signing_algorithm: args.signing_algorithm,
    };
    let mut config = Config::parse(&configuration(&trial), path).map_err(|error| match error {
        ConfigError::Invalid { why, .. } => anyhow!(why),
        error => error.into(),
    })?;
    config.homeserver.as_token = SecretRef::Plain("example".to_owned());
    for block in &mut config.carrier {
        block.auth_token = Some(SecretRef::Plain(token.unwrap_or("example").to_owned()));
    }
    wiring::platform_alone(&config)?;
    for block in &config.carrier {
        wiring::carrier(&config, block)?;
    }
    Ok(config)
}

/// Refuses to make a key where there is a store already. `settled`: the configuration was there before, so
/// a store that does not answer may well hold something.
async fn key_or_no_store(config: &Config, settled: bool) -> Result<()> {
    if key_path(&config.dir).exists() || config.path(&config.keys.file).exists() {
        return Ok(());
    }
    let key = config.path(&config.keys.file);
    let mend = format!(
        "restore {} from its copy; for a new installation give it a store of its own ([store] url)",
        key.display()
    );
    match verbatim_store::look(&config.store_url()).await {
        Ok(Look::Nothing | Look::Current { key_check: None }) => Ok(()),
        Err(error) if settled => {
            bail!("no key is made before it is known that the store is empty: {error}; {mend}")
        }
        Err(_) => Ok(()),
        Ok(_) => bail!("there is a store already, and a new key would not open it: {mend}"),
    }
}

/// Refuses to make a signing key where there is a signed log already: whoever knows the log by its key would
/// believe nothing that a new one signs, and it would hide that the right one is lost.
async fn signing_key_or_no_log(config: &Config, settled: bool) -> Result<()> {
    let key = config.path(&config.record.signing_key);
    if key.exists() {
        return Ok(());
    }
    let signed = match verbatim_store::look_at_log(&config.store_url()).await {
        Ok(log) => log.and_then(|log| log.checkpoint),
        Err(error) if settled => {
            bail!("no signing key is made before it is known that nothing was signed: {error}")
        }
        Err(_) => None,
    };
    let Some(note) = signed else {
        return Ok(());
    };
    let origin = note.lines().next().unwrap_or_default();
    bail!(
        "the store has a signed log, {origin}, and its signing key is not there: a new one would begin another log. \
         Restore {} from its copy; for a new installation give it a store of its own ([store] url)",
        key.display()
    )
}
