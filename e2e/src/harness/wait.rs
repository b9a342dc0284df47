//! Waiting for something to become true, with an end.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};

/// How long a test waits for anything. Far above what a busy machine needs.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Between two looks.
const TICK: Duration = Duration::from_millis(50);

/// Looks again and again until `probe` finds something.
///
/// # Errors
/// What the probe fails with; or that nothing was found within `limit`.
pub async fn until<T>(
    what: &str,
    limit: Duration,
    mut probe: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = probe().await? {
            return Ok(found);
        }
        if Instant::now() >= end {
            bail!("not within {} s: {what}", limit.as_secs());
        }
        sleep(TICK).await;
    }
}
