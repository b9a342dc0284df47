//! A simulated carrier: the public HTTP API of an SMS provider (Twilio's 2010-04-01), with phones,
//! signed webhooks, a ledger and faults that can be switched on while it runs.
//!
//! It stands for a party outside the product, so it shares no code with it. One listener serves
//! three things: the provider's API below `/2010-04-01/`, the control API below `/sim/`, and a page
//! with phones at `/`. The control API and the page have no authentication: listen on a local
//! address.
//!
//! Every change is an entry of the ledger first; the state follows from the ledger alone, which is
//! how it survives a restart.

mod api;
mod chance;
mod clock;
mod config;
mod conn;
mod control;
mod event;
mod faults;
mod ledger;
mod lifecycle;
mod operations;
mod overrides;
mod page;
mod signature;
mod sim;
mod text;
mod webhook;
mod world;

pub use config::{Delays, SimConfig};
pub use event::{Attempt, Entry, Event, Outcome, Status, Text};
pub use faults::{Fault, FaultKind, Scope};
pub use ledger::LedgerError;
pub use overrides::RetryPolicy;
pub use sim::{OpenError, Sim, SimError};
pub use world::{Handover, Number, Phone};

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long open requests get to finish when the simulator stops.
const DRAIN: Duration = Duration::from_secs(2);

/// A running simulator. It stops when this is dropped; [`Running::stop`] waits for that.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    sim: Arc<Sim>,
    server: JoinHandle<()>,
}

impl Running {
    /// The account, its phones and its switches.
    #[must_use]
    pub fn sim(&self) -> &Arc<Sim> {
        &self.sim
    }

    /// What to put before `/2010-04-01/…` and `/sim/…`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Stops: no new requests, a moment for open ones, then nothing runs any more. What was
    /// unfinished goes on at the next start, if there is a ledger file.
    pub async fn stop(mut self) {
        self.sim.stop();
        if tokio::time::timeout(DRAIN, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.sim.stop();
        self.server.abort();
    }
}

/// Starts a simulator.
///
/// # Errors
/// A ledger that cannot be opened, a refused configuration, an address that is taken.
pub async fn start(config: SimConfig) -> Result<Running, OpenError> {
    let wanted = config.listen;
    let listen = |source| OpenError::Listen {
        addr: wanted,
        source,
    };
    let listener = tokio::net::TcpListener::bind(wanted)
        .await
        .map_err(listen)?;
    let addr = listener.local_addr().map_err(listen)?;
    let sim = Sim::open(config)?;
    let router = api::router(&sim)
        .merge(control::router())
        .merge(page::router());
    let service = router
        .with_state(Arc::clone(&sim))
        .into_make_service_with_connect_info::<conn::Cut>();
    let stopping = Arc::clone(&sim);
    let server = tokio::spawn(async move {
        let serving = axum::serve(conn::Door(listener), service)
            .with_graceful_shutdown(async move { stopping.stopped().await });
        if let Err(error) = serving.await {
            tracing::error!(%error, "the simulated carrier stopped serving");
        }
    });
    sim.resume();
    Ok(Running { addr, sim, server })
}
