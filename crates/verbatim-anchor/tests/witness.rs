//! Against a real witness over a socket, and against servers that do not keep to the protocol.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use axum::Router;
use axum::response::IntoResponse;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use tokio::net::TcpListener;
use verbatim_anchor::{ConfigError, HttpAuthority, HttpWitness};
use verbatim_engine::ports::{TimeAuthority, Witness as _, WitnessError};
use verbatim_record::checkpoint::cosignature_fits;
use verbatim_record::merkle::{leaf_hash, root_of};
use verbatim_record::note::{Algorithm, Note};
use verbatim_record::proof::consistency;
use verbatim_record::signing::FileSigner;
use verbatim_record::{Checkpoint, Hash, Signer, VerifierKey};
use verbatim_witness::{Clock, Folder, RealDisk, Witness};

const ORIGIN: &str = "archive.firm.example/log";

struct Noon;

impl Clock for Noon {
    fn now_s(&self) -> u64 {
        1_795_435_200
    }
}

fn signer() -> FileSigner {
    FileSigner::from_seed(ORIGIN, Algorithm::Ed25519, &[1; 32]).unwrap()
}

fn leaves(count: u8) -> Vec<Hash> {
    (0..count).map(|n| leaf_hash(&[n])).collect()
}

fn note(size: u8) -> Note {
    let checkpoint = Checkpoint {
        origin: ORIGIN.into(),
        size: size.into(),
        root: root_of(&leaves(size)),
    };
    checkpoint.sign(&signer()).unwrap()
}

fn proof(old: u64, new: u8) -> Vec<Hash> {
    consistency(old, new.into(), leaves(new).as_slice()).unwrap()
}

/// Serves on a free port until the test ends.
async fn served(router: Router) -> url::Url {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/some/prefix/", listener.local_addr().unwrap());
    tokio::spawn(verbatim_witness::serve(
        listener,
        router,
        std::future::pending(),
    ));
    url.parse().unwrap()
}

fn other_key() -> VerifierKey {
    let other = FileSigner::from_seed("other", Algorithm::CosignatureEd25519, &[3; 32]);
    other.unwrap().verifier().clone()
}

#[tokio::test]
async fn a_real_witness() {
    let dir = tempfile::tempdir().unwrap();
    let key = Folder::create(dir.path(), "witness.example/w", &[2; 32]).unwrap();
    let policy = format!("log {}\nquorum none\n", signer().verifier());
    std::fs::write(dir.path().join("logs.policy"), policy).unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    let served_by = Witness::open(folder, Box::new(RealDisk), Box::new(Noon)).unwrap();
    let router = verbatim_witness::router(Arc::new(served_by));
    let url = served(Router::new().nest("/some/prefix", router)).await;
    let witness = HttpWitness::new("w", key.clone(), url).unwrap();

    assert_eq!(witness.latest(ORIGIN).await, Ok(None));
    let signature = witness.submit(0, &[], &note(5)).await.unwrap();
    assert!(cosignature_fits(&note(5).text, &signature, &key).is_some());
    assert_eq!(
        witness.submit(3, &proof(3, 9), &note(9)).await,
        Err(WitnessError::Holds(5))
    );
    assert_eq!(
        witness.submit(5, &proof(4, 9), &note(9)).await,
        Err(WitnessError::Inconsistent)
    );
    witness.submit(5, &proof(5, 9), &note(9)).await.unwrap();
    let shown = witness.latest(ORIGIN).await.unwrap().unwrap();
    assert_eq!(shown.text, note(9).text);
    shown.check(&[signer().verifier().clone()]).unwrap();
    let mut stranger = note(9);
    stranger.text = stranger.text.replace(ORIGIN, "elsewhere");
    let refused = witness.submit(0, &[], &stranger).await;
    assert!(
        matches!(refused, Err(WitnessError::Refused(_))),
        "{refused:?}"
    );
}

/// Every address answers the same.
async fn answering(status: u16, content_type: &'static str, body: &str) -> url::Url {
    let body = body.to_owned();
    let status = StatusCode::from_u16(status).unwrap();
    let answer =
        move || async move { (status, [(CONTENT_TYPE, content_type)], body).into_response() };
    served(Router::new().fallback(answer)).await
}

#[tokio::test]
async fn strange_answers() {
    use WitnessError::{Holds, Inconsistent, Lying, Refused, Unavailable};
    let kind = |error: &WitnessError| match error {
        Holds(_) => "holds",
        Inconsistent => "inconsistent",
        Refused(_) => "refused",
        Unavailable(_) => "unavailable",
        Lying(_) => "lying",
    };
    let foreign = "\u{2014} somebody AAAAAAAAAAAAAAAAAAAA\n";
    let long = "x".repeat(300 * 1024);
    for (status, content_type, body, expected) in [
        (200, "text/plain", "", "lying"),
        (200, "text/plain", "hello\n", "lying"),
        (200, "text/plain", foreign, "lying"),
        (200, "text/plain", long.as_str(), "unavailable"),
        (409, "text/x.tlog.size", "12\n", "holds"),
        (409, "text/plain", "12\n", "lying"),
        (409, "text/x.tlog.size", "twelve\n", "lying"),
        (409, "text/x.tlog.size", "-1\n", "lying"),
        (422, "text/plain", "no\n", "inconsistent"),
        (400, "text/plain", "no\n", "refused"),
        (403, "text/plain", "no\n", "refused"),
        (404, "text/plain", "no\n", "refused"),
        (302, "text/plain", "elsewhere\n", "refused"),
        (429, "text/plain", "later\n", "unavailable"),
        (503, "text/plain", "later\n", "unavailable"),
    ] {
        let url = answering(status, content_type, body).await;
        let witness = HttpWitness::new("w", other_key(), url).unwrap();
        let error = witness.submit(0, &[], &note(5)).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{status} {content_type}: {error}");
    }
    let url = answering(200, "text/plain", "no note").await;
    let witness = HttpWitness::new("w", other_key(), url).unwrap();
    let shown = witness.latest(ORIGIN).await;
    assert!(matches!(shown, Err(Lying(_))), "{shown:?}");
    // Nobody there.
    let gone = "http://127.0.0.1:9/".parse().unwrap();
    let witness = HttpWitness::new("w", other_key(), gone).unwrap();
    let error = witness.submit(0, &[], &note(5)).await.unwrap_err();
    assert_eq!(kind(&error), "unavailable");
    let wrong = HttpWitness::new("w", other_key(), "ftp://example.org".parse().unwrap());
    assert!(matches!(wrong, Err(ConfigError::Scheme(_))));
}

#[tokio::test]
async fn authorities() {
    const REPLY: &str = "application/timestamp-reply";
    for (status, content_type, body, expected) in [
        (200, REPLY, "bytes", Some(b"bytes".to_vec())),
        (200, "text/html", "<html>", None),
        (500, REPLY, "bytes", None),
        (302, REPLY, "bytes", None),
    ] {
        let url = answering(status, content_type, body).await;
        let authority = HttpAuthority::new("a", url).unwrap();
        let stamped = authority.stamp(b"request").await;
        assert_eq!(stamped.ok(), expected, "{status} {content_type}");
    }
}
