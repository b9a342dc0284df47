//! Disposal (control C14): what has expired and is under no hold becomes unreadable for ever, if two
//! people want it, and a certificate in the record says so.

mod ask;
mod carry_out;
mod certified;
mod erase;
mod erasure;
mod kept;

pub(crate) use certified::Certified;

use crate::ports::{Disposal, DisposalState};

/// Whether it is, or was, the disposal of a whole bucket, and stands.
pub(crate) fn is_of_bucket(disposal: &Disposal) -> bool {
    disposal.contact.is_none() && disposal.state != DisposalState::Withdrawn
}
