//! Having checkpoints cosigned, and hearing from a witness that we are not who we were.
//!
//! What a witness says against us is believed only with proof: a checkpoint under our own signature that our
//! log does not hold. So a witness alone can raise an alarm about itself, and cannot stop us from signing.

use std::sync::Arc;

use futures_util::future::join_all;
use verbatim_domain::Timestamp;
use verbatim_record::checkpoint::{CheckpointError, cosignature_fits};
use verbatim_record::note::NoteSignature;
use verbatim_record::proof::check_consistency;
use verbatim_record::{Checkpoint, Note, Signer};

use super::{AnchorError, Standing};
use crate::core::Engine;
use crate::log::LogError;
use crate::ports::{Change, Cosignature, SignedCheckpoint, Witness, WitnessError};

/// Sizes that one pass proves from: ours, the witness's, and once more if it was asked by somebody else.
const TRIES: usize = 3;

impl Engine {
    /// Has every new checkpoint cosigned by every witness, until cancelled.
    pub async fn run_witnesses(self: &Arc<Self>) {
        let each = self.anchoring.witnesses.iter();
        join_all(each.map(|witness| self.follow(&**witness))).await;
        std::future::pending().await
    }

    async fn follow(&self, witness: &dyn Witness) {
        let mut standing = Standing::default();
        let alarm = alarm(witness);
        loop {
            let answer = self.ask_witness(witness, false).await;
            let wait = self.weigh_anchor(&alarm, &mut standing, answer).await;
            self.clock.sleep(wait).await;
        }
    }

    /// Shows every witness our last checkpoint, before anything is signed behind it: a store that was rolled
    /// back is found out while it has signed nothing new. A witness that is away does not keep us.
    pub async fn greet_witnesses(&self) {
        let each = self.anchoring.witnesses.iter();
        join_all(each.map(async |witness| {
            if let Err(error) = self.ask_witness(&**witness, true).await {
                tracing::warn!(%error, witness = witness.name(), "the witness has not confirmed our last checkpoint");
            }
        }))
        .await;
    }

    /// Has the newest checkpoint cosigned, if it is not yet or `again` asks for it. Whether the witness was
    /// asked.
    ///
    /// # Errors
    /// When it was not cosigned.
    pub async fn ask_witness(
        &self,
        witness: &dyn Witness,
        again: bool,
    ) -> Result<bool, AnchorError> {
        let Some(last) = self.store.latest_checkpoint().await? else {
            return Ok(false);
        };
        let key = witness.key().to_string();
        let known = self.store.latest_cosignature(&key).await?;
        let known = known.map_or(0, |known| known.size);
        if known == last.size && !again {
            return Ok(false);
        }
        let note = Note::parse(&last.note).map_err(|e| LogError::from(CheckpointError::from(e)))?;
        let mut old = known.min(last.size);
        for _ in 0..TRIES {
            let proof = self.consistency_proof(old, last.size).await?;
            match witness.submit(old, &proof, &note).await {
                Ok(signature) => {
                    self.keep_cosignature(witness, &last, &note, &signature)
                        .await?;
                    return Ok(true);
                }
                Err(WitnessError::Holds(size)) if size < last.size && size != old => old = size,
                // It has this very checkpoint, and was asked before we could keep its answer.
                Err(WitnessError::Holds(size)) if size == last.size && size != old => old = size,
                Err(WitnessError::Holds(_) | WitnessError::Inconsistent) => {
                    return Err(self.hear(witness).await?);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(AnchorError::Lying(
            "the size that it holds changes with every question".into(),
        ))
    }

    async fn keep_cosignature(
        &self,
        witness: &dyn Witness,
        checkpoint: &SignedCheckpoint,
        note: &Note,
        signature: &NoteSignature,
    ) -> Result<(), AnchorError> {
        let at = cosignature_fits(&note.text, signature, witness.key())
            .filter(|at| *at != 0)
            .and_then(|at| i64::try_from(at).ok()?.checked_mul(1000))
            .ok_or_else(|| AnchorError::Lying("its cosignature does not fit".into()))?;
        // Died here: the witness remembers, we do not. It is asked again, and cosigns the same again.
        let kept = Change::PutCosignature(Cosignature {
            size: checkpoint.size,
            witness: witness.key().to_string(),
            line: signature.to_string(),
            at: Timestamp(at),
        });
        Ok(self.commit(vec![kept]).await?)
    }

    /// The witness says that it holds what ours does not extend. Let it show that.
    async fn hear(&self, witness: &dyn Witness) -> Result<AnchorError, AnchorError> {
        let lying = |why: &str| Ok(AnchorError::Lying(why.to_owned()));
        let origin = self.signer.verifier().name();
        let Some(shown) = witness.latest(origin).await? else {
            return lying("it says that it holds another tree, and shows none");
        };
        let Some(theirs) = self.signed_by_us(&shown).await? else {
            return lying("it shows a checkpoint that we have not signed");
        };
        // Read after theirs: whatever we have signed before is in it.
        let Some(ours) = self.store.latest_checkpoint().await? else {
            return lying("we have signed nothing");
        };
        if self.extends(&theirs, &ours).await? {
            return lying("it refuses a checkpoint that extends the one that it shows");
        }
        let why = format!(
            "The witness {} shows a checkpoint of {} records under our signature, which our log of {} records does not \
             extend: the store was rolled back, or there are two of it",
            witness.name(),
            theirs.size,
            ours.size
        );
        self.stop_signing(&why).await?;
        Ok(AnchorError::Forked(why))
    }

    /// A checkpoint that we have signed. The keys that sign now prove that at any size, and each by itself: while
    /// two of them sign, a witness may know one, and show beside it what somebody made up for the other.
    async fn signed_by_us(&self, shown: &Note) -> Result<Option<Checkpoint>, AnchorError> {
        if let Ok(theirs) = self.log_keys().await?.open(shown) {
            return Ok(Some(theirs));
        }
        let mut ours = [Some(&self.signer), self.signer_before.as_ref()].into_iter();
        let by = |key: &Arc<dyn Signer>| Checkpoint::open(shown, key.verifier()).ok();
        Ok(ours.find_map(|key| key.and_then(by)))
    }

    async fn extends(
        &self,
        theirs: &Checkpoint,
        ours: &SignedCheckpoint,
    ) -> Result<bool, AnchorError> {
        if theirs.size > ours.size {
            return Ok(false);
        }
        let proof = self.consistency_proof(theirs.size, ours.size).await?;
        let (old, new) = (theirs.size, ours.size);
        Ok(check_consistency(old, &theirs.root, new, &ours.root, &proof).is_ok())
    }
}

fn alarm(witness: &dyn Witness) -> String {
    format!("witness:{}", witness.name())
}
