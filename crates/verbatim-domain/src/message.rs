//! A message and the states it passes through (DESIGN: "Message states").

use serde::{Deserialize, Serialize};

/// Which way a message travels, seen from the firm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// From a client's phone to an employee.
    Inbound,
    /// From an employee to a client's phone.
    Outbound,
}

/// Where a message stands. Transitions are monotone in [`MessageState::rank`]: a late or repeated
/// report never moves a message backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MessageState {
    /// Inbound: recorded, on its way into the room or there.
    Received,
    /// Outbound: held for a decision by policy or a person.
    Held,
    /// Outbound: refused by policy; final.
    Blocked,
    /// Outbound: recorded, waiting for its turn.
    Accepted,
    /// Outbound: a request to the carrier may be under way.
    Submitting,
    /// Outbound: nobody knows whether the carrier took it; being reconciled.
    Unknown,
    /// Outbound: the carrier took it and gave it an id.
    Submitted,
    /// Outbound: the carrier passed it on.
    Sent,
    /// Outbound: the phone has it; final.
    Delivered,
    /// Outbound: the carrier says that it did not arrive; final.
    Undelivered,
    /// Outbound: never sent, or refused by the carrier; final.
    Failed,
    /// Outbound: it was too old to be sent or delivered; final.
    Expired,
}

impl MessageState {
    /// Every state.
    pub const ALL: [Self; 12] = [
        Self::Received,
        Self::Held,
        Self::Blocked,
        Self::Accepted,
        Self::Submitting,
        Self::Unknown,
        Self::Submitted,
        Self::Sent,
        Self::Delivered,
        Self::Undelivered,
        Self::Failed,
        Self::Expired,
    ];

    /// How far a message has come. All final outbound states share the last rank.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Received => 0,
            Self::Held => 1,
            Self::Accepted => 2,
            Self::Submitting => 3,
            Self::Unknown => 4,
            Self::Submitted => 5,
            Self::Sent => 6,
            Self::Blocked | Self::Delivered | Self::Undelivered | Self::Failed | Self::Expired => 7,
        }
    }

    /// Whether nothing more can happen to it. An inbound message has only the one state.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Received
            | Self::Blocked
            | Self::Delivered
            | Self::Undelivered
            | Self::Failed
            | Self::Expired => true,
            Self::Held
            | Self::Accepted
            | Self::Submitting
            | Self::Unknown
            | Self::Submitted
            | Self::Sent => false,
        }
    }

    /// Whether a report may move a message from here to `to`.
    ///
    /// Only ever forward, and never out of a final state. Steps may be skipped: a receipt can overtake
    /// the answer to the submission, and can still arrive after a message was withdrawn
    /// ([`MessageState::may_withdraw`]). Two things cannot be: that policy blocks what may already be
    /// with the carrier, and that a held message reaches the carrier without having been accepted.
    pub const fn can_become(self, to: Self) -> bool {
        if self.is_final() || to.rank() <= self.rank() {
            return false;
        }
        match (self, to) {
            (Self::Held, Self::Accepted | Self::Blocked | Self::Failed | Self::Expired) => true,
            (Self::Held, _) => false,
            (from, Self::Blocked) => matches!(from, Self::Accepted),
            _ => true,
        }
    }

    /// Whether a submission may be taken back to [`MessageState::Accepted`] to be tried again. The one
    /// step backwards: only for the pipeline itself, and only when it is certain that the carrier does
    /// not have the message. Never in answer to a report.
    pub const fn may_withdraw(self) -> bool {
        matches!(self, Self::Submitting | Self::Unknown)
    }

    /// A stable word, for interfaces and the record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Held => "held",
            Self::Blocked => "blocked",
            Self::Accepted => "accepted",
            Self::Submitting => "submitting",
            Self::Unknown => "unknown",
            Self::Submitted => "submitted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    /// The state that a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// A stable number, for storage. Never reused; the gaps leave room.
    pub const fn code(self) -> i16 {
        match self {
            Self::Received => 0,
            Self::Held => 10,
            Self::Blocked => 11,
            Self::Accepted => 20,
            Self::Submitting => 30,
            Self::Unknown => 31,
            Self::Submitted => 40,
            Self::Sent => 50,
            Self::Delivered => 60,
            Self::Undelivered => 61,
            Self::Failed => 62,
            Self::Expired => 63,
        }
    }

    /// The state that a number names.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

