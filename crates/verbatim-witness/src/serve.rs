//! The listener: bounded connections, and a bounded end.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Connections held at once. Whoever comes next waits in the listener's queue.
const CONNECTIONS: u32 = 128;
/// How long a request's head may take, and a connection may rest between two.
const HEAD_TIME: Duration = Duration::from_secs(30);
const HEAD_LIMIT: usize = 32 * 1024;
/// How long requests in hand may take once shutting down.
const DRAIN_TIME: Duration = Duration::from_secs(10);
/// Rest after a failed accept: the usual cause is that there are no more file descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Serves until `shutdown` completes, then lets the requests in hand finish for up to 10 seconds.
///
/// # Errors
/// When the listener cannot be used any more.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
    let ending = watch::Sender::new(false);
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place.map_err(io::Error::other))
        };
        let (accepted, place) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            next = next => next,
        };
        let place = place?;
        match accepted {
            Ok((stream, _)) => begin(stream, router.clone(), place, ending.subscribe()),
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
    drop(listener);
    ending.send_replace(true);
    let all = places.acquire_many(CONNECTIONS);
    if tokio::time::timeout(DRAIN_TIME, all).await.is_err() {
        tracing::warn!("connections left after the time to drain");
    }
    Ok(())
}

fn begin(
    stream: TcpStream,
    router: Router,
    place: OwnedSemaphorePermit,
    mut ending: watch::Receiver<bool>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_LIMIT);
    tokio::spawn(async move {
        let service = TowerToHyperService::new(router);
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        let ended = async { drop(ending.wait_for(|ending| *ending).await) };
        let served = tokio::select! {
            biased;
            served = &mut connection => served,
            () = ended => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = served {
            tracing::debug!(%error, "connection ended early");
        }
        drop(place);
    });
}
