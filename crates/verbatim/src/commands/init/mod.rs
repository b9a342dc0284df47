//! `verbatim init`: a commented configuration, keys, and the registration file. Nothing that exists is
//! overwritten, so it may be run again to make what is missing.

mod before;
mod next;

use std::fs;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use verbatim_engine::ports::Entropy;
use verbatim_record::Kek;
use verbatim_record::note::{Algorithm, NoteError};
use verbatim_record::signing::FileSigner;
use zeroize::Zeroizing;

use crate::cli::{InitArgs, SigningAlgorithm};
use crate::config::{Config, DEFAULTS};
use crate::files::write_private;
use crate::system::SystemEntropy;
use crate::wiring::matrix_config;

/// The user that the homeserver wants in the registration; neither the bot nor a stand-in.
const SENDER_LOCALPART: &str = "_verbatim_as";

pub(crate) async fn run(args: &InitArgs) -> Result<ExitCode> {
    let path = args.dir.join("verbatim.toml");
    let token_path = args.dir.join("keys/twilio_auth_token");
    let token = (args.twilio_sid.is_some() && !token_path.exists())
        .then(twilio_token)
        .transpose()?;
    before::look(args, &path, token.as_deref()).await?;
    fs::create_dir_all(args.dir.join("keys"))
        .with_context(|| format!("cannot make {}", args.dir.display()))?;
    make_keys(&args.dir)?;
    if let Some(token) = token {
        make(&token_path, || Ok(token))?;
    }
    if path.exists() {
        for option in given(args) {
            println!("        {option} changes nothing: edit {}", path.display());
        }
    }
    make(&path, || Ok(configuration(args)))?;
    let config = Config::read(&path);
    if let Ok(config) = &config {
        make_registration(config)?;
        make(&config.path(&config.record.signing_key), || {
            new_signing_key(config, args.signing_algorithm)
        })?;
    }
    next::print(args, &path, config)?;
    Ok(ExitCode::SUCCESS)
}

/// The options that only a new configuration takes.
fn given(args: &InitArgs) -> Vec<&'static str> {
    let all = [
        ("--firm", args.firm.is_some()),
        ("--homeserver", args.homeserver.is_some()),
        ("--server-name", args.server_name.is_some()),
        ("--appservice-url", args.appservice_url.is_some()),
        ("--twilio-sid", args.twilio_sid.is_some()),
        ("--public-url", args.public_url.is_some()),
        ("--store", args.store.is_some()),
    ];
    all.into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
        .collect()
}

/// Like the other files it is kept, since the homeserver may be using it; but it must not be taken for
/// what the configuration says now.
fn make_registration(config: &Config) -> Result<()> {
    let (path, wanted) = (registration_path(config), registration(config)?);
    make(&path, || Ok(wanted.clone()))?;
    if fs::read_to_string(&path).is_ok_and(|text| text != wanted) {
        println!(
            "        it is not that of this configuration: remove it and run `verbatim init` again"
        );
    }
    Ok(())
}

/// The key-encryption key and the two tokens of the registration, where missing.
fn make_keys(dir: &Path) -> Result<()> {
    make(&key_path(dir), || Ok(new_key()))?;
    make(&dir.join("keys/as_token"), || Ok(random_token()))?;
    make(&dir.join("keys/hs_token"), || Ok(random_token()))
}

/// The key-encryption key alone, where missing, without a word (the demo).
pub(crate) fn make_key_quietly(dir: &Path) -> Result<()> {
    let path = key_path(dir);
    if path.exists() {
        Ok(())
    } else {
        write_private(&path, &new_key())
    }
}

/// The key that signs the log, where missing, without a word (the demo).
pub(crate) fn make_signing_key_quietly(config: &Config) -> Result<()> {
    let path = config.path(&config.record.signing_key);
    if path.exists() {
        Ok(())
    } else {
        write_private(&path, &new_signing_key(config, SigningAlgorithm::Ed25519)?)
    }
}

/// The log's origin for ever (C2SP tlog-checkpoint): whose it is, and which of theirs.
pub(crate) fn new_log_name(config: &Config) -> String {
    let mut which = [0; 4];
    SystemEntropy.fill(&mut which);
    format!(
        "{}/verbatim/{}",
        config.homeserver.server_name,
        hex::encode(which)
    )
}

