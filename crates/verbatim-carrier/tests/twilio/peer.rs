//! A peer that reads each request whole and then does what the script says, byte for byte.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::form_urlencoded;

/// What to do with a request.
pub(crate) enum Reply {
    /// Answer with these bytes, then close.
    Bytes(Vec<u8>),
    /// Close without an answer.
    Reset,
    /// Never answer, and keep the connection open.
    Silence,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::with_headers(status, "Content-Type: application/json\r\n", body)
    }

    pub(crate) fn with_headers(status: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::Bytes(
            format!(
                "HTTP/1.1 {status} X\r\nConnection: close\r\n{headers}\
                 Content-Length: {length}\r\n\r\n{body}"
            )
            .into_bytes(),
        )
    }

    /// Promises more than it sends.
    pub(crate) fn cut(status: u16, body: &str) -> Self {
        let promised = body.len() + 10;
        Self::Bytes(
            format!("HTTP/1.1 {status} X\r\nContent-Length: {promised}\r\n\r\n{body}").into_bytes(),
        )
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The form in the body, decoded by somebody else's code.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    pub(crate) fn query(&self) -> Vec<(String, String)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }
}

/// The running peer; ends with the test.
pub(crate) struct Peer {
    pub(crate) base: String,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

impl Peer {
    /// Plays the replies in order, one per connection; refuses everything afterwards.
    pub(crate) async fn start(script: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            let mut kept = Vec::new();
            for reply in script {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let request = read(&mut stream).await;
                seen.lock().expect("whole").push(request);
                match reply {
                    Reply::Bytes(bytes) => stream.write_all(&bytes).await.unwrap_or_default(),
                    Reply::Reset => stream.set_zero_linger().expect("a socket"),
                    Reply::Silence => kept.push(stream),
                }
            }
            drop(listener);
            std::future::pending::<()>().await;
        });
        Self {
            base,
            requests,
            task,
        }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("whole").clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(stream: &mut TcpStream) -> Request {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        assert_ne!(
            stream.read_buf(&mut bytes).await.expect("readable"),
            0,
            "request broken off"
        );
    };
    let head = String::from_utf8(bytes[..end].to_vec())
        .expect("ASCII")
        .to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |n| n.parse().expect("a number"));
    while bytes.len() < end + length {
        assert_ne!(
            stream.read_buf(&mut bytes).await.expect("readable"),
            0,
            "request broken off"
        );
    }
    let first = String::from_utf8_lossy(&bytes[..end])
        .lines()
        .next()
        .unwrap_or("")
        .to_owned();
    let mut words = first.split(' ').map(str::to_owned);
    Request {
        method: words.next().unwrap_or_default(),
        target: words.next().unwrap_or_default(),
        head,
        body: bytes[end..].to_vec(),
    }
}
