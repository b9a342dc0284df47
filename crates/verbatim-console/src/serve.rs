//! One router on one listener: bounded connections, and a bounded end.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections held at once. Whoever comes next waits in the listener's queue.
const CONNECTIONS: usize = 1024;
/// How long a connection may take to send a request's head, and also how long it may rest between two.
/// Homeservers keep idle connections for two minutes and do not repeat a `PUT` that meets a closed one,
/// so this is longer.
const HEAD_TIME: Duration = Duration::from_secs(150);
/// The largest head of a request.
const HEAD_LIMIT: usize = 64 * 1024;
/// How long requests in hand may take once shutting down.
const DRAIN_TIME: Duration = Duration::from_secs(20);
/// Rest after a failed accept: the usual cause is that there are no more file descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Serves until `shutdown` completes, then lets the requests in hand finish for up to 20 seconds.
///
/// # Errors
/// When the listener cannot be used any more.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let connections = Connections::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let place = Arc::clone(&connections.places).acquire_owned();
        let next = async {
            let place = place.await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((listener.accept().await, place))
        };
        let (accepted, place) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            next = next => next?,
        };
        match accepted {
            Ok((stream, _)) => connections.begin(stream, router.clone(), place),
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
    // Closed before draining: the load balancer must find nobody here.
    drop(listener);
    connections.drain().await;
    Ok(())
}

/// The connections of a listener.
struct Connections {
    http: http1::Builder,
    graceful: GracefulShutdown,
    places: Arc<Semaphore>,
}

impl Connections {
    fn new() -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_LIMIT);
        Self {
            http,
            graceful: GracefulShutdown::new(),
            places: Arc::new(Semaphore::new(CONNECTIONS)),
        }
    }

    fn begin(&self, stream: TcpStream, router: Router, place: OwnedSemaphorePermit) {
        // Small answers should not wait for more to come; a socket that refuses is only slower.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let service = TowerToHyperService::new(router);
        let connection = self
            .graceful
            .watch(self.http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended early");
            }
            drop(place);
        });
    }

    async fn drain(self) {
        let open = self.graceful.count();
        if tokio::time::timeout(DRAIN_TIME, self.graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!(open, "connections left after the time to drain");
        }
    }
}

/// The peer went away between its connect and our accept.
fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

#[cfg(test)]
mod tests;