/// A new key of this name.
pub(crate) fn new_signer(name: &str, algorithm: SigningAlgorithm) -> Result<FileSigner, NoteError> {
    let algorithm = match algorithm {
        SigningAlgorithm::Ed25519 => Algorithm::Ed25519,
        SigningAlgorithm::EcdsaP256 => Algorithm::EcdsaP256,
    };
    let mut seed = Zeroizing::new([0; 32]);
    SystemEntropy.fill(seed.as_mut());
    FileSigner::from_seed(name, algorithm, &seed)
}

fn new_signing_key(config: &Config, algorithm: SigningAlgorithm) -> Result<String> {
    let key = new_signer(&new_log_name(config), algorithm)
        .context("homeserver.server_name cannot be part of a key's name")?;
    Ok(key.to_text().to_string())
}

fn key_path(dir: &Path) -> PathBuf {
    dir.join("keys/verbatim.key")
}

fn new_key() -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; 32]);
    SystemEntropy.fill(bytes.as_mut());
    Kek::new(bytes).to_text()
}

/// Writes the registration file, whatever was there before (the demo).
pub(crate) fn write_registration(config: &Config) -> Result<PathBuf> {
    let path = registration_path(config);
    write_private(&path, &registration(config)?)?;
    std::path::absolute(&path).context("registration")
}

/// Where it is.
pub(crate) fn registration_path(config: &Config) -> PathBuf {
    config.dir.join("registration.yaml")
}

/// The registration file; the same configuration gives the same text.
pub(crate) fn registration(config: &Config) -> Result<String> {
    let hs_token = config.secret("homeserver.hs_token", &config.homeserver.hs_token)?;
    Ok(verbatim_matrix::registration_yaml(
        &matrix_config(config)?,
        &hs_token,
        &config.homeserver.appservice_url,
        SENDER_LOCALPART,
    ))
}

fn make<T: AsRef<str>>(path: &Path, text: impl FnOnce() -> Result<T>) -> Result<()> {
    if path.exists() {
        println!("kept    {}", path.display());
        return Ok(());
    }
    write_private(path, text()?.as_ref())?;
    println!("written {}", path.display());
    Ok(())
}

fn random_token() -> String {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    hex::encode(bytes)
}

fn twilio_token() -> Result<String> {
    let (token, source) = match std::env::var("TWILIO_AUTH_TOKEN") {
        Ok(token) => (token, "TWILIO_AUTH_TOKEN"),
        Err(_) if std::io::stdin().is_terminal() => (String::new(), "standard input"),
        Err(_) => (read_input()?, "standard input"),
    };
    checked_token(&token, source)
}

fn read_input() -> Result<String> {
    let mut token = String::new();
    std::io::stdin()
        .read_to_string(&mut token)
        .context("standard input")?;
    Ok(token)
}

fn checked_token(token: &str, source: &str) -> Result<String> {
    match token.trim() {
        "" => bail!(
            "the Twilio auth token is empty ({source}): pipe it in (`verbatim init … < FILE`) or set TWILIO_AUTH_TOKEN; \
             nothing was written"
        ),
        token => Ok(token.to_owned()),
    }
}

/// The commented defaults with what is known filled in.
fn configuration(args: &InitArgs) -> String {
    let mut text = DEFAULTS.to_owned();
    let mut set = |key: &str, value: &Option<String>| {
        if let Some(value) = value {
            text = fill(&text, key, value);
        }
    };
    set("name", &args.firm);
    set("url", &args.homeserver);
    set("server_name", &args.server_name);
    set("appservice_url", &args.appservice_url);
    set("store.url", &args.store);
    if let Some(sid) = &args.twilio_sid {
        let public = args.public_url.as_deref().unwrap_or("CHANGE-ME");
        text.push_str(&format!(
            "\n[[carrier]]\nname = \"twilio-main\"\nkind = \"twilio\"\naccount_sid = {}\n\
             auth_token = {{ file = \"keys/twilio_auth_token\" }}\npublic_url = {}\n",
            quoted(sid),
            quoted(public)
        ));
    }
    text
}

/// Replaces the value of a setting: the store's address by its default, others by their placeholder.
fn fill(text: &str, key: &str, value: &str) -> String {
    let quoted = quoted(value);
    match key {
        "store.url" => text.replacen(
            "url = \"sqlite:verbatim.db\"",
            &format!("url = {quoted}"),
            1,
        ),
        "appservice_url" => text.replacen(
            "appservice_url = \"http://127.0.0.1:9481\"",
            &format!("appservice_url = {quoted}"),
            1,
        ),
        key => text.replacen(
            &format!("\n{key} = \"CHANGE-ME\""),
            &format!("\n{key} = {quoted}"),
            1,
        ),
    }
}

/// A TOML string.
fn quoted(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

#[cfg(test)]
mod tests;
