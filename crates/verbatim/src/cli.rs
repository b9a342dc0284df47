//! The command line, as data.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Text clients from an encrypted chat, with a record that an examiner can verify.
#[derive(Debug, Parser)]
#[command(name = "verbatim", version, propagate_version = true)]
#[command(
    after_help = "Start with `verbatim demo`, or with `verbatim init` for a real homeserver and carrier."
)]
pub(crate) struct Cli {
    /// The configuration file.
    #[arg(
        long,
        short,
        global = true,
        env = "VERBATIM_CONFIG",
        default_value = "verbatim.toml",
        value_name = "FILE"
    )]
    pub(crate) config: PathBuf,
    /// Answer as JSON, errors too; `serve` logs as JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What you look at the record for; recorded with what you are shown (one line, at most 200
    /// characters).
    #[arg(long, global = true, value_name = "TEXT")]
    pub(crate) purpose: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a configuration, keys and the registration file for the homeserver.
    Init(InitArgs),
    /// Check every part and say what to do about each failure.
    #[command(after_help = "Example:\n  verbatim doctor --role edge")]
    Doctor(RoleArgs),
    /// Run until SIGTERM or Ctrl-C.
    #[command(
        after_help = "Examples:\n  verbatim serve\n  verbatim serve --role edge    takes webhooks, seals them, and can read nothing"
    )]
    Serve(RoleArgs),
    /// Try everything on this machine, with a local homeserver and a simulated carrier.
    Demo(crate::demo::DemoArgs),
    /// Employees.
    #[command(subcommand)]
    Employee(EmployeeCommand),
    /// Virtual numbers.
    #[command(subcommand)]
    Number(NumberCommand),
    /// Contacts (clients).
    #[command(subcommand)]
    Contact(ContactCommand),
    /// Conversations.
    #[command(subcommand)]
    Conversation(ConversationCommand),
    /// The record: read it, verify it.
    #[command(subcommand)]
    Record(RecordCommand),
    /// Take records away as a bundle that proves itself.
    Export(ExportArgs),
    /// The key-encryption key: what lies under it, and its rotation.
    #[command(subcommand)]
    Key(KeyCommand),
    /// How long records are kept.
    #[command(subcommand)]
    Retention(RetentionCommand),
    /// Legal holds: what they cover survives every disposal.
    #[command(subcommand)]
    Hold(HoldCommand),
    /// Disposals of what has expired: proposed by one person, approved by another.
    #[command(subcommand)]
    Disposal(DisposalCommand),
    /// Wishes that everything about a contact be erased (GDPR article 17).
    #[command(subcommand)]
    Erasure(ErasureCommand),
    /// What an operator should look at.
    #[command(subcommand)]
    Alarm(AlarmCommand),
    /// Tokens for the REST API.
    #[command(subcommand)]
    Token(TokenCommand),
    /// A witness for the logs of others: cosigns checkpoints, so that no log can be rolled back unseen.
    #[command(subcommand)]
    Witness(WitnessCommand),
    /// What waits and what was counted.
    Status,
    /// Write a completion script for a shell.
    #[command(
        after_help = "Example:\n  verbatim completion bash > /etc/bash_completion.d/verbatim"
    )]
    Completion {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// Whether it may be the first thing that is asked of a new store. Any other one must not make the store
    /// that it was to look at.
    pub(crate) fn may_make_a_store(&self) -> bool {
        matches!(
            self,
            Self::Employee(EmployeeCommand::Add { .. } | EmployeeCommand::Import(_))
                | Self::Number(NumberCommand::Add { .. } | NumberCommand::Import(_))
                | Self::Contact(ContactCommand::Add { .. } | ContactCommand::Import(_))
                | Self::Token(TokenCommand::Create { .. })
        )
    }
}

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

