//! On real sockets: requests in hand are finished, and the end is bounded.

use axum::routing::get;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, oneshot};

use super::*;

/// A server whose one route waits for a sign.
struct Server {
    address: SocketAddr,
    entered: Arc<Notify>,
    go: Arc<Notify>,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<io::Result<()>>,
}

async fn server() -> Server {
    let (entered, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (enter, wait) = (entered.clone(), go.clone());
    let slow = get(async move || {
        enter.notify_one();
        wait.notified().await;
        "done"
    });
    let router = Router::new()
        .route("/slow", slow)
        .route("/quick", get(async || "quick"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(serve(listener, router, async { drop(stopped.await) }));
    Server {
        address,
        entered,
        go,
        stop,
        served,
    }
}

async fn ask(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn answer(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn requests_in_hand_are_finished_and_nobody_new_is_let_in() {
    let server = server().await;
    let idle = TcpStream::connect(server.address).await.unwrap();
    let slow = ask(server.address, "/slow").await;
    server.entered.notified().await;
    server.stop.send(()).unwrap();
    // An idle connection is closed soon: the loop has seen the sign.
    assert_eq!(answer(idle).await, "");
    assert!(
        TcpStream::connect(server.address).await.is_err(),
        "the listener is closed while draining"
    );
    server.go.notify_one();
    let answer = answer(slow).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"),
        "{answer}"
    );
    server.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn connections_are_kept_for_the_next_request() {
    let server = server().await;
    let mut stream = ask(server.address, "/quick").await;
    let mut bytes = vec![0; 1024];
    for _ in 0..2 {
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(bytes[..read].ends_with(b"quick"));
        stream
            .write_all(b"GET /quick HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .unwrap();
    }
    drop(stream);
    server.stop.send(()).unwrap();
    server.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn draining_ends_after_its_time() {
    let server = server().await;
    let _slow = ask(server.address, "/slow").await;
    server.entered.notified().await;
    // From here on time passes as soon as nothing else happens.
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    server.stop.send(()).unwrap();
    server.served.await.unwrap().unwrap();
    let took = began.elapsed();
    assert!(took >= DRAIN_TIME && took < DRAIN_TIME * 2, "{took:?}");
}

#[tokio::test]
async fn whoever_came_before_the_end_is_heard() {
    use std::io::Write;
    let server = server().await;
    // Nothing here lets the server run: both wait in the listener's queue when the sign comes.
    let [mut whole, mut part] =
        [(); 2].map(|()| std::net::TcpStream::connect(server.address).unwrap());
    let request = b"GET /quick HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let (last, head) = request.split_last().unwrap();
    whole.write_all(request).unwrap();
    part.write_all(head).unwrap();
    server.stop.send(()).unwrap();
    let heard = answer(from_std(whole).unwrap()).await;
    assert!(heard.ends_with("quick"), "{heard:?}");
    // The server has had its time by now, and this one's request is half read.
    let mut part = from_std(part).unwrap();
    part.write_all(&[*last]).await.unwrap();
    let heard = answer(part).await;
    assert!(heard.ends_with("quick"), "{heard:?}");
    server.served.await.unwrap().unwrap();
}
