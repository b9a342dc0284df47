//! The key safe and the witness, as a mortal process reaches them.

use std::sync::Arc;

use async_trait::async_trait;
use verbatim_engine::ports::{KeySafe, KeySafeError, Witness, WitnessError};
use verbatim_record::note::{Note, NoteSignature};
use verbatim_record::{Checkpoint, Hash, Kek, VerifierKey};

use crate::fakes::{FakeKeySafe, FakeWitness, WitnessFault, test_signer};
use crate::sim::process::{Fate, Process};
use crate::sim::sabotage::Sabotage;

pub(crate) struct MortalSafe {
    pub(crate) inner: Arc<FakeKeySafe>,
    pub(crate) process: Arc<Process>,
}

fn cut() -> KeySafeError {
    KeySafeError {
        what: "the disk is gone".to_owned(),
        source: None,
    }
}

impl MortalSafe {
    async fn gate(&self) -> Result<(), KeySafeError> {
        self.process.gate().await.map_err(|_| cut())
    }

    async fn write<R>(
        &self,
        call: impl Future<Output = Result<R, KeySafeError>> + Send,
    ) -> Result<R, KeySafeError> {
        self.gate().await?;
        match self.process.fate() {
            Fate::Works => call.await,
            Fate::Refused => Err(cut()),
            Fate::LosesAnswer => {
                call.await?;
                Err(cut())
            }
        }
    }
}

#[async_trait]
impl KeySafe for MortalSafe {
    async fn current(&self) -> Result<Kek, KeySafeError> {
        self.gate().await?;
        self.inner.current().await
    }

    async fn next(&self) -> Result<Option<Kek>, KeySafeError> {
        self.gate().await?;
        self.inner.next().await
    }

    async fn prepare(&self, fresh: Kek) -> Result<Kek, KeySafeError> {
        self.write(self.inner.prepare(fresh)).await
    }

    async fn promote(&self, check: &Hash) -> Result<(), KeySafeError> {
        self.write(self.inner.promote(check)).await
    }
}

pub(crate) struct MortalWitness {
    pub(crate) inner: Arc<FakeWitness>,
    pub(crate) process: Arc<Process>,
    pub(crate) sabotage: Sabotage,
}

fn away() -> WitnessError {
    WitnessError::Unavailable("the connection broke".to_owned())
}

impl MortalWitness {
    /// Another tree of the same size, under our own signature.
    async fn second_history(&self, old: u64, checkpoint: &Note) {
        let Ok(mut other) = Checkpoint::parse(&checkpoint.text) else {
            return;
        };
        other.root[0] ^= 1;
        if let Ok(note) = other.sign(&*test_signer()) {
            self.inner.set_fault(Some(WitnessFault::Careless));
            let _ = self.inner.submit(old, &[], &note).await;
        }
    }
}

#[async_trait]
impl Witness for MortalWitness {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn key(&self) -> &VerifierKey {
        self.inner.key()
    }

    async fn submit(
        &self,
        old: u64,
        proof: &[Hash],
        checkpoint: &Note,
    ) -> Result<NoteSignature, WitnessError> {
        self.process.gate().await.map_err(|_| away())?;
        if self.sabotage == Sabotage::ForksForTheWitness {
            self.second_history(old, checkpoint).await;
        }
        match self.process.fate() {
            Fate::Works => self.inner.submit(old, proof, checkpoint).await,
            Fate::Refused => Err(away()),
            Fate::LosesAnswer => {
                self.inner.submit(old, proof, checkpoint).await?;
                Err(away())
            }
        }
    }

    async fn latest(&self, origin: &str) -> Result<Option<Note>, WitnessError> {
        self.process.gate().await.map_err(|_| away())?;
        self.inner.latest(origin).await
    }
}
