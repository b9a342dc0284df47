//! Our processes: started with what lies in the files at that time, and started again when they have died.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use verbatim_domain::Duration;
use verbatim_engine::ports::{Store, Witness as WitnessPort};
use verbatim_engine::worker::LEASE;
use verbatim_engine::{Anchoring, Engine, Intake, IntakeParts, Keys, Parts};
use verbatim_record::VerifierKey;

use super::{State, World};
use crate::sim::Broken;
use crate::sim::ports::anchor::{MortalSafe, MortalWitness};
use crate::sim::ports::carrier::MortalCarrier;
use crate::sim::ports::platform::MortalPlatform;
use crate::sim::ports::store::MortalStore;
use crate::sim::process::Process;

/// A process of ours.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) process: Arc<Process>,
    pub(crate) engine: Arc<Engine>,
    /// An edge that lives and dies with it.
    pub(crate) sealing: Arc<Intake>,
    pub(crate) witness: Arc<dyn WitnessPort>,
    /// The keys that it signs the log with.
    pub(crate) signs_with: Vec<VerifierKey>,
    holder: String,
}

impl World {
    /// The process that takes what reaches us; a new one if it has died.
    pub(crate) async fn edge(&self) -> Result<Node, Broken> {
        let standing = self.state().edge.clone();
        if let Some(node) = standing.filter(|node| !node.process.is_dead()) {
            return Ok(node);
        }
        let node = self.node().await?;
        self.state().edge = Some(node.clone());
        Ok(node)
    }

    /// The process that runs jobs; a new one with a new lease if it has died or lost its lease.
    pub(crate) async fn worker(&self) -> Result<Node, Broken> {
        let standing = self.state().worker.clone();
        if let Some(node) = standing.filter(|node| !node.process.is_dead()) {
            return Ok(node);
        }
        let node = self.node().await?;
        self.take_lease(&node).await?;
        let state = &mut *self.state();
        state.worker = Some(node.clone());
        state.lanes.clear();
        Ok(node)
    }

    /// Gives the lease to a process, as when the one before it has not renewed it in time.
    pub(crate) async fn take_lease(&self, node: &Node) -> Result<(), Broken> {
        let before = self.state().lease.replace(node.holder.clone());
        if let Some(before) = before {
            self.store
                .release_lease(LEASE, &before)
                .await
                .map_err(Broken::new)?;
        }
        let lease = self
            .store
            .take_lease(LEASE, &node.holder, Duration::from_secs(86_400))
            .await;
        let fence = lease
            .map_err(Broken::new)?
            .ok_or_else(|| Broken::new("no lease"))?;
        node.engine.set_fence(Some(fence));
        Ok(())
    }

    /// Starts a process.
    pub(crate) async fn node(&self) -> Result<Node, Broken> {
        let process = Arc::new(Process::new(self.me.clone()));
        let store: Arc<dyn Store> = Arc::new(MortalStore {
            inner: self.store.clone(),
            process: process.clone(),
            clock: self.clock.clone(),
            sabotage: self.sabotage,
            compares: AtomicBool::new(false),
        });
        let platform = Arc::new(MortalPlatform {
            inner: self.platform.clone(),
            process: process.clone(),
            world: self.me.clone(),
            sabotage: self.sabotage,
        });
        let carrier = Arc::new(MortalCarrier {
            inner: self.carrier.clone(),
            process: process.clone(),
            world: self.me.clone(),
            sabotage: self.sabotage,
        });
        let witness: Arc<dyn WitnessPort> = Arc::new(MortalWitness {
            inner: self.cosigner.clone(),
            process: process.clone(),
            sabotage: self.sabotage,
        });
        let safe = Arc::new(MortalSafe {
            inner: self.safe.clone(),
            process: process.clone(),
        });
        let (signer, signer_before) = {
            let signers = &self.state().signers;
            (signers.present(), signers.before())
        };
        let both = [Some(&signer), signer_before.as_ref()];
        let signs_with = both.into_iter().flatten().map(|key| key.verifier().clone());
        let signs_with = signs_with.collect();
        let mut settings = self.settings.clone();
        self.sabotage.settings(&mut settings);
        let keys = self.open_keys(&*store, safe).await?;
        let edge = IntakeParts {
            store: store.clone(),
            carriers: vec![carrier.clone()],
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            settings: settings.clone(),
        };
        let sealing = Intake::edge(edge, keys.edge().clone())
            .await
            .map_err(Broken::new)?;
        let parts = Parts {
            keys,
            store,
            platform,
            carriers: vec![carrier],
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            signer,
            signer_before,
            anchoring: Anchoring {
                witnesses: self.examined.then(|| witness.clone()).into_iter().collect(),
                authorities: Vec::new(),
            },
            settings,
        };
        let engine = Engine::open(parts).await.map_err(Broken::new)?;
        let state = &mut *self.state();
        state.made += 1;
        Ok(Node {
            process,
            engine,
            sealing,
            witness,
            signs_with,
            holder: format!("process-{}", state.made),
        })
    }

    /// Where a start fails, whoever looks after the machine starts again.
    async fn open_keys(&self, store: &dyn Store, safe: Arc<MortalSafe>) -> Result<Keys, Broken> {
        const STARTS: usize = 5;
        for _ in 1..STARTS {
            if let Ok(keys) = Keys::open(store, safe.clone(), &*self.entropy).await {
                return Ok(keys);
            }
        }
        let keys = Keys::open(store, safe, &*self.entropy).await;
        keys.map_err(|error| Broken::by("kept", error))
    }

    /// A process that only reads, and never fails.
    pub(crate) async fn reader(&self) -> Result<Arc<Engine>, Broken> {
        let standing = self.state().reader.clone();
        if let Some(reader) = standing {
            return Ok(reader);
        }
        let reader = self.node().await?.engine;
        self.state().reader = Some(reader.clone());
        Ok(reader)
    }

    /// The processes there are now.
    pub(crate) fn nodes(&self) -> Vec<Node> {
        let state = self.state();
        state.worker.iter().chain(&state.edge).cloned().collect()
    }
}

impl State {
    /// The next one that only reads is started with what lies in the files then.
    pub(crate) fn forget_reader(&mut self) {
        self.reader = None;
    }
}
