//! The simulation: the whole product on one thread, driven by a seed, with faults between any two
//! writes, and judged by a written list of what counts as failure.
//!
//! A seed stands for a list of [`Operation`]s. They happen to a world (`world`) of employees, numbers
//! and phones, in which the homeserver and the carrier are in memory and keep ledgers, the clock moves
//! only when told, and two processes of ours share a store: one takes what reaches us, the other runs
//! jobs. A process that dies loses everything but the store. When the list is done, all faults end
//! (`settle`), work runs until there is none, and the ledgers are compared.
//!
//! # What counts as failure
//!
//! * **lost**: a client's text that the carrier has is not in the record, or is recorded and not in the
//!   room of who held the number, unless it was disposed of before; something that an employee did is not in the record; a text that was
//!   accepted neither reached the carrier nor was shown as failed; something refused without a word.
//! * **doubled**: a text is in the record, in the room or at the carrier more than once; two notices
//!   about one thing where the second should have replaced the first.
//! * **order**: within a conversation, texts are in the room in another order than in the record, or
//!   reach the carrier in another order than they were written.
//! * **record before relay**: at the moment at which a text is said or submitted, its record is not
//!   committed.
//! * **holder**: a client's text is in the room of somebody who did not hold the number when the carrier
//!   took it, although somebody else did.
//! * **record**: the log does not verify, or a message and its record do not belong together.
//! * **state**: a message stands otherwise than the carrier's ledger, or the room shows something else.
//! * **left over**: jobs remain that nobody expects (expected: events whose key never comes, and texts to
//!   a number without holder).
//! * **alarm**: something happened that an operator must hear of, and no alarm stands.
//! * **acknowledged**, **forged**: a good webhook was refused, or a forged one was not.
//! * **unreadable**: something was said in a conversation's room of which its employee has no key.
//! * **pestered**: an employee was asked back into a room more often than is decent.
//! * **blunder**: the homeserver was asked for something that no correct caller asks for.
//! * **clear**: words of a message are readable in the store's files.
//! * **signing**: something was signed that the log never was, or what was signed does not extend what was
//!   signed before, or it is by a key that does not count at its size, or a proof of it does not hold.
//! * **witness**: a witness cosigned something that the log never was, or the newest checkpoint is not
//!   cosigned, or somebody's lie stopped the signing.
//! * **stamped**: what a time authority said was not kept as it was said, or a lie of it was believed.
//! * **looked**: somebody was shown something and the record does not say so, or says so of somebody who
//!   never asked; `who-saw` answers otherwise than it was.
//! * **held**: something that a hold was on was disposed of.
//! * **early**: something was disposed of before its time, or before that to which it was extended.
//! * **withdrawn**: a disposal that was taken back destroyed something afterwards.
//! * **erased**: an erasure took what is not about its contact.
//! * **four eyes**: something was disposed of, or a hold released, that not two people wanted.
//! * **certified**: a body is gone, and no certificate under our signature says so.
//! * **kept**: a body that nobody disposed of does not open any more, or says something else than it did.
//! * **bundle**: an export never comes to its end, or an examiner would refuse it.

mod apply;
mod check;
mod corpus;
mod exporter;
mod office;
pub mod operation;
mod ports;
mod process;
mod run;
mod sabotage;
mod settle;
mod signers;
mod signing;
mod witness;
mod world;

use std::fmt;

pub use operation::{Operation, operations};
pub use run::{
    FailedSeed, Run, Seen, SimReport, StoreKind, run_operations, run_sabotaged, run_seeds,
};
pub use sabotage::Sabotage;
use verbatim_engine::ports::PageAt;

/// Something that counts as failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The entry of the list.
    pub rule: &'static str,
    /// What exactly.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.what)
    }
}

/// The simulation itself could not go on, for a reason that is a failure.
#[derive(Debug, Clone)]
pub struct Broken(Failure);

impl Broken {
    fn new(why: impl fmt::Display) -> Self {
        Self::by("simulation", why)
    }

    /// By this entry of the list.
    fn by(rule: &'static str, why: impl fmt::Display) -> Self {
        let what = why.to_string();
        Self(Failure { rule, what })
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A page that holds all there is in a simulated world.
fn everything() -> PageAt {
    PageAt {
        after: None,
        limit: 1000,
    }
}
