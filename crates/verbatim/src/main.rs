//! Verbatim, the one binary: configuration, wiring, commands.

mod cli;
mod commands;
mod config;
mod demo;
mod demo_stack;
mod edge;
mod examine;
mod exit;
mod files;
mod http;
mod key_file;
mod local;
mod logging;
mod no_rows;
mod serve;
mod system;
mod token;
mod token_signer;
mod wiring;
mod work;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser};

use crate::cli::{Cli, Command, KeyCommand, WitnessCommand};
use crate::commands::api::Out;
use crate::config::{Config, ConfigError, LogFormat, Role};
use crate::local::Api;

fn main() -> ExitCode {
    let cli = Cli::parse();
    harden();
    let serves = matches!(
        cli.command,
        Command::Serve(_) | Command::Demo(_) | Command::Witness(WitnessCommand::Serve { .. })
    );
    if !serves {
        // `verbatim … | head` ends quietly, as other tools do.
        sigpipe::reset();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("verbatim: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let json = cli.json;
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => {
            let (words, code) = (words_of(&error), code_of(&error));
            eprintln!("verbatim: {words}");
            if json {
                println!("{}", serde_json::json!({"error": words, "exit_code": code}));
            }
            ExitCode::from(code)
        }
    }
}

/// What went wrong, and what to do about it where the error's own words do not say so.
fn words_of(error: &anyhow::Error) -> String {
    use verbatim_engine::OpenError;
    use verbatim_engine::ports::StoreError;
    let is_damage = |cause: &(dyn std::error::Error + 'static)| {
        let store = match cause.downcast_ref() {
            Some(OpenError::Store(store)) => Some(store),
            _ => cause.downcast_ref(),
        };
        matches!(store, Some(StoreError::Damaged(_)))
    };
    if error.chain().any(is_damage) {
        let mend = "keep this store as it is, to be examined, and restore the newest backup";
        return format!("{error:#}; {mend} (docs/operating.md, \"Backups\")");
    }
    format!("{error:#}")
}

async fn run(cli: Cli) -> Result<ExitCode> {
    let out = Out { json: cli.json };
    match cli.command {
        Command::Completion { shell } => {
            clap_complete::generate(
                shell,
                &mut Cli::command(),
                "verbatim",
                &mut std::io::stdout(),
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::Init(args) => commands::init::run(&args).await,
        Command::Demo(args) => demo_stack::run(args).await,
        Command::Witness(command) => commands::witness::run(&out, command).await,
        Command::Key(KeyCommand::HsmInit(args)) => {
            let config = Config::read(&cli.config)?;
            commands::key::record_hsm_init(&config, &args).await?;
            // A token blocks.
            tokio::task::spawn_blocking(move || commands::key::hsm_init(&config, &out, &args))
                .await?
        }
        Command::Key(KeyCommand::ChangeSigner(args)) => {
            let config = Config::read(&cli.config)?;
            commands::key::record_change_signer(&config).await?;
            // A token blocks.
            tokio::task::spawn_blocking(move || commands::key::change_signer(&config, &out, &args))
                .await?
        }
        Command::Key(KeyCommand::Edge(args)) => {
            let config = Config::read(&cli.config)?;
            is_full(&config)?;
            commands::key::edge(&config, &out, &args).await
        }
        Command::Doctor(args) => commands::doctor::run(&cli.config, args.role, &out).await,
        Command::Serve(args) => {
            let mut config = Config::read_as(&cli.config, args.role)?;
            if cli.json {
                config.log.format = LogFormat::Json;
            }
            logging::start(&config.log)?;
            match config.node.role {
                Role::Full => serve::run(&config).await?,
                Role::Edge => edge::run(&config).await?,
            }
            Ok(ExitCode::SUCCESS)
        }
        command => with_api(&cli.config, cli.purpose, &out, command).await,
    }
}

/// An edge can answer nothing.
fn is_full(config: &Config) -> Result<()> {
    match config.node.role {
        Role::Full => Ok(()),
        Role::Edge => anyhow::bail!(
            "this is the configuration of an edge ([node] role), which can read nothing: ask a full node"
        ),
    }
}

async fn with_api(
    config: &std::path::Path,
    purpose: Option<String>,
    out: &Out,
    command: Command,
) -> Result<ExitCode> {
    let config = Config::read(config)?;
    is_full(&config)?;
    let api = if command.may_make_a_store() {
        Api::connect(&config).await?
    } else {
        Api::look(&config).await?
    };
    let api = api.for_purpose(purpose);
    match command {
        Command::Employee(command) => commands::api::employee(&api, out, command).await,
        Command::Number(command) => commands::api::number(&api, out, command).await,
        Command::Contact(command) => commands::api::contact(&api, out, command).await,
        Command::Conversation(command) => commands::api::conversation(&api, out, command).await,
        Command::Alarm(command) => commands::api::alarm(&api, out, command).await,
        Command::Key(command) => commands::key::run(&config, &api, out, command).await,
        Command::Token(command) => commands::api::token(&api, out, command).await,
        Command::Export(args) => commands::export::run(&api, out, &args).await,
        Command::Record(command) => commands::record::run(&api, out, command).await,
        Command::Retention(command) => commands::retention::retention(&api, out, command).await,
        Command::Hold(command) => commands::retention::hold(&api, out, command).await,
        Command::Disposal(command) => commands::retention::disposal(&api, out, command).await,
        Command::Erasure(command) => commands::retention::erasure(&api, out, command).await,
        Command::Status => commands::status::run(&api, out).await,
        // `run` has dealt with the others.
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// TLS provider chosen; no core dumps, which would hold texts and keys (DESIGN invariant 6); files for
/// nobody else, the store's among them.
fn harden() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    // An error means that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let none = rustix::process::Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if rustix::process::setrlimit(rustix::process::Resource::Core, none).is_err() {
        eprintln!("verbatim: core dumps could not be switched off; see `verbatim doctor`");
    }
}

fn code_of(error: &anyhow::Error) -> u8 {
    use verbatim_engine::OpenError;
    use verbatim_engine::ports::StoreError;
    for cause in error.chain() {
        if let Some(config) = cause.downcast_ref::<ConfigError>() {
            return match config {
                ConfigError::Read { .. } => exit::CONFIG_UNREADABLE,
                _ => exit::CONFIG_INVALID,
            };
        }
        if cause.is::<verbatim_record::KeyError>()
            || cause.is::<key_file::KeyFileUnreadable>()
            || cause.is::<verbatim_hsm::HsmError>()
        {
            return exit::KEY;
        }
        match cause.downcast_ref::<OpenError>() {
            Some(
                OpenError::WrongKey { .. }
                | OpenError::ForeignEdge
                | OpenError::Bucket(_)
                | OpenError::Safe(_),
            ) => return exit::KEY,
            Some(OpenError::Shortened { .. }) => return exit::CONFIG_INVALID,
            Some(OpenError::Store(_) | OpenError::NotStarted) => return exit::STORE,
            None => {}
        }
        if cause.is::<StoreError>() || cause.is::<local::NoStore>() {
            return exit::STORE;
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use verbatim_engine::ports::StoreError;

    use super::*;

    #[test]
    fn errors_have_their_codes_and_mends() {
        let check = |error: anyhow::Error, code: u8, part: &str| {
            assert_eq!(code_of(&error), code, "{error:#}");
            assert!(words_of(&error).contains(part), "{}", words_of(&error));
        };
        let damaged = || StoreError::Damaged("the log has 1 records, its roots 2".into());
        check(
            anyhow::Error::from(damaged()).context("store"),
            exit::STORE,
            "restore the newest backup",
        );
        let opened = verbatim_engine::OpenError::from(damaged());
        check(opened.into(), exit::STORE, "restore the newest backup");
        let nowhere = Config::read(std::path::Path::new("/nowhere/verbatim.toml")).unwrap_err();
        check(nowhere.into(), exit::CONFIG_UNREADABLE, "verbatim init");
        check(anyhow::anyhow!("no"), 1, "no");
    }
}
