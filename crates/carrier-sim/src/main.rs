//! The simulated carrier as a program of its own.

use carrier_sim::{Delays, Number, SimConfig};
use clap::Parser;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// A simulated SMS carrier: a provider-compatible API, phones in the browser, switchable faults.
///
/// The API is below /2010-04-01/, the control API below /sim/, and the phones are at /. Control
/// API and page have no authentication: listen on a local address.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8025")]
    listen: SocketAddr,
    /// Identifier of the account: AC and 32 hexadecimal digits.
    #[arg(long, env = "CARRIER_SIM_ACCOUNT_SID")]
    account_sid: String,
    /// Secret of the account.
    #[arg(long, env = "CARRIER_SIM_AUTH_TOKEN", hide_env_values = true)]
    auth_token: String,
    /// Sign webhooks with HMAC-SHA256 under this shared key.
    #[arg(long, value_name = "ID=SECRET", value_parser = pair)]
    shared_key: Option<(String, String)>,
    /// A number of the account, with who answers there and its inbound webhook if you like; may be
    /// repeated.
    #[arg(long = "number", value_name = "[NAME=]+E164[=URL]", value_parser = number)]
    numbers: Vec<Number>,
    /// A phone, with a name if you like; may be repeated.
    #[arg(long = "phone", value_name = "[NAME=]+E164", value_parser = phone)]
    phones: Vec<(String, String)>,
    /// File that keeps the ledger over restarts.
    #[arg(long)]
    ledger: Option<PathBuf>,
    /// Let messages pass through their states without waiting.
    #[arg(long)]
    no_delays: bool,
    /// Seed of the chance that faults use.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (left, right) = text.split_once('=').ok_or("expected ID=SECRET")?;
    Ok((left.into(), right.into()))
}

fn number(text: &str) -> Result<Number, String> {
    let (name, rest) = match text.split_once('=') {
        Some((name, rest)) if !name.starts_with('+') => (name, rest),
        _ => ("", text),
    };
    let (number, sms_url) = rest.split_once('=').unwrap_or((rest, ""));
    Ok(Number {
        number: number.into(),
        sms_url: sms_url.into(),
        name: name.into(),
    })
}

fn phone(text: &str) -> Result<(String, String), String> {
    let (name, number) = text.rsplit_once('=').unwrap_or(("", text));
    Ok((name.into(), number.into()))
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let mut config = SimConfig::new(arguments.account_sid, arguments.auth_token);
    config.listen = arguments.listen;
    config.shared_key = arguments.shared_key;
    for Number {
        number,
        sms_url,
        name,
    } in arguments.numbers
    {
        // A restart without the name keeps the one of the ledger.
        if !name.is_empty() {
            config.number_names.push((number.clone(), name));
        }
        config.numbers.push((number, sms_url));
    }
    config.phones = arguments.phones;
    config.ledger = arguments.ledger;
    config.seed = arguments.seed;
    if arguments.no_delays {
        config.delays = Delays::NONE;
    }
    match carrier_sim::start(config).await {
        Ok(running) => {
            println!("listening on {}", running.base_url());
            stop_signal().await;
            running.stop().await;
            ExitCode::SUCCESS
        }
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

fn report(error: &dyn std::error::Error) {
    eprint!("carrier-sim: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprint!(": {error}");
        cause = error.source();
    }
    eprintln!();
}

/// Ctrl-C, or SIGTERM where there is one.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut term) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = term.recv() => {}
            }
            return;
        }
    }
    // Without a signal to wait for, the process ends when it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
