//! The command line, as data.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Check records of Verbatim without trusting whoever keeps them.
#[derive(Debug, Parser)]
#[command(name = "verbatim-verify", version)]
#[command(after_help = "\
Exit codes:
  0  everything that was asked for is proved
  1  something is wrong; the first such thing is named
  2  what was given cannot be read
  3  nothing is wrong, but not everything is proved

Take the log's key from a source of your own, not from whoever gave you the records.")]
pub(crate) struct Cli {
    /// Answer as JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check an export bundle. Needs no network.
    Bundle(BundleArgs),
    /// Check a published log.
    Log(LogArgs),
    /// Check a proof file (C2SP tlog-proof).
    Proof(ProofArgs),
    /// Check a timestamp (RFC 3161) of a checkpoint.
    Timestamp(TimestampArgs),
}

/// Whom to believe.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct Trust {
    /// A trust policy (C2SP tlog-policy): the log's key, witnesses, how many of them.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// The log's key alone, `name+id+base64`; no witness is asked for.
    #[arg(long, value_name = "VKEY")]
    pub(crate) key: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim-verify bundle export-2026-11 --policy acme.policy
  verbatim-verify bundle export-2026-11 --policy acme.policy --since last-year.checkpoint
  verbatim-verify bundle export-2026-11 --policy acme.policy --tsa-ca authority.pem
An encrypted bundle is opened first: age -d -i KEY bundle.tar.age | tar x")]
pub(crate) struct BundleArgs {
    /// The bundle's folder.
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// A checkpoint of this log that you kept: shows that nothing before it was rewritten.
    #[arg(long, value_name = "NOTE")]
    pub(crate) since: Option<PathBuf>,
    /// Certificates of time authorities that you believe, PEM: shows by when records existed.
    #[arg(long, value_name = "FILE")]
    pub(crate) tsa_ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim-verify log https://log.acme.example/ --policy acme.policy
  verbatim-verify log /srv/log --key 'acme.example/log+5f3c…' --since last-year.checkpoint --full
The address is that of a log in C2SP tlog-tiles layout: /checkpoint and /tile/… below it.")]
pub(crate) struct LogArgs {
    /// Where the log is published: an address, or a folder.
    #[arg(value_name = "URL|DIR")]
    pub(crate) log: String,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// A checkpoint of this log that you kept: shows that nothing before it was rewritten.
    #[arg(long, value_name = "NOTE")]
    pub(crate) since: Option<PathBuf>,
    /// Look at every entry: that all are whole and no conversation has a gap.
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  verbatim-verify proof record-812.tlog-proof --policy acme.policy")]
pub(crate) struct ProofArgs {
    /// The proof.
    pub(crate) proof: PathBuf,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// The entry that it is about, if the proof does not carry it: 196 bytes.
    #[arg(long, value_name = "FILE")]
    pub(crate) leaf: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  verbatim-verify timestamp stamped.checkpoint stamped.tsr --ca authority.pem --policy acme.policy
What is stamped is the checkpoint's text; `bundle --since stamped.checkpoint` shows which records it covers.")]
pub(crate) struct TimestampArgs {
    /// The checkpoint that was stamped.
    pub(crate) checkpoint: PathBuf,
    /// The authority's answer.
    pub(crate) response: PathBuf,
    /// Certificates of authorities that you believe, PEM.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: PathBuf,
    #[command(flatten)]
    pub(crate) trust: Trust,
}
