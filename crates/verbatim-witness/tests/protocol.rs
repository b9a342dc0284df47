//! Requests and their status codes, as C2SP `tlog-witness` has them.
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, header};
use sha2::{Digest, Sha256};
use support::{Log, ORIGIN, START, body, folder, open, time_of};
use tower::ServiceExt;
use verbatim_record::Signer;
use verbatim_record::note::{Note, NoteSignature};
use verbatim_record::proof::consistency;
use verbatim_witness::{router, serve};

struct Answer {
    status: u16,
    content_type: String,
    text: String,
}

async fn ask(router: &Router, method: &str, path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let answer = router
        .clone()
        .oneshot(request.body(body.into()).unwrap())
        .await
        .unwrap();
    let content_type = answer.headers().get(header::CONTENT_TYPE);
    Answer {
        status: answer.status().as_u16(),
        content_type: content_type.map_or("", |v| v.to_str().unwrap()).to_owned(),
        text: String::from_utf8(
            to_bytes(answer.into_body(), 1 << 20)
                .await
                .unwrap()
                .to_vec(),
        )
        .unwrap(),
    }
}

async fn submit(router: &Router, body: impl Into<Body>) -> Answer {
    ask(router, "POST", "/add-checkpoint", body).await
}

fn latest(origin: &str) -> String {
    format!("/{}/checkpoint", hex::encode(Sha256::digest(origin)))
}

/// A witness that has seen ten leaves.
async fn at_ten() -> (tempfile::TempDir, Router) {
    let dir = folder();
    let router = router(Arc::new(open(dir.path())));
    let answer = submit(&router, Log::known(10).body(0, 10)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    (dir, router)
}

#[tokio::test]
async fn requests_and_their_answers() {
    let honest = Log::known(40);
    let forked = Log::forked(5, 40);
    let (stranger, thief) = (
        Log::new("elsewhere.example/log", 2, "leaf", 20),
        Log::new(ORIGIN, 3, "leaf", 20),
    );
    let ten_to_twenty = consistency(10, 20, honest.leaves.as_slice()).unwrap();
    let twenty = honest.note(20).to_string();
    let flipped = twenty.replace("\n20\n", "\n21\n");
    let mut wrong = ten_to_twenty.clone();
    wrong[0][0] ^= 1;
    let mut shorter = ten_to_twenty.clone();
    shorter.pop();
    let many = vec![[7; 32]; 63];
    let too_many = vec![[7; 32]; 64];
    let mut empty = honest.checkpoint(0);
    empty.root = [1; 32];
    let empty = empty.sign(&honest.signer).unwrap().to_string();

    let cases: Vec<(&str, String, u16)> = vec![
        ("the same again", honest.body(10, 10), 200),
        ("more", honest.body(10, 20), 200),
        ("nothing", String::new(), 400),
        ("no old size", twenty.clone(), 400),
        (
            "a size with a zero before it",
            body("010", &ten_to_twenty, &twenty),
            400,
        ),
        ("a negative size", body("-1", &[], &twenty), 400),
        (
            "a size beyond numbers",
            body("18446744073709551616", &[], &twenty),
            400,
        ),
        ("no checkpoint", "old 10\n".into(), 400),
        (
            "an unsigned checkpoint",
            body("10", &ten_to_twenty, &format!("{ORIGIN}\n20\nAAAA\n")),
            400,
        ),
        (
            "a proof that is not base64",
            format!("old 10\nnonsense!\n\n{twenty}"),
            400,
        ),
        ("a proof of 63 hashes", body("10", &many, &twenty), 422),
        ("a proof of 64 hashes", body("10", &too_many, &twenty), 400),
        ("an old size beyond the new", body("21", &[], &twenty), 400),
        ("a log that is not known", stranger.body(0, 20), 404),
        ("a known name with a foreign key", thief.body(10, 20), 403),
        (
            "a checkpoint altered after signing",
            body("10", &ten_to_twenty, &flipped),
            403,
        ),
        ("from the beginning", honest.body(0, 20), 409),
        ("from a size never seen", honest.body(15, 20), 409),
        ("a size that was rolled back", honest.body(5, 8), 409),
        (
            "rolled back, and lying about it",
            body("10", &[], &honest.note(8).to_string()),
            400,
        ),
        (
            "the same size, another root",
            body("10", &[], &forked.note(10).to_string()),
            422,
        ),
        ("another tree", forked.body(10, 20), 422),
        (
            "a flipped bit in the proof",
            body("10", &wrong, &twenty),
            422,
        ),
        ("a proof cut short", body("10", &shorter, &twenty), 422),
        ("no proof", body("10", &[], &twenty), 422),
        (
            "a proof of nothing",
            body("10", &ten_to_twenty, &honest.note(10).to_string()),
            422,
        ),
        ("an empty tree with a root", body("0", &[], &empty), 409),
    ];
    for (name, request, status) in cases {
        let (_dir, router) = at_ten().await;
        let answer = submit(&router, request).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text);
        if status == 409 {
            assert_eq!(answer.content_type, "text/x.tlog.size", "{name}");
            assert_eq!(answer.text, "10\n", "{name}");
        }
        // Whatever was asked, the witness still extends what it has, and nothing else.
        let size = if name == "more" { 20 } else { 10 };
        let after = submit(&router, honest.body(size, 30)).await;
        assert_eq!(after.status, 200, "after {name}: {}", after.text);
    }
}

