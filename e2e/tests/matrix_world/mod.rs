//! A homeserver, the adapter on a store of its own, and the listener that takes transactions.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::{post, put};
use e2e::harness::{Employee, PATIENCE, Ports, SERVER_NAME, Synapse, Trust, until};
use rand::RngCore;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use verbatim_domain::{ConversationId, RoomId};
use verbatim_engine::ports::{
    Content, Entropy, OpenError, Platform, RoomEvent, RoomSpec, Speaker, Store,
};
use verbatim_matrix::{DEVICE_ID, MatrixConfig, MatrixPlatform, Secret, registration_yaml};
use verbatim_record::{StateRoot, Vault};
use verbatim_store::SqlStore;

const AS_TOKEN: &str = "as-token-of-the-tests";
const HS_TOKEN: &str = "hs-token-of-the-tests";

struct Chance;

impl Entropy for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        rand::rng().fill_bytes(buffer);
    }
}

/// Events by id, as delivered.
type Inbox = Arc<Mutex<BTreeMap<String, String>>>;

#[derive(Clone)]
struct Listener {
    platform: Arc<MatrixPlatform>,
    inbox: Inbox,
}

/// Tasks of a running service.
struct Running {
    platform: Arc<MatrixPlatform>,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

pub(crate) struct World {
    running: Option<Running>,
    store: Arc<SqlStore>,
    root: StateRoot,
    inbox: Inbox,
    synapse: tokio::sync::Mutex<Synapse>,
    url: String,
    ports: Ports,
    http: reqwest::Client,
    _dir: tempfile::TempDir,
}

/// The specification of conversation `number`.
pub(crate) fn spec(platform: &MatrixPlatform, number: u8, employee: &str) -> RoomSpec {
    RoomSpec {
        conversation: ConversationId::from_random([number; 16]),
        stand_in: platform.stand_in(&format!("{number:032x}")),
        stand_in_name: "Jane Doe".into(),
        employee: employee.into(),
        name: "Jane Doe (SMS)".into(),
        topic: "+1 *** 0123 · recorded".into(),
    }
}

impl World {
    pub(crate) async fn start() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let ports = Ports::free()?;
        let registration = dir.path().join("registration.yaml");
        write_registration(&registration, ports)?;
        let mut synapse = Synapse::new(
            dir.path().join("synapse"),
            ports.homeserver(),
            &registration,
        )?;
        synapse.start().await?;
        // The adapter installs the TLS provider; so must the client, which may come first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut world = Self {
            running: None,
            store: SqlStore::open(&dir.path().join("store.db"))?,
            root: StateRoot::new([5; 32].into()),
            inbox: Inbox::default(),
            url: synapse.url(),
            synapse: synapse.into(),
            ports,
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(PATIENCE)
                .build()?,
            _dir: dir,
        };
        world.resume().await?;
        Ok(world)
    }

    /// Starts the service on what the store holds.
    pub(crate) async fn resume(&mut self) -> Result<()> {
        let vault = Arc::new(Vault::new(&self.root));
        let platform = MatrixPlatform::new(
            config(self.ports)?,
            self.store.clone(),
            vault,
            Arc::new(Chance),
        )?;
        platform.start(None).await?;
        let listener = Listener {
            platform: platform.clone(),
            inbox: self.inbox.clone(),
        };
        let routes = Router::new()
            .route("/_matrix/app/v1/transactions/{txn}", put(take))
            .route("/_matrix/app/v1/ping", post(async || "{}"))
            .with_state(listener);
        let socket = tokio::net::TcpListener::bind(self.ports.appservice()).await?;
        let serve = tokio::spawn(async move { drop(axum::serve(socket, routes).await) });
        let keys = tokio::spawn(platform.clone().run_keys());
        self.running = Some(Running {
            platform: platform.clone(),
            tasks: [serve, keys],
        });
        platform.ping().await?;
        Ok(())
    }

    /// Stops the service at once.
    pub(crate) fn stop(&mut self) {
        self.running = None;
    }

    pub(crate) fn platform(&self) -> &MatrixPlatform {
        &self.running.as_ref().expect("the service runs").platform
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    pub(crate) async fn restart_homeserver(&self) -> Result<()> {
        let mut synapse = self.synapse.lock().await;
        synapse.kill().await?;
        synapse.start().await
    }

    pub(crate) async fn employee(&self, name: &str, trust: Trust) -> Result<Employee> {
        self.synapse.lock().await.register(name, "password").await?;
        self.again(name, trust).await
    }

    /// An account without any client.
    pub(crate) async fn register(&self, name: &str) -> Result<()> {
        self.synapse.lock().await.register(name, "password").await
    }

    pub(crate) async fn again(&self, name: &str, trust: Trust) -> Result<Employee> {
        Employee::login(&self.url, name, "password", trust).await
    }

    pub(crate) async fn say(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        reader: &str,
        txn: &str,
        content: &Content,
    ) -> Result<()> {
        let platform = self.platform();
        let prepared = platform
            .prepare(room, speaker, &reader.into(), content)
            .await?;
        self.platform()
            .send(room, speaker, txn, &prepared, None)
            .await?;
        Ok(())
    }

    /// An event as the homeserver delivered it.
    pub(crate) async fn raw(&self, event: &str) -> Result<String> {
        let look = async || Ok(self.inbox.lock().expect("inbox").get(event).cloned());
        until("the event is delivered", PATIENCE, look).await
    }

    /// An event opened, once its key is there.
    pub(crate) async fn opened(&self, event: &str) -> Result<RoomEvent> {
        let raw = self.raw(event).await?;
        until("the event opens", PATIENCE, async || {
            match self.platform().open_event(raw.as_bytes()).await {
                Ok(event) => Ok(Some(event)),
                Err(OpenError::NoKey { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// The state of a room, each event with its id.
    pub(crate) async fn state(&self, room: &RoomId) -> Result<Vec<Value>> {
        let state = self
            .call(Method::GET, &["rooms", room.as_str(), "state"], &json!({}))
            .await?;
        Ok(state.as_array().context("state")?.clone())
    }

    /// A room as it is when the homeserver dies right after giving its alias away.
    pub(crate) async fn bare_room(&self, spec: &RoomSpec) -> Result<RoomId> {
        let alias = format!("sms_{}", spec.conversation);
        let made = self
            .call(
                Method::POST,
                &["createRoom"],
                &json!({ "room_alias_name": alias }),
            )
            .await?;
        Ok(RoomId::from(made["room_id"].as_str().context("room")?))
    }

    pub(crate) async fn leave(&self, room: &RoomId) -> Result<()> {
        self.call(Method::POST, &["rooms", room.as_str(), "leave"], &json!({}))
            .await
            .map(drop)
    }

    pub(crate) async fn delete_bot_device(&self) -> Result<()> {
        self.call(Method::DELETE, &["devices", DEVICE_ID], &json!({}))
            .await
            .map(drop)
    }

    /// A call in the bot's name, past the adapter.
    async fn call(&self, method: Method, path: &[&str], body: &Value) -> Result<Value> {
        let mut url = url::Url::parse(&self.url)?;
        url.path_segments_mut()
            .expect("a base")
            .extend(["_matrix", "client", "v3"])
            .extend(path);
        url.query_pairs_mut()
            .append_pair("user_id", self.platform().bot().as_str());
        let mut request = self.http.request(method.clone(), url).bearer_auth(AS_TOKEN);
        if method != Method::GET {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let (status, body) = (answer.status(), answer.json().await?);
        ensure!(status.is_success(), "{path:?}: {status} {body}");
        Ok(body)
    }
}

async fn take(State(listener): State<Listener>, body: Bytes) -> &'static str {
    let transaction = listener
        .platform
        .read_transaction(&body)
        .expect("a transaction");
    assert!(
        transaction.malformed.is_empty(),
        "the homeserver sent what we cannot read"
    );
    let mut inbox = listener.inbox.lock().expect("inbox");
    for event in transaction.events {
        inbox.insert(
            event.event.0,
            String::from_utf8(event.raw).expect("JSON is UTF-8"),
        );
    }
    "{}"
}

fn config(ports: Ports) -> Result<MatrixConfig> {
    Ok(MatrixConfig {
        homeserver: format!("http://{}", ports.homeserver()).parse()?,
        server_name: SERVER_NAME.into(),
        as_id: "verbatim".into(),
        as_token: Secret(AS_TOKEN.into()),
        bot_localpart: "smsbot".into(),
        bot_name: "SMS".into(),
        stand_in_prefix: "sms_".into(),
        avatar: None,
    })
}

fn write_registration(path: &Path, ports: Ports) -> Result<()> {
    let url = format!("http://{}", ports.appservice());
    let text = registration_yaml(&config(ports)?, HS_TOKEN, &url, "_verbatim_as");
    Ok(std::fs::write(path, text)?)
}
