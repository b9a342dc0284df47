//! From rooms to phones.

use verbatim_domain::message::{Direction, MessageState};
use verbatim_engine::DisclosureMode;
use verbatim_engine::ports::{Conversation, Message, ReceiptStatus};

use super::Audit;

impl Audit {
    pub(super) fn outbound(&mut self) {
        let messages = self.all(Direction::Outbound);
        for taken in self.taken.clone() {
            if !messages
                .iter()
                .any(|(_, message)| message.id == taken.message)
            {
                self.fail(
                    "record",
                    format!("{} is no message of ours", taken.provider_id),
                );
            }
        }
        for (_, message) in &messages {
            self.sent_once(message);
        }
        for conversation in self.conversations.clone() {
            self.sent_in_order(&conversation);
        }
    }

    /// Each accepted text reached the carrier once and stands as the carrier says, or failed.
    fn sent_once(&mut self, message: &Message) {
        let mut taken = self
            .taken
            .iter()
            .filter(|taken| taken.message == message.id);
        let (first, others) = (taken.next().cloned(), taken.count());
        if others > 0 {
            self.fail(
                "doubled",
                format!("message {} was sent {} times", message.id, others + 1),
            );
        }
        let Some(taken) = first else {
            if !matches!(message.state, MessageState::Failed | MessageState::Expired) {
                let state = message.state.word();
                self.fail(
                    "lost",
                    format!("message {} is {state} and never left", message.id),
                );
            }
            return;
        };
        if message.provider_id.as_ref() != Some(&taken.provider_id) {
            let what = format!(
                "message {} is {} and claims {:?}",
                message.id, taken.provider_id, message.provider_id
            );
            self.fail("state", what);
        }
        if message.state != as_told(&taken.status) {
            let (state, told) = (message.state.word(), &taken.status);
            self.fail(
                "state",
                format!(
                    "message {} is {state}, the carrier says {told:?}",
                    message.id
                ),
            );
        }
    }

    /// The order of writing is the order in which the carrier took them.
    fn sent_in_order(&mut self, conversation: &Conversation) {
        let Some(messages) = self.messages.get(&conversation.id) else {
            return;
        };
        let outbound: Vec<&Message> = messages
            .iter()
            .filter(|m| m.direction == Direction::Outbound)
            .collect();
        let of = |id| outbound.iter().position(|message| message.id == id);
        let sent: Vec<usize> = self
            .taken
            .iter()
            .filter_map(|taken| of(taken.message))
            .collect();
        let room = conversation
            .room
            .as_ref()
            .and_then(|room| self.rooms.get(room));
        let written: Vec<Option<usize>> = outbound
            .iter()
            .filter_map(|message| message.event.as_ref())
            .map(|event| {
                room?
                    .timeline
                    .iter()
                    .position(|entry| entry.event == *event)
            })
            .collect();
        let id = conversation.id;
        let told = sent
            .first()
            .is_none_or(|first| outbound[*first].event.is_none());
        if self.disclosure == DisclosureMode::First && !told {
            self.fail(
                "disclosure",
                format!("the client of {id} was not told first"),
            );
        }
        if !sent.is_sorted() {
            self.fail("order", format!("to the phone of {id}: {sent:?}"));
        }
        if !written.is_sorted() {
            self.fail("order", format!("accepted in {id}: {written:?}"));
        }
    }
}

/// The state that the carrier's word leads to.
fn as_told(status: &ReceiptStatus) -> MessageState {
    match status {
        ReceiptStatus::Submitted | ReceiptStatus::Unrecognised => MessageState::Submitted,
        ReceiptStatus::Sent => MessageState::Sent,
        ReceiptStatus::Delivered => MessageState::Delivered,
        ReceiptStatus::Undelivered(_) => MessageState::Undelivered,
        ReceiptStatus::Failed(_) => MessageState::Failed,
        ReceiptStatus::Expired => MessageState::Expired,
    }
}
