//! Signing the log in a run: whatever dies, no two histories are ever signed.

use std::slice::from_ref;

use verbatim_domain::Duration;
use verbatim_engine::ports::{Clock, SignedCheckpoint, StoreError};
use verbatim_engine::{Authority, LogError};
use verbatim_record::merkle::root_of;
use verbatim_record::policy::Policy;
use verbatim_record::{Hash, Note, VerifierKey};

use super::Broken;
use super::world::{Node, World};
use crate::fakes::FakeAuthority;

/// How often the time authority is asked.
pub(crate) const STAMPED_EVERY: Duration = Duration::from_secs(3600);

impl World {
    /// Lets whoever works sign what there is.
    pub(crate) async fn sign(&self) -> Result<(), Broken> {
        // What happens between two writes of a signing may be work itself: that waits for its turn.
        if std::mem::replace(&mut self.state().signing, true) {
            return Ok(());
        }
        let signed = self.sign_alone().await;
        self.state().signing = false;
        signed
    }

    async fn sign_alone(&self) -> Result<(), Broken> {
        let worker = self.worker().await?;
        match worker.engine.sign_log().await {
            Ok(None) => {}
            Ok(Some(signed)) => {
                self.check_signers(&signed, &worker);
                self.state().signed.push(signed);
            }
            Err(LogError::Store(error)) if !matches!(error, StoreError::Damaged(_)) => {
                if error == StoreError::Fenced {
                    worker.process.kill();
                }
            }
            Err(error) => self.fail("signing", error.to_string()),
        }
        if !self.examined {
            return Ok(());
        }
        // Whatever they answer, it keeps nobody from anything; what came of it is seen at the end.
        let _ = worker.engine.ask_witness(&*worker.witness, false).await;
        let _ = worker.engine.stamp(&self.stamping()).await;
        Ok(())
    }

    fn stamping(&self) -> Authority {
        Authority {
            port: self.authority.clone(),
            every: STAMPED_EVERY,
            ca_pem: FakeAuthority::ca_pem(),
        }
    }

    /// It is signed by the keys that the process has, and by no other that there ever was.
    fn check_signers(&self, signed: &SignedCheckpoint, node: &Node) {
        let note = Note::parse(&signed.note);
        let is_by = |key: &VerifierKey| note.as_ref().is_ok_and(|n| n.check(from_ref(key)).is_ok());
        let all = self.state().signers.all();
        let wrong = |key: &&VerifierKey| is_by(key) != node.signs_with.contains(key);
        if let Some(key) = all.iter().find(wrong) {
            let (size, by) = (signed.size, &node.signs_with);
            let what = format!("{size} records, by {by:?}, signed by {key}: {}", is_by(key));
            self.fail("signing", what);
        }
    }

    /// Compares everything that was signed with the records, and the last of it with the whole log.
    pub(crate) async fn check_signed(&self) -> Result<(), Broken> {
        let leaves = self.store.leaves(0, 10_000).await;
        let leaves = leaves.map_err(Broken::new)?;
        let leaves: Vec<_> = leaves.iter().map(|leaf| leaf.hash).collect();
        let last = self.store.latest_checkpoint().await.map_err(Broken::new)?;
        let reaches = last
            .as_ref()
            .is_none_or(|last| last.size == leaves.len() as u64);
        if !reaches || (last.is_none() && !leaves.is_empty()) {
            self.fail(
                "signing",
                format!("{} records, signed: {last:?}", leaves.len()),
            );
        }
        self.check_introduced();
        let keys = self.state().log_keys();
        let signed = std::mem::take(&mut self.state().signed);
        for pair in signed.windows(2) {
            if pair[0].size >= pair[1].size {
                self.fail("signing", format!("one after the other: {pair:?}"));
            }
        }
        for one in signed.iter().chain(&last) {
            if !is_true(one, &leaves, &keys) {
                self.fail(
                    "signing",
                    format!("never so: {one:?} at {:?}", self.clock.now()),
                );
            }
        }
        Ok(())
    }
}

fn is_true(signed: &SignedCheckpoint, leaves: &[Hash], keys: &Policy) -> bool {
    let root = usize::try_from(signed.size)
        .ok()
        .and_then(|size| leaves.get(..size))
        .map(root_of);
    let said = Note::parse(&signed.note)
        .ok()
        .and_then(|note| keys.open(&note).ok());
    root == Some(signed.root)
        && said.is_some_and(|said| (said.size, said.root) == (signed.size, signed.root))
}