#[tokio::test]
async fn a_log_seen_for_the_first_time() {
    let honest = Log::known(20);
    let proof = consistency(10, 20, honest.leaves.as_slice()).unwrap();
    let mut empty = honest.checkpoint(0);
    let nothing = empty.sign(&honest.signer).unwrap().to_string();
    empty.root = [1; 32];
    let lie = empty.sign(&honest.signer).unwrap().to_string();
    for (name, request, status) in [
        ("from zero", honest.body(0, 20), 200),
        ("from a size", honest.body(10, 20), 409),
        (
            "from zero with a proof",
            body("0", &proof, &honest.note(20).to_string()),
            422,
        ),
        ("an empty tree", body("0", &[], &nothing), 200),
        ("an empty tree with a root", body("0", &[], &lie), 422),
    ] {
        let dir = folder();
        let router = router(Arc::new(open(dir.path())));
        assert_eq!(
            ask(&router, "GET", &latest(ORIGIN), "").await.status,
            404,
            "{name}"
        );
        let answer = submit(&router, request).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text);
        if status == 409 {
            assert_eq!(answer.text, "0\n", "{name}");
        }
    }
}

#[tokio::test]
async fn the_cosignature_is_one() {
    let dir = folder();
    let witness = Arc::new(open(dir.path()));
    let key = witness.key().clone();
    let router = router(witness);
    let log = Log::known(10);
    let mut note = log.note(10);
    // Somebody else's signature, which is not ours to tell.
    note.signatures.push(NoteSignature {
        name: "other.example".into(),
        key_id: [1, 2, 3, 4],
        bytes: vec![5; 64],
    });
    let answer = submit(&router, body("0", &[], &note.to_string())).await;
    assert_eq!(
        (answer.status, answer.content_type.as_str()),
        (200, "text/plain; charset=utf-8")
    );
    let signature = NoteSignature::parse(answer.text.strip_suffix('\n').unwrap()).unwrap();
    assert_eq!(time_of(&note, &signature, &key), START);

    let kept = ask(&router, "GET", &latest(ORIGIN), "").await;
    assert_eq!(
        (kept.status, kept.content_type.as_str()),
        (200, "text/plain; charset=utf-8")
    );
    let kept = Note::parse(&kept.text).unwrap();
    assert_eq!(kept.text, note.text);
    assert_eq!(kept.signatures, [note.signatures[0].clone(), signature]);
    kept.check(&[log.signer.verifier().clone()]).unwrap();
    for path in [
        latest("elsewhere.example/log"),
        "/checkpoint".into(),
        "/".into(),
    ] {
        assert_eq!(ask(&router, "GET", &path, "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn bodies_are_bounded() {
    let (_dir, router) = at_ten().await;
    let answer = submit(&router, "x".repeat(300 * 1024)).await;
    assert_eq!(answer.status, 413);
    assert_eq!(submit(&router, vec![0xff; 10]).await.status, 400);
}

/// Over a socket, and to its end: who is being served is served.
#[tokio::test]
async fn it_listens_and_ends() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let dir = folder();
    let router = router(Arc::new(open(dir.path())));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(serve(listener, router, async move { drop(ended.await) }));

    let request = Log::known(10).body(0, 10);
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /add-checkpoint HTTP/1.1\r\nhost: w\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        request.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");

    end.send(()).unwrap();
    served.await.unwrap().unwrap();
}
