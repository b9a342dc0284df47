//! The demo's listeners: seven consecutive ports on the loopback address.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::bail;

/// Where each part listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    base: u16,
}

impl Ports {
    /// Ports `base` to `base + 6`; the command line keeps `base` small enough.
    pub(crate) fn from_base(base: u16) -> Self {
        Self { base }
    }

    /// The simulated carrier: its API and the phone page.
    pub(crate) fn carrier(self) -> SocketAddr {
        self.at(0)
    }

    /// The homeserver.
    pub(crate) fn homeserver(self) -> SocketAddr {
        self.at(1)
    }

    /// Verbatim's webhooks, which the carrier calls.
    pub(crate) fn public(self) -> SocketAddr {
        self.at(2)
    }

    /// Verbatim's application service, which the homeserver calls.
    pub(crate) fn appservice(self) -> SocketAddr {
        self.at(3)
    }

    /// Verbatim's REST API.
    pub(crate) fn api(self) -> SocketAddr {
        self.at(4)
    }

    /// Verbatim's metrics and health.
    pub(crate) fn ops(self) -> SocketAddr {
        self.at(5)
    }

    /// The employee's client.
    pub(crate) fn client(self) -> SocketAddr {
        self.at(6)
    }

    fn at(self, offset: u16) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.base.saturating_add(offset)))
    }

    fn all(self) -> [(&'static str, SocketAddr); 7] {
        [
            ("the phone page", self.carrier()),
            ("the homeserver", self.homeserver()),
            ("webhooks", self.public()),
            ("the application service", self.appservice()),
            ("the API", self.api()),
            ("health and metrics", self.ops()),
            ("the employee's client", self.client()),
        ]
    }

    /// Every port must be free now: a clash named here is clearer than one named by Synapse.
    pub(crate) fn check_free(self) -> anyhow::Result<()> {
        for (what, address) in self.all() {
            if let Err(error) = TcpListener::bind(address) {
                bail!(
                    "port {} (for {what}) is not free: {error}\n  \
                     choose other ports with --port-base, for example --port-base {}",
                    address.port(),
                    self.base % 60_000 + 1_000,
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_its_mend() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = Ports::from_base(port).check_free().unwrap_err().to_string();
        assert!(error.contains(&port.to_string()), "{error}");
        assert!(error.contains("--port-base"), "{error}");
    }

    #[test]
    fn listeners_do_not_share_a_port() {
        let mut ports: Vec<u16> = Ports::from_base(9000)
            .all()
            .iter()
            .map(|(_, address)| address.port())
            .collect();
        ports.dedup();
        assert_eq!(ports, [9000, 9001, 9002, 9003, 9004, 9005, 9006]);
    }
}
