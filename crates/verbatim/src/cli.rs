//! The command line, as data.

mod directory;
mod keys;
mod operations;
mod record;
mod retention;
mod setup;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub(crate) use self::directory::{
    ContactCommand, ConversationCommand, EmployeeCommand, NumberCommand,
};
pub(crate) use self::keys::{ChangeSignerArgs, EdgeArgs, HsmInitArgs, KeyCommand};
pub(crate) use self::operations::{AlarmCommand, TokenCommand, WitnessCommand};
pub(crate) use self::record::{ExportArgs, RecordCommand, WhoSawArgs, WhoseArgs};
pub(crate) use self::retention::{
    DisposalCommand, ErasureCommand, HoldArgs, HoldCommand, MemberArgs, RetentionCommand,
};
pub(crate) use self::setup::{InitArgs, RoleArgs, SigningAlgorithm};

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
