//! The API as its callers meet it.

mod access;
mod exports;
mod input;
mod keys;
mod log;
mod looking;
mod provisioning;
mod record;
mod retention;
mod tokens;

use axum::Router;
use http::Method;
use serde_json::Value;

use super::api_router;
use crate::testing::{Answer, World, request, send};

/// A world with a caller who may do everything.
struct Caller {
    world: World,
    api: Router,
    token: String,
}

impl Caller {
    async fn new() -> Self {
        let world = World::new().await;
        let token = world.token("root", &super::SCOPES).await;
        let api = api_router(world.engine.clone());
        Self { world, api, token }
    }

    async fn with(&self, token: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        send(
            &self.api,
            request(method, &format!("/api/v1/{path}"), Some(token), body),
        )
        .await
    }

    async fn get(&self, path: &str) -> Answer {
        self.with(&self.token, Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.with(&self.token, Method::POST, path, Some(body)).await
    }

    /// Posts what must succeed.
    async fn done(&self, path: &str, body: &Value) -> Value {
        let answer = self.post(path, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        answer.json()
    }

    /// Gets what must be there.
    async fn shown(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }
}