#[derive(Debug, Subcommand)]
pub(crate) enum EmployeeCommand {
    /// Add an employee, or change the name.
    #[command(after_help = "Example:\n  verbatim employee add @alice:acme.example 'Alice Ng'")]
    Add {
        /// Matrix account.
        user: String,
        /// Name, as clients see it.
        name: String,
    },
    /// Add employees from a CSV file with the columns `user,name`.
    Import(ImportArgs),
    /// An employee leaves: their numbers come free.
    End {
        /// Matrix account.
        user: String,
    },
    /// List employees.
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NumberCommand {
    /// Add a number of a carrier account.
    #[command(
        after_help = "Example:\n  verbatim number add +14155550100 --account twilio-main --holder @alice:acme.example\n\
                      Enter the `webhook` of the answer at the carrier, as the number's address for messages."
    )]
    Add {
        /// The number.
        number: String,
        /// The carrier account, as the configuration names it.
        #[arg(long)]
        account: String,
        /// Assign it at once.
        #[arg(long, value_name = "USER")]
        holder: Option<String>,
    },
    /// Add numbers from a CSV file with the columns `number,account` and perhaps `holder`.
    Import(ImportArgs),
    /// Give a number to an employee.
    Assign {
        /// The number.
        number: String,
        /// Matrix account.
        user: String,
    },
    /// Take a number back.
    Release {
        /// The number.
        number: String,
    },
    /// List numbers.
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ContactCommand {
    /// Add a contact, or name one.
    Add {
        /// The number.
        number: String,
        /// The name.
        name: String,
    },
    /// Add contacts from a CSV file with the columns `number,name`.
    Import(ImportArgs),
    /// List contacts.
    List,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The first line names the columns. Rows that fail are named; the others stand. Importing again does no harm."
)]
pub(crate) struct ImportArgs {
    /// The CSV file, UTF-8; `-` for standard input.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConversationCommand {
    /// Begin a conversation, or find the one there is.
    #[command(
        after_help = "Example:\n  verbatim conversation start @alice:acme.example +14155552671 --name 'Jane Doe'"
    )]
    Start {
        /// The employee's Matrix account.
        user: String,
        /// The client's number.
        peer: String,
        /// The client's name.
        #[arg(long)]
        name: Option<String>,
        /// Which of the employee's numbers, if they hold several.
        #[arg(long)]
        number: Option<String>,
    },
    /// List conversations.
    List,
}

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

#[derive(Debug, Args)]
pub(crate) struct RoleArgs {
    /// What this node is for, instead of what `role` under `[node]` says.
    #[arg(long, value_enum)]
    pub(crate) role: Option<crate::config::Role>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  verbatim key edge > edge.keys
The file seals into the record of this installation and opens nothing. It is the same each time; that it was
written is recorded. Bring it to the edge as [node] edge_keys, readable by its service only.")]
pub(crate) struct EdgeArgs {
    /// Write it here, for its owner only, instead of to the standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// What keys there are, and when the key-encryption key was changed.
    #[command(after_help = "Example:\n  verbatim key show --json")]
    Show,
    /// Lay a key ready beside the key file, with the ending .new, for the next rotation.
    #[command(
        after_help = "Example:\n  verbatim key prepare\nCopy the .new file to the safe and to every other node, then `verbatim key rotate`."
    )]
    Prepare,
    /// Change the key-encryption key. Only the keys under it are wrapped again; the service goes on.
    #[command(
        after_help = "Example:\n  verbatim key prepare && verbatim key rotate\nKeep the old key as long as backups from before must be readable."
    )]
    Rotate,
    /// Write the keys of an edge: a node that takes webhooks and can read nothing.
    Edge(EdgeArgs),
    /// Make the token's key, where missing, and wrap the key file by it.
    HsmInit(HsmInitArgs),
    /// Put another signing key in the place of the log's, from the next start of the service on.
    ChangeSigner(ChangeSignerArgs),
    /// Take the signing key from before away: from the next start on the new one signs alone.
    #[command(
        after_help = "Example:\n  verbatim key retire-signer\nDo it once witnesses and examiners know the new key. Its public half stays in the log's policy."
    )]
    RetireSigner,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim key change-signer
  verbatim key change-signer --token-key log-2027 --signing-algorithm ecdsa-p256
Copy the key files to every node and start each again. The first that signs records the change in the log; the old
key, which is kept with the ending .old, signs beside the new one until `verbatim key retire-signer`.")]
pub(crate) struct ChangeSignerArgs {
    /// What the new key signs with.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) signing_algorithm: SigningAlgorithm,
    /// Take the token's key pair of this label, and make it where missing, instead of a key in a file.
    #[arg(long, value_name = "LABEL")]
    pub(crate) token_key: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  verbatim key hsm-init
Set [keys.pkcs11] first. The file is replaced only once the wrapped key was seen to open.")]
pub(crate) struct HsmInitArgs {
    /// Make a key pair of this label too; a log that has no signing key yet is signed by it.
    #[arg(long, value_name = "LABEL")]
    pub(crate) signer: Option<String>,
    /// What that key pair signs with.
    #[arg(long, value_enum, default_value_t, requires = "signer")]
    pub(crate) signing_algorithm: SigningAlgorithm,
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
