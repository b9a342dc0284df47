//! The anchor ports: others who keep us honest about the log. A witness remembers how far it was
//! (C2SP `tlog-witness`); a time authority states when it was so (RFC 3161).

use async_trait::async_trait;
use thiserror::Error;
use verbatim_record::note::{Note, NoteSignature};
use verbatim_record::{Hash, VerifierKey};

/// Why a witness did not cosign, named after what we can do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WitnessError {
    /// Prove from this size on instead: it is the largest that it has seen.
    #[error("the witness holds {0} leaves")]
    Holds(u64),
    /// It holds a tree that ours does not extend, it says.
    #[error("the witness holds another tree")]
    Inconsistent,
    /// It does not serve us: see to its configuration.
    #[error("the witness refuses: {0}")]
    Refused(String),
    /// No answer; nobody knows whether it remembers the checkpoint. Asking again does no harm.
    #[error("the witness does not answer: {0}")]
    Unavailable(String),
    /// It does not keep to the protocol.
    #[error("the witness gives a wrong answer: {0}")]
    Lying(String),
}

/// A witness.
#[async_trait]
pub trait Witness: Send + Sync {
    /// As the configuration names it.
    fn name(&self) -> &str;
    /// Its public key.
    fn key(&self) -> &VerifierKey;
    /// Asks it to cosign a checkpoint, given the proof that this extends the tree of `old` leaves. The
    /// answer is not believed yet.
    async fn submit(
        &self,
        old: u64,
        proof: &[Hash],
        checkpoint: &Note,
    ) -> Result<NoteSignature, WitnessError>;
    /// The last checkpoint that it has cosigned for a log, if it shows one. Not believed yet.
    async fn latest(&self, origin: &str) -> Result<Option<Note>, WitnessError>;
}

/// An authority did not answer, or not with a timestamp.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the time authority does not answer: {0}")]
pub struct AuthorityError(pub String);

/// A time authority.
#[async_trait]
pub trait TimeAuthority: Send + Sync {
    /// As the configuration names it.
    fn name(&self) -> &str;
    /// Its response to a request (both DER). Not believed yet.
    async fn stamp(&self, request: &[u8]) -> Result<Vec<u8>, AuthorityError>;
}
