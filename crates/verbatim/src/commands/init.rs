//! `verbatim init`: a commented configuration, keys, and the registration file. Nothing that exists is
//! overwritten, so it may be run again to make what is missing.

use std::fs;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use verbatim_engine::ports::Entropy;
use verbatim_record::Kek;

use crate::cli::InitArgs;
use crate::config::{Config, DEFAULTS};
use crate::local::write_private;
use crate::system::SystemEntropy;
use crate::wiring::matrix_config;

/// The user that the homeserver wants in the registration; neither the bot nor a stand-in.
const SENDER_LOCALPART: &str = "_verbatim_as";

pub(crate) fn run(args: &InitArgs) -> Result<ExitCode> {
    fs::create_dir_all(args.dir.join("keys"))
        .with_context(|| format!("cannot make {}", args.dir.display()))?;
    make_keys(&args.dir)?;
    if args.twilio_sid.is_some() {
        make(&args.dir.join("keys/twilio_auth_token"), twilio_token)?;
    }
    let path = args.dir.join("verbatim.toml");
    make(&path, || Ok(configuration(args)))?;
    println!("\nNext:");
    match Config::read(&path) {
        Ok(config) => {
            let registration = write_registration(&config)?;
            println!("  1. Give the homeserver the registration: in Synapse's homeserver.yaml");
            println!(
                "       app_service_config_files: [ {} ]",
                registration.display()
            );
            println!("     and restart it.");
            println!("  2. verbatim --config {} doctor", path.display());
            println!("  3. verbatim --config {} serve", path.display());
        }
        Err(error) => {
            println!("  1. {error}");
            println!(
                "  2. verbatim init --dir {}   (again, for the registration file)",
                args.dir.display()
            );
        }
    }
    println!(
        "  Keep a copy of {} in a safe place: without it the store cannot be read.",
        args.dir.join("keys/verbatim.key").display()
    );
    Ok(ExitCode::SUCCESS)
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

fn key_path(dir: &Path) -> PathBuf {
    dir.join("keys/verbatim.key")
}

fn new_key() -> String {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    Kek::from_bytes(bytes).to_text()
}

/// Writes the registration file from the configuration; the same configuration gives the same file.
pub(crate) fn write_registration(config: &Config) -> Result<PathBuf> {
    let hs_token = config.secret("homeserver.hs_token", &config.homeserver.hs_token)?;
    let text = verbatim_matrix::registration_yaml(
        &matrix_config(config)?,
        &hs_token,
        &config.homeserver.appservice_url,
        SENDER_LOCALPART,
    );
    let path = config.dir.join("registration.yaml");
    write_private(&path, &text)?;
    std::path::absolute(&path).context("registration")
}

fn make(path: &Path, text: impl FnOnce() -> Result<String>) -> Result<()> {
    if path.exists() {
        println!("kept    {}", path.display());
        return Ok(());
    }
    write_private(path, &text()?)?;
    println!("written {}", path.display());
    Ok(())
}

fn random_token() -> String {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    hex::encode(bytes)
}

fn twilio_token() -> Result<String> {
    if let Ok(token) = std::env::var("TWILIO_AUTH_TOKEN") {
        return Ok(token);
    }
    if std::io::stdin().is_terminal() {
        bail!("set TWILIO_AUTH_TOKEN, or pipe the token in: `verbatim init … < token-file`");
    }
    let mut token = String::new();
    std::io::stdin()
        .read_to_string(&mut token)
        .context("standard input")?;
    match token.trim() {
        "" => bail!("the Twilio auth token is empty"),
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
            "appservice_url = \"http://127.0.0.1:8009\"",
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
mod tests {
    use super::*;

    fn args() -> InitArgs {
        InitArgs {
            dir: PathBuf::from("."),
            firm: Some("Acme \"Wealth\"".to_owned()),
            homeserver: Some("https://matrix.acme.test".to_owned()),
            server_name: Some("acme.test".to_owned()),
            appservice_url: None,
            twilio_sid: Some("AC1".to_owned()),
            public_url: Some("https://sms.acme.test".to_owned()),
            store: Some("postgres://u@h/d".to_owned()),
        }
    }

    #[test]
    fn what_init_writes_is_a_good_configuration() {
        let config = Config::parse(&configuration(&args()), Path::new("x/verbatim.toml")).unwrap();
        assert_eq!(config.firm.name, "Acme \"Wealth\"");
        assert_eq!(config.homeserver.url, "https://matrix.acme.test");
        assert_eq!(config.store_url(), "postgres://u@h/d");
        assert_eq!(config.carrier[0].account_sid, "AC1");
    }

    #[test]
    fn what_is_not_given_must_be_filled_in() {
        let error = Config::parse(
            &configuration(&InitArgs {
                firm: None,
                ..args()
            }),
            Path::new("x.toml"),
        )
        .unwrap_err();
        assert!(error.to_string().contains("`firm.name`"), "{error}");
        let error = Config::parse(
            &configuration(&InitArgs {
                public_url: None,
                ..args()
            }),
            Path::new("x.toml"),
        )
        .unwrap_err();
        assert!(
            error.to_string().contains("`carrier.public_url`"),
            "{error}"
        );
    }
}
