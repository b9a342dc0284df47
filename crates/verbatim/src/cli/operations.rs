//! What operators do: alarms, tokens, witnesses.

use std::path::PathBuf;

use clap::Subcommand;
use clap::builder::PossibleValuesParser;

#[derive(Debug, Subcommand)]
pub(crate) enum AlarmCommand {
    /// List alarms, newest first.
    List,
    /// Clear an alarm that was dealt with.
    Clear {
        /// Its key.
        key: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token. It is shown once.
    #[command(after_help = "Example:\n  verbatim token create crm --scope read --scope provision")]
    Create {
        /// What it is for; appears in the record as the actor.
        name: String,
        /// What it may do.
        #[arg(long = "scope", required = true, value_name = "SCOPE",
              value_parser = PossibleValuesParser::new(verbatim_console::SCOPES))]
        scopes: Vec<String>,
    },
    /// Withdraw the tokens of a name.
    Revoke {
        /// The name.
        name: String,
    },
    /// List tokens, without their secrets.
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WitnessCommand {
    /// Make a witness's folder with a key, and print the public half.
    #[command(
        after_help = "Example:\n  verbatim witness init --dir /var/lib/verbatim-witness --name witness.auditor.example/1\n\
                      Then add a line `log VKEY` for each log to `logs.policy` in that folder, and give the printed key to the\n\
                      logs' operators ([[record.witness]] of their configuration)."
    )]
    Init {
        /// The folder; what is in it must never be lost nor restored from an older copy.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// The witness's name: an address without a scheme, without white space and `+`.
        #[arg(long)]
        name: String,
    },
    /// Cosign until SIGTERM or Ctrl-C. Needs no configuration file.
    #[command(
        after_help = "Example:\n  verbatim witness serve --dir /var/lib/verbatim-witness --listen 127.0.0.1:9490"
    )]
    Serve {
        /// The folder that `witness init` made.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Where to listen; put a TLS-terminating proxy in front.
        #[arg(long, value_name = "ADDR")]
        listen: std::net::SocketAddr,
    },
}
