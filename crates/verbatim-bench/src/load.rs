//! Callers: a number of them at once, each with the next request as soon as it has its answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a run gave.
pub(crate) struct Outcome {
    /// How long each request took, sorted.
    took: Vec<Duration>,
    /// From the first request to the last answer.
    whole: Duration,
}

impl Outcome {
    pub(crate) fn per_second(&self) -> f64 {
        self.took.len() as f64 / self.whole.as_secs_f64()
    }

    fn ms(&self, part: f64) -> f64 {
        let at = (self.took.len().saturating_sub(1)) as f64 * part;
        self.took
            .get(at as usize)
            .map_or(0.0, |t| t.as_secs_f64() * 1000.0)
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "requests": self.took.len(), "per_s": self.per_second(),
            "p50_ms": self.ms(0.5), "p99_ms": self.ms(0.99),
        })
    }
}

/// The present moment.
#[allow(clippy::disallowed_methods, reason = "measures")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Runs every piece of work, `callers` at once.
pub(crate) async fn run<W, F>(callers: usize, count: usize, work: W) -> Result<Outcome>
where
    W: AsyncFn(usize) -> F,
    F: AsyncFnMut(usize) -> Result<()>,
{
    let next = AtomicUsize::new(0);
    let mut ready = Vec::new();
    for caller in 0..callers {
        ready.push(work(caller).await);
    }
    let began = now();
    let all = ready.into_iter().map(async |mut call| {
        let mut took = Vec::with_capacity(count / callers + 1);
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= count {
                return Ok::<_, anyhow::Error>(took);
            }
            let asked = now();
            call(n).await?;
            took.push(asked.elapsed());
        }
    });
    let mut took: Vec<Duration> = try_join_all(all).await?.into_iter().flatten().collect();
    let whole = began.elapsed();
    took.sort_unstable();
    Ok(Outcome { took, whole })
}

/// The same with callers that are tasks of their own, on all threads.
pub(crate) async fn run_spawned<F, R>(
    callers: usize,
    count: usize,
    caller: impl Fn() -> F,
) -> Result<Outcome>
where
    F: Fn(usize) -> R + Send + 'static,
    R: Future<Output = Result<()>> + Send + 'static,
{
    let next = Arc::new(AtomicUsize::new(0));
    let began = now();
    let mut tasks = Vec::with_capacity(callers);
    for _ in 0..callers {
        let (call, next) = (caller(), next.clone());
        tasks.push(tokio::spawn(async move {
            let mut took = Vec::with_capacity(count / callers + 1);
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    return Ok::<_, anyhow::Error>(took);
                }
                let asked = now();
                call(n).await?;
                took.push(asked.elapsed());
            }
        }));
    }
    let mut took = Vec::with_capacity(count);
    for task in tasks {
        took.extend(task.await??);
    }
    let whole = began.elapsed();
    took.sort_unstable();
    Ok(Outcome { took, whole })
}

/// Posts prepared requests over `callers` connections that stay open, from a thread of its own.
pub(crate) async fn post(
    at: SocketAddr,
    callers: usize,
    requests: Arc<Vec<Vec<u8>>>,
) -> Result<Outcome> {
    let posting = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(post_all(at, callers, &requests))
    });
    posting.await?
}

async fn post_all(at: SocketAddr, callers: usize, requests: &[Vec<u8>]) -> Result<Outcome> {
    let mut connections = Vec::new();
    for _ in 0..callers {
        let stream = TcpStream::connect(at).await.context("connect")?;
        stream.set_nodelay(true)?;
        connections.push(Connection {
            stream,
            buffer: Vec::with_capacity(1024),
        });
    }
    let next = AtomicUsize::new(0);
    let began = now();
    let all = connections.into_iter().map(async |mut connection| {
        let mut took = Vec::with_capacity(requests.len() / callers + 1);
        while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
            let asked = now();
            connection.exchange(request).await?;
            took.push(asked.elapsed());
        }
        Ok::<_, anyhow::Error>(took)
    });
    let mut took: Vec<Duration> = try_join_all(all).await?.into_iter().flatten().collect();
    let whole = began.elapsed();
    took.sort_unstable();
    ensure!(
        took.len() == requests.len(),
        "not every request was answered"
    );
    Ok(Outcome { took, whole })
}

/// One connection that stays open.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Sends a request and reads its answer to the end; it must be 200.
    async fn exchange(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed");
            }
            if let Some(whole) = length(&self.buffer)?
                && self.buffer.len() >= whole
            {
                return Ok(());
            }
        }
    }
}

/// How long an answer is, once its head is complete.
fn length(answer: &[u8]) -> Result<Option<usize>> {
    let Some(head) = answer.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&answer[..head])?;
    ensure!(
        text.starts_with("HTTP/1.1 200 "),
        "{}",
        text.lines().next().unwrap_or_default()
    );
    let body = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>())
    });
    Ok(Some(head + 4 + body.context("no length")??))
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn the_end_of_an_answer_is_found() {
        let check = |answer: &str, expected: Option<usize>| {
            assert_eq!(length(answer.as_bytes()).unwrap(), expected);
        };
        check("HTTP/1.1 200 OK\r\ncontent-len", None);
        check("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", Some(41));
        assert!(length(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").is_err());
    }
}
