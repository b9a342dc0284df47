//! The signed log, file by file, without a token.

use axum::body::{Body, Bytes, to_bytes};
use http::{HeaderMap, Request, StatusCode, header};
use tower::ServiceExt;
use verbatim_domain::Duration;
use verbatim_engine::ports::Store;
use verbatim_engine::worker::LEASE;
use verbatim_record::{Checkpoint, Note};
use verbatim_testkit::fakes::test_signer;

use super::Caller;

struct File {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Caller {
    async fn file(&self, path: &str) -> File {
        let request = Request::get(format!("/log/{path}")).body(Body::empty());
        let answer = self.api.clone().oneshot(request.unwrap()).await.unwrap();
        let (head, body) = answer.into_parts();
        File {
            status: head.status,
            headers: head.headers,
            body: to_bytes(body, 1 << 20).await.unwrap(),
        }
    }
}

#[tokio::test]
async fn the_signed_log_is_there_for_everybody() {
    let caller = Caller::new().await;
    caller.world.provision().await;
    let get = async |path: &str| caller.file(path).await;
    assert_eq!(get("checkpoint").await.status, 404);
    let store = &caller.world.store;
    let fence = store
        .take_lease(LEASE, "test", Duration::from_secs(60))
        .await;
    caller.world.engine.set_fence(fence.unwrap());
    let signed = caller.world.engine.sign_log().await.unwrap().unwrap();
    let answer = get("checkpoint").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-cache");
    let note = Note::parse(std::str::from_utf8(&answer.body).unwrap()).unwrap();
    let said = Checkpoint::open(&note, test_signer().verifier()).unwrap();
    assert_eq!((said.size, said.root), (signed.size, signed.root));

    let width = said.size;
    let tile = get(&format!("tile/0/000.p/{width}")).await;
    assert_eq!(
        (tile.status.as_u16(), tile.body.len() as u64),
        (200, width * 32)
    );
    let lasting = &tile.headers[header::CACHE_CONTROL];
    assert!(lasting.to_str().unwrap().contains("immutable"));
    let entries = get(&format!("tile/entries/000.p/{width}")).await;
    assert_eq!(
        (entries.status.as_u16(), entries.body.len() as u64),
        (200, width * 198)
    );
    // An earlier partial tile is still served.
    assert_eq!(get("tile/0/000.p/1").await.status, 200);
    for absent in [
        "",
        "checkpoint/",
        "tile/0/000",
        "tile/0/001.p/1",
        "tile/1/000.p/1",
        "tile/0/0",
        "tile/entries/000",
        "tile/0/..%2f..%2fsecret",
    ] {
        assert_eq!(get(absent).await.status, 404, "{absent}");
    }
    let beyond = get(&format!("tile/0/000.p/{}", width + 1)).await;
    assert_eq!(beyond.status, 404);
}
