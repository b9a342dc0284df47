//! Who texts with whom: employees, numbers, contacts, conversations.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
    /// Enter what a client said about being texted, by another way than a text. Recorded; the employee is told.
    #[command(
        after_help = "Example:\n  verbatim conversation consent 5b1d… opted-out --because 'by telephone on 3 May'"
    )]
    Consent {
        /// The conversation's id: `verbatim conversation list` shows it.
        id: String,
        /// What the client said.
        #[arg(value_parser = ["opted-in", "opted-out"])]
        consent: String,
        /// How it is known.
        #[arg(long)]
        because: String,
    },
}
