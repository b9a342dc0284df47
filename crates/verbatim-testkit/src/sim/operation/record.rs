//! What people ask of the record, and what befalls those who keep it honest.

mod draw;
mod later;
mod stories;

use super::Operation;
use crate::fakes::WitnessFault;
use crate::fakes::key_safe::SafeFault;

pub(super) use draw::weave;

/// Something that concerns the record itself. People are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordOp {
    /// Somebody reads a conversation.
    Look {
        /// Who.
        who: u8,
        /// Which conversation.
        of: u8,
        /// From which position on.
        from: u8,
        /// So many records, at most.
        limit: u8,
    },
    /// Somebody asks who has seen a record.
    WhoSaw {
        /// Who asks.
        who: u8,
        /// Which record: an even number stands for one that somebody was shown, if there is one, an odd one
        /// counts from the latest.
        record: u8,
    },
    /// Somebody asks for the proof of a record.
    Prove {
        /// Who.
        who: u8,
        /// Which record, counted from the latest.
        record: u8,
    },
    /// Somebody sets a hold.
    SetHold {
        /// Who.
        who: u8,
        /// On what.
        on: HoldOn,
    },
    /// Somebody asks for the release of a hold.
    AskRelease {
        /// Who.
        who: u8,
        /// Which.
        hold: u8,
    },
    /// Somebody agrees to the release of a hold.
    Release {
        /// Who.
        who: u8,
        /// Which.
        hold: u8,
    },
    /// Somebody proposes to dispose of what is due.
    Propose {
        /// Who.
        who: u8,
    },
    /// Somebody approves a disposal.
    Approve {
        /// Who.
        who: u8,
        /// Which.
        disposal: u8,
    },
    /// Somebody takes a disposal back.
    Withdraw {
        /// Who.
        who: u8,
        /// Which.
        disposal: u8,
    },
    /// Somebody wishes that everything about a client be erased.
    Erase {
        /// Who.
        who: u8,
        /// Whose phone.
        contact: u8,
    },
    /// Somebody has what there is kept longer.
    Extend {
        /// Who.
        who: u8,
        /// By so many months.
        months: u8,
        /// Of whom; everyone's is that of the class.
        on: HoldOn,
    },
    /// Approved disposals are looked at again.
    RunDisposals,
    /// All comes to rest, and months pass.
    MonthsPass(u8),
    /// Somebody rotates the key-encryption key.
    Rotate {
        /// Who.
        who: u8,
    },
    /// The log gets another signing key; all processes are started again with it and the one before.
    ChangeSigner,
    /// The signing key from before is taken away, if the log can do without it; all processes are started again.
    RetireSigner,
    /// What the next change in the key safe meets.
    Safe(SafeFault),
    /// What is wrong with the witness from now on.
    Witness(Option<WitnessFault>),
    /// The witness forgets what it saw, or remembers something older that we signed.
    WitnessForgets(Option<u8>),
    /// How the time authority answers from now on.
    Authority(AuthorityMood),
    /// Somebody begins an export.
    Export {
        /// Who.
        who: u8,
        /// One of the conversations; all records without it.
        of: Option<u8>,
    },
    /// Exports go on by so many steps; whoever makes them forgets all that is not on its disk afterwards.
    ExportsGoOn {
        /// Steps of each.
        steps: u8,
    },
}

impl Operation {
    /// Whether it concerns the record, now or in the middle of something.
    pub(crate) fn is_on_record(&self) -> bool {
        match self {
            Self::Record(_) => true,
            Self::During { what, .. } => what.is_on_record(),
            _ => false,
        }
    }
}

/// What a hold or an extension is on. Each is a small number, taken modulo what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldOn {
    /// All records.
    Everyone,
    /// An employee.
    Employee(u8),
    /// A client's phone.
    Contact(u8),
    /// A number of ours.
    Number(u8),
    /// A conversation.
    Conversation(u8),
}

/// How the time authority answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorityMood {
    /// It does not answer.
    Away,
    /// It stamps something else.
    Lies,
    /// It stamps what it is asked to.
    Honest,
}
