//! The checkpoint under which records are handed out, and what an examiner begins with.

use crate::admin::AdminError;
use crate::core::Engine;
use crate::ports::{SignedCheckpoint, StoreError};

/// Checkpoints behind a record that are looked at for one that all witnesses have cosigned.
const LATER_CHECKPOINTS: u32 = 300;

/// A checkpoint that covers what it was asked for.
pub struct Covering {
    /// Its size.
    pub size: u64,
    /// With the cosignatures that it has.
    pub note: String,
    /// Whether all witnesses have cosigned it, if there are any.
    pub is_cosigned: bool,
}

impl Engine {
    /// A checkpoint over a position: the first that every witness has cosigned, else the newest with what
    /// cosignatures it has; none if nothing was signed behind the position yet.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn checkpoint_over(&self, position: u64) -> Result<Option<Covering>, AdminError> {
        let witnesses = &self.anchoring.witnesses;
        if !witnesses.is_empty() {
            let keys: Vec<_> = witnesses.iter().map(|w| w.key().to_string()).collect();
            // A checkpoint a second at most, and witnesses answer within some.
            for signed in self.store.checkpoints(position, LATER_CHECKPOINTS).await? {
                let there = self.store.cosignatures(signed.size).await?;
                if keys
                    .iter()
                    .all(|key| there.iter().any(|c| c.witness == *key))
                {
                    return Ok(Some(self.covering(&signed, true).await?));
                }
            }
        }
        match self.latest_checkpoint().await? {
            Some(last) if last.size > position => {
                Ok(Some(self.covering(&last, witnesses.is_empty()).await?))
            }
            _ => Ok(None),
        }
    }

    async fn covering(
        &self,
        signed: &SignedCheckpoint,
        is_cosigned: bool,
    ) -> Result<Covering, StoreError> {
        Ok(Covering {
            size: signed.size,
            note: self.cosigned(signed).await?,
            is_cosigned,
        })
    }

    /// The trust policy of this log, as an examiner may begin with: its keys, and its witnesses. How many
    /// of them must have cosigned is theirs to say.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn log_policy(&self) -> Result<String, AdminError> {
        let mut policy = self.log_keys().await?.log_lines();
        for witness in &self.anchoring.witnesses {
            let key = witness.key();
            policy.push_str(&format!("witness {} {key}\n", key.name()));
        }
        policy.push_str("quorum none\n");
        Ok(policy)
    }

    /// The log's name.
    pub fn log_origin(&self) -> &str {
        self.signer.verifier().name()
    }
}
