//! What people ask of the record, and what befalls those who keep it honest.

use verbatim_domain::{ConversationId, Duration};
use verbatim_engine::HoldWish;
use verbatim_engine::access::Sought;
use verbatim_engine::admin::AdminError;
use verbatim_engine::ports::StoreError;
use verbatim_engine::views::RecordView;
use verbatim_record::Note;
use verbatim_record::bundle::{Of, Selection};
use verbatim_record::policy::Policy;

use crate::fakes::test_signer;
use crate::sim::check::keeping::certificates;
use crate::sim::corpus::{EMPLOYEES, NUMBERS, PHONES};
use crate::sim::exporter::Exporter;
use crate::sim::office::{Shown, Wish, person, viewer};
use crate::sim::operation::{HoldOn, RecordOp};
use crate::sim::world::World;
use crate::sim::{Broken, Failure, everything};

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

    async fn somebody_looks(&self, who: u8, of: u8, from: u8, limit: u8) -> Result<(), Broken> {
        let Some(conversation) = self.a_conversation(of).await? else {
            return Ok(());
        };
        let (viewer, edge) = (viewer(who), self.edge().await?);
        let actor = viewer.actor.0.clone();
        let asked = (actor.clone(), Some(conversation));
        self.state().office.asked.push(asked);
        let shown = edge
            .engine
            .timeline(&viewer, conversation, from.into(), None, limit.into())
            .await;
        let Ok(part) = shown else { return Ok(()) };
        if let (Some(first), Some(last)) = (part.items.first(), part.items.last()) {
            let (first, last) = (first.conversation_seq, last.conversation_seq);
            self.was_shown(actor, Some(conversation), first, last)
                .await?;
        }
        Ok(())
    }

    /// Somebody has something in hand: now, and not later, the record says so.
    async fn was_shown(
        &self,
        actor: String,
        conversation: Option<ConversationId>,
        first: u64,
        last: u64,
    ) -> Result<(), Broken> {
        self.look().await?;
        let state = &mut *self.state();
        let says = |(_, of, view): &(_, Option<ConversationId>, RecordView)| {
            let detail = |name, value: u64| view.details.get(name) == Some(&value.to_string());
            *of == conversation
                && view.actor == actor
                && detail("first", first)
                && detail("last", last)
        };
        match state.witness.records.iter().rposition(says) {
            Some(said_at) => state.office.shown.push(Shown {
                actor,
                conversation,
                first,
                last,
                said_at: said_at as u64,
            }),
            None => state.failures.push(Failure {
                rule: "looked",
                what: format!("{actor} was shown {first} to {last}, and nothing says so"),
            }),
        }
        Ok(())
    }

    /// Position in the log of a record, counted from the latest.
    async fn a_record(&self, which: u8) -> Result<u64, Broken> {
        let size = self.store.log_root().await.map_err(Broken::new)?.size;
        Ok(size - 1 - u64::from(which) % size.max(1))
    }

    /// Position in the log of the first record of something that somebody was shown.
    async fn a_shown_record(&self, which: u8) -> Result<Option<u64>, Broken> {
        let shown = {
            let shown = &self.state().office.shown;
            shown.get(which as usize % shown.len().max(1)).cloned()
        };
        let Some(shown) = shown else { return Ok(None) };
        let records = self.store.records_of(shown.conversation, shown.first, 1);
        let records = records.await.map_err(Broken::new)?;
        Ok(records.first().map(|record| record.global_seq))
    }

    /// The answer agrees with what was shown.
    async fn who_saw(&self, who: u8, record: u8) -> Result<(), Broken> {
        let position = match record.is_multiple_of(2) {
            true => self.a_shown_record(record / 2).await?,
            false => None,
        };
        let position = match position {
            Some(position) => position,
            None => self.a_record(record).await?,
        };
        let edge = self.edge().await?;
        let answer = edge
            .engine
            .who_saw(&viewer(who), Sought::Record(position))
            .await;
        let Ok(answer) = answer else { return Ok(()) };
        self.look().await?;
        let raw = self.store.records(position, 1).await.map_err(Broken::new)?;
        let Some(of) = raw.first().map(|record| record.conversation) else {
            return Ok(());
        };
        let state = &mut *self.state();
        let certificates = certificates(&state.witness.records);
        let (told, mut wrong) = (&answer.seen, Vec::new());
        let place = answer.conversation_seq;
        for shown in state.office.shown.iter().filter(|s| s.covers(of, place)) {
            let is_told = told.iter().any(|seen| seen.log_index == shown.said_at);
            let is_gone = certificates.iter().any(|(_, c)| c.covers(shown.said_at));
            if !is_told && !is_gone {
                wrong.push(format!("{position} was shown, untold: {shown:?}"));
            }
        }
        for export in &state.office.exports {
            let at = export.position();
            let is_gone = certificates.iter().any(|(_, c)| c.covers(at));
            let is_told = told.iter().any(|seen| seen.log_index == at);
            // Of what was disposed of before, nothing was handed out.
            let had_it = !certificates
                .iter()
                .any(|(by, c)| *by < at && c.covers(position));
            if export.covers(of, position) && had_it && !is_told && !is_gone {
                wrong.push(format!(
                    "{position} was handed out by the export at {at}, untold"
                ));
            }
        }
        for seen in told {
            // An export hands out its own record too.
            let is_own = seen.log_index == position;
            if !is_own && !state.office.has_asked(&seen.actor, of) {
                wrong.push(format!("{position} was never shown to {}", seen.actor));
            }
        }
        let rule = "looked";
        let wrong = wrong.into_iter().map(|what| Failure { rule, what });
        state.failures.extend(wrong);
        Ok(())
    }

    async fn prove(&self, who: u8, record: u8) -> Result<(), Broken> {
        let position = self.a_record(record).await?;
        let (viewer, edge) = (viewer(who), self.edge().await?);
        let raw = self.store.records(position, 1).await.map_err(Broken::new)?;
        let Some(raw) = raw.into_iter().next() else {
            return Ok(());
        };
        let asked = (viewer.actor.0.clone(), raw.conversation);
        self.state().office.asked.push(asked);
        let Ok(proof) = edge.engine.prove_record(&viewer, position).await else {
            return Ok(());
        };
        let policy = Policy::of_log(test_signer().verifier().clone());
        if let Err(error) = proof.check(&raw.leaf_bytes, &policy) {
            self.fail("signing", format!("the proof of {position}: {error}"));
        }
        let place = raw.conversation_seq;
        self.was_shown(viewer.actor.0, raw.conversation, place, place)
            .await
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

    async fn approve(&self, who: u8, which: u8) -> Result<(), Broken> {
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

    async fn export(&self, who: u8, of: Option<u8>) -> Result<(), Broken> {
        let of = match of {
            None => Of::All,
            Some(which) => match self.a_conversation(which).await? {
                None => return Ok(()),
                Some(id) => Of::Conversation(id),
            },
        };
        let selection = Selection {
            of,
            from_ms: None,
            to_ms: None,
        };
        let wanted = (person(who).0, selection.of.clone());
        self.state().office.wanted.push(wanted);
        let edge = self.edge().await?;
        let head = edge
            .engine
            .begin_export(&person(who), "an exam", &selection)
            .await;
        if let Ok(head) = head {
            let exporter = Exporter::new(head, &*self.reader().await?).await?;
            self.state().office.exports.push(exporter);
        }
        Ok(())
    }

    async fn exports_go_on(&self, steps: u8) -> Result<(), Broken> {
        let count = self.state().office.exports.len();
        for which in 0..count {
            // Where it fails, it goes on another time.
            let _ = self.export_goes_on(which, steps).await?;
        }
        Ok(())
    }

    /// Lets one export go on; what hinders it.
    pub(crate) async fn export_goes_on(
        &self,
        which: usize,
        steps: u8,
    ) -> Result<Result<(), String>, Broken> {
        let edge = self.edge().await?;
        let mut exporter = self.state().office.exports[which].clone();
        let went = exporter.go_on(&edge.engine, steps, self.sabotage).await;
        self.state().office.exports[which] = exporter;
        Ok(went)
    }
}

fn pick(of: &[&str], which: u8) -> String {
    of[which as usize % of.len()].to_owned()
}
