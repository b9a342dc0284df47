//! From phones into rooms.

use std::collections::HashSet;

use verbatim_domain::message::Direction;
use verbatim_domain::{Timestamp, UserId};
use verbatim_engine::ports::{Content, Conversation, InboundText, JobKind, Message};

use super::Audit;
use super::keeping::certificates;
use crate::fakes::platform::{Room, What};
use crate::sim::corpus::NUMBERS;

impl Audit {
    pub(super) fn inbound(&mut self) {
        let messages = self.all(Direction::Inbound);
        let (gone, mut unplaced) = (self.disposed_of(), 0);
        for text in self.received.clone() {
            self.recorded_once(&text);
            let is_gone = gone.contains(&text.provider_id.0);
            let mine =
                |m: &&(Conversation, Message)| m.1.provider_id.as_ref() == Some(&text.provider_id);
            let found: Vec<_> = messages.iter().filter(mine).collect();
            match found.as_slice() {
                // Those without a place are counted below.
                [] => unplaced += usize::from(is_gone),
                // It waited longer than it was to be kept.
                [(_, message)] if is_gone && message.event.is_none() => {}
                [(conversation, message)] => {
                    self.said_once(&text, conversation, message);
                    self.for_the_holder(&text, conversation);
                }
                _ => self.fail(
                    "doubled",
                    format!("{} is {} messages", text.provider_id, found.len()),
                ),
            }
        }
        self.unplaced(messages.len(), unplaced);
        self.nothing_else(&messages);
        self.in_order();
    }

    fn recorded_once(&mut self, text: &InboundText) {
        let is_it = |id: Option<&String>| id == Some(&text.provider_id.0);
        let records = self.records.iter().filter(|(_, _, view)| {
            view.kind == "message_in"
                && is_it(view.refs.get("provider_id"))
                && view.text == text.text
        });
        match records.count() {
            1 => {}
            0 => self.fail("lost", format!("{} is not in the record", text.provider_id)),
            n => self.fail(
                "doubled",
                format!("{} is in the record {n} times", text.provider_id),
            ),
        }
    }

    fn said_once(&mut self, text: &InboundText, conversation: &Conversation, message: &Message) {
        let id = &text.provider_id;
        let room = conversation
            .room
            .as_ref()
            .and_then(|room| self.rooms.get(room));
        let said = message
            .event
            .as_ref()
            .and_then(|event| room?.timeline.iter().find(|entry| entry.event == *event));
        match said.map(|entry| &entry.what) {
            Some(What::Said(Content::Text { body })) if *body == text.text => {}
            Some(other) => self.fail("lost", format!("{id} is in the room as {other:?}")),
            None => self.fail("lost", format!("{id} is recorded and not in the room")),
        }
        let own = self.record(message.record).is_some_and(|(_, of, view)| {
            // A text without a holder was recorded before it had a conversation.
            view.kind == "message_in"
                && view.refs.get("provider_id") == Some(&id.0)
                && (*of == Some(conversation.id) || of.is_none_or(|of| of.0.is_nil()))
        });
        if !own {
            self.fail("record", format!("the record of {id} is another one's"));
        }
    }

    /// Who held the number when the carrier took the text gets it; if nobody did, who comes later may.
    fn for_the_holder(&mut self, text: &InboundText, conversation: &Conversation) {
        let user = &conversation.employee.user;
        let Some(number) = NUMBERS.iter().position(|number| *number == text.to) else {
            return;
        };
        let at = text.provider_at.unwrap_or_default();
        if let Some(holder) = held(&self.holders[number], at)
            && holder != user
        {
            let what = format!("{} was for {holder} and went to {user}", text.provider_id);
            self.fail("holder", what);
        }
    }

    /// Texts whose record was disposed of, by the carrier's name for them.
    fn disposed_of(&self) -> HashSet<String> {
        let certificates = certificates(&self.records, &self.keys);
        let is_gone = |at| certificates.iter().any(|(_, c)| c.covers(at));
        let gone = (0..).zip(&self.records).filter(|(at, _)| is_gone(*at));
        let texts = gone.filter(|(_, (_, _, view))| view.kind == "message_in");
        let names = texts.filter_map(|(_, (_, _, view))| view.refs.get("provider_id"));
        names.cloned().collect()
    }

    /// Some were disposed of before they had a place.
    fn unplaced(&mut self, placed: usize, gone: usize) {
        let waiting = self.queue.iter().find(|stat| stat.kind == JobKind::Route);
        let waiting = waiting.map_or(0, |stat| stat.depth as usize);
        let without = self.received.len().checked_sub(placed + waiting);
        if without.is_none_or(|without| without > gone) {
            let what = format!(
                "{} texts, of which {placed} in conversations and {waiting} waiting for a holder",
                self.received.len()
            );
            self.fail("lost", what);
        }
        if waiting > 0 && !self.alarmed("number-without-holder:") {
            self.fail("alarm", "texts wait for a holder, and nobody is told");
        }
    }

    /// What stand-ins said is what clients wrote.
    fn nothing_else(&mut self, messages: &[(Conversation, Message)]) {
        let texts = |room: &Room| {
            let said = room.timeline.iter();
            said.filter(|entry| matches!(entry.what, What::Said(Content::Text { .. })))
                .count()
        };
        let said: usize = self.rooms.values().map(texts).sum();
        if said > messages.len() {
            let what = format!("{said} texts in rooms, {} from clients", messages.len());
            self.fail("doubled", what);
        }
    }

    /// Within a conversation: the order of the record is the order in the room.
    fn in_order(&mut self) {
        for conversation in self.conversations.clone() {
            let Some(room) = conversation
                .room
                .as_ref()
                .and_then(|room| self.rooms.get(room))
            else {
                continue;
            };
            let place = |message: &Message| {
                let recorded = self
                    .records
                    .iter()
                    .position(|(id, ..)| *id == message.record);
                let said = message
                    .event
                    .as_ref()
                    .and_then(|event| room.timeline.iter().position(|entry| entry.event == *event));
                (recorded, said)
            };
            let messages = self.messages.get(&conversation.id).into_iter().flatten();
            let inbound = messages.filter(|message| message.direction == Direction::Inbound);
            // One that was never said is told of above.
            let places = inbound.map(place).filter(|(_, said)| said.is_some());
            let mut places: Vec<_> = places.collect();
            places.sort();
            if !places.is_sorted_by_key(|(_, said)| *said) {
                self.fail(
                    "order",
                    format!("in the room of {}: {places:?}", conversation.id),
                );
            }
        }
    }
}

/// Who held a number at a moment.
fn held(history: &[(Timestamp, Option<UserId>)], at: Timestamp) -> Option<&UserId> {
    let last = history.iter().rev().find(|(since, _)| *since <= at)?;
    last.1.as_ref()
}
