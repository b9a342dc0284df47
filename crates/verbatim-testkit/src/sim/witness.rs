//! Stands beside every relay and looks whether the record is there first (DESIGN invariant 1).

use std::collections::HashMap;

use verbatim_domain::{ConversationId, RecordId, RoomId};
use verbatim_engine::ports::{Content, Prepared, Speaker, Submission};
use verbatim_engine::views::RecordView;

use super::Broken;
use super::world::World;
use crate::fakes::platform::{What, unprepared};

/// What the committed log has shown so far.
#[derive(Default)]
pub(crate) struct Witness {
    /// Records in the order of the log: id, conversation, content.
    pub(crate) records: Vec<(RecordId, Option<ConversationId>, RecordView)>,
    by_id: HashMap<RecordId, usize>,
}

impl World {
    /// Reads what was committed since the last look.
    pub(crate) async fn look(&self) -> Result<(), Broken> {
        const PAGE: u32 = 200;
        loop {
            let from = self.state().witness.records.len() as u64;
            let raw = self.store.records(from, PAGE).await.map_err(Broken::new)?;
            if raw.is_empty() {
                return Ok(());
            }
            let views = self
                .reader()
                .await?
                .log_records(from, raw.len() as u32)
                .await;
            let views = views.map_err(Broken::new)?;
            let witness = &mut self.state().witness;
            if witness.records.len() as u64 != from {
                continue;
            }
            for (raw, view) in raw.into_iter().zip(views) {
                witness.by_id.insert(raw.sealed.id, witness.records.len());
                witness
                    .records
                    .push((raw.sealed.id, raw.conversation, view));
            }
        }
    }

    /// A client's text is about to be said into a room.
    pub(crate) async fn witness_said(&self, room: &RoomId, speaker: &Speaker, prepared: &Prepared) {
        let Some((Content::Text { body }, _)) = unprepared(prepared) else {
            return;
        };
        if !matches!(speaker, Speaker::StandIn(_)) {
            return self.fail("record before relay", "a client's text in the bot's name");
        }
        if let Err(broken) = self.look().await {
            return self.fail("record before relay", broken.to_string());
        }
        let said = self.platform.timeline(room).into_iter();
        let said =
            said.filter(|e| matches!(&e.what, What::Said(Content::Text { body: b }) if *b == body));
        // Texts that are repeated under one transaction id are in the timeline already: at least as
        // many records as the room shows, and one for the first.
        let recorded = self
            .state()
            .witness
            .records
            .iter()
            .filter(|(_, _, view)| view.kind == "message_in" && view.text == body)
            .count();
        if recorded < said.count().max(1) {
            self.fail(
                "record before relay",
                "a text was said that is not in the record",
            );
        }
    }

    /// An employee's text (or a disclosure) is about to go to the carrier.
    pub(crate) async fn witness_submitted(&self, submission: &Submission) {
        if let Err(broken) = self.look().await {
            return self.fail("record before relay", broken.to_string());
        }
        let message = match self.store.message(submission.message).await {
            Ok(Some(message)) => message,
            other => {
                return self.fail("record before relay", format!("no message: {other:?}"));
            }
        };
        let state = self.state();
        let record = state.witness.by_id.get(&message.record);
        let good = record.is_some_and(|at| {
            let (_, _, view) = &state.witness.records[*at];
            let sent = if view.transmitted.is_empty() {
                &view.text
            } else {
                &view.transmitted
            };
            *sent == submission.text
        });
        drop(state);
        if !good {
            self.fail(
                "record before relay",
                "a text was submitted that is not in the record",
            );
        }
    }
}
