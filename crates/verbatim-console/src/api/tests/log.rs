//! The signed log, file by file, without a token.

use axum::body::{Body, Bytes, to_bytes};
use http::{HeaderMap, Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt;
use verbatim_domain::{Duration, Timestamp};
use verbatim_engine::ports::{Change, Commit, Cosignature, LogTimestamp, Store};
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

#[tokio::test]
async fn checkpoints_are_listed_with_what_others_have_said() {
    let caller = Caller::new().await;
    let world = &caller.world;
    let fence = world
        .store
        .take_lease(LEASE, "test", Duration::from_secs(60));
    world.engine.set_fence(fence.await.unwrap());
    let mut signed = Vec::new();
    for name in ["one", "two", "three"] {
        world.token(name, &["read"]).await;
        signed.push(world.engine.sign_log().await.unwrap().unwrap());
    }
    let [_, second, third] = &signed[..] else {
        panic!("three")
    };
    let witness = "a witness of another kind".to_owned();
    let said = |change| Commit {
        fence: None,
        changes: vec![change],
    };
    let cosignature = Change::PutCosignature(Cosignature {
        size: second.size,
        witness: witness.clone(),
        line: "— line".to_owned(),
        at: Timestamp(7_000),
    });
    world.store.commit(said(cosignature)).await.unwrap();
    for (of, authority, at) in [
        (second, "notary", 8_000),
        (third, "notary", 9_000),
        (third, "other", 9_500),
    ] {
        let stamp = Change::AddTimestamp(LogTimestamp {
            size: of.size,
            authority: authority.to_owned(),
            request: vec![1],
            response: vec![2],
            at: Timestamp(at),
        });
        world.store.commit(said(stamp)).await.unwrap();
    }
    let page = caller.shown("record/checkpoints").await;
    assert_eq!(page["next"], Value::Null);
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    for (item, signed) in items.iter().zip(&signed) {
        assert_eq!(
            (&item["size"], &item["root"]),
            (&json!(signed.size), &json!(hex::encode(signed.root)))
        );
    }
    assert_eq!(items[0]["timestamps"], json!([]));
    let cosigned = json!([{"witness": witness, "at_ms": 7_000}]);
    assert_eq!(items[1]["cosignatures"], cosigned);
    let notary = |at: u32| json!({"authority": "notary", "at_ms": at});
    assert_eq!(items[1]["timestamps"], json!([notary(8_000)]));
    let both = json!([notary(9_000), {"authority": "other", "at_ms": 9_500}]);
    assert_eq!(items[2]["timestamps"], both);

    // Page by page it is the same.
    let mut paged = Vec::new();
    let mut path = "record/checkpoints?limit=1".to_owned();
    loop {
        let page = caller.shown(&path).await;
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("record/checkpoints?limit=1&after={next}");
    }
    assert_eq!(&paged, items);
    let odd = caller.get("record/checkpoints?after=x").await;
    assert_eq!(odd.problem(), "page.cursor.unknown");
}
