//! What the tests stand on: a real engine on a store in memory, with the outside world in memory too.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tower::ServiceExt;
use verbatim_engine::Engine;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{Store, Webhook};
use verbatim_store::SqlStore;
pub(crate) use verbatim_testkit::fakes::site::{ACCOUNT, ALICE, OURS};
use verbatim_testkit::fakes::{FakeCarrier, FakePlatform, Site, VirtualClock};

/// A client's number.
pub(crate) const CLIENT: &str = "+14155552671";

/// An engine and everything around it.
pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<SqlStore>,
    pub(crate) platform: Arc<FakePlatform>,
    pub(crate) carrier: Arc<FakeCarrier>,
    pub(crate) clock: Arc<VirtualClock>,
}

impl World {
    /// On a store in memory.
    pub(crate) async fn new() -> Self {
        Self::on(SqlStore::in_memory().unwrap()).await
    }

    /// On a given store.
    pub(crate) async fn on(store: Arc<SqlStore>) -> Self {
        let site = Site::on(store).await.unwrap();
        let Site {
            engine,
            store,
            clock,
            carrier,
            platform,
        } = site;
        Self {
            engine,
            store,
            platform,
            carrier,
            clock,
        }
    }

    /// A token with some scopes.
    pub(crate) async fn token(&self, name: &str, scopes: &[&str]) -> String {
        let scopes: Vec<String> = scopes.iter().map(|s| (*s).to_owned()).collect();
        self.engine
            .create_token(&Actor::operator("test"), name, &scopes)
            .await
            .unwrap()
    }

    /// Alice, with our number.
    pub(crate) async fn provision(&self) {
        let actor = Actor::operator("test");
        self.engine
            .add_employee(&actor, ALICE, "Alice")
            .await
            .unwrap();
        self.engine.add_number(&actor, OURS, ACCOUNT).await.unwrap();
        self.engine
            .assign_number(&actor, OURS, ALICE)
            .await
            .unwrap();
    }

    /// The kinds of all records, in order.
    pub(crate) async fn kinds(&self) -> Vec<String> {
        self.engine
            .log_records(0, 1000)
            .await
            .unwrap()
            .into_iter()
            .map(|r| r.kind)
            .collect()
    }

    /// How many jobs wait.
    pub(crate) async fn jobs(&self) -> u64 {
        self.store
            .queue_stats()
            .await
            .unwrap()
            .iter()
            .map(|q| q.depth)
            .sum()
    }

    /// The webhook by which the carrier tells of a client's text.
    pub(crate) fn inbound(&self, text: &str) -> Webhook {
        self.carrier
            .inbound_hook(&self.carrier.text_from_client(CLIENT, OURS, text))
    }
}

/// A webhook with any body, signed as the carrier in memory signs.
pub(crate) fn signed(path_and_query: &str, body: &[u8]) -> Webhook {
    let hash = Sha256::new()
        .chain_update(format!("secret of {ACCOUNT}"))
        .chain_update(path_and_query)
        .chain_update(body);
    Webhook {
        path_and_query: path_and_query.to_owned(),
        headers: vec![("x-fake-signature".to_owned(), hex::encode(hash.finalize()))],
        body: body.to_vec(),
    }
}

/// A webhook as a request.
pub(crate) fn post(hook: &Webhook) -> Request<Body> {
    let mut request = Request::post(&hook.path_and_query);
    for (name, value) in &hook.headers {
        request = request.header(name, value);
    }
    request.body(Body::from(hook.body.clone())).unwrap()
}

/// A request with a bearer token and perhaps a JSON body.
pub(crate) fn request(
    method: Method,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let Some(body) = body else {
        return request.body(Body::empty()).unwrap();
    };
    request
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The `type` of a problem, after checking that it is a proper one.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.body
        );
        let body = self.json();
        assert_eq!(
            body["status"],
            self.status.as_u16(),
            "RFC 9457: status repeats the status"
        );
        assert!(body["title"].as_str().is_some_and(|t| !t.is_empty()));
        assert!(body["detail"].as_str().is_some_and(|d| !d.is_empty()));
        body["type"].as_str().unwrap().to_owned()
    }
}

/// Sends one request.
pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    Answer {
        status: head.status,
        headers: head.headers,
        body,
    }
}
