//! Somebody looks at the record, or asks who did.

use verbatim_domain::ConversationId;
use verbatim_engine::access::Sought;
use verbatim_engine::views::RecordView;

use crate::sim::check::keeping::certificates;
use crate::sim::office::{Shown, viewer};
use crate::sim::world::World;
use crate::sim::{Broken, Failure};

impl World {
    pub(super) async fn somebody_looks(
        &self,
        who: u8,
        of: u8,
        from: u8,
        limit: u8,
    ) -> Result<(), Broken> {
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
    pub(super) async fn who_saw(&self, who: u8, record: u8) -> Result<(), Broken> {
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
        let certificates = certificates(&state.witness.records, &state.log_keys());
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

    pub(super) async fn prove(&self, who: u8, record: u8) -> Result<(), Broken> {
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
        self.look().await?;
        let keys = self.state().log_keys();
        if let Err(error) = proof.check(&raw.leaf_bytes, &keys) {
            self.fail("signing", format!("the proof of {position}: {error}"));
        }
        let place = raw.conversation_seq;
        self.was_shown(viewer.actor.0, raw.conversation, place, place)
            .await
    }
}
