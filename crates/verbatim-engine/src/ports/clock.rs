//! Time and chance, as ports: real in the binary, scripted in the simulation.

use std::future::Future;
use std::pin::Pin;

use verbatim_domain::{Duration, Timestamp};

/// Tells the time and waits.
pub trait Clock: Send + Sync {
    /// The present moment, UTC.
    fn now(&self) -> Timestamp;
    /// Completes when `span` has passed on this clock.
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// Draws random bytes fit for keys and ids.
pub trait Entropy: Send + Sync {
    /// Fills `buffer` with random bytes.
    fn fill(&self, buffer: &mut [u8]);

    /// Sixteen random bytes, for an id.
    fn id(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        bytes
    }
}
