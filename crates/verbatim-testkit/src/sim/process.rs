//! A process of ours as the outside sees it: it can die between any two calls, and its writes can fail
//! with or without having taken effect.

use std::collections::VecDeque;
use std::sync::{Mutex, Weak};

use super::operation::Operation;
use super::world::World;
use crate::fakes::lock;

/// What happens to a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It works.
    Works,
    /// It does not happen, and fails.
    Refused,
    /// It happens, and is reported as failed.
    LosesAnswer,
}

/// A write that will fail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned {
    /// Writes that work before it.
    pub(crate) writes: u8,
    /// Whether it takes effect.
    pub(crate) done: bool,
    /// Whether the process dies of it.
    pub(crate) dies: bool,
}

#[derive(Debug, Default)]
struct State {
    dead: bool,
    planned: Option<Planned>,
    during: VecDeque<(u8, Operation)>,
}

/// A running process, shared by its ports.
pub(crate) struct Process {
    world: Weak<World>,
    state: Mutex<State>,
}

/// The process is dead: whatever it asks for is not answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dead;

impl Process {
    pub(crate) fn new(world: Weak<World>) -> Self {
        Self {
            world,
            state: Mutex::default(),
        }
    }

    pub(crate) fn plan(&self, planned: Planned) {
        lock(&self.state).planned = Some(planned);
    }

    /// Lets something happen after so many calls.
    pub(crate) fn interrupt(&self, calls: u8, what: Operation) {
        lock(&self.state).during.push_back((calls, what));
    }

    /// Nothing is planned any more.
    pub(crate) fn calm(&self) {
        let state = &mut *lock(&self.state);
        state.planned = None;
        state.during.clear();
    }

    pub(crate) fn kill(&self) {
        lock(&self.state).dead = true;
    }

    pub(crate) fn is_dead(&self) -> bool {
        lock(&self.state).dead
    }

    /// Before each call to a port: things may happen, and the process may be dead.
    pub(crate) async fn gate(&self) -> Result<(), Dead> {
        if self.is_dead() {
            return Err(Dead);
        }
        if let Some(what) = self.due()
            && let Some(world) = self.world.upgrade()
        {
            world.apply_during(&what).await;
        }
        if self.is_dead() { Err(Dead) } else { Ok(()) }
    }

    fn due(&self) -> Option<Operation> {
        let state = &mut *lock(&self.state);
        match state.during.front_mut() {
            Some((0, _)) => state.during.pop_front().map(|(_, what)| what),
            Some((calls, _)) => {
                *calls -= 1;
                None
            }
            None => None,
        }
    }

    /// What happens to the write that comes now.
    pub(crate) fn fate(&self) -> Fate {
        let state = &mut *lock(&self.state);
        match &mut state.planned {
            None => Fate::Works,
            Some(planned) if planned.writes > 0 => {
                planned.writes -= 1;
                Fate::Works
            }
            Some(planned) => {
                let Planned { done, dies, .. } = *planned;
                state.planned = None;
                state.dead |= dies;
                if done {
                    Fate::LosesAnswer
                } else {
                    Fate::Refused
                }
            }
        }
    }
}
