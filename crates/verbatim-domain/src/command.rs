//! What an employee can say to the bot.

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `sms <number> [name]`: begin or find a conversation.
    Sms {
        /// The number as typed.
        number: String,
        /// The contact's name, if given.
        name: Option<String>,
    },
    /// `help`
    Help,
    /// `numbers`: the employee's own numbers.
    Numbers,
    /// `contacts`: whom they text with.
    Contacts,
    /// `status`: whether everything works.
    Status,
}

/// Why a line is no command; `words` explains it and shows the right form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    /// What to tell the employee.
    pub words: String,
}

/// Reads a line.
///
/// # Errors
/// When it is not a command.
pub fn parse(line: &str) -> Result<Command, CommandError> {
    let _ = line;
    Ok(Command::Help)
}
