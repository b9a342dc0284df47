//! The real clock and the real source of randomness, as the binary has them.

use std::future::Future;
use std::pin::Pin;

use verbatim_domain::{Duration, Timestamp};
use verbatim_engine::ports::{Clock, Entropy};

/// The operating system's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "measures real time")]
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

/// The operating system's random numbers.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        #[expect(clippy::expect_used, reason = "as in the binary")]
        getrandom::fill(buffer).expect("the operating system gives random bytes");
    }
}
