//! What an operator does after `verbatim init`.

use std::path::Path;

use anyhow::{Context, Result};

use super::{InitArgs, registration_path};
use crate::config::{Config, ConfigError};
use crate::wiring;

/// Prints the steps that follow.
pub(super) fn print(
    args: &InitArgs,
    path: &Path,
    config: Result<Config, ConfigError>,
) -> Result<()> {
    println!("\nNext:");
    match config {
        Ok(config) => ready(path, &config)?,
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
    Ok(())
}

fn ready(path: &Path, config: &Config) -> Result<()> {
    let registration = std::path::absolute(registration_path(config)).context("registration")?;
    println!(
        "  1. Give the homeserver the registration. It holds two secrets, so give a copy to the"
    );
    println!("     homeserver's account only, such as matrix-synapse:");
    println!(
        "       install -o matrix-synapse -m 400 {} /etc/matrix-synapse/verbatim.yaml",
        registration.display()
    );
    println!("     name it in Synapse's homeserver.yaml and restart Synapse:");
    println!("       app_service_config_files: [ /etc/matrix-synapse/verbatim.yaml ]");
    println!(
        "  2. Give {} to the account that runs Verbatim: chown -R ACCOUNT {0}",
        config.dir.display()
    );
    println!("  3. verbatim --config {} serve", path.display());
    let mut step = 4;
    for block in &config.carrier {
        let carrier = wiring::carrier(config, block)
            .with_context(|| format!("correct {}, then run this again", path.display()))?;
        let address = carrier.inbound_address();
        println!(
            "  {step}. At the carrier ({}), for each number, enter as the address for",
            block.name
        );
        println!(
            "     incoming messages, with HTTP POST (docs/operating.md, \"Setting up Twilio\"):"
        );
        println!("       {address}");
        step += 1;
    }
    println!("  {step}. verbatim --config {} doctor", path.display());
    Ok(())
}
