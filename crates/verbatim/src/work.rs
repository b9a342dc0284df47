//! The worker role: whoever holds the lease runs the jobs, the key loop and the poller.
//!
//! One process at a time (DESIGN: "a crypto shard has one owner"). The lease is renewed well before it
//! ends; once it is lost, everything stops before another owner can have begun to write, and every write
//! carries the fence in any case.

use std::sync::Arc;

use tokio::sync::watch;
use verbatim_domain::Duration;
use verbatim_engine::Engine;
use verbatim_engine::ports::{Fence, PlatformError, Publication, Store};
use verbatim_engine::views::WorkerState;
use verbatim_engine::worker::{LEASE, Stopped};
use verbatim_matrix::MatrixPlatform;

const RETRY: std::time::Duration = std::time::Duration::from_secs(1);

/// Says so when the worker is no more, whatever ended it.
struct Ended(Arc<Engine>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.set_worker(WorkerState::Ended);
    }
}

/// What the worker drives.
pub(crate) struct Worker {
    pub(crate) engine: Arc<Engine>,
    pub(crate) platform: Arc<MatrixPlatform>,
    pub(crate) store: Arc<dyn Store>,
    /// Who we are in the lease table.
    pub(crate) holder: String,
    /// Where the log is published.
    pub(crate) publication: Option<Arc<dyn Publication>>,
}

impl Worker {
    /// Works until `stop` turns true, taking the lease again whenever it is lost.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let _ended = Ended(self.engine.clone());
        self.engine.set_worker(WorkerState::Waiting);
        let engine = self.engine.clone();
        tokio::select! {
            () = self.take_turns(&mut stop) => {}
            // Whether it works or waits: it may have to take over.
            () = engine.run_key_watch() => {}
        }
    }

    async fn take_turns(self, stop: &mut watch::Receiver<bool>) {
        while !*stop.borrow() {
            let fence = tokio::select! {
                fence = self.acquire() => fence,
                _ = stop.wait_for(|s| *s) => return,
            };
            self.hold(fence, stop.clone()).await;
        }
        if let Err(error) = self.store.release_lease(LEASE, &self.holder).await {
            tracing::warn!(%error, "lease not given back; it ends by itself");
        }
    }

    async fn acquire(&self) -> Fence {
        loop {
            match self
                .store
                .take_lease(LEASE, &self.holder, self.lease())
                .await
            {
                Ok(Some(fence)) => return fence,
                Ok(None) => tracing::debug!("another process works; waiting for its lease to end"),
                Err(error) => tracing::error!(%error, "lease"),
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    fn lease(&self) -> Duration {
        self.engine.settings().lease
    }

    /// Works in the name of one lease, until it is lost or we are asked to stop.
    async fn hold(&self, fence: Fence, stop: watch::Receiver<bool>) {
        tracing::info!(generation = fence.generation, "working");
        self.engine.set_fence(Some(fence));
        self.engine.set_worker(WorkerState::Working);
        let work = async {
            if self.begin(fence, stop.clone()).await {
                self.everything(stop).await;
            }
        };
        tokio::select! {
            () = work => {}
            // From the start: texts come in while the homeserver is away.
            () = self.engine.run_log(self.publication.clone()) => {}
            () = self.engine.run_adoption() => {}
            () = self.engine.run_witnesses() => {}
            () = self.engine.run_timestamps() => {}
            () = self.renew(fence) => tracing::error!("lease lost: stopped working"),
        }
        self.engine.set_fence(None);
        self.engine.set_worker(WorkerState::Waiting);
    }

    /// The homeserver may be away: intake goes on, and we try until it is back. False if asked to stop.
    async fn begin(&self, fence: Fence, mut stop: watch::Receiver<bool>) -> bool {
        let (mut wait, mut told) = (RETRY, None);
        loop {
            let started = self.platform.start(Some(fence)).await;
            match &started {
                Ok(()) => return true,
                Err(error) => tracing::warn!(%error, "the homeserver side does not start yet"),
            }
            if let Err(PlatformError::Refused(why)) = started
                && told.as_ref() != Some(&why)
            {
                match self.engine.homeserver_refuses(&why).await {
                    Ok(()) => told = Some(why),
                    Err(error) => tracing::error!(%error, "could not raise an alarm"),
                }
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => wait = (wait * 2).min(RETRY * 15),
                _ = stop.wait_for(|s| *s) => return false,
            }
        }
    }

    async fn everything(&self, mut stop: watch::Receiver<bool>) {
        // Who had the lease before may not have noticed what we did not see either.
        if let Err(error) = self.engine.homeserver_is_away().await {
            tracing::error!(%error, "could not ask for a look at the rooms");
        }
        // The homeserver backs off for minutes after we were away; a ping makes it deliver at once.
        if let Err(error) = self.platform.ping().await {
            tracing::warn!(%error, "the homeserver cannot reach us yet: check [homeserver] appservice_url and the registration");
        }
        let jobs = self.engine.run_jobs(async move {
            let _ = stop.wait_for(|s| *s).await;
        });
        tokio::select! {
            stopped = jobs => if stopped == Stopped::LeaseLost { tracing::error!("lease lost") },
            () = self.platform.clone().run_keys() => tracing::error!("key loop ended"),
            () = self.engine.run_signals() => {}
            () = self.engine.run_looks() => {}
            () = self.engine.run_poller() => {}
        }
    }

    /// Returns when the lease is lost.
    async fn renew(&self, fence: Fence) {
        let lease = self.lease().to_std();
        let mut failing_for = std::time::Duration::ZERO;
        loop {
            let wait = lease / 3;
            tokio::time::sleep(wait).await;
            match self
                .store
                .take_lease(LEASE, &self.holder, self.lease())
                .await
            {
                Ok(Some(renewed)) if renewed == fence => failing_for = std::time::Duration::ZERO,
                Ok(_) => return,
                Err(error) => {
                    tracing::error!(%error, "lease not renewed");
                    failing_for += wait;
                    if failing_for >= lease {
                        return;
                    }
                }
            }
        }
    }
}
