//! The record: what an examiner needs to read and check it, and nothing else.
//!
//! A [`Body`] is what happened, in clear. [`seal`] turns it into a [`SealedRecord`] under a data key of
//! its own. A [`Leaf`] says, without personal data, that the record exists and where it stands. The
//! [`merkle`] log binds all leaves, and [`verify`] checks all of it from outside. This package knows no
//! database, no network and no clock. The layouts are described in `docs/formats/record.md`.

pub mod archive;
pub mod body;
pub mod bundle;
pub mod certificate;
pub mod chain;
pub mod checkpoint;
mod cipher;
pub mod edge_keys;
pub mod error;
pub mod fault;
pub mod key_change;
pub mod key_file;
pub mod keys;
pub mod leaf;
pub mod log_check;
pub mod merkle;
pub mod note;
pub mod policy;
pub mod proof;
pub mod record;
pub mod report;
pub mod seal;
pub mod signing;
pub mod statement;
pub mod tile;
pub mod tile_tree;
pub mod timestamp;
pub mod tlog_proof;
pub mod vault;
pub mod verify;
pub mod wrap;

pub use archive::{ArchiveKey, ArchivePublic};
pub use body::Body;
pub use certificate::Certificate;
pub use checkpoint::Checkpoint;
pub use edge_keys::EdgeKeys;
pub use error::{FormatError, KeyError, SealError};
pub use fault::{Fault, LeafProblem};
pub use key_file::{KekFile, WrappedKek};
pub use keys::Kek;
pub use leaf::Leaf;
pub use merkle::Frontier;
pub use note::{Note, Signer, VerifierKey};
pub use record::{BucketId, Hash, Kind, RetentionClass, SealedRecord, month_of};
pub use seal::{Keyring, NewSeal, SealChance};
pub use vault::{IndexKey, Vault};
pub use verify::{LogVerifier, Report, VerifyEntry};
pub use wrap::StateRoot;
