//! Others who keep us honest about the log: witnesses (`witness`) and time authorities (`timestamp`).
//!
//! A signature of ours alone does not keep us, or whoever has our key, from showing another history later.
//! Each of the newest checkpoints is cosigned by witnesses, who refuse what does not extend the last one,
//! and stamped by authorities (C05). Whoever does this holds the worker lease. None of it delays a record:
//! when the others are away, an alarm says so, and when they are back they are caught up with.

mod list;
mod timestamp;
mod witness;

use std::sync::Arc;

use thiserror::Error;
use verbatim_domain::Duration;
use verbatim_domain::retry::Backoff;

use crate::core::Engine;
use crate::log::LogError;
use crate::ports::{
    AuthorityError, Change, SignedCheckpoint, StoreError, TimeAuthority, Witness, WitnessError,
};

/// The alarm that somebody holds a signed history which is not ours, and the cursor that stops signing.
pub const FORKED: &str = "log-forked";
/// How often the newest checkpoint is looked at.
const EVERY: Duration = Duration::from_secs(1);
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(2),
    longest: Duration::from_secs(60),
};
/// Failures in a row that are worth an alarm: after some ten seconds. One lost request is none.
const PATIENCE: u32 = 3;

/// A time authority, and what is expected of it.
pub struct Authority {
    /// How it is reached.
    pub port: Arc<dyn TimeAuthority>,
    /// How often it stamps.
    pub every: Duration,
    /// The certificates that vouch for it, PEM.
    pub ca_pem: String,
}

/// Those who keep us honest.
#[derive(Default)]
pub struct Anchoring {
    /// They cosign every checkpoint.
    pub witnesses: Vec<Arc<dyn Witness>>,
    /// They stamp some.
    pub authorities: Vec<Authority>,
}

/// A checkpoint was not cosigned or stamped.
#[derive(Debug, Error)]
pub enum AnchorError {
    /// The store failed; the next time goes on.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The proof could not be made.
    #[error(transparent)]
    Log(#[from] LogError),
    /// No answer; asked again.
    #[error("no answer: {0}")]
    Unavailable(String),
    /// It does not serve us: somebody must see to it.
    #[error("refused: {0}")]
    Refused(String),
    /// Its answer is not what it should be: somebody must see to it.
    #[error("a wrong answer: {0}")]
    Lying(String),
    /// It shows something that our key signed and our log does not hold.
    #[error("{0}")]
    Forked(String),
}

impl From<WitnessError> for AnchorError {
    fn from(error: WitnessError) -> Self {
        match error {
            WitnessError::Unavailable(why) => Self::Unavailable(why),
            WitnessError::Refused(why) => Self::Refused(why),
            WitnessError::Lying(why) => Self::Lying(why),
            WitnessError::Holds(_) | WitnessError::Inconsistent => Self::Lying(error.to_string()),
        }
    }
}

impl From<AuthorityError> for AnchorError {
    fn from(error: AuthorityError) -> Self {
        Self::Unavailable(error.0)
    }
}

/// How one of them has answered this process.
#[derive(Debug, Default)]
struct Standing {
    failures: u32,
    /// The alarm is as it should be. Not at the start: an earlier process may have raised it.
    told: bool,
}

impl Engine {
    /// Notes how one of them has answered, in its alarm; how long to wait before it is asked again.
    async fn weigh_anchor(
        &self,
        alarm: &str,
        standing: &mut Standing,
        answer: Result<bool, AnchorError>,
    ) -> Duration {
        match answer {
            Ok(asked) => {
                if std::mem::take(&mut standing.failures) > 0 {
                    standing.told = false;
                }
                if asked && !standing.told {
                    let clear = vec![Change::Clear(alarm.to_owned())];
                    standing.told = self.at_once(clear).await.is_ok();
                }
                EVERY
            }
            Err(error) => {
                tracing::warn!(%error, alarm, "not anchored");
                if standing.failures == 0 {
                    standing.told = false;
                }
                standing.failures += 1;
                if !standing.told && is_worth_an_alarm(&error, standing.failures) {
                    let text = format!(
                        "{error}. Checkpoints are signed all the same, and it is caught up with once this is mended."
                    );
                    standing.told = self.raise(alarm, text).await.is_ok();
                }
                BACKOFF.wait(standing.failures, self.chance())
            }
        }
    }

    /// A checkpoint's note with the cosignatures that it has: what is published and handed out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn cosigned(&self, checkpoint: &SignedCheckpoint) -> Result<String, StoreError> {
        let mut note = checkpoint.note.clone();
        for cosignature in self.store.cosignatures(checkpoint.size).await? {
            note.push_str(&cosignature.line);
            note.push('\n');
        }
        Ok(note)
    }

    /// The newest checkpoint's note with the cosignatures that it has, if anything was signed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn latest_cosigned(&self) -> Result<Option<String>, StoreError> {
        match self.store.latest_checkpoint().await? {
            None => Ok(None),
            Some(last) => self.cosigned(&last).await.map(Some),
        }
    }

    /// Signs nothing more until an operator has cleared the alarm, whatever process asks.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn stop_signing(&self, why: &str) -> Result<(), StoreError> {
        let text = format!(
            "{why}. NOTHING IS SIGNED any more. Keep the store as it is and find out which history is true: a backup was \
             restored, or somebody has used the signing key. Once that is settled, `verbatim alarm clear {FORKED}` \
             lets signing go on."
        );
        let stop = Change::SetCursor(FORKED.to_owned(), why.to_owned());
        self.at_once(vec![stop, self.alarm(FORKED, text)]).await
    }

    /// Why nothing is to be signed, if so.
    pub(crate) async fn signing_stopped(&self) -> Result<Option<String>, StoreError> {
        let why = self.store.cursor(FORKED).await?;
        Ok(why.filter(|why| !why.is_empty()))
    }
}

/// Not what may be over in a moment, nor what has an alarm of its own.
fn is_worth_an_alarm(error: &AnchorError, failures: u32) -> bool {
    match error {
        AnchorError::Lying(_) | AnchorError::Refused(_) => true,
        AnchorError::Unavailable(_) | AnchorError::Log(_) => failures >= PATIENCE,
        AnchorError::Store(_) | AnchorError::Forked(_) => false,
    }
}
