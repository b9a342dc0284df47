//! Whose records a rule is about.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::rule::Captured;
use crate::{ConversationId, Timestamp, UserId};

/// Somebody, or something, whose records a rule names. A record is of several: of its conversation, of its
/// employee, and of the numbers on both sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// Every conversation of an employee, by platform account.
    Employee(UserId),
    /// Every conversation with this number on either side, in E.164.
    Number(String),
    /// One conversation.
    Conversation(ConversationId),
}

impl Member {
    /// The one that is given of the three ways to name one; none if not exactly one is.
    pub fn one_of(
        employee: Option<&str>,
        number: Option<&str>,
        conversation: Option<ConversationId>,
    ) -> Option<Self> {
        match (employee, number, conversation) {
            (Some(user), None, None) => Some(Self::Employee(user.into())),
            (None, Some(number), None) => Some(Self::Number(number.to_owned())),
            (None, None, Some(id)) => Some(Self::Conversation(id)),
            _ => None,
        }
    }
}

/// Not a member in words.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is neither an employee, a number nor a conversation")]
pub struct NoMember(String);

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Employee(user) => write!(f, "employee {user}"),
            Self::Number(number) => write!(f, "number {number}"),
            Self::Conversation(id) => write!(f, "conversation {id}"),
        }
    }
}

impl FromStr for Member {
    type Err = NoMember;
    fn from_str(text: &str) -> Result<Self, NoMember> {
        let none = || NoMember(text.to_owned());
        match text.split_once(' ').ok_or_else(none)? {
            ("employee", user) => Ok(Self::Employee(user.into())),
            ("number", number) => Ok(Self::Number(number.to_owned())),
            ("conversation", id) => id.parse().map(Self::Conversation).map_err(|_| none()),
            _ => Err(none()),
        }
    }
}

/// Somebody's records of a class are kept longer than the rule said that they were made under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Whose.
    pub member: Member,
    /// The class that they were made with.
    pub class: u8,
    /// How many months longer.
    pub months: u32,
    /// Of those captured up to this moment.
    pub made: Timestamp,
}

/// A record, as rules about somebody look at it.
#[derive(Debug, Clone, Copy)]
pub struct Aged<'a> {
    /// Whose it is; none if it is about no conversation: it may concern anybody, and every rule counts.
    pub of: Option<&'a [Member]>,
    /// When it was captured.
    pub captured: Timestamp,
    /// The month of that, or of the time that the log vouches for if it is later.
    pub months: Captured,
    /// The class that it was made with.
    pub class: u8,
    /// The month of expiry that it was made with.
    pub expiry_month: u32,
}

impl Aged<'_> {
    /// Whether it is somebody's.
    pub fn is_of(&self, member: &Member) -> bool {
        self.of.is_none_or(|of| of.contains(member))
    }
}
