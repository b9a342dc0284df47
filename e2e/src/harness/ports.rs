//! Ports that stay ours while processes come and go.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Result, bail};
use rand::Rng;

/// Below the range from which the system takes ports for outgoing connections: a process that is
/// restarted must find its port free.
const RANGE: std::ops::Range<u16> = 18_000..32_000;
const TRIES: usize = 200;

/// The listeners of one stack.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    first: u16,
}

impl Ports {
    /// One more than a stack has: a demo takes so many.
    const COUNT: u16 = 7;

    /// Ports that nobody listens on just now.
    ///
    /// # Errors
    /// When there are none.
    pub fn free() -> Result<Self> {
        for _ in 0..TRIES {
            let first = rand::rng().random_range(RANGE);
            let free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
            if (first..first + Self::COUNT).all(free) {
                return Ok(Self { first });
            }
        }
        bail!("no {} free ports in a row in {RANGE:?}", Self::COUNT)
    }

    fn at(self, offset: u16) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.first + offset))
    }

    /// Carriers' webhooks.
    #[must_use]
    pub fn public(self) -> SocketAddr {
        self.at(0)
    }

    /// The homeserver's transactions.
    #[must_use]
    pub fn appservice(self) -> SocketAddr {
        self.at(1)
    }

    /// The REST API.
    #[must_use]
    pub fn api(self) -> SocketAddr {
        self.at(2)
    }

    /// Health and metrics.
    #[must_use]
    pub fn ops(self) -> SocketAddr {
        self.at(3)
    }

    /// The employee's client.
    #[must_use]
    pub fn client(self) -> SocketAddr {
        self.at(5)
    }

    /// The homeserver.
    #[must_use]
    pub fn homeserver(self) -> SocketAddr {
        self.at(4)
    }
}
