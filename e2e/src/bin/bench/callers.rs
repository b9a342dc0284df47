//! Callers: a number of them at once, each with its next request as soon as it has its answer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

/// Runs `count` requests, `callers` at once; a caller's number and the request's are given to `call`.
pub(crate) async fn run(
    callers: usize,
    count: usize,
    call: impl AsyncFn(usize, usize) -> Result<()>,
) -> Result<Value> {
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    let all = (0..callers).map(async |caller| {
        let mut took = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= count {
                return Ok::<_, anyhow::Error>(took);
            }
            let asked = Instant::now();
            call(caller, n).await?;
            took.push(asked.elapsed());
        }
    });
    let mut took: Vec<Duration> = try_join_all(all).await?.into_iter().flatten().collect();
    let whole = began.elapsed();
    took.sort_unstable();
    let ms = |part: f64| {
        let at = (took.len().saturating_sub(1)) as f64 * part;
        took.get(at as usize)
            .map_or(0.0, |t| t.as_secs_f64() * 1000.0)
    };
    Ok(json!({
        "requests": took.len(), "per_s": took.len() as f64 / whole.as_secs_f64(),
        "p50_ms": ms(0.5), "p99_ms": ms(0.99),
    }))
}
