//! What an employee can say to the bot.

/// The most characters that a contact's name may have.
const MAX_NAME_CHARS: usize = 100;

/// The most characters that a number may be written with.
const MAX_NUMBER_CHARS: usize = 60;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `sms <number> [name] [from <own number>]`: begin or find a conversation.
    Sms {
        /// The number as typed.
        number: String,
        /// The contact's name, if given.
        name: Option<String>,
        /// The employee's own number to text from as typed, if given.
        from: Option<String>,
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

/// What the bot understands, for `help`.
pub fn help_text() -> &'static str {
    "Verbatim lets you text clients from here. Everything is recorded.\n\
     sms +1 415 555 2671 Jane Doe: start texting with a client, or find the room (the name may be left out; \
     if you hold several numbers, end with the one to text from: from +1 415 555 0100)\n\
     numbers: your own numbers\n\
     contacts: whom you text with\n\
     status: whether everything works\n\
     help: this list"
}

/// Reads a line. The verb may be written in any case and with a leading `!`.
///
/// After `sms` the number is the longest run of characters that numbers are written with; the rest is
/// the contact's name, which may stand in quotation marks (and has to if it begins with a digit). What
/// ends with `from` and a number names the number to text from.
///
/// # Errors
/// When it is not a command.
pub fn parse(line: &str) -> Result<Command, CommandError> {
    let line = line.trim();
    let line = line.strip_prefix('!').unwrap_or(line).trim_start();
    let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let bare = |command: Command| match rest.trim() {
        "" => Ok(command),
        _ => Err(error(format!(
            "Write “{0}” alone, nothing after it.",
            verb.to_lowercase()
        ))),
    };
    match verb.to_lowercase().as_str() {
        "sms" => sms(rest),
        "help" => Ok(Command::Help),
        "numbers" => bare(Command::Numbers),
        "contacts" => bare(Command::Contacts),
        "status" => bare(Command::Status),
        "" => Err(error(
            "There is no command here. Write “help” for what I understand.",
        )),
        _ if is_number_like(line) => Err(error(
            "To text a number, put “sms” before it: sms +1 415 555 2671 Jane Doe",
        )),
        _ => Err(error(format!(
            "I do not know “{}”. I understand sms, numbers, contacts, status and help; \
             for example: sms +1 415 555 2671 Jane Doe",
            shown(verb)
        ))),
    }
}

fn error(words: impl Into<String>) -> CommandError {
    CommandError {
        words: words.into(),
    }
}

fn sms(rest: &str) -> Result<Command, CommandError> {
    let rest = rest.trim_start();
    let scheme = rest
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("tel:"));
    let rest = if scheme { &rest[4..] } else { rest };
    let (rest, from) = split_from(rest);
    let run = rest.find(|c| !is_phone_char(c)).unwrap_or(rest.len());
    // The number ends at its last digit; a dash or bracket after that belongs to nobody or to the name.
    let end = rest[..run].char_indices().rfind(|(_, c)| c.is_numeric());
    let Some(end) = end.map(|(at, c)| at + c.len_utf8()) else {
        return Err(error(
            "The client's number is missing. Write it after “sms”, with the country code, \
             and then the name if you like: sms +1 415 555 2671 Jane Doe",
        ));
    };
    let (number, after) = rest.split_at(end);
    if after.starts_with(char::is_alphanumeric) {
        return Err(error(
            "Put a space between the number and the name: sms +1 415 555 2671 Jane Doe",
        ));
    }
    let number = number
        .chars()
        .filter(|c| !is_invisible(*c))
        .collect::<String>()
        .trim()
        .to_owned();
    if number.chars().count() > MAX_NUMBER_CHARS {
        return Err(error(
            "That number is too long. Write one number with its country code: sms +1 415 555 2671 Jane Doe",
        ));
    }
    Ok(Command::Sms {
        number,
        name: name(after)?,
        from,
    })
}

/// Cuts off `from <number>` at the end. A name may hold the word, if no number follows.
fn split_from(rest: &str) -> (&str, Option<String>) {
    let Some((at, _)) = rest.rmatch_indices("from").next() else {
        return (rest, None);
    };
    let (before, after) = (&rest[..at], &rest[at + "from".len()..]);
    let is_word = before.ends_with(char::is_whitespace) && after.starts_with(char::is_whitespace);
    let is_number = after.chars().all(is_phone_char) && is_number_like(after);
    if !(is_word && is_number) || after.chars().count() > MAX_NUMBER_CHARS {
        return (rest, None);
    }
    let number: String = after.chars().filter(|c| !is_invisible(*c)).collect();
    (before, Some(number.trim().to_owned()))
}

fn name(text: &str) -> Result<Option<String>, CommandError> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || ")-–—:,.;/".contains(c));
    let text = text.trim_end().trim_matches(|c| "\"“”„«»".contains(c));
    let text = single_quoted(text).unwrap_or(text);
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| {
            word.chars()
                .filter(|c| !c.is_control() && !is_invisible(*c))
                .collect()
        })
        .filter(|word: &String| !word.is_empty())
        .collect();
    let name = words.join(" ");
    match name.chars().count() {
        0 => Ok(None),
        chars if chars > MAX_NAME_CHARS => Err(error(format!(
            "That name has {chars} characters, and at most {MAX_NAME_CHARS} are kept. \
             A short one will do: sms +1 415 555 2671 Jane Doe"
        ))),
        _ => Ok(Some(name)),
    }
}

/// What stands between single quotation marks, if both are there (a name may hold an apostrophe).
fn single_quoted(text: &str) -> Option<&str> {
    text.strip_prefix(['\'', '‘', '‚'])?
        .strip_suffix(['\'', '’', '‘'])
}

/// What numbers are written with, as people and address books do.
fn is_phone_char(c: char) -> bool {
    c.is_numeric()
        || c.is_whitespace()
        || is_invisible(c)
        || matches!(
            c,
            '+' | '＋' | '(' | ')' | '[' | ']' | '-' | '.' | '/' | '·'
        )
        || matches!(c, '\u{2010}'..='\u{2015}' | '−')
}

/// Direction marks and joiners, which come along when a number is copied from an address book.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn is_number_like(line: &str) -> bool {
    let digits = line
        .chars()
        .take_while(|c| is_phone_char(*c))
        .filter(|c| c.is_numeric())
        .count();
    digits >= 5
}

/// A foreign word, made harmless: printable and short.
fn shown(word: &str) -> String {
    let mut out: String = word
        .chars()
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .take(20)
        .collect();
    if word.chars().count() > 20 {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests;