impl Direction {
    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }

    /// The direction that a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Inbound, Self::Outbound]
            .into_iter()
            .find(|direction| direction.word() == word)
    }

    /// A stable number, for storage.
    pub const fn code(self) -> i16 {
        match self {
            Self::Inbound => 0,
            Self::Outbound => 1,
        }
    }

    /// The direction that a number names.
    pub fn from_code(code: i16) -> Option<Self> {
        [Self::Inbound, Self::Outbound]
            .into_iter()
            .find(|direction| direction.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All transitions that there are: one line per state, in the order of [`MessageState::ALL`].
    /// Columns: Rec Hel Blo Acc Sub Unk Sbm Sen Del Und Fai Exp.
    const TRANSITIONS: [(&str, &str); 12] = [
        ("received", "............"),
        ("held", "..xx......xx"),
        ("blocked", "............"),
        ("accepted", "..x.xxxxxxxx"),
        ("submitting", ".....xxxxxxx"),
        ("unknown", "......xxxxxx"),
        ("submitted", ".......xxxxx"),
        ("sent", "........xxxx"),
        ("delivered", "............"),
        ("undelivered", "............"),
        ("failed", "............"),
        ("expired", "............"),
    ];

    #[test]
    fn every_pair_of_states() {
        for (from, (word, allowed)) in MessageState::ALL.into_iter().zip(TRANSITIONS) {
            assert_eq!(from.word(), word);
            let seen: String = MessageState::ALL
                .into_iter()
                .map(|to| if from.can_become(to) { 'x' } else { '.' })
                .collect();
            assert_eq!(seen, allowed, "from {word}");
        }
    }

    #[test]
    fn forward_only_and_out_of_final_never() {
        for from in MessageState::ALL {
            for to in MessageState::ALL {
                if from.can_become(to) {
                    assert!(from.rank() < to.rank(), "{from:?} {to:?}");
                    assert!(!from.is_final(), "{from:?}");
                    assert!(!to.can_become(from), "{from:?} {to:?}");
                }
            }
            // Whatever is not final can end, so that no message stays for ever.
            let can_end = MessageState::ALL
                .into_iter()
                .any(|to| to.is_final() && from.can_become(to));
            assert_eq!(can_end, !from.is_final(), "{from:?}");
        }
    }

    #[test]
    fn only_an_open_submission_is_withdrawn() {
        let withdrawn: Vec<_> = MessageState::ALL
            .into_iter()
            .filter(|state| state.may_withdraw())
            .collect();
        assert_eq!(withdrawn, [MessageState::Submitting, MessageState::Unknown]);
        assert!(
            withdrawn
                .iter()
                .all(|state| !state.can_become(MessageState::Accepted))
        );
    }

    #[test]
    fn words_and_codes_name_one_state_each() {
        for state in MessageState::ALL {
            assert_eq!(MessageState::from_word(state.word()), Some(state));
            assert_eq!(MessageState::from_code(state.code()), Some(state));
        }
        assert_eq!(MessageState::from_word("Sent"), None);
        assert_eq!(MessageState::from_code(1), None);
        for direction in [Direction::Inbound, Direction::Outbound] {
            assert_eq!(Direction::from_word(direction.word()), Some(direction));
            assert_eq!(Direction::from_code(direction.code()), Some(direction));
        }
        assert_eq!(Direction::from_code(2), None);
    }

    /// What is in stores and records already must keep its meaning.
    #[test]
    fn codes_are_stable() {
        let codes: Vec<_> = MessageState::ALL
            .iter()
            .map(|s| (s.code(), s.word()))
            .collect();
        insta::assert_compact_debug_snapshot!(codes, @r#"[(0, "received"), (10, "held"), (11, "blocked"), (20, "accepted"), (30, "submitting"), (31, "unknown"), (40, "submitted"), (50, "sent"), (60, "delivered"), (61, "undelivered"), (62, "failed"), (63, "expired")]"#);
    }
}
