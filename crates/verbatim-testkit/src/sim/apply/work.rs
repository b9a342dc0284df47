//! What our processes do by themselves, and what an operator does with numbers.

use verbatim_domain::Duration;
use verbatim_engine::admin::Actor;
use verbatim_engine::worker::Outcome;

use crate::sim::Broken;
use crate::sim::corpus::{EMPLOYEES, NUMBERS};
use crate::sim::world::World;

impl World {
    pub(super) async fn reassign(&self, number: u8, employee: Option<u8>) -> Result<(), Broken> {
        let index = number as usize % NUMBERS.len();
        let (edge, actor) = (self.edge().await?, Actor::operator("simulation"));
        let released = edge
            .engine
            .release_number(&actor, NUMBERS[index])
            .await
            .is_ok();
        self.note_holder(index).await?;
        if let Some(employee) = employee.filter(|_| released) {
            // A millisecond in which nobody holds it keeps the history unambiguous.
            self.pass(Duration::from_millis(1));
            let user = EMPLOYEES[employee as usize % EMPLOYEES.len()];
            let _ = edge
                .engine
                .assign_number(&actor, NUMBERS[index], user)
                .await;
            self.note_holder(index).await?;
        }
        self.pass(Duration::from_millis(1));
        Ok(())
    }

    /// Runs jobs that are due, waiting up to half a minute where none is.
    pub(super) async fn work(&self, jobs: u8) -> Result<(), Broken> {
        for _ in 0..jobs {
            if self.run_one(&[]).await? {
                continue;
            }
            let next = self.store.next_due(&[]).await.map_err(Broken::new)?;
            let wait = next.map_or(Duration::from_secs(1), |due| due.since(self.now()));
            if wait > Duration::from_secs(30) || !self.state().lanes.is_empty() {
                return Ok(());
            }
            self.pass(wait.max(Duration::from_millis(1)));
        }
        Ok(())
    }

    /// Runs one of the jobs that are due, leaving out parked lanes; whether there was one.
    pub(crate) async fn run_one(
        &self,
        parked: &[verbatim_engine::ports::Lane],
    ) -> Result<bool, Broken> {
        let node = self.worker().await?;
        let mut busy = self.state().lanes.clone();
        busy.extend_from_slice(parked);
        let jobs = self
            .store
            .due_jobs(self.now(), &busy, 20)
            .await
            .map_err(Broken::new)?;
        if jobs.is_empty() {
            return Ok(false);
        }
        let which = self.state().chance.below(jobs.len());
        let job = &jobs[which];
        self.state().lanes.push(job.lane.clone());
        let outcome = node.engine.run_job(job).await;
        self.state().lanes.retain(|lane| *lane != job.lane);
        match outcome {
            Outcome::Done => {}
            Outcome::Rest => self.pass(Duration::from_millis(500)),
            Outcome::Fenced => node.process.kill(),
        }
        Ok(true)
    }

    pub(super) async fn lose_lease(&self, jobs: u8) -> Result<(), Broken> {
        // Whoever works now does not know yet.
        self.worker().await?;
        let rival = self.node().await?;
        self.take_lease(&rival).await?;
        for _ in 0..jobs {
            let due = self
                .store
                .due_jobs(self.now(), &[], 20)
                .await
                .map_err(Broken::new)?;
            let which = self.state().chance.below(due.len());
            if let Some(job) = due.get(which) {
                rival.engine.run_job(job).await;
            }
        }
        rival.process.kill();
        Ok(())
    }
}
