//! The end of a run: all faults end, and work runs until there is none.

use verbatim_domain::{Duration, EventId, UserId};
use verbatim_engine::ports::{BlindIndex, JobKind, Lane, ReceiptStatus};

use super::Broken;
use super::corpus::{EMPLOYEES, NUMBERS};
use super::operation::{Delivery, KeyFate, Mood};
use super::world::World;
use crate::fakes::carrier::{Taken, is_final};

/// Rounds until nothing changes any more, at most.
const ROUNDS: usize = 12;
/// Jobs in one round, at most.
const JOBS: usize = 3000;
/// Virtual time in one round, at most.
const PATIENCE: Duration = Duration::from_secs(2 * 86_400);
/// Longer than a poll waits for webhooks.
const IN_FLIGHT: Duration = Duration::from_secs(180);

impl World {
    /// Ends all faults and lets everything come to rest.
    pub(crate) async fn settle(&self) -> Result<(), Broken> {
        self.heal();
        let late: Vec<EventId> = {
            let state = self.state();
            let late = state.written.iter().filter(|w| w.key == KeyFate::Late);
            late.map(|w| w.event.clone()).collect()
        };
        for event in late {
            self.platform.bring_key(&event);
        }
        for _ in 0..ROUNDS {
            let before = self.marks().await?;
            self.round().await?;
            // Once it runs for ever there is nothing to wait for.
            let hopeless = self.state().failures.iter().any(|f| f.rule == "left over");
            if hopeless || self.marks().await? == before {
                self.sign().await?;
                return self.adopted().await;
            }
        }
        self.fail("left over", "it never comes to rest");
        Ok(())
    }

    /// What had no job is left to the sweep, which leaves nothing.
    async fn adopted(&self) -> Result<(), Broken> {
        let worker = self.worker().await?;
        worker.engine.adopt_all().await.map_err(Broken::new)?;
        let left = self.store.unadopted(None, 1).await.map_err(Broken::new)?;
        if let Some((position, _)) = left.first() {
            let what = format!("record {position} is not adopted");
            self.fail("left over", what);
        }
        Ok(())
    }

    fn heal(&self) {
        let ledger = &mut *self.carrier.ledger();
        (ledger.down, ledger.listing_delay) = (false, Duration::default());
        ledger.faults.clear();
        {
            let server = &mut *self.platform.server();
            server.down = false;
            server.faults.clear();
        }
        self.cosigner.set_fault(None);
        self.safe.heal();
        self.answer_invitations(Mood::Willing);
        for user in EMPLOYEES {
            self.platform.log_in(&UserId(user.to_owned()), true);
        }
        for node in self.nodes() {
            node.process.calm();
        }
    }

    /// What changes while anything happens.
    async fn marks(&self) -> Result<(u64, usize, usize), Broken> {
        let log = self.store.log_root().await.map_err(Broken::new)?.size;
        let said = self
            .platform
            .server()
            .rooms
            .values()
            .map(|room| room.timeline.len())
            .sum();
        Ok((log, said, self.carrier.ledger().taken.len()))
    }

    async fn round(&self) -> Result<(), Broken> {
        let worker = self.worker().await?;
        self.heed_signals(&worker).await;
        // Bounded: one that is never taken would come again for ever.
        for _ in 0..JOBS {
            if !self.deliver_waiting(0).await? {
                break;
            }
        }
        let looked = self.edge().await?.engine.look_again().await;
        looked.map_err(Broken::new)?;
        while self.sync(50, false).await? {}
        self.try_routes().await?;
        self.drain().await?;
        self.finalise().await?;
        // Until then a webhook may still be on its way, and a poll leaves it alone.
        self.pass(IN_FLIGHT);
        self.worker()
            .await?
            .engine
            .poll()
            .await
            .map_err(Broken::new)?;
        self.drain().await
    }

    /// Runs jobs, and lets time pass to the next one, until none is left but those that may stay.
    async fn drain(&self) -> Result<(), Broken> {
        let parked = self.parked().await?;
        let end = self.now().after(PATIENCE);
        for _ in 0..JOBS {
            while self.sync(50, false).await? {}
            if self.run_one(&parked).await? {
                continue;
            }
            match self.store.next_due(&parked).await.map_err(Broken::new)? {
                None => return Ok(()),
                Some(due) if due > end => break,
                Some(due) => self.pass(due.since(self.now()).max(Duration::from_millis(1))),
            }
        }
        self.fail("left over", "jobs run for ever");
        Ok(())
    }

    /// Texts that wait for a holder may stay, but not unseen: their jobs run, and tell somebody.
    async fn try_routes(&self) -> Result<(), Broken> {
        let due = self.store.due_jobs(self.now(), &[], 1000).await;
        for job in due.map_err(Broken::new)? {
            if job.kind == JobKind::Route {
                self.worker().await?.engine.run_job(&job).await;
            }
        }
        Ok(())
    }

    /// Lanes in which work may stay.
    async fn parked(&self) -> Result<Vec<Lane>, Broken> {
        let reader = self.reader().await?;
        let state = self.state();
        let never = state
            .written
            .iter()
            .filter(|w| w.key == KeyFate::NeverComes);
        let mut lanes: Vec<Lane> = never.map(|w| Lane::late(&w.event)).collect();
        for (number, history) in NUMBERS.iter().zip(&state.holders) {
            if history.last().is_none_or(|(_, user)| user.is_none()) {
                let index = BlindIndex(reader.vault().index("phone", number));
                lanes.push(Lane::unrouted(&index));
            }
        }
        Ok(lanes)
    }

    /// Every text that the carrier took comes to an end; some of its webhooks are lost even now.
    async fn finalise(&self) -> Result<(), Broken> {
        let now = self.now();
        let open: Vec<Taken> = {
            let ledger = self.carrier.ledger();
            let open = ledger
                .taken
                .iter()
                .filter(|t| !is_final(&t.status) && t.at <= now);
            open.cloned().collect()
        };
        for taken in open {
            let id = &taken.provider_id;
            if let Some(taken) = self.carrier.report(id, &ReceiptStatus::Delivered) {
                let lost = self.state().chance.percent(20);
                let how = if lost { Delivery::Lost } else { Delivery::Now };
                self.deliver(self.carrier.status_hook(&taken), how).await?;
            }
        }
        Ok(())
    }
}
