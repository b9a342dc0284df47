//! What the platform noticed by itself, gathered until somebody asks. Bounded: rooms are and users are named once, and of
//! reachability only the latest word counts.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use verbatim_domain::{RoomId, UserId};
use verbatim_engine::ports::Signal;

#[derive(Default)]
pub(crate) struct Signals {
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Default)]
struct Waiting {
    rooms: BTreeSet<RoomId>,
    users: BTreeSet<UserId>,
    reachable: Option<bool>,
    refused: Option<String>,
    /// The last word given, so that only changes are told.
    told: Option<bool>,
    /// The last refusal told, until the homeserver answers again.
    told_refused: Option<String>,
}

impl Signals {
    pub(crate) fn new_keys(&self, rooms: impl IntoIterator<Item = RoomId>) {
        self.lock().rooms.extend(rooms);
        self.arrived.notify_one();
    }

    pub(crate) fn new_devices(&self, users: impl IntoIterator<Item = UserId>) {
        self.lock().users.extend(users);
        self.arrived.notify_one();
    }

    pub(crate) fn reachable(&self, is: bool) {
        let mut waiting = self.lock();
        if is {
            (waiting.refused, waiting.told_refused) = (None, None);
        }
        if waiting.told != Some(is) {
            waiting.told = Some(is);
            waiting.reachable = Some(is);
            self.arrived.notify_one();
        }
    }

    pub(crate) fn refused(&self, why: &str) {
        let mut waiting = self.lock();
        if waiting.told_refused.as_deref() != Some(why) {
            waiting.told_refused = Some(why.to_owned());
            waiting.refused = Some(why.to_owned());
            self.arrived.notify_one();
        }
    }

    pub(crate) async fn next(&self) -> Signal {
        loop {
            if let Some(signal) = self.take() {
                return signal;
            }
            self.arrived.notified().await;
        }
    }

    fn take(&self) -> Option<Signal> {
        let mut waiting = self.lock();
        if let Some(is) = waiting.reachable.take() {
            return Some(Signal::Reachable(is));
        }
        if let Some(why) = waiting.refused.take() {
            return Some(Signal::Refused(why));
        }
        let users = std::mem::take(&mut waiting.users);
        if !users.is_empty() {
            return Some(Signal::NewDevices(users.into_iter().collect()));
        }
        let rooms = std::mem::take(&mut waiting.rooms);
        (!rooms.is_empty()).then(|| Signal::NewKeys(rooms.into_iter().collect()))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_gathered_and_only_changes_told() {
        let signals = Signals::default();
        signals.new_keys([RoomId::from("!b"), RoomId::from("!a")]);
        signals.new_keys([RoomId::from("!a")]);
        signals.new_devices([UserId::from("@a:x"), UserId::from("@a:x")]);
        signals.reachable(true);
        signals.reachable(true);
        assert_eq!(signals.take(), Some(Signal::Reachable(true)));
        let users = vec![UserId::from("@a:x")];
        assert_eq!(signals.take(), Some(Signal::NewDevices(users)));
        let rooms = vec![RoomId::from("!a"), RoomId::from("!b")];
        assert_eq!(signals.take(), Some(Signal::NewKeys(rooms)));
        assert_eq!(signals.take(), None);
        let refused = || Some(Signal::Refused("no".to_owned()));
        signals.refused("no");
        assert_eq!(signals.take(), refused());
        signals.refused("no");
        assert_eq!(signals.take(), None, "said before");
        signals.reachable(true);
        signals.refused("no");
        assert_eq!(signals.take(), refused(), "it was well in between");
    }
}
