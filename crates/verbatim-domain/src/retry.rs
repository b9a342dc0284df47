//! Retry arithmetic: back-off, the reconciliation ladder, token bucket, circuit breaker. Pure.

use crate::time::{Duration, Timestamp};

/// A growing wait with an upper bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl Backoff {
    /// The wait before try `attempt` (1 = first repetition): doubles each time up to the longest,
    /// then shortened by up to a quarter; `chance` is a random number that the caller drew.
    pub fn wait(&self, attempt: u32, chance: u32) -> Duration {
        let doubled = self
            .first
            .0
            .saturating_mul(1u64 << attempt.saturating_sub(1).min(32));
        let wait = doubled.min(self.longest.0);
        let quarter = u128::from(wait / 4) * u128::from(chance % 1024) / 1024;
        Duration(wait - quarter as u64)
    }
}

/// How long to wait before the carrier is asked again what became of a submission, after `asked`
/// questions: 5 s, 30 s, 2 min, 10 min, then hourly; never longer than `cap`, so that a short validity
/// shortens the ladder.
pub fn reconcile_wait(asked: u32, cap: Duration) -> Duration {
    const LADDER: [Duration; 4] = [
        Duration::from_secs(5),
        Duration::from_secs(30),
        Duration::from_secs(2 * 60),
        Duration::from_secs(10 * 60),
    ];
    const THEN: Duration = Duration::from_secs(60 * 60);
    LADDER.get(asked as usize).copied().unwrap_or(THEN).min(cap)
}

/// How often a room was offered again to an employee who left it, and when it is the next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offers {
    /// Offers so far, since it was last calm.
    pub count: u32,
    /// When the latest of them was due; in the future while it is still to come.
    pub due: Timestamp,
}

impl Offers {
    /// The next offer when one is needed now: at once, then after 1 min, 10 min, 1 h, then daily. It
    /// begins anew after a day without. A client that declines by itself would else be asked as fast
    /// as the homeserver can.
    #[must_use]
    pub fn next(self, now: Timestamp) -> Self {
        const LADDER: [Duration; 3] = [
            Duration::from_secs(60),
            Duration::from_secs(600),
            Duration::from_secs(3600),
        ];
        const DAY: Duration = Duration::from_secs(86_400);
        if self.due > now {
            return self;
        }
        if self.count == 0 || now.since(self.due) > DAY {
            return Self { count: 1, due: now };
        }
        let wait = LADDER.get(self.count as usize - 1).copied();
        Self {
            count: self.count + 1,
            due: now.after(wait.unwrap_or(DAY)),
        }
    }
}

/// A bucket of tokens that refills steadily; one token is one SMS segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenBucket {
    per_second: f64,
    burst: f64,
    level: f64,
    at: Timestamp,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(per_second: f64, burst: f64, now: Timestamp) -> Self {
        Self {
            per_second,
            burst,
            level: burst,
            at: now,
        }
    }

    /// Takes `n` tokens, or says how long to wait until there are enough. A demand above the burst is
    /// met once the bucket is full, and leaves it in debt.
    ///
    /// # Errors
    /// How long to wait before asking again.
    pub fn take(&mut self, n: u32, now: Timestamp) -> Result<(), Duration> {
        let passed = now.since(self.at).0 as f64 / 1000.0;
        self.level = (self.level + passed * self.per_second).min(self.burst);
        // A clock that is set back must not earn the same time twice.
        self.at = self.at.max(now);
        let need = f64::from(n).min(self.burst);
        if self.level >= need {
            self.level -= f64::from(n);
            return Ok(());
        }
        Err(Duration(
            ((need - self.level) / self.per_second * 1000.0).ceil() as u64,
        ))
    }
}

/// Stops asking a peer that fails, and tries again with one request after a rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    threshold: u32,
    rest: Duration,
    failures: u32,
    open_until: Option<Timestamp>,
}

impl Breaker {
    /// Opens after `threshold` failures in a row, for `rest`.
    pub fn new(threshold: u32, rest: Duration) -> Self {
        Self {
            threshold,
            rest,
            failures: 0,
            open_until: None,
        }
    }

    /// Whether a request may go out.
    ///
    /// # Errors
    /// How long to wait.
    pub fn admit(&mut self, now: Timestamp) -> Result<(), Duration> {
        match self.open_until {
            Some(until) if until > now => Err(until.since(now)),
            Some(_) => {
                // Half open: this request is the trial; others wait for another rest.
                self.open_until = Some(now.after(self.rest));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A request went through.
    pub fn succeeded(&mut self) {
        self.failures = 0;
        self.open_until = None;
    }

    /// A request failed for want of the peer. True if the breaker opened just now.
    pub fn failed(&mut self, now: Timestamp) -> bool {
        self.failures = self.failures.saturating_add(1);
        let was_open = self.open_until.is_some();
        if self.failures >= self.threshold {
            self.open_until = Some(now.after(self.rest));
        }
        !was_open && self.open_until.is_some()
    }

    /// The peer refuses us altogether: opens at once.
    pub fn trip(&mut self, now: Timestamp) {
        self.failures = self.threshold;
        self.open_until = Some(now.after(self.rest));
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open_until.is_some()
    }
}

#[cfg(test)]
mod tests;
