//! One router on one listener: bounded connections, and a bounded end.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::{BoxError, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, watch};

/// Connections held at once. Whoever comes next waits in the listener's queue.
const CONNECTIONS: u32 = 1024;
/// How long a connection may take to send a request's head, and also how long it may rest between two.
/// Homeservers keep idle connections for two minutes and do not repeat a `PUT` that meets a closed one,
/// so this is longer.
const HEAD_TIME: Duration = Duration::from_secs(150);
/// The largest head of a request.
const HEAD_LIMIT: usize = 64 * 1024;
/// How long a connection without a first byte is waited for once shutting down: its request may be on
/// its way, and hyper would close it unheard.
const LINGER: Duration = Duration::from_millis(500);
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
    // Closed before draining: the load balancer must find nobody here. Who came before is still served.
    let waiting = listener.into_std()?;
    while let (Ok((stream, _)), Ok(place)) = (waiting.accept(), connections.place()) {
        connections.begin(from_std(stream)?, router.clone(), place);
    }
    drop(waiting);
    connections.drain().await;
    Ok(())
}

fn from_std(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    TcpStream::from_std(stream)
}

/// The connections of a listener.
struct Connections {
    http: http1::Builder,
    places: Arc<Semaphore>,
    ending: watch::Sender<bool>,
}

impl Connections {
    fn new() -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_LIMIT);
        Self {
            http,
            places: Arc::new(Semaphore::new(CONNECTIONS as usize)),
            ending: watch::Sender::new(false),
        }
    }

    /// A place that is free now.
    fn place(&self) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        Arc::clone(&self.places).try_acquire_owned()
    }

    fn begin(&self, stream: TcpStream, router: Router, place: OwnedSemaphorePermit) {
        // Small answers should not wait for more to come; a socket that refuses is only slower.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let http = self.http.clone();
        let ending = self.ending.subscribe();
        tokio::spawn(async move {
            if let Err(error) = attend(&http, stream, router, ending).await {
                tracing::debug!(%error, "connection ended early");
            }
            drop(place);
        });
    }

    async fn drain(self) {
        self.ending.send_replace(true);
        let all = self.places.acquire_many(CONNECTIONS);
        if tokio::time::timeout(DRAIN_TIME, all).await.is_err() {
            let open = CONNECTIONS as usize - self.places.available_permits();
            tracing::warn!(open, "connections left after the time to drain");
        }
    }
}

/// Serves one connection; when the listener ends, until the request in hand is answered.
async fn attend(
    http: &http1::Builder,
    stream: TcpStream,
    router: Router,
    mut ending: watch::Receiver<bool>,
) -> Result<(), BoxError> {
    let mut first_byte = [0];
    let mut ended = async || drop(ending.wait_for(|ending| *ending).await);
    tokio::select! {
        biased;
        heard = stream.peek(&mut first_byte) => drop(heard?),
        () = tokio::time::sleep(HEAD_TIME) => return Ok(()),
        () = async { ended().await; tokio::time::sleep(LINGER).await } => return Ok(()),
    }
    let service = TowerToHyperService::new(router);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    // In this order, so that what has come is read before the end is told.
    tokio::select! {
        biased;
        result = &mut connection => return Ok(result?),
        () = ended() => connection.as_mut().graceful_shutdown(),
    }
    Ok(connection.await?)
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
