//! Reading the record, and taking it away.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum RecordCommand {
    /// The timeline of a conversation: every record, opened and checked. That you saw it is recorded.
    #[command(after_help = "Example:\n  verbatim record show 0198… --purpose 'complaint 2026-17'")]
    Show {
        /// The conversation's id, as `conversation list` shows it.
        conversation: String,
    },
    /// Who has been shown a message or a record: the views, exports and proofs that cover it.
    #[command(
        after_help = "Examples:\n  verbatim record who-saw --message 0198…\n  verbatim record who-saw --record 4711"
    )]
    WhoSaw(WhoSawArgs),
    /// Recompute the whole log, compare it with every stored root, open every record.
    /// Exit code 41 names the first bad leaf.
    Verify,
    /// The signed checkpoints, with the cosignatures of witnesses and the timestamps of authorities.
    #[command(
        after_help = "Examples:\n  verbatim record checkpoints\n  verbatim record checkpoints --after 4711 --json"
    )]
    Checkpoints {
        /// Only those over more records than so many.
        #[arg(
            long,
            value_name = "SIZE",
            default_value_t = 0,
            hide_default_value = true
        )]
        after: u64,
    },
    /// Write a proof that a record is in the signed log.
    #[command(after_help = "\
Example:
  verbatim record proof 812 > record-812.tlog-proof
  verbatim-verify proof record-812.tlog-proof --policy acme.policy")]
    Proof {
        /// Its position in the log, as `record show` names it.
        position: u64,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct WhoSawArgs {
    /// A message by its id.
    #[arg(long, value_name = "ID")]
    pub(crate) message: Option<String>,
    /// A record by its position in the log.
    #[arg(long, value_name = "POSITION")]
    pub(crate) record: Option<u64>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim export --conversation 0f3c… --purpose 'Request 2026-117' --out request-117
  verbatim export --person @alice:acme.example --from 2026-01-01 --to 2026-04-01 --out alice-q1
  verbatim export --all --out everything
  verbatim export --number +14155550100 --age age1… --out number.tar.age
Interrupted, the same command goes on where it was. What it writes is readable to whoever has the folder.
The bundle is checked with `verbatim-verify bundle DIR --policy FILE`, or as its VERIFY.txt says.")]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) whose: WhoseArgs,
    /// Recorded on this day or later (UTC).
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Option<String>,
    /// Recorded before this day (UTC).
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: Option<String>,
    /// The bundle's folder: new, or that of an export that was interrupted. With --age, the file.
    #[arg(long, value_name = "PATH")]
    pub(crate) out: PathBuf,
    /// Write one file instead, encrypted to this age recipient. Interrupted, it begins again as the same export.
    #[arg(long, value_name = "RECIPIENT")]
    pub(crate) age: Option<String>,
    /// Why; goes into the record.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) purpose: String,
    /// A checkpoint that the recipient has kept: the bundle will show that nothing before it was rewritten.
    #[arg(long, value_name = "NOTE")]
    pub(crate) since: Option<PathBuf>,
}

/// Whose records.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct WhoseArgs {
    /// Of one conversation, by its id.
    #[arg(long, value_name = "ID")]
    pub(crate) conversation: Option<String>,
    /// Of an employee, by Matrix account.
    #[arg(long, value_name = "USER")]
    pub(crate) person: Option<String>,
    /// Of one of the firm's numbers.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) number: Option<String>,
    /// Of a contact, by its id.
    #[arg(long, value_name = "ID")]
    pub(crate) contact: Option<String>,
    /// Everybody's, and those about the installation.
    #[arg(long)]
    pub(crate) all: bool,
}
