//! What people ask of the record, and what befalls those who keep it honest.

mod disposal;
mod exports;
mod shown;

use verbatim_domain::{ConversationId, Duration};
use verbatim_engine::HoldWish;
use verbatim_engine::admin::AdminError;
use verbatim_engine::ports::StoreError;
use verbatim_record::Note;

use crate::sim::corpus::{EMPLOYEES, NUMBERS, PHONES};
use crate::sim::office::{Wish, person};
use crate::sim::operation::{HoldOn, RecordOp};
use crate::sim::world::World;
use crate::sim::{Broken, everything};

/// Longer than any month.
const MONTH: Duration = Duration::from_secs(31 * 86_400);

impl World {
    /// What fails here is asked again by nobody: whoever asked was told so.
    pub(super) async fn record_happens(&self, operation: &RecordOp) -> Result<(), Broken> {
        use RecordOp as O;
        match operation {
            O::Look {
                who,
                of,
                from,
                limit,
            } => self.somebody_looks(*who, *of, *from, *limit).await,
            O::WhoSaw { who, record } => self.who_saw(*who, *record).await,
            O::Prove { who, record } => self.prove(*who, *record).await,
            O::SetHold { who, on } => self.set_hold(*who, *on).await,
            O::AskRelease { who, hold } => self.release(*who, *hold, false).await,
            O::Release { who, hold } => self.release(*who, *hold, true).await,
            O::Propose { who } => {
                let edge = self.edge().await?;
                let _ = edge.engine.propose_disposals(&person(*who)).await;
                Ok(())
            }
            O::Approve { who, disposal } => self.approve(*who, *disposal).await,
            O::Withdraw { who, disposal } => self.withdraw(*who, *disposal).await,
            O::Erase { who, contact } => self.erase(*who, *contact).await,
            O::Extend { who, months, on } => self.extend(*who, *months, *on).await,
            O::RunDisposals => {
                let _ = self.edge().await?.engine.run_disposals().await;
                Ok(())
            }
            O::MonthsPass(months) => {
                self.settle().await?;
                self.pass(Duration(MONTH.0 * u64::from(*months)));
                Ok(())
            }
            O::Rotate { who } => self.rotate(*who).await,
            O::ChangeSigner => self.change_signer().await,
            O::RetireSigner => self.retire_signer().await,
            O::Safe(fault) => {
                self.safe.plan(&[*fault]);
                Ok(())
            }
            O::Witness(fault) => {
                self.cosigner.set_fault(fault.clone());
                Ok(())
            }
            O::WitnessForgets(back) => {
                let note = back.and_then(|back| self.signed_before(back));
                self.cosigner.remember(note);
                Ok(())
            }
            O::Authority(mood) => {
                self.authority.set_mood(*mood);
                Ok(())
            }
            O::Export { who, of } => self.export(*who, *of).await,
            O::ExportsGoOn { steps } => self.exports_go_on(*steps).await,
        }
    }

    async fn a_conversation(&self, which: u8) -> Result<Option<ConversationId>, Broken> {
        let all = self.store.conversations(everything()).await;
        let all = all.map_err(Broken::new)?.items;
        let which = which as usize % all.len().max(1);
        Ok(all.get(which).map(|conversation| conversation.id))
    }

    async fn set_hold(&self, who: u8, on: HoldOn) -> Result<(), Broken> {
        let mut wish = HoldWish {
            reason: "a letter".to_owned(),
            ..HoldWish::default()
        };
        let mut means = Wish::On(on);
        match on {
            HoldOn::Everyone => wish.everyone = true,
            HoldOn::Employee(n) => wish.employees.push(pick(&EMPLOYEES, n)),
            HoldOn::Contact(n) => wish.contacts.push(pick(&PHONES, n)),
            HoldOn::Number(n) => wish.numbers.push(pick(&NUMBERS, n)),
            HoldOn::Conversation(n) => {
                let Some(id) = self.a_conversation(n).await? else {
                    return Ok(());
                };
                wish.conversations.push(id);
                means = Wish::OnConversation(id);
            }
        }
        wish.name = self.wish(means);
        // Whether it stands is seen in the record; if the answer was lost, it does.
        let _ = self.edge().await?.engine.set_hold(&person(who), wish).await;
        Ok(())
    }

    async fn release(&self, who: u8, which: u8, approves: bool) -> Result<(), Broken> {
        let (_, holds) = self.store.holds().await.map_err(Broken::new)?;
        let Some(hold) = holds.get(which as usize % holds.len().max(1)) else {
            return Ok(());
        };
        let (engine, actor) = (self.edge().await?.engine, person(who));
        let _ = match approves {
            true => engine.approve_release(&actor, hold.id).await,
            false => engine.ask_release(&actor, hold.id, "settled").await,
        };
        Ok(())
    }

    async fn rotate(&self, who: u8) -> Result<(), Broken> {
        let edge = self.edge().await?;
        if let Ok(keys) = edge.engine.key_inventory().await {
            let rotated = edge.engine.rotate_key(&person(who), &keys.key).await;
            if let Err(AdminError::Store(StoreError::Damaged(why))) = rotated {
                self.fail("kept", format!("the key was not rotated: {why}"));
            }
        }
        Ok(())
    }

    /// Something that we signed, counted from the latest.
    fn signed_before(&self, back: u8) -> Option<Note> {
        let state = self.state();
        let count = state.signed.len().max(1);
        let signed = state.signed.iter().rev().nth(back as usize % count)?;
        Note::parse(&signed.note).ok()
    }
}

fn pick(of: &[&str], which: u8) -> String {
    of[which as usize % of.len()].to_owned()
}
