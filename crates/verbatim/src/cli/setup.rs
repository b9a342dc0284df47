//! `verbatim init`, and what a node is for.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  verbatim init --dir /etc/verbatim --firm 'Acme Wealth' --homeserver https://matrix.acme.example \\
      --server-name acme.example --twilio-sid AC… --public-url https://sms.acme.example
Nothing that exists is overwritten; the Twilio token is read from standard input or TWILIO_AUTH_TOKEN.")]
pub(crate) struct InitArgs {
    /// Where to write.
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The firm's name, as clients see it.
    #[arg(long)]
    pub(crate) firm: Option<String>,
    /// Base address of the homeserver.
    #[arg(long, value_name = "URL")]
    pub(crate) homeserver: Option<String>,
    /// The part after the colon in user ids.
    #[arg(long, value_name = "NAME")]
    pub(crate) server_name: Option<String>,
    /// Where the homeserver reaches Verbatim.
    #[arg(long, value_name = "URL")]
    pub(crate) appservice_url: Option<String>,
    /// Twilio account, AC….
    #[arg(long, value_name = "SID")]
    pub(crate) twilio_sid: Option<String>,
    /// Where Twilio reaches Verbatim.
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// The store, if not SQLite beside the configuration.
    #[arg(long, value_name = "URL")]
    pub(crate) store: Option<String>,
    /// What the log's key signs with.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) signing_algorithm: SigningAlgorithm,
}

/// What the log's key signs with (C2SP signed-note).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum SigningAlgorithm {
    /// Ed25519: every tool of the field reads it.
    #[default]
    Ed25519,
    /// ECDSA on P-256 with SHA-256: for tokens in FIPS mode that have no Ed25519.
    EcdsaP256,
}

#[derive(Debug, Args)]
pub(crate) struct RoleArgs {
    /// What this node is for, instead of what `role` under `[node]` says.
    #[arg(long, value_enum)]
    pub(crate) role: Option<crate::config::Role>,
}
