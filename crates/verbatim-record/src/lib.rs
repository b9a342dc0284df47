//! The record: what an examiner needs to read and check it, and nothing else.
//!
//! A [`Body`] is what happened, in clear. [`seal`] turns it into a [`SealedRecord`] under a data key of
//! its own. A [`Leaf`] says, without personal data, that the record exists and where it stands. The
//! [`merkle`] log binds all leaves. This package knows no database, no network and no clock.

pub mod body;
pub mod leaf;
pub mod merkle;
pub mod record;

pub use body::Body;
pub use leaf::Leaf;
pub use record::{BucketId, Hash, Kind, RetentionClass, SealedRecord};
