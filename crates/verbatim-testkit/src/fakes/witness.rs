//! A witness in memory, which can be away, lose its answers, or lie.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use verbatim_engine::ports::{Clock, Witness, WitnessError};
use verbatim_record::checkpoint::cosign;
use verbatim_record::merkle::Frontier;
use verbatim_record::note::{Algorithm, Note, NoteSignature};
use verbatim_record::proof::check_consistency;
use verbatim_record::signing::FileSigner;
use verbatim_record::{Checkpoint, Hash, Signer, VerifierKey};

use super::{VirtualClock, lock};

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WitnessFault {
    /// It does not answer.
    Away,
    /// It cosigns, and the answer is lost.
    LosesAnswer,
    /// Its signature does not fit.
    Forges,
    /// It says that it holds this size, whatever it was shown.
    Claims(u64),
    /// It says that our tree is another one.
    Denies,
    /// It does not serve us.
    Refuses,
    /// It cosigns whatever it is shown.
    Careless,
}

#[derive(Default)]
struct State {
    seen: Option<(Checkpoint, Note)>,
    fault: Option<WitnessFault>,
    asked: u32,
    /// Whose logs it serves; everybody's without it.
    trusted: Option<Vec<VerifierKey>>,
    /// What it has cosigned, in order.
    cosigned: Vec<(Checkpoint, Note)>,
}

/// A witness of one log.
pub struct FakeWitness {
    signer: FileSigner,
    clock: Arc<VirtualClock>,
    state: Mutex<State>,
}

impl FakeWitness {
    /// One that has seen nothing.
    ///
    /// # Panics
    /// Never: the name is one that a key can have.
    pub fn new(clock: Arc<VirtualClock>) -> Self {
        Self::named("witness.example.org/test", clock)
    }

    /// One of another name, that has seen nothing.
    ///
    /// # Panics
    /// If no key can have that name.
    pub fn named(name: &str, clock: Arc<VirtualClock>) -> Self {
        let signer = FileSigner::from_seed(name, Algorithm::CosignatureEd25519, &[8; 32]);
        Self {
            signer: signer.expect("a good name"),
            clock,
            state: Mutex::default(),
        }
    }

    /// From now on this is wrong with it, or nothing.
    pub fn set_fault(&self, fault: Option<WitnessFault>) {
        lock(&self.state).fault = fault;
    }

    /// From now on it serves logs by these keys alone.
    pub fn trust(&self, keys: Vec<VerifierKey>) {
        lock(&self.state).trusted = Some(keys);
    }

    /// What it remembers is lost, or set to something else.
    pub fn remember(&self, note: Option<Note>) {
        let seen = note.and_then(|note| Some((Checkpoint::parse(&note.text).ok()?, note)));
        lock(&self.state).seen = seen;
    }

    /// The size of the largest tree that it has seen.
    pub fn size(&self) -> u64 {
        let state = lock(&self.state);
        state.seen.as_ref().map_or(0, |(seen, _)| seen.size)
    }

    /// How often it was asked to cosign.
    pub fn asked(&self) -> u32 {
        lock(&self.state).asked
    }

    /// What it has cosigned, in order, as it was shown it; what it forgot is still here.
    pub fn cosigned(&self) -> Vec<(Checkpoint, Note)> {
        lock(&self.state).cosigned.clone()
    }

    fn answer(&self, old: u64, proof: &[Hash], note: &Note) -> Result<NoteSignature, WitnessError> {
        let mut state = lock(&self.state);
        state.asked += 1;
        match state.fault {
            Some(WitnessFault::Away) => return Err(away()),
            Some(WitnessFault::Claims(size)) => return Err(WitnessError::Holds(size)),
            Some(WitnessFault::Denies) => return Err(WitnessError::Inconsistent),
            Some(WitnessFault::Refuses) => return Err(WitnessError::Refused("403".into())),
            _ => {}
        }
        let new =
            Checkpoint::parse(&note.text).map_err(|e| WitnessError::Refused(e.to_string()))?;
        let (size, root) = state
            .seen
            .as_ref()
            .map_or((0, Frontier::new().root()), |(c, _)| (c.size, c.root));
        if state.fault != Some(WitnessFault::Careless) {
            let trusted = state.trusted.as_ref();
            if trusted.is_some_and(|keys| note.check(keys).is_err()) {
                return Err(WitnessError::Refused("403".into()));
            }
            if old != size {
                return Err(WitnessError::Holds(size));
            }
            check_consistency(size, &root, new.size, &new.root, proof)
                .map_err(|_| WitnessError::Inconsistent)?;
        }
        let at = u64::try_from(self.clock.now().as_millis() / 1000).unwrap_or(1);
        let mut signature = cosign(&note.text, at, &self.signer)
            .map_err(|e| WitnessError::Unavailable(e.to_string()))?;
        state.cosigned.push((new.clone(), note.clone()));
        state.seen = Some((new, note.clone()));
        match state.fault {
            Some(WitnessFault::LosesAnswer) => return Err(away()),
            Some(WitnessFault::Forges) => signature.bytes[20] ^= 1,
            _ => {}
        }
        Ok(signature)
    }
}

fn away() -> WitnessError {
    WitnessError::Unavailable("no connection".into())
}

#[async_trait]
impl Witness for FakeWitness {
    fn name(&self) -> &str {
        "test"
    }

    fn key(&self) -> &VerifierKey {
        self.signer.verifier()
    }

    async fn submit(
        &self,
        old: u64,
        proof: &[Hash],
        checkpoint: &Note,
    ) -> Result<NoteSignature, WitnessError> {
        self.answer(old, proof, checkpoint)
    }

    async fn latest(&self, _origin: &str) -> Result<Option<Note>, WitnessError> {
        let state = lock(&self.state);
        match state.fault {
            Some(WitnessFault::Away) => Err(away()),
            _ => Ok(state.seen.as_ref().map(|(_, note)| note.clone())),
        }
    }
}
