//! The conversation state machine: what follows from what happens in a conversation's room.
//!
//! Pure: takes what is known and what happened, returns what to do and why. The engine records the
//! decision and carries the actions out.

use crate::ids::EventId;
use crate::notice::Notice;
use crate::room::{EventKind, Membership, Trust};
use crate::sms;

/// What the decision may depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Whether the sender is the employee who holds the conversation (others are recorded, not relayed).
    pub sender_is_holder: bool,
    /// For a membership event: whether it is the holder's own membership that changed.
    pub subject_is_holder: bool,
    /// Whether the employee still holds the number at this moment.
    pub holds_number: bool,
    /// Whether the client asked not to be texted.
    pub opted_out: bool,
    /// Whether the client has been told whom they text with and that it is recorded.
    pub disclosed: bool,
    /// The disclosure to send first, if the firm wants one; already filled in.
    pub disclosure: Option<String>,
    /// The greatest number of characters that may be sent as one text.
    pub max_chars: usize,
    /// Whether the event is so old that sending it now would mislead.
    pub too_old: bool,
}

/// How the record names what happened; maps one to one to the record format's kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordAs {
    /// A text accepted for sending.
    MessageOut,
    /// An edit of an earlier event.
    Edit,
    /// A redaction.
    Redaction,
    /// A reaction.
    Reaction,
    /// A file.
    Attachment,
    /// A membership change.
    Membership,
    /// Something written that is not relayed.
    Refused,
}

/// Why it was decided so (DESIGN invariant 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Stable id, such as `relay.text`.
    pub id: &'static str,
    /// Version of the rule.
    pub version: u32,
    /// Machine-readable reason.
    pub reason: &'static str,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send the disclosure before anything else.
    Disclose {
        /// Its words.
        text: String,
    },
    /// Send a text to the client.
    Submit {
        /// What the employee typed.
        typed: String,
        /// What is transmitted (typographic characters replaced where that keeps it in GSM-7).
        transmitted: String,
        /// How many segments it takes.
        segments: u32,
    },
    /// Tell the employee something about their event.
    Tell(Notice),
    /// The employee is gone from the room: bring them back and raise an alarm.
    Reoffer,
    /// The employee has come into the room: what waited for them goes on.
    Welcome,
}

/// A decision: how it is recorded, why, and what follows. `None` for what is no business of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// How the record names it.
    pub record: RecordAs,
    /// The earlier event it is about.
    pub about: Option<EventId>,
    /// Why.
    pub rule: Rule,
    /// What follows, in order.
    pub actions: Vec<Action>,
}

/// Decides what follows from an event in a conversation's room.
pub fn decide(view: &View, trust: &Trust, event: &EventKind) -> Option<Decision> {
    Some(match event {
        EventKind::Other { .. } => return None,
        EventKind::Membership { change, .. } => membership(view, *change),
        // Homeservers cut redacted events and clients group reactions without opening anything: both
        // are in clear by nature, and neither is relayed.
        EventKind::Redaction { of } => told(
            RecordAs::Redaction,
            of.as_ref(),
            NO_REDACTIONS,
            Notice::RedactionNotSent,
        ),
        EventKind::Reaction { to, .. } => told(
            RecordAs::Reaction,
            Some(to),
            NO_REACTIONS,
            Notice::ReactionNotSent,
        ),
        EventKind::Text { .. }
        | EventKind::Edit { .. }
        | EventKind::Media { .. }
        | EventKind::Unknown { .. }
            if !matches!(trust, Trust::Encrypted(_)) =>
        {
            told(
                RecordAs::Refused,
                about(event),
                ENCRYPTED_ONLY,
                Notice::NotEncrypted,
            )
        }
        EventKind::Edit { of, .. } => told(RecordAs::Edit, Some(of), NO_EDITS, Notice::EditNotSent),
        EventKind::Media { what, .. } => told(
            RecordAs::Attachment,
            None,
            NO_MEDIA,
            Notice::MediaNotSent { what: what.clone() },
        ),
        EventKind::Unknown { what } => unknown(what),
        EventKind::Text { body, reply_to } => text(view, body, reply_to.as_ref()),
    })
}

fn about(event: &EventKind) -> Option<&EventId> {
    match event {
        EventKind::Text { reply_to, .. } => reply_to.as_ref(),
        EventKind::Edit { of, .. } => Some(of),
        _ => None,
    }
}

const fn rule(id: &'static str, reason: &'static str) -> Rule {
    Rule {
        id,
        version: 1,
        reason,
    }
}

