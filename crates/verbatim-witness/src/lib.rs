//! A witness: it remembers the largest tree that it has seen of each log, and cosigns only what extends it.
//!
//! That is what keeps a log from being rolled back or shown in two versions, so its whole duty is not to
//! forget: what it has cosigned is on the disk before anybody hears of it ([`Witness::submit`] says what
//! holds after each step). It speaks C2SP `tlog-witness`; `docs/formats/witness.md` says what is ours. It
//! knows the record's formats and nothing else of this product, so that a firm can run it elsewhere.

pub mod disk;
mod folder;
mod http;
mod serve;
mod submission;
mod witness;

pub use disk::{Disk, RealDisk};
pub use folder::{Folder, FolderError};
pub use http::router;
pub use serve::serve;
pub use submission::{Refusal, Submission};
pub use witness::{Clock, Witness};
