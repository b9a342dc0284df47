//! Where the signed log is published: a folder or a bucket that others read.

use async_trait::async_trait;
use thiserror::Error;

/// Something was not published, or not read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PublicationError {
    /// Away or busy; whether it was done is not known. Doing it again does no harm.
    #[error("the place of publication does not answer: {0}")]
    Unavailable(String),
    /// Somebody must change something there: rights, quota, a bucket that is not there.
    #[error("the place of publication refuses: {0}")]
    Refused(String),
}

/// What readers may believe about a file, for their caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// It never changes.
    Immutable,
    /// It is replaced now and then.
    Replaced,
}

/// A place of publication. Paths are those of C2SP `tlog-tiles`, below a prefix that is the place's own.
#[async_trait]
pub trait Publication: Send + Sync {
    /// Its address, for messages and for remembering what is there already.
    fn place(&self) -> &str;

    /// Writes a file, whole or not at all, and durably. One that never changes is refused where another lies; the
    /// same may be written again.
    async fn put(
        &self,
        path: &str,
        bytes: Vec<u8>,
        lasting: Lasting,
    ) -> Result<(), PublicationError>;

    /// Replaces a file durably if what is there allows it; whether it did. Nobody replaces it in between, as far
    /// as the place can keep that: a writer that is late must not put something old over something new.
    async fn replace(
        &self,
        path: &str,
        bytes: Vec<u8>,
        allows: &(dyn for<'b> Fn(Option<&'b [u8]>) -> bool + Send + Sync),
    ) -> Result<bool, PublicationError>;

    /// Reads a file; none if there is none.
    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, PublicationError>;
}
