//! What the tests share: a simulator, a client of its API and a receiver of its webhooks.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use carrier_sim::{Delays, Entry, Running, SimConfig};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

pub(crate) const ACCOUNT: &str = "AC00000000000000000000000000000001";
pub(crate) const TOKEN: &str = "a token for tests";
pub(crate) const FIRM: &str = "+15550001000";
pub(crate) const PHONE: &str = "+15552223333";

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn config(sms_url: &str) -> SimConfig {
    let mut config = SimConfig::new(ACCOUNT, TOKEN);
    config.numbers = vec![(FIRM.into(), sms_url.into())];
    config.phones = vec![("Ann".into(), PHONE.into())];
    config.delays = Delays::NONE;
    config
}

pub(crate) async fn start(config: SimConfig) -> Running {
    carrier_sim::start(config).await.unwrap()
}

/// Waits until the ledger satisfies the predicate, and gives it.
pub(crate) async fn until(running: &Running, wanted: impl Fn(&[Entry]) -> bool) -> Vec<Entry> {
    let mut newest = running.sim().newest();
    let waiting = async {
        loop {
            newest.borrow_and_update();
            let entries = running.sim().ledger(0);
            if wanted(&entries) {
                return entries;
            }
            newest.changed().await.unwrap();
        }
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(entries) => entries,
        Err(_) => panic!("it did not come: {:#?}", running.sim().ledger(0)),
    }
}

/// The API as a client sees it.
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    base: String,
}

impl Client {
    pub(crate) fn new(running: &Running) -> Self {
        // Each test binary is its own process, and so is each test; a second install is refused.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self {
            http,
            base: running.base_url(),
        }
    }

    pub(crate) fn api(&self, path: &str) -> String {
        format!("{}/2010-04-01/Accounts/{ACCOUNT}{path}", self.base)
    }

    pub(crate) async fn post(
        &self,
        form: &[(&str, &str)],
    ) -> Result<reqwest::Response, reqwest::Error> {
        let request = self.http.post(self.api("/Messages.json"));
        request
            .basic_auth(ACCOUNT, Some(TOKEN))
            .form(form)
            .send()
            .await
    }

    /// Sends `body` from the firm to the phone, with more parameters if need be.
    pub(crate) async fn send(
        &self,
        body: &str,
        more: &[(&str, &str)],
    ) -> Result<reqwest::Response, reqwest::Error> {
        let mut form = vec![("From", FIRM), ("To", PHONE), ("Body", body)];
        form.extend_from_slice(more);
        self.post(&form).await
    }

    pub(crate) async fn sent(&self, body: &str, more: &[(&str, &str)]) -> Value {
        let answer = self.send(body, more).await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.json().await.unwrap()
    }

    pub(crate) async fn get(&self, url: &str) -> (u16, Value) {
        let request = self.http.get(url).basic_auth(ACCOUNT, Some(TOKEN));
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) async fn list(&self, query: &str) -> Value {
        let (status, page) = self.get(&self.api(&format!("/Messages.json{query}"))).await;
        assert_eq!(status, 200, "{page}");
        page
    }

    pub(crate) async fn page(&self, next: &str) -> Value {
        self.get(&format!("{}{next}", self.base)).await.1
    }

    pub(crate) async fn control(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/sim{path}", self.base);
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.json().await.unwrap_or_default(),
        )
    }

    pub(crate) async fn look(&self, path: &str) -> Value {
        let answer = self
            .http
            .get(format!("{}{path}", self.base))
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }
}

/// One webhook as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    pub(crate) form: HashMap<String, String>,
    pub(crate) headers: HeaderMap,
}

/// A small web server that keeps the webhooks it gets.
pub(crate) struct Receiver {
    pub(crate) url: String,
    got: watch::Receiver<Vec<Hook>>,
}

impl Receiver {
    /// Answers with the statuses in turn, the last one for ever.
    pub(crate) async fn start(statuses: &[u16]) -> Self {
        let (keep, got) = watch::channel(Vec::new());
        let keep = Arc::new(keep);
        let mut statuses: Vec<u16> = statuses.to_vec();
        statuses.reverse();
        let statuses = Arc::new(Mutex::new(statuses));
        let handle = async move |headers: HeaderMap, body: Bytes| {
            let form = url::form_urlencoded::parse(&body).into_owned().collect();
            keep.send_modify(|got| got.push(Hook { form, headers }));
            let mut left = statuses.lock().unwrap();
            let status = if left.len() > 1 {
                left.pop()
            } else {
                left.last().copied()
            };
            StatusCode::from_u16(status.unwrap_or(200)).unwrap()
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(handle));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, got }
    }

    /// Waits for so many webhooks and gives them.
    pub(crate) async fn wait(&self, count: usize) -> Vec<Hook> {
        let mut got = self.got.clone();
        let waiting = got.wait_for(|got| got.len() >= count);
        let found = tokio::time::timeout(PATIENCE, waiting)
            .await
            .map(|found| found.unwrap().clone());
        found.unwrap_or_else(|_| panic!("{} of {count} webhooks came", self.got.borrow().len()))
    }
}
