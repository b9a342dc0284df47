//! `verbatim key change-signer|retire-signer`: the files of the log's signing keys. What they change in the log
//! happens when the service starts with them.

use std::fs;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::json;
use verbatim_hsm::TokenSigner;
use verbatim_record::Signer;
use zeroize::Zeroizing;

use super::kind_of;
use crate::cli::ChangeSignerArgs;
use crate::commands::api::Out;
use crate::commands::init::new_signer;
use crate::config::Config;
use crate::files::write_private;
use crate::key_file::KeyFile;
use crate::token_signer::SignerFile;
use crate::wiring::{OLD_SIGNER, read_signer, read_signer_before, signer_beside};

/// Puts a new key in the place of the old one, which is kept beside it.
pub(crate) fn change_signer(
    config: &Config,
    out: &Out,
    args: &ChangeSignerArgs,
) -> Result<ExitCode> {
    let old = replaceable(config)?;
    let name = old.verifier().name();
    let text = match &args.token_key {
        Some(label) => in_token(config, args, label, name)?,
        None => new_signer(name, args.signing_algorithm)?.to_text(),
    };
    let path = config.path(&config.record.signing_key);
    let old_path = signer_beside(config, OLD_SIGNER);
    write_private(&old_path, &Zeroizing::new(fs::read_to_string(&path)?))?;
    // Died here: the old key lies there twice and signs alone; the next call begins anew.
    write_private(&path, &text)?;
    // Died here: both are in their places.
    let new = read_signer(config)?;
    let (old, new) = (old.verifier().to_string(), new.verifier().to_string());
    if out.json {
        println!("{}", json!({"old": old, "new": new}));
        return Ok(ExitCode::SUCCESS);
    }
    println!("old     {old}");
    println!("new     {new}");
    println!(
        "Copy {} and {} to every node,",
        path.display(),
        old_path.display()
    );
    println!("start each again, and give the new line to witnesses and examiners.");
    Ok(ExitCode::SUCCESS)
}

/// The signing key in its place, if no change of it is under way. Blocks.
pub(super) fn replaceable(config: &Config) -> Result<Arc<dyn Signer>> {
    let present = read_signer(config)?;
    let before = read_signer_before(config)?;
    if before.is_some_and(|before| before.verifier() != present.verifier()) {
        bail!(
            "the signing key from before still lies beside the present one: end that change first, with `verbatim key \
             retire-signer`"
        );
    }
    Ok(present)
}

/// Whether there is a key from before. It may be taken away only if the log signs with the present one.
pub(super) fn may_retire(config: &Config, in_use: &str) -> Result<bool> {
    let present = read_signer(config)?;
    let present = present.verifier().to_string();
    if present != in_use {
        bail!(
            "the log does not sign with {present} yet, but with {in_use}: start a node with both keys first, or put the \
             old key back in its place"
        );
    }
    Ok(signer_beside(config, OLD_SIGNER).try_exists()?)
}

/// Takes the key from before away, if the log signs with the present one: until a node has begun the change, the
/// one that lies beside it is the only key of the log, and may be its only copy.
pub(super) fn retire_signer(config: &Config, out: &Out, in_use: &str) -> Result<ExitCode> {
    may_retire(config, in_use)?;
    let path = signer_beside(config, OLD_SIGNER);
    let is_there = match fs::remove_file(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        done => {
            done.with_context(|| format!("cannot remove {}", path.display()))?;
            true
        }
    };
    if out.json {
        println!("{}", json!({"removed": is_there.then_some(path)}));
    } else if is_there {
        println!("removed {}", path.display());
        println!("Start every node again: the new key signs alone then.");
    } else {
        println!("kept    there is no signing key from before");
    }
    Ok(ExitCode::SUCCESS)
}

fn in_token(
    config: &Config,
    args: &ChangeSignerArgs,
    label: &str,
    name: &str,
) -> Result<Zeroizing<String>> {
    let file = KeyFile::of(config)?;
    let Some(key_token) = file.token() else {
        bail!("no token is configured: set [keys.pkcs11]");
    };
    let token = key_token.token()?;
    token.make_signing_key(label, kind_of(args.signing_algorithm))?;
    let signer = TokenSigner::open(token, label)?;
    let text = SignerFile::new(&signer, label, name)?.to_text();
    Ok(Zeroizing::new(text))
}
