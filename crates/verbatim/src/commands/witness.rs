//! The witness role: a key and a folder, and the listener. It reads no configuration, because it belongs on
//! a machine that has nothing else of the installation.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::json;
use tokio::net::TcpListener;
use verbatim_engine::ports::Entropy;
use verbatim_witness::{Folder, RealDisk, Witness, router};

use super::api::Out;
use crate::cli::WitnessCommand;
use crate::config::{LogConfig, LogFormat};
use crate::system::{SystemClock, SystemEntropy};

pub(crate) async fn run(out: &Out, command: WitnessCommand) -> Result<ExitCode> {
    match command {
        WitnessCommand::Init { dir, name } => init(out, &dir, &name)?,
        WitnessCommand::Serve { dir, listen } => serve(out, &dir, listen).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn init(out: &Out, dir: &Path, name: &str) -> Result<()> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    SystemEntropy.fill(seed.as_mut());
    let key = Folder::create(dir, name, &seed).context("witness")?;
    out.one(&json!({"name": name, "key": key.to_string(), "folder": dir}));
    Ok(())
}

async fn serve(out: &Out, dir: &Path, listen: SocketAddr) -> Result<()> {
    crate::logging::start(&LogConfig {
        format: if out.json {
            LogFormat::Json
        } else {
            LogFormat::Human
        },
        level: "info".to_owned(),
    })?;
    let folder = Folder::open(dir).context("witness")?;
    let witness =
        Witness::open(folder, Box::new(RealDisk), Box::new(SystemClock)).context("witness")?;
    let witness = Arc::new(witness);
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}: change --listen, or stop what uses it")
    })?;
    if witness.logs() == 0 {
        tracing::warn!("no log is known: add lines `log VKEY` to logs.policy and start again");
    }
    // What was asked for may have been any free port.
    let listening = listener.local_addr().context("listener")?;
    tracing::info!(key = %witness.key(), logs = witness.logs(), %listening, "cosigning");
    let end = async {
        if let Err(error) = crate::serve::terminated().await {
            tracing::error!(%error, "ending");
        }
    };
    verbatim_witness::serve(listener, router(witness), end)
        .await
        .context("listener")
}

#[cfg(test)]
mod tests {
    use verbatim_record::Signer;

    use super::*;

    #[test]
    fn a_witness_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let (out, place) = (Out { json: true }, dir.path().join("witness"));
        init(&out, &place, "witness.example/1").unwrap();
        let made = Folder::open(&place).unwrap().signer().verifier().clone();
        assert_eq!(made.name(), "witness.example/1");
        let again = init(&out, &place, "witness.example/1").unwrap_err();
        assert!(format!("{again:#}").contains("exists already"), "{again:#}");
        assert_eq!(*Folder::open(&place).unwrap().signer().verifier(), made);
    }
}
