//! A clock that stands still until it is told to move.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Poll, Waker};

use verbatim_domain::{Duration, Timestamp};
use verbatim_engine::ports::Clock;

use super::lock;

/// A clock under the test's control.
#[derive(Debug)]
pub struct VirtualClock(Mutex<State>);

#[derive(Debug)]
struct State {
    now: Timestamp,
    sleepers: Vec<Waker>,
}

impl VirtualClock {
    /// 23 November 2026, noon.
    pub const START: Timestamp = Timestamp(1_795_435_200_000);

    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        let sleepers = Vec::new();
        Self(Mutex::new(State { now, sleepers }))
    }

    /// Somebody sets it, ahead or back. Nobody is woken.
    pub fn set(&self, now: Timestamp) {
        lock(&self.0).now = now;
    }

    /// Lets time pass and wakes who has slept long enough.
    pub fn advance(&self, span: Duration) {
        let mut state = lock(&self.0);
        state.now = state.now.after(span);
        for waker in state.sleepers.drain(..) {
            waker.wake();
        }
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::at(Self::START)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        lock(&self.0).now
    }

    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let until = self.now().after(span);
        Box::pin(poll_fn(move |context| {
            let mut state = lock(&self.0);
            if state.now >= until {
                return Poll::Ready(());
            }
            state.sleepers.push(context.waker().clone());
            Poll::Pending
        }))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn sleeps_end_when_their_time_has_come() {
        let clock = VirtualClock::default();
        let mut sleep = clock.sleep(Duration::from_secs(2));
        assert_eq!((&mut sleep).now_or_never(), None);
        clock.advance(Duration::from_millis(1999));
        assert_eq!((&mut sleep).now_or_never(), None);
        clock.advance(Duration::from_millis(1));
        assert_eq!(sleep.now_or_never(), Some(()));
    }
}
