//! Disposal (control C14): what has expired and is under no hold becomes unreadable for ever, if two
//! people want it, and a certificate in the record says so.

mod ask;
mod carry_out;
mod certified;
mod erasure;
mod kept;

pub(crate) use certified::Certified;
