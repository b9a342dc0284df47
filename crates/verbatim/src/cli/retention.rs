//! How long records are kept: rules, holds, disposals, erasures.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum RetentionCommand {
    /// The rules in force, and the records they keep, by class and month of expiry.
    #[command(
        after_help = "Examples:\n  verbatim retention list\n  verbatim retention list --employee @alice:acme.example"
    )]
    List {
        #[command(flatten)]
        of: MemberArgs,
    },
    /// Keep all records of a class that there are for longer, or those of somebody. This cannot be undone.
    #[command(after_help = "\
Examples:
  verbatim retention extend 1 --months 12
  verbatim retention extend 1 --months 36 --employee @alice:acme.example")]
    Extend {
        /// The class.
        class: u8,
        /// How many months longer. For somebody, the longest that was ever said counts, not the sum.
        #[arg(long)]
        months: u32,
        #[command(flatten)]
        of: MemberArgs,
    },
}

/// Whose records; everybody's if nobody is named.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct MemberArgs {
    /// Matrix account of an employee.
    #[arg(long, value_name = "USER")]
    pub(crate) employee: Option<String>,
    /// A number, the firm's or a client's.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) number: Option<String>,
    /// A conversation by its id.
    #[arg(long, value_name = "ID")]
    pub(crate) conversation: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HoldCommand {
    /// Set a hold on everybody named, each by as many options as needed.
    #[command(after_help = "\
Example:
  verbatim hold set 'Doe v. Acme' --reason 'letter of 3 May' --contact +14155552671 \\
      --employee @alice:acme.example --from 2025-01-01 --until 2026-06-30
Dates are days in UTC, both included. What is about no conversation is kept by every hold of its time.")]
    Set(HoldArgs),
    /// List holds, released ones included.
    List,
    /// Ask for the release of a hold. It stands until somebody else approves.
    Release {
        /// Its id.
        hold: String,
        /// Why it is not needed any more.
        #[arg(long)]
        reason: String,
    },
    /// Agree to the release that somebody else asked for.
    Approve {
        /// Its id.
        hold: String,
    },
    /// Take the request to release a hold back: it goes on as before. After 30 days a request lapses by itself.
    #[command(after_help = "\
Example:
  verbatim hold keep 0193b0c4d5e67f8091a2b3c4d5e6f708")]
    Keep {
        /// Its id.
        hold: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct HoldArgs {
    /// What it is called.
    pub(crate) name: String,
    /// Why.
    #[arg(long)]
    pub(crate) reason: String,
    /// Everything.
    #[arg(long)]
    pub(crate) everyone: bool,
    /// Matrix account of an employee.
    #[arg(long = "employee", value_name = "USER")]
    pub(crate) employees: Vec<String>,
    /// A contact, by one of their numbers.
    #[arg(long = "contact", value_name = "NUMBER")]
    pub(crate) contacts: Vec<String>,
    /// A conversation by its id.
    #[arg(long = "conversation", value_name = "ID")]
    pub(crate) conversations: Vec<String>,
    /// A number, the firm's or a client's.
    #[arg(long = "number", value_name = "NUMBER")]
    pub(crate) numbers: Vec<String>,
    /// Captured on this day or later.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = crate::commands::retention::day)]
    pub(crate) from: Option<time::Date>,
    /// Captured on this day or earlier.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = crate::commands::retention::day)]
    pub(crate) until: Option<time::Date>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DisposalCommand {
    /// Propose the disposal of everything whose month is over.
    Propose,
    /// Approve a disposal that somebody else proposed. It is then carried out, and cannot be undone.
    #[command(after_help = "Example:\n  verbatim disposal approve 0198…")]
    Approve {
        /// Its id.
        disposal: String,
    },
    /// Take back a disposal that is not carried out yet, whoever proposed or approved it.
    #[command(after_help = "Example:\n  verbatim disposal withdraw 0198…")]
    Withdraw {
        /// Its id.
        disposal: String,
    },
    /// List disposals.
    List,
    /// One disposal, with its certificate once the key is destroyed.
    Show {
        /// Its id.
        disposal: String,
    },
    /// Let the worker look at the approved disposals again, if one waited for its bucket.
    Run,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ErasureCommand {
    /// Ask that everything about a contact be erased: refused while retention or a hold binds, else the
    /// disposal of these very records is proposed.
    #[command(after_help = "Example:\n  verbatim erasure request +14155552671")]
    Request {
        /// One of the contact's numbers.
        contact: String,
    },
}
