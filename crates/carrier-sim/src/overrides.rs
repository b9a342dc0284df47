//! How often and how long a webhook is tried: the provider's contract, which the fragment of a
//! webhook's address may override (`#rc=5&rp=all&tt=15000`).

use std::time::Duration;

/// When a webhook is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries after the first, 0–5.
    pub retries: u8,
    /// Try again when no connection came about.
    pub on_connect: bool,
    /// Try again when no complete answer came.
    pub on_read: bool,
    /// Try again on an answer of 400–499.
    pub on_4xx: bool,
    /// Try again on an answer of 500–599.
    pub on_5xx: bool,
    /// Time for the connection, 100–10000 ms.
    pub connect_timeout_ms: u64,
    /// Time for one answer, at most 15000 ms.
    pub read_timeout_ms: u64,
    /// Time for all tries together, at most 15000 ms.
    pub total_timeout_ms: u64,
}

impl Default for RetryPolicy {
    /// The provider's default: one more try, and only if no connection came about.
    fn default() -> Self {
        Self {
            retries: 1,
            on_connect: true,
            on_read: false,
            on_4xx: false,
            on_5xx: false,
            connect_timeout_ms: 5_000,
            read_timeout_ms: 15_000,
            total_timeout_ms: 15_000,
        }
    }
}

impl RetryPolicy {
    /// This policy with the overrides of the address applied; what is malformed is ignored.
    pub(crate) fn with_overrides(mut self, url: &str) -> Self {
        let Some((_, fragment)) = url.split_once('#') else {
            return self;
        };
        for (name, value) in url::form_urlencoded::parse(fragment.as_bytes()) {
            if name == "rp" {
                self.retry_on(&value);
            } else if let Ok(number) = value.parse::<u64>() {
                self.set(&name, number);
            }
        }
        self
    }

    fn set(&mut self, name: &str, number: u64) {
        match name {
            "rc" => self.retries = u8::try_from(number.min(5)).unwrap_or(5),
            "ct" => self.connect_timeout_ms = number.clamp(100, 10_000),
            "rt" => self.read_timeout_ms = number.clamp(100, 15_000),
            "tt" => self.total_timeout_ms = number.clamp(100, 15_000),
            _ => {}
        }
    }

    fn retry_on(&mut self, list: &str) {
        let has = |name: &str| {
            list.split(',')
                .any(|item| item.trim() == name || item.trim() == "all")
        };
        self.on_connect = has("ct");
        self.on_read = has("rt");
        self.on_4xx = has("4xx");
        self.on_5xx = has("5xx");
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, want: RetryPolicy) {
        assert_eq!(RetryPolicy::default().with_overrides(url), want, "{url}");
    }

    #[test]
    fn fragments_override_within_their_bounds() {
        let plain = RetryPolicy::default();
        check("http://h/p", plain);
        check("http://h/p#", plain);
        check("http://h/p#rc=x&zz=3", plain);
        check(
            "http://h/p#rc=9&tt=99999&ct=1",
            RetryPolicy {
                retries: 5,
                connect_timeout_ms: 100,
                ..plain
            },
        );
        check(
            "http://h/p#rc=0",
            RetryPolicy {
                retries: 0,
                ..plain
            },
        );
        check(
            "http://h/p#rp=5xx,rt",
            RetryPolicy {
                on_connect: false,
                on_read: true,
                on_5xx: true,
                ..plain
            },
        );
        check(
            "http://h/p?a=b#rc=2&rp=all&rt=700",
            RetryPolicy {
                retries: 2,
                on_read: true,
                on_4xx: true,
                on_5xx: true,
                read_timeout_ms: 700,
                ..plain
            },
        );
    }
}
