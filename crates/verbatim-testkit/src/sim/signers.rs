//! The signing keys of the log: those that lie in the files, and those that its records tell of.

use std::sync::Arc;

use verbatim_domain::{ConversationId, RecordId};
use verbatim_engine::views::RecordView;
use verbatim_record::key_change::{KeyChange, REASON};
use verbatim_record::note::Algorithm;
use verbatim_record::policy::Policy;
use verbatim_record::signing::FileSigner;
use verbatim_record::{Note, Signer, VerifierKey};

use super::Broken;
use super::world::{State, World};
use crate::fakes::test_signer;

/// A record as the log showed it when it was young.
pub(crate) type Seen = (RecordId, Option<ConversationId>, RecordView);

/// The keys that there have been, the present one last.
pub(crate) struct Signers {
    keys: Vec<Arc<dyn Signer>>,
    /// Whether the one from before still lies beside the present one.
    is_beside: bool,
    /// The first that has signed something.
    first: usize,
}

impl Signers {
    pub(crate) fn new() -> Self {
        Self {
            keys: vec![test_signer()],
            is_beside: false,
            first: 0,
        }
    }

    pub(crate) fn present(&self) -> Arc<dyn Signer> {
        self.keys.last().map_or_else(test_signer, Arc::clone)
    }

    pub(crate) fn before(&self) -> Option<Arc<dyn Signer>> {
        let before = self.keys.iter().rev().nth(1);
        before.filter(|_| self.is_beside).map(Arc::clone)
    }

    /// As `verbatim key change-signer` does it, and refuses where a change has not come to its end.
    fn change(&mut self, has_signed: bool) -> bool {
        if self.is_beside {
            return false;
        }
        let Ok(next) = key(self.keys.len()) else {
            return false;
        };
        self.keys.push(Arc::new(next));
        self.is_beside = true;
        if !has_signed {
            self.first = self.keys.len() - 1;
        }
        true
    }

    /// As `verbatim key retire-signer` does it, and refuses while the log signs with another key.
    fn retire(&mut self, in_use: &str) -> bool {
        let may = self.is_beside && self.present().verifier().to_string() == in_use;
        self.is_beside &= !may;
        may
    }

    /// All that there have been.
    pub(crate) fn all(&self) -> Vec<VerifierKey> {
        let all = self.keys.iter();
        all.map(|key| key.verifier().clone()).collect()
    }

    /// Those that the log has had, the first one first.
    fn of_log(&self) -> Vec<VerifierKey> {
        self.all().split_off(self.first)
    }
}

/// The key that comes when there have been so many. The seeds are no secrets.
fn key(count: usize) -> Result<FileSigner, Broken> {
    let algorithm = match count % 2 {
        0 => Algorithm::Ed25519,
        _ => Algorithm::EcdsaP256,
    };
    let seed = u8::try_from(100 + count).map_err(Broken::new)?;
    let name = test_signer().verifier().name().to_owned();
    FileSigner::from_seed(&name, algorithm, &[seed; 32]).map_err(Broken::new)
}

impl State {
    /// The keys of the log, each for the sizes for which it counts: the first one, and those that the one before
    /// has introduced in a record. It is counted from the records alone; the engine keeps a list of its own.
    pub(crate) fn log_keys(&self) -> Policy {
        let of_log = self.signers.of_log();
        let first = of_log.into_iter().next();
        let mut newest = first.unwrap_or_else(|| test_signer().verifier().clone());
        let mut policy = Policy::of_log(newest.clone());
        for (at, (_, _, view)) in (0..).zip(&self.witness.records) {
            if let Some(change) = introduction(view).filter(|change| change.old == newest) {
                newest = change.new.clone();
                // In a tree that has this record it counts.
                policy = policy.with_next_key(change.new, at);
            }
        }
        policy
    }
}

fn introduction(view: &RecordView) -> Option<KeyChange> {
    if view.kind != "key" || view.reason != REASON {
        return None;
    }
    KeyChange::open(&Note::parse(&view.text).ok()?).ok()
}

impl World {
    /// A new signing key lies in its place, and the one before beside it.
    pub(crate) async fn change_signer(&self) -> Result<(), Broken> {
        let last = self.store.latest_checkpoint().await.map_err(Broken::new)?;
        let changed = self.state().signers.change(last.is_some());
        if changed {
            self.start_again();
        }
        Ok(())
    }

    /// Witnesses are told the present key, and the one before it is taken away.
    pub(crate) async fn retire_signer(&self) -> Result<(), Broken> {
        let Ok(keys) = self.edge().await?.engine.key_inventory().await else {
            return Ok(());
        };
        let retired = self.state().signers.retire(&keys.signer);
        if retired {
            let present = self.state().signers.present();
            self.cosigner.trust(vec![present.verifier().clone()]);
            self.start_again();
        }
        Ok(())
    }

    /// Every process ends; the next ones have the files as they are now.
    fn start_again(&self) {
        for node in self.nodes() {
            node.process.kill();
        }
        self.state().forget_reader();
    }

    /// The log has introduced each key, in order, and no other.
    pub(crate) fn check_introduced(&self) {
        let (known, had) = {
            let state = self.state();
            let known: Vec<_> = state.log_keys().logs().cloned().collect();
            (known, state.signers.of_log())
        };
        if !known.iter().eq(had.iter().rev()) {
            let what = format!("the log tells of the keys {known:?}, and had {had:?}");
            self.fail("signing", what);
        }
    }
}