const RELAY: Rule = rule("relay.text", "text_from_holder");
const ENCRYPTED_ONLY: Rule = rule("refuse.unencrypted", "not_encrypted");
const HOLDER_ONLY: Rule = rule("refuse.not_holder", "sender_does_not_hold_conversation");
const NUMBER_LOST: Rule = rule("refuse.number", "number_not_held");
const OPTED_OUT: Rule = rule("refuse.consent", "client_opted_out");
const NO_REPLIES: Rule = rule("refuse.reply", "replies_not_supported");
const NOT_EMPTY: Rule = rule("refuse.empty", "nothing_to_send");
const NOT_TOO_LONG: Rule = rule("refuse.length", "too_long");
const NOT_TOO_OLD: Rule = rule("refuse.age", "too_old");
const NO_EDITS: Rule = rule("keep.edit", "cannot_reach_a_phone");
const NO_REDACTIONS: Rule = rule("keep.redaction", "cannot_reach_a_phone");
const NO_REACTIONS: Rule = rule("keep.reaction", "reactions_not_supported");
const NO_MEDIA: Rule = rule("keep.attachment", "media_not_supported");
const NOT_KNOWN: Rule = rule("refuse.unknown", "kind_not_known");
const SIGNALLING: Rule = rule("keep.signalling", "clients_among_themselves");
const FORMER_HOLDER_GONE: Rule = rule("room.former_holder_gone", "left_without_number");
const HOLDER_GONE: Rule = rule("room.holder_gone", "holder_left");
const MEMBERSHIP: Rule = rule("room.membership", "membership_changed");

/// Recorded, not relayed, and the employee is told.
fn told(record: RecordAs, about: Option<&EventId>, rule: Rule, notice: Notice) -> Decision {
    Decision {
        record,
        about: about.cloned(),
        rule,
        actions: vec![Action::Tell(notice)],
    }
}

/// Of a kind that nobody here knows. It may hold anything, so it is recorded; the employee is told,
/// unless it is their client that speaks.
fn unknown(what: &str) -> Decision {
    if is_signalling(what) {
        return Decision {
            record: RecordAs::Refused,
            about: None,
            rule: SIGNALLING,
            actions: Vec::new(),
        };
    }
    told(RecordAs::Refused, None, NOT_KNOWN, Notice::UnknownNotSent)
}

/// What clients send each other by themselves: the steps of a verification and of a call (the call's
/// first step is the employee's own doing).
pub fn is_signalling(what: &str) -> bool {
    what.starts_with("m.key.verification.")
        || (what.starts_with("m.call.") && what != "m.call.invite")
}

fn membership(view: &View, change: Membership) -> Decision {
    let gone = view.subject_is_holder && matches!(change, Membership::Leave | Membership::Ban);
    let come = view.subject_is_holder && change == Membership::Join;
    let (rule, actions) = if gone && view.holds_number {
        (HOLDER_GONE, vec![Action::Reoffer])
    } else if gone {
        (FORMER_HOLDER_GONE, Vec::new())
    } else if come {
        (MEMBERSHIP, vec![Action::Welcome])
    } else {
        (MEMBERSHIP, Vec::new())
    };
    Decision {
        record: RecordAs::Membership,
        about: None,
        rule,
        actions,
    }
}

fn text(view: &View, typed: &str, reply_to: Option<&EventId>) -> Decision {
    // What counts is what would be transmitted: invisible characters alone are nothing to send.
    let transmitted = sms::substitute(typed);
    if let Some((rule, notice)) = refusal(view, &transmitted, reply_to) {
        return told(RecordAs::Refused, reply_to, rule, notice);
    }
    let segments = sms::cost(&transmitted).segments;
    let disclosure = view.disclosure.as_ref().filter(|_| !view.disclosed);
    let disclose = disclosure.map(|text| Action::Disclose {
        text: sms::substitute(text),
    });
    let submit = Action::Submit {
        typed: typed.to_owned(),
        transmitted,
        segments,
    };
    Decision {
        record: RecordAs::MessageOut,
        about: None,
        rule: RELAY,
        actions: disclose.into_iter().chain([submit]).collect(),
    }
}

/// Why a text is not relayed; who may write comes before what was written.
fn refusal(view: &View, transmitted: &str, reply_to: Option<&EventId>) -> Option<(Rule, Notice)> {
    let chars = transmitted.chars().count();
    if !view.sender_is_holder {
        Some((HOLDER_ONLY, Notice::NotYourConversation))
    } else if !view.holds_number {
        Some((NUMBER_LOST, Notice::NumberNotYours))
    } else if view.opted_out {
        Some((OPTED_OUT, Notice::OptedOut))
    } else if reply_to.is_some() {
        Some((NO_REPLIES, Notice::ReplyNotSent))
    } else if transmitted.trim().is_empty() {
        Some((NOT_EMPTY, Notice::Empty))
    } else if chars > view.max_chars {
        Some((
            NOT_TOO_LONG,
            Notice::TooLong {
                chars,
                max: view.max_chars,
            },
        ))
    } else if view.too_old {
        Some((NOT_TOO_OLD, Notice::TooOld))
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
