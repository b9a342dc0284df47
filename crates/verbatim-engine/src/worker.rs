//! Runs what is due: each lane strictly in order, different lanes side by side.
//!
//! A job is a row that says what is left to do. Running it ends in one commit that finishes it, puts it
//! back, or moves it; if the process dies before that commit, the successor runs the job again, and every
//! job is written so that running it again does no harm.

use std::collections::HashSet;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use verbatim_domain::Duration;

use crate::core::{Engine, locked};
use crate::ports::{Change, Fence, Lane, Signal, StoreError};

/// Name of the lease under which jobs are run.
pub const LEASE: &str = "worker";

/// Key of the alarm of a homeserver that refuses us.
const REFUSES: &str = "homeserver-refuses";

/// Why the workers stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// They were asked to, and what was in hand is finished.
    Asked,
    /// Another process holds the lease now.
    LeaseLost,
}

type Running<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = (Lane, Outcome)> + Send + 'a>>>;

/// The longest time between two looks into the queue.
const IDLE: Duration = Duration::from_secs(1);

/// Waits for an answer of the store while the jobs in hand go on. They must: some of them may hold what
/// the store needs for the answer (a place among its readers), and give it back only when they are polled.
async fn meanwhile<T>(
    asked: impl Future<Output = T>,
    busy: &mut HashSet<Lane>,
    running: &mut Running<'_>,
) -> Result<T, Stopped> {
    tokio::pin!(asked);
    loop {
        tokio::select! {
            biased;
            answer = &mut asked => return Ok(answer),
            Some((lane, outcome)) = running.next(), if !running.is_empty() => {
                busy.remove(&lane);
                if outcome == Outcome::Fenced {
                    return Err(Stopped::LeaseLost);
                }
            }
        }
    }
}

/// How a job ended, seen from the dispatcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its commit stands.
    Done,
    /// The store could not take it; the lane rests a little.
    Rest,
    /// The lease is gone.
    Fenced,
}

impl Engine {
    /// Takes over the lease that the caller holds. Jobs run and commit in its name from now on.
    pub fn set_fence(&self, fence: Option<Fence>) {
        *locked(&self.fence) = fence;
    }

    /// Runs jobs until `stop` completes; then finishes what is in hand.
    pub async fn run_jobs(&self, stop: impl Future<Output = ()> + Send) -> Stopped {
        tokio::pin!(stop);
        let mut busy: HashSet<Lane> = HashSet::new();
        let mut running: Running<'_> = FuturesUnordered::new();
        loop {
            let wait = match self.start_due(&mut busy, &mut running).await {
                Ok(wait) => wait,
                Err(stopped) => return stopped,
            };
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some((lane, outcome)) = running.next(), if !running.is_empty() => {
                    busy.remove(&lane);
                    if outcome == Outcome::Fenced {
                        return Stopped::LeaseLost;
                    }
                }
                () = self.store.work_arrived() => {}
                () = ready(()), if wait.is_none() => {}
                () = self.clock.sleep(wait.unwrap_or(IDLE)) => {}
            }
        }
        while let Some((_, outcome)) = running.next().await {
            if outcome == Outcome::Fenced {
                return Stopped::LeaseLost;
            }
        }
        Stopped::Asked
    }

    /// Starts whatever is due and not under way; answers how long there is nothing else to start,
    /// or nothing if that has changed already.
    async fn start_due<'a>(
        &'a self,
        busy: &mut HashSet<Lane>,
        running: &mut Running<'a>,
    ) -> Result<Option<Duration>, Stopped> {
        let free = self.settings.concurrency.saturating_sub(busy.len());
        if free == 0 {
            return Ok(Some(IDLE));
        }
        let lanes: Vec<Lane> = busy.iter().cloned().collect();
        let limit = u32::try_from(free).unwrap_or(u32::MAX);
        let due = self.store.due_jobs(self.now(), &lanes, limit);
        let jobs = match meanwhile(due, busy, running).await? {
            Ok(jobs) => jobs,
            Err(error) => {
                tracing::error!(%error, "cannot read the queue");
                return Ok(Some(IDLE));
            }
        };
        for job in jobs {
            busy.insert(job.lane.clone());
            running.push(Box::pin(async move {
                let lane = job.lane.clone();
                let outcome = self.run_job(&job).await;
                if outcome == Outcome::Rest {
                    self.clock.sleep(Duration::from_millis(500)).await;
                }
                (lane, outcome)
            }));
        }
        let lanes: Vec<Lane> = busy.iter().cloned().collect();
        let next = meanwhile(self.store.next_due(&lanes), busy, running).await?;
        if busy.len() < lanes.len() {
            // A lane came free while we asked: it may have the next job already.
            return Ok(None);
        }
        Ok(Some(match next {
            Ok(Some(due)) => due
                .since(self.now())
                .max(Duration::from_millis(1))
                .min(IDLE),
            _ => IDLE,
        }))
    }

    /// Wakes what waits for keys, devices or the homeserver, until cancelled.
    pub async fn run_signals(self: &Arc<Self>) {
        loop {
            let signal = self.platform.next_signal().await;
            if let Err(error) = self.heed(signal).await {
                // What waits tries again by itself.
                tracing::warn!(%error, "could not wake what waits for keys or devices");
            }
        }
    }

    async fn homeserver_answers(&self, yes: bool) {
        self.counters.homeserver_up.set(i64::from(yes));
        if yes {
            self.homeserver_is_back.notify_one();
            let changes = vec![Change::Clear(REFUSES.to_owned())];
            if let Err(error) = self.at_once(changes).await {
                tracing::error!(%error, "could not put the homeserver's alarm away");
            }
        } else if let Err(error) = self.homeserver_is_away().await {
            // Then only the order is at stake: what was lost is fetched once it is back.
            tracing::error!(%error, "could not note that the homeserver is away");
        }
    }

    /// The homeserver answers and refuses us: an alarm, which goes away when it takes us again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn homeserver_refuses(&self, why: &str) -> Result<(), StoreError> {
        let text = format!(
            "the homeserver refuses Verbatim ({why}); texts are recorded and wait: do what `verbatim doctor` says, \
             most often give the homeserver a copy of registration.yaml and restart it"
        );
        self.raise(REFUSES, text).await
    }

    /// What follows from something that the platform noticed.
    ///
    /// # Errors
    /// When the store fails; nothing is lost by it but time.
    pub async fn heed(&self, signal: Signal) -> Result<(), StoreError> {
        let now = self.now();
        let changes = match signal {
            Signal::NewKeys(rooms) => {
                let wake = rooms.into_iter().map(|room| Change::WakeRoom(room, now));
                wake.collect()
            }
            Signal::NewDevices(users) => {
                let wake = users.into_iter().map(|user| Change::WakeReader(user, now));
                wake.collect()
            }
            Signal::Reachable(yes) => {
                self.homeserver_answers(yes).await;
                return Ok(());
            }
            Signal::Refused(why) => return self.homeserver_refuses(&why).await,
        };
        self.commit(changes).await
    }
}
