//! The real clock and the real source of randomness: the only place that asks the operating system.

use std::future::Future;
use std::pin::Pin;

use verbatim_domain::{Duration, Timestamp};
use verbatim_engine::ports::{Clock, Entropy};

/// The operating system's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everybody else is given"
    )]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(span.to_std()))
    }
}

impl verbatim_witness::Clock for SystemClock {
    fn now_s(&self) -> u64 {
        let now = Clock::now(self).as_millis() / 1000;
        u64::try_from(now).unwrap_or_default()
    }
}

/// The operating system's random numbers.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        // Without randomness there are no keys: nothing sensible can go on.
        #[expect(
            clippy::expect_used,
            reason = "the operating system's generator does not fail after start-up"
        )]
        getrandom::fill(buffer).expect("the operating system gives random bytes");
    }
}
