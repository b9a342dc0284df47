//! What employees and the homeserver do.

use verbatim_domain::{EventId, RoomId, UserId};
use verbatim_engine::TransactionError;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::EventKind;

use crate::fakes::platform::{JOINED, Key};
use crate::sim::Broken;
use crate::sim::corpus::{EMPLOYEES, PHONES, text};
use crate::sim::operation::{Act, KeyFate, Mood};
use crate::sim::world::{Node, World, Written};

impl World {
    pub(super) fn room_with_employee(&self, which: u8) -> Option<(RoomId, UserId)> {
        let server = self.platform.server();
        let joined = server.rooms.iter().filter_map(|(id, room)| {
            let user = &room.spec.as_ref()?.employee;
            (room.members.get(user) == Some(&JOINED)).then(|| (id.clone(), user.clone()))
        });
        let rooms: Vec<_> = joined.collect();
        rooms.get(which as usize % rooms.len().max(1)).cloned()
    }

    pub(super) fn employee_acts(&self, room: u8, act: Act, words: u8, key: KeyFate) {
        let Some((room, user)) = self.room_with_employee(room) else {
            return;
        };
        let earlier = self
            .platform
            .timeline(&room)
            .last()
            .map(|entry| entry.event.clone());
        let of = earlier.unwrap_or(EventId("$nothing".to_owned()));
        // Deletions and reactions are in clear by nature.
        let key = if matches!(act, Act::Redact | Act::React) {
            KeyFate::Clear
        } else {
            key
        };
        let body = text(words);
        let kind = match act {
            Act::Text => EventKind::Text {
                body: body.clone(),
                reply_to: None,
            },
            Act::Reply => EventKind::Text {
                body: body.clone(),
                reply_to: Some(of),
            },
            Act::Edit => EventKind::Edit {
                of,
                body: body.clone(),
            },
            Act::Redact => EventKind::Redaction { of: Some(of) },
            Act::React => EventKind::Reaction {
                to: of,
                key: "+".to_owned(),
            },
            Act::Media => EventKind::Media {
                what: "m.image".to_owned(),
                body: body.clone(),
            },
        };
        let at_hand = match key {
            KeyFate::Here => Key::Here,
            KeyFate::Late | KeyFate::NeverComes => Key::Late("missing"),
            KeyFate::Hopeless => Key::Never("m.unavailable"),
            KeyFate::Clear => Key::Clear,
        };
        let event = self.platform.write(&room, &user, kind, at_hand);
        self.state().written.push(Written {
            event,
            room,
            act,
            key,
            text: body,
        });
    }

    /// What employees do with invitations from now on.
    pub(crate) fn answer_invitations(&self, mood: Mood) {
        {
            let server = &mut *self.platform.server();
            (server.shy, server.unwilling) = (mood == Mood::Shy, mood == Mood::Unwilling);
        }
        if mood == Mood::Willing {
            self.platform.accept_all();
        }
    }

    pub(super) async fn start(&self, employee: u8, phone: u8) -> Result<(), Broken> {
        let user = UserId(EMPLOYEES[employee as usize % EMPLOYEES.len()].to_owned());
        let phone = PHONES[phone as usize % PHONES.len()];
        let edge = self.edge().await?;
        let actor = Actor::operator("simulation");
        // Who holds no number is told so.
        let _ = edge
            .engine
            .start_conversation(&actor, &user, None, phone, None)
            .await;
        Ok(())
    }

    /// The homeserver pushes a transaction; whether there was one and it was taken.
    pub(crate) async fn sync(&self, events: usize, again: bool) -> Result<bool, Broken> {
        if self.platform.server().down {
            return Ok(false);
        }
        let Some((number, count, body)) = self.platform.next_transaction(events) else {
            return Ok(false);
        };
        let edge = self.edge().await?;
        let taken: Result<usize, TransactionError> =
            edge.engine.transaction(&number.to_string(), &body).await;
        if taken.is_ok() && !again {
            self.platform.acknowledge(count);
        }
        Ok(taken.is_ok())
    }

    /// The homeserver loses what it has not handed out. We notice a crash before it is back.
    pub(super) async fn forget(&self, events: u8, crash: bool) -> Result<(), Broken> {
        if !crash {
            self.platform.leave_behind(events as usize);
            return Ok(());
        }
        self.platform.forget(events as usize);
        // Who dies over it is started again, and notices again.
        for _ in 0..3 {
            let worker = self.worker().await?;
            if worker.engine.homeserver_is_away().await.is_ok() {
                break;
            }
        }
        Ok(())
    }

    /// Late keys arrive; some not yet.
    pub(super) async fn keys_arrive(&self) -> Result<(), Broken> {
        let late: Vec<EventId> = {
            let state = &mut *self.state();
            let chance = &mut state.chance;
            let late = state.written.iter().filter(|w| w.key == KeyFate::Late);
            late.filter(|_| chance.percent(70))
                .map(|w| w.event.clone())
                .collect()
        };
        for event in late {
            self.platform.bring_key(&event);
        }
        let worker = self.worker().await?;
        self.heed_signals(&worker).await;
        Ok(())
    }

    /// As the engine does for ever: new keys wake what waits for them. A failure is mended by the
    /// ladder of retries.
    pub(crate) async fn heed_signals(&self, worker: &Node) {
        for signal in self.platform.take_signals() {
            let _ = worker.engine.heed(signal).await;
        }
    }
}
