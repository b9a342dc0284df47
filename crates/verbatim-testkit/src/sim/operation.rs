//! What can happen, and how a seed becomes a list of it.
//!
//! Operands are small numbers taken modulo what there is, so that every list of operations means
//! something and stays meaningful when operations are taken out of it.

mod consent;
mod dice;
mod record;

pub use dice::operations;
pub use record::{AuthorityMood, HoldOn, RecordOp};

/// Something happens. A failing list of these is what a bug report consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A client texts one of our numbers.
    ClientTexts {
        /// Whose phone.
        phone: u8,
        /// Which of our numbers.
        number: u8,
        /// Which text of the corpus.
        text: u8,
        /// What happens to its webhook.
        hook: Delivery,
    },
    /// A webhook that was sent before is sent again.
    RepeatHook(u8),
    /// A webhook that waits is delivered; which one is chance, so that they overtake each other.
    DeliverHook(u8),
    /// Somebody sends a webhook with a wrong signature.
    ForgeHook(u8),
    /// The carrier sends a webhook that is signed but makes no sense.
    MangledHook,
    /// An employee does something in a room.
    Employee {
        /// In which room.
        room: u8,
        /// What.
        act: Act,
        /// Which text of the corpus.
        text: u8,
        /// Whether the bot can read it.
        key: KeyFate,
    },
    /// An employee leaves a room.
    EmployeeLeaves(u8),
    /// An employee logs in, or out of every client.
    LogIn {
        /// Who.
        employee: u8,
        /// In, or out.
        logged_in: bool,
    },
    /// What employees do with invitations from now on; those that stand are accepted by the willing.
    Invitations(Mood),
    /// An employee begins a conversation by asking the bot.
    EmployeeStarts {
        /// Who.
        employee: u8,
        /// With whom.
        phone: u8,
    },
    /// Room keys arrive.
    KeysArrive,
    /// The homeserver pushes what has happened.
    Sync {
        /// Events in the transaction, at most.
        events: u8,
        /// Whether our answer gets lost, so that it is pushed again.
        again: bool,
    },
    /// The homeserver never hands out what it should hand out next.
    HomeserverForgets {
        /// How many events.
        events: u8,
        /// In a crash; else it leaves a numbered transaction behind.
        crash: bool,
    },
    /// The carrier says what became of a text.
    Receipt {
        /// Which text, counted from the latest.
        text: u8,
        /// What became of it.
        end: End,
        /// What happens to its webhook.
        hook: Delivery,
    },
    /// Submissions to come go wrong: after `skip` good ones, this one.
    CarrierFault {
        /// Good ones before.
        skip: u8,
        /// How.
        how: CarrierFault,
    },
    /// The carrier does not answer for some minutes.
    CarrierDown(u8),
    /// Texts show in the carrier's listings only after so many seconds.
    ListingDelay(u8),
    /// The homeserver does not answer for some minutes.
    HomeserverDown(u8),
    /// A call to the homeserver to come goes wrong.
    HomeserverFault(HomeserverFault),
    /// A process writes so many times more to store, homeserver or carrier; the next write fails.
    WriteFails {
        /// Which process.
        node: NodeName,
        /// Writes that still work.
        writes: u8,
        /// Whether the failing write takes effect all the same.
        done: bool,
        /// Whether the process dies of it.
        dies: bool,
    },
    /// The worker is stopped and started.
    Restart,
    /// Another process takes the lease, runs some jobs, and gives it back.
    LeaseLost {
        /// Jobs that the other one runs.
        jobs: u8,
    },
    /// The clock steps forward by so many minutes.
    ClockStep(u8),
    /// So many days pass at once; none of ours was running.
    DaysPass(u8),
    /// The carrier is asked for what it never told.
    Poll,
    /// A number changes hands; `None`: nobody gets it.
    Reassign {
        /// Which number.
        number: u8,
        /// Who gets it.
        employee: Option<u8>,
    },
    /// The worker runs jobs that are due, waiting for the next one where none is.
    Work {
        /// How many.
        jobs: u8,
    },
    /// Something that concerns the record itself.
    Record(RecordOp),
    /// Something happens while the worker is in the middle of a job.
    During {
        /// Calls to ports before it happens.
        calls: u8,
        /// What.
        what: Box<Operation>,
    },
}

/// What happens to a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Delivered at once, and again if we ask for it.
    Now,
    /// Delivered at once, to an edge that can read nothing.
    ToEdge,
    /// Delivered twice.
    Twice,
    /// Delivered some time later.
    Later,
    /// Never delivered.
    Lost,
}

/// What an employee does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Writes a text.
    Text,
    /// Replies.
    Reply,
    /// Edits an earlier event.
    Edit,
    /// Deletes one.
    Redact,
    /// Reacts to one.
    React,
    /// Sends a picture.
    Media,
}

/// What employees do with invitations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Accept them.
    Willing,
    /// Nothing.
    Shy,
    /// Decline them at once.
    Unwilling,
}

/// Whether an employee's event can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFate {
    /// At once.
    Here,
    /// Some time later.
    Late,
    /// Its key is awaited for ever.
    NeverComes,
    /// It is certain that it will not.
    Hopeless,
    /// It was not encrypted.
    Clear,
}

/// What becomes of a text at the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Passed on.
    Sent,
    /// On the phone.
    Delivered,
    /// Not on the phone.
    Undelivered,
    /// Given up.
    Failed,
    /// Its time ran out.
    Expired,
    /// A status that nobody knows.
    Strange,
}

/// How a submission goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarrierFault {
    /// Refused.
    Refuse,
    /// Refused: the carrier knows that the client does not want it.
    OptedOut,
    /// Too many requests.
    Busy,
    /// No connection.
    NotSent,
    /// No answer, not taken.
    TimeoutBefore,
    /// No answer, but taken.
    TimeoutAfter,
    /// No answer, taken so many seconds later.
    TimeoutSlow(u8),
}

/// How a call to the homeserver goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HomeserverFault {
    /// Nothing happened.
    Unavailable,
    /// It happened, but we hear that it did not.
    LoseAnswer,
    /// A part of it happened.
    Halfway,
    /// It refuses this once.
    Refuse,
}

/// A process of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeName {
    /// Runs jobs.
    Worker,
    /// Takes what reaches us.
    Edge,
}
