//! Somebody wants records gone, or kept.

use verbatim_domain::UserId;
use verbatim_domain::retention::Member;

use super::pick;
use crate::sim::Broken;
use crate::sim::corpus::{EMPLOYEES, NUMBERS, PHONES};
use crate::sim::office::person;
use crate::sim::operation::HoldOn;
use crate::sim::world::{CLASS, World};

impl World {
    pub(super) async fn approve(&self, who: u8, which: u8) -> Result<(), Broken> {
        let disposals = self.store.disposals().await.map_err(Broken::new)?;
        if let Some(disposal) = disposals.get(which as usize % disposals.len().max(1)) {
            let edge = self.edge().await?;
            let _ = edge
                .engine
                .approve_disposal(&person(who), disposal.id)
                .await;
        }
        Ok(())
    }

    /// From the answer on it destroys nothing. If the answer was lost, the record tells.
    pub(super) async fn withdraw(&self, who: u8, which: u8) -> Result<(), Broken> {
        let disposals = self.store.disposals().await.map_err(Broken::new)?;
        let Some(disposal) = disposals.get(which as usize % disposals.len().max(1)) else {
            return Ok(());
        };
        let (id, edge) = (disposal.id, self.edge().await?);
        let answer = edge.engine.withdraw_disposal(&person(who), id).await;
        if answer.is_ok() {
            let size = self.store.log_root().await.map_err(Broken::new)?.size;
            self.state().office.withdrawn.push((id, size));
        }
        Ok(())
    }

    pub(super) async fn erase(&self, who: u8, contact: u8) -> Result<(), Broken> {
        let (edge, number) = (self.edge().await?, pick(&PHONES, contact));
        // What it proposes is seen in the record.
        let _ = edge.engine.request_erasure(&person(who), &number).await;
        Ok(())
    }

    pub(super) async fn extend(&self, who: u8, months: u8, on: HoldOn) -> Result<(), Broken> {
        let whose = match on {
            HoldOn::Everyone => None,
            HoldOn::Employee(n) => Some(Member::Employee(UserId(pick(&EMPLOYEES, n)))),
            HoldOn::Contact(n) => Some(Member::Number(pick(&PHONES, n))),
            HoldOn::Number(n) => Some(Member::Number(pick(&NUMBERS, n))),
            HoldOn::Conversation(n) => match self.a_conversation(n).await? {
                None => return Ok(()),
                Some(id) => Some(Member::Conversation(id)),
            },
        };
        let (edge, actor, count) = (self.edge().await?, person(who), u32::from(months));
        let engine = &edge.engine;
        let answer = match &whose {
            None => engine
                .extend_retention(&actor, CLASS, count)
                .await
                .map(drop),
            Some(member) => engine.extend_for(&actor, member, CLASS, count).await,
        };
        if answer.is_ok() {
            self.was_extended(&actor.0, whose.as_ref(), count).await?;
        }
        Ok(())
    }

    /// Somebody was told that something is kept longer: now, and not later, the record says so.
    async fn was_extended(
        &self,
        actor: &str,
        whose: Option<&Member>,
        months: u32,
    ) -> Result<(), Broken> {
        self.look().await?;
        let says = {
            let state = self.state();
            let mut records = state.witness.records.iter().rev();
            let last = records.find(|(_, _, view)| view.reason == "retention.extend");
            last.is_some_and(|(_, _, view)| {
                view.actor == actor
                    && view.details.get("months") == Some(&months.to_string())
                    && view.details.get("of") == whose.map(ToString::to_string).as_ref()
            })
        };
        if !says {
            let what = format!("{actor} extended by {months} months, and nothing says so");
            self.fail("early", what);
        }
        Ok(())
    }
}
