//! A server that a check needs for a while.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::run;

const START_LIMIT: Duration = Duration::from_secs(30);
const TRY_AGAIN: Duration = Duration::from_millis(50);

/// Ended when dropped.
pub(crate) struct Server(Child);

impl Server {
    /// Starts it and waits until it accepts connections.
    pub(crate) fn start(mut command: Command, port: u16) -> anyhow::Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).spawn();
        let mut server = Self(child.with_context(|| format!("cannot start {program}"))?);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let began = run::now();
        while began.elapsed() < START_LIMIT {
            if let Some(status) = server.0.try_wait()? {
                bail!("{program} did not start: {status}");
            }
            if TcpStream::connect_timeout(&address, TRY_AGAIN).is_ok() {
                return Ok(server);
            }
            std::thread::park_timeout(TRY_AGAIN);
        }
        bail!("{program} does not listen on port {port}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that nobody listens on just now.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
