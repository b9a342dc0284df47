//! `verbatim doctor`: every part looked at from where the service stands, each failure with its mend.
//!
//! It changes nothing: it opens no store for writing and signs nothing in. A part that fails keeps no
//! other part from being looked at, unless that one cannot be looked at without it.

mod anchors;
mod carrier;
mod client;
mod edge;
mod files;
mod homeserver;
mod log;
mod machine;
mod service;
mod store;
mod token;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};
use verbatim_record::Kek;

use super::api::Out;
use crate::config::{Config, Role};
use crate::key_file::KeyFile;
use crate::local::Api;
use crate::wiring;

/// How a check ended.
enum Verdict {
    Ok(String),
    Warn(String, String),
    Fail(String, String),
}

/// All checks so far.
struct Examination {
    out_json: bool,
    lines: Vec<Value>,
    failed: bool,
}

impl Examination {
    fn add(&mut self, area: &str, verdict: Verdict) {
        let (word, found, mend) = match verdict {
            Verdict::Ok(found) => ("ok", found, String::new()),
            Verdict::Warn(found, mend) => ("warning", found, mend),
            Verdict::Fail(found, mend) => {
                self.failed = true;
                ("failure", found, mend)
            }
        };
        if !self.out_json {
            println!("{word:<8} {area:<22} {found}");
            if !mend.is_empty() {
                println!("{:<31} → {mend}", "");
            }
        }
        self.lines
            .push(json!({"area": area, "verdict": word, "found": found, "mend": mend}));
    }
}

pub(crate) async fn run(path: &Path, role: Option<Role>, out: &Out) -> Result<ExitCode> {
    let mut exam = Examination {
        out_json: out.json,
        lines: Vec::new(),
        failed: false,
    };
    match Config::read_as(path, role) {
        Ok(config) => {
            exam.add("configuration", Verdict::Ok(path.display().to_string()));
            exam.add("files", files::files(path, &config));
            match config.node.role {
                Role::Full => examine(&mut exam, &config).await?,
                Role::Edge => edge::examine(&mut exam, &config).await?,
            }
        }
        Err(error) => exam.add(
            "configuration",
            Verdict::Fail(error.to_string(), error.mend()),
        ),
    }
    if out.json {
        println!("{}", json!({"ok": !exam.failed, "checks": exam.lines}));
    } else {
        println!(
            "{}",
            if exam.failed {
                "something must be mended"
            } else {
                "all is well"
            }
        );
    }
    Ok(if exam.failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn examine(exam: &mut Examination, config: &Config) -> Result<()> {
    let (file, key) = read_key(config).await?;
    exam.add("key file", machine::key_file(config, &key));
    if config.keys.pkcs11.is_some() {
        exam.add("token", token::token(file.as_ref(), key.is_ok()).await?);
    }
    let of = config.clone();
    // Where it is in the token, that blocks.
    let signer = tokio::task::spawn_blocking(move || wiring::read_signer(&of)).await?;
    exam.add("signing key", log::signing_key(config, &signer));
    if let Ok(signer) = &signer {
        exam.add("published log", log::published(config, &**signer).await);
        anchors::anchors(exam, config, &**signer).await;
    }
    exam.add("disk", machine::disk(config));
    exam.add("core dumps", machine::core_dumps());
    exam.add("registration file", homeserver::registration(config));
    let (running, verdict) = service::service(config).await?;
    exam.add("service", verdict);
    exam.add(
        "store",
        store::store(config, file.as_ref(), key.as_ref().ok(), running).await,
    );
    // What only the service knows; without it these checks ask less.
    let api = if running {
        Api::running(config).await?
    } else {
        None
    };
    if let Some(api) = &api
        && !config.firm.catch_all.is_empty()
    {
        exam.add("catch-all", service::catch_all(config, api).await);
    }
    homeserver::homeserver(exam, config, running).await;
    client::client(exam, config, running).await?;
    carrier::carriers(exam, config, api.as_ref()).await
}

/// The key file, if it can be looked at, and what is in it. A token blocks.
async fn read_key(config: &Config) -> Result<(Option<KeyFile>, Result<Kek>)> {
    let file = match KeyFile::of(config) {
        Ok(file) => file,
        Err(error) => return Ok((None, Err(error))),
    };
    let reader = file.clone();
    let key = tokio::task::spawn_blocking(move || reader.read()).await?;
    Ok((Some(file), key))
}
