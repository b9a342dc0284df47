//! Records are handed out, with what proves them (C09).
//!
//! That somebody takes them is a record itself, committed before the first of them leaves (DESIGN invariant 7).
//! Nothing else is kept about an export: its record says what was asked for, by whom and why, and whoever
//! asks for a page names it. So an export can be gone on with after any interruption, by the same caller on any
//! node, and gives the same records: those older than its own.

mod begin;
mod checkpoint;
mod disclose;
mod pages;
mod proof;
mod selection;
mod stamp;

pub use checkpoint::Covering;
pub use disclose::Exported;
pub use pages::ExportPage;
pub use stamp::StampedCheckpoint;

/// Records read at once.
const READ: u32 = 500;
