//! The client's listener as browsers meet it.

mod check;
mod conversations;
mod files;
mod sessions;

use std::path::Path;
use std::time::Duration;

use axum::Router;
use http::Method;
use serde_json::{Value, json};
use verbatim_domain::UserId;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::Store;
use verbatim_engine::worker::LEASE;

use super::{ClientSite, with_patience};
use crate::testing::{ACCOUNT, ALICE, Answer, World, request, send};

const BOB: &str = "@bob:example.org";
const BOBS: &str = "+14155550101";
const HOMESERVER: &str = "https://matrix.example.org";

/// A firm with two employees, and a folder for the built client.
struct Office {
    world: World,
    client: Router,
    dir: tempfile::TempDir,
}

impl Office {
    async fn new() -> Self {
        Self::patient(Duration::ZERO).await
    }

    /// Answers to new conversations wait for the room.
    async fn patient(patience: Duration) -> Self {
        let world = World::new().await;
        world.provision().await;
        let (engine, actor) = (&world.engine, Actor::operator("test"));
        engine.add_employee(&actor, BOB, "Bob").await.unwrap();
        engine.add_number(&actor, BOBS, ACCOUNT).await.unwrap();
        engine.assign_number(&actor, BOBS, BOB).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let client = with_patience(engine.clone(), site(dir.path()), patience);
        Self { world, client, dir }
    }

    /// The homeserver has given a user an OpenID token.
    fn openid(&self, user: &str) -> Value {
        let token = format!("openid of {user}");
        let mut server = self.world.platform.server();
        server.openid.insert(token.clone(), UserId::from(user));
        json!({"access_token": token, "token_type": "Bearer", "matrix_server_name": "example.org", "expires_in": 3600})
    }

    async fn call(&self, method: Method, path: &str, token: &str, body: Option<&Value>) -> Answer {
        let token = Some(token).filter(|token| !token.is_empty());
        send(&self.client, request(method, path, token, body)).await
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        let path = format!("/client/v1/{path}");
        self.call(Method::GET, &path, token, None).await
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        let path = format!("/client/v1/{path}");
        self.call(Method::POST, &path, token, Some(body)).await
    }

    /// A session of an employee.
    async fn signed_in(&self, user: &str) -> String {
        let answer = self.post("session", "", &self.openid(user)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let session = answer.json();
        assert_eq!(session["expires_in"], 900);
        session["token"].as_str().unwrap().to_owned()
    }

    async fn alice(&self) -> String {
        self.signed_in(ALICE).await
    }

    /// Gets what must be there.
    async fn shown(&self, path: &str, token: &str) -> Value {
        let answer = self.get(path, token).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// Runs what is due now.
    async fn work(&self) {
        let (world, lease) = (&self.world, verbatim_domain::Duration::from_secs(1_000));
        let fence = world.store.take_lease(LEASE, "test", lease).await.unwrap();
        world.engine.set_fence(fence);
        use verbatim_engine::ports::Clock;
        for _ in 0..100 {
            let due = world.store.due_jobs(world.clock.now(), &[], 1).await;
            let Some(job) = due.unwrap().pop() else {
                return;
            };
            world.engine.run_job(&job).await;
        }
    }
}

fn site(assets: &Path) -> ClientSite {
    ClientSite {
        homeserver: format!("{HOMESERVER}/").parse().unwrap(),
        assets: assets.to_owned(),
    }
}
