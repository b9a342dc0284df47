//! `verbatim key show|prepare|rotate|edge|hsm-init`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use verbatim_engine::admin::Actor;
use verbatim_hsm::{PublicKey, SigningKind, Token, TokenSigner};

use super::api::Out;
use super::init::new_log_name;
use super::record::utc;
use crate::cli::{EdgeArgs, HsmInitArgs, KeyCommand, SigningAlgorithm};
use crate::config::Config;
use crate::files::write_private;
use crate::key_file::KeyFile;
use crate::local::{Api, operator as local_operator};
use crate::token_signer::SignerFile;
use crate::wiring::wire;

pub(crate) async fn run(
    config: &Config,
    api: &Api,
    out: &Out,
    command: KeyCommand,
) -> Result<ExitCode> {
    match command {
        KeyCommand::Show => {
            let keys = api.call("GET", "keys", None).await?;
            if out.json {
                println!("{keys}");
            } else {
                show(&keys);
            }
        }
        KeyCommand::Prepare => out.one(&change(api, "keys/prepare").await?),
        KeyCommand::Rotate => out.one(&change(api, "keys/rotate").await?),
        KeyCommand::RetireSigner => {
            let keys = api.call("GET", "keys", None).await?;
            let in_use = keys.get("signer").and_then(Value::as_str);
            let in_use = in_use.unwrap_or_default();
            if may_retire(config, in_use)? {
                record(api, "retire_signer", in_use).await?;
            }
            return retire_signer(config, out, in_use);
        }
        // These go without a service: `main` has dealt with them.
        KeyCommand::HsmInit(_) | KeyCommand::ChangeSigner(_) | KeyCommand::Edge(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) use signer::change_signer;
use signer::{may_retire, replaceable, retire_signer};

/// Has a running service record that a key file is about to be wrapped. Without one there is no record of it:
/// what opens the store may be what is mended here.
pub(crate) async fn record_hsm_init(config: &Config, args: &HsmInitArgs) -> Result<()> {
    if let (Some(token), Some(api)) = (KeyFile::of(config)?.token(), Api::running(config).await?) {
        let mut key = token.wrap_key().to_owned();
        if let Some(label) = &args.signer {
            key.push_str(", ");
            key.push_str(label);
        }
        record(&api, "hsm_init", &key).await?;
    }
    Ok(())
}

/// The same of another signing key. What comes of it the log records itself, when it signs with that.
pub(crate) async fn record_change_signer(config: &Config) -> Result<()> {
    if let Some(api) = Api::running(config).await? {
        let config = config.clone();
        // A token blocks.
        let old = tokio::task::spawn_blocking(move || replaceable(&config)).await??;
        record(&api, "change_signer", &old.verifier().to_string()).await?;
    }
    Ok(())
}

/// What is about to be done to files of keys goes into the record first.
async fn record(api: &Api, deed: &str, key: &str) -> Result<()> {
    let said = json!({"deed": deed, "key": key});
    let said = api.call("POST", "keys/custody", Some(said)).await;
    said.context("this could not be recorded, so nothing was done")?;
    Ok(())
}

/// Asks for a change of what is in use now.
async fn change(api: &Api, path: &str) -> Result<Value> {
    let keys = api.call("GET", "keys", None).await?;
    let in_use = json!({"key": keys.get("key")});
    api.call("POST", path, Some(in_use)).await
}

/// Writes what an edge seals with. Not by way of the API, which gives out no keys: whoever calls this has the
/// key file and the store.
pub(crate) async fn edge(config: &Config, out: &Out, args: &EdgeArgs) -> Result<ExitCode> {
    if config.store.url.starts_with("sqlite:") {
        bail!(
            "an edge shares its store with full nodes, and only PostgreSQL lets it: set [store] url"
        );
    }
    let engine = wire(config).await?.engine;
    let text = engine
        .edge_keys(&Actor::operator(&local_operator()))
        .await?;
    if let Some(path) = &args.out {
        write_private(path, &text)?;
    }
    match (out.json, &args.out) {
        (true, path) => {
            let keys = path.is_none().then_some(&*text);
            println!(
                "{}",
                json!({"written": path, "keys": keys.map(|t| t.as_str())})
            );
        }
        (false, Some(path)) => println!("written {}", path.display()),
        (false, None) => {
            only_for_owner(&std::io::stdout())?;
            print!("{}", text.as_str());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the shell made the file that we write to, it may be for everybody.
fn only_for_owner(out: &impl rustix::fd::AsFd) -> Result<()> {
    let found = rustix::fs::fstat(out)?;
    if rustix::fs::FileType::from_raw_mode(found.st_mode) == rustix::fs::FileType::RegularFile {
        rustix::fs::fchmod(out, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)?;
    }
    Ok(())
}

/// Makes the token's keys where missing, and wraps the key file. A running service goes on: it has the key.
pub(crate) fn hsm_init(config: &Config, out: &Out, args: &HsmInitArgs) -> Result<ExitCode> {
    let file = KeyFile::of(config)?;
    let Some(key_token) = file.token() else {
        bail!("no token is configured: set [keys.pkcs11]");
    };
    let token = key_token.token()?;
    // Died after it: a key without use is in the token; the next call finds it.
    let made = token.make_wrap_key(key_token.wrap_key())?;
    let signer = match &args.signer {
        Some(label) => Some(make_signer(config, &token, label, args.signing_algorithm)?),
        None => None,
    };
    let wrapped = file.wrap_all()?;
    if out.json {
        let (public, file) = signer.map_or((None, None), |s| (Some(s.public), s.file));
        let done = json!({"made": made, "wrapped": wrapped, "signer": public, "written": file});
        println!("{done}");
        return Ok(ExitCode::SUCCESS);
    }
    let word = if made { "made" } else { "kept" };
    let (key, label) = (key_token.wrap_key(), token.label());
    println!("{word:<7} key `{key}` of the token `{label}`");
    if let Some(signer) = &signer {
        signer.print();
    }
    print_wrapped(&wrapped);
    Ok(ExitCode::SUCCESS)
}

fn print_wrapped(files: &[PathBuf]) {
    for path in files {
        println!("wrapped {}", path.display());
    }
    if files.is_empty() {
        println!("kept    the key file: it is wrapped by this key already");
    } else {
        println!("Copies of the file as it was still open everything. Keep one offline, sealed,");
        println!("against the loss of the token, and destroy the others.");
    }
}

/// A signing key in the token.
struct Made {
    public: String,
    /// The file that names it, if it was written.
    file: Option<PathBuf>,
}

impl Made {
    fn print(&self) {
        println!("signer  public key {}", self.public);
        match &self.file {
            Some(path) => println!("written {}", path.display()),
            None => println!("kept    [record] signing_key: a log keeps the key it began with"),
        }
    }
}

/// Makes it where missing, and names it as the log's signing key where there is none yet.
fn make_signer(
    config: &Config,
    token: &Arc<Token>,
    label: &str,
    algorithm: SigningAlgorithm,
) -> Result<Made> {
    token.make_signing_key(label, kind_of(algorithm))?;
    // Died here: a key that no file names; the next call finds it.
    let signer = TokenSigner::open(token.clone(), label)?;
    let path = config.path(&config.record.signing_key);
    let is_new = !path.try_exists()?;
    if is_new {
        let file = SignerFile::new(&signer, label, &new_log_name(config))?;
        write_private(&path, &file.to_text())?;
    }
    Ok(Made {
        public: match signer.public_key() {
            PublicKey::Ed25519(key) => hex::encode(key),
            PublicKey::EcdsaP256(point) => hex::encode(point),
        },
        file: is_new.then_some(path),
    })
}

const fn kind_of(algorithm: SigningAlgorithm) -> SigningKind {
    match algorithm {
        SigningAlgorithm::Ed25519 => SigningKind::Ed25519,
        SigningAlgorithm::EcdsaP256 => SigningKind::EcdsaP256,
    }
}

fn show(keys: &Value) {
    let text = |value: &Value, key: &str| {
        let value = value.get(key).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let list = |key: &str| keys.get(key).and_then(Value::as_array).cloned();
    println!("key-encryption key:  {}", text(keys, "key"));
    match keys.get("next").and_then(Value::as_str) {
        Some(next) => println!("lies ready:          {next}"),
        None => println!("lies ready:          none"),
    }
    println!("log signs with:      {}", text(keys, "signer"));
    let has_root = keys.get("state_root").and_then(Value::as_bool);
    let root = if has_root == Some(true) {
        "there"
    } else {
        "missing"
    };
    println!("state root:          {root}");
    println!("bucket keys:");
    for bucket in list("buckets").unwrap_or_default() {
        let class = bucket.get("class").and_then(Value::as_u64).unwrap_or(0);
        println!("  class {class}, expires {}", text(&bucket, "expires"));
    }
    println!("rotations, newest first:");
    for rotation in list("rotations").unwrap_or_default() {
        let number = |key: &str| rotation.get(key).and_then(Value::as_i64).unwrap_or(0);
        println!(
            "  {}  {} → {}, {} bucket keys",
            utc(number("at_ms")),
            text(&rotation, "old_key"),
            text(&rotation, "new_key"),
            number("buckets"),
        );
    }
}

mod signer;
#[cfg(test)]
mod tests;
