//! The command line talks to Verbatim through its API: to the running server if there is one, else to an
//! API router in its own process over the store.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;
use thiserror::Error;
use verbatim_console::{OPERATOR, PURPOSE};
use verbatim_store::Look;

use crate::config::Config;
use crate::files::write_private;
use crate::http;

/// Verifying a long log takes minutes, and its answer comes at the end.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// The token of a running server, in a file that only its owner can read.
pub(crate) struct TokenFile(PathBuf);

impl TokenFile {
    /// Writes it.
    pub(crate) fn write(path: &Path, token: &str) -> Result<Self> {
        write_private(path, token)?;
        Ok(Self(path.to_owned()))
    }

    /// Removes it. Whoever kept a copy of the token has nothing once the server has revoked it.
    pub(crate) fn remove(&self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// There is nothing to look at.
#[derive(Debug, Error)]
#[error(
    "there is no store at {place}: restore it from its backup, or correct [store] url; for a new installation, \
     `verbatim serve` makes it"
)]
pub(crate) struct NoStore {
    place: String,
}

/// The API, asked for a purpose.
#[derive(Clone)]
pub(crate) struct Api {
    way: Way,
    /// What is looked for; goes into the record.
    purpose: Option<String>,
}

/// A way to the API.
#[derive(Clone)]
enum Way {
    /// A server that runs on this machine.
    Server {
        base: String,
        token: String,
        http: reqwest::Client,
    },
    /// A router in this process.
    Here(axum::Router),
}

impl Api {
    /// Finds the running server, or opens the store.
    pub(crate) async fn connect(config: &Config) -> Result<Self> {
        if let Some(server) = Self::running(config).await? {
            return Ok(server);
        }
        let wired = crate::wiring::wire(config).await?;
        Ok(Self::by(Way::Here(verbatim_console::local_api_router(
            wired.engine,
            &operator(),
        ))))
    }

    /// The API of an engine in this process.
    pub(crate) fn here(router: axum::Router) -> Self {
        Self::by(Way::Here(router))
    }

    fn by(way: Way) -> Self {
        let purpose = None;
        Self { way, purpose }
    }

    /// The same, stating what everything is asked for.
    pub(crate) fn for_purpose(self, purpose: Option<String>) -> Self {
        Self { purpose, ..self }
    }

    /// Like [`Self::connect`], for those who only look: an empty store in the place of a lost one would
    /// verify.
    pub(crate) async fn look(config: &Config) -> Result<Self> {
        if let Some(server) = Self::running(config).await? {
            return Ok(server);
        }
        let url = config.store_url();
        if verbatim_store::look(&url).await.context("store")? == Look::Nothing {
            // The address of a database may hold a password.
            let place = match url.strip_prefix("sqlite:") {
                Some(path) => path.to_owned(),
                None => "the database of [store] url".to_owned(),
            };
            return Err(NoStore { place }.into());
        }
        Self::connect(config).await
    }

    /// The server that left its token beside the configuration and still answers to it.
    pub(crate) async fn running(config: &Config) -> Result<Option<Self>> {
        let Ok(token) = std::fs::read_to_string(crate::serve::token_path(config)) else {
            return Ok(None);
        };
        let base = format!("http://{}/api/v1", config.listen.api);
        let http = http::local(PATIENCE)?;
        let asked = http.get(format!("{base}/me")).bearer_auth(&token);
        let answer = asked.timeout(Duration::from_secs(10)).send().await;
        let ours = answer.is_ok_and(|r| r.status().is_success() && http::is_from(&r, "api"));
        Ok(ours.then(|| Self::by(Way::Server { base, token, http })))
    }

    /// Whether a running server is asked.
    pub(crate) fn is_server(&self) -> bool {
        matches!(self.way, Way::Server { .. })
    }

    /// Asks, and answers the body; a problem becomes an error in its own words.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value> {
        let (status, bytes) = self.fetch(method, path, body).await?;
        let value: Value = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap_or(Value::Null)
        };
        if is_good(status) {
            return Ok(value);
        }
        Err(problem(status, &value))
    }

    /// Like [`Self::call`], for what is not JSON: none if there is no such thing yet (503) or at all (404).
    pub(crate) async fn bytes(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let (status, bytes) = self.fetch("GET", path, None).await?;
        match status {
            404 | 503 => Ok(None),
            status if is_good(status) => Ok(Some(bytes)),
            status => {
                let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
                Err(problem(status, &value))
            }
        }
    }

    async fn fetch(&self, method: &str, path: &str, body: Option<Value>) -> Result<(u16, Vec<u8>)> {
        let purpose = self.purpose.as_deref();
        match &self.way {
            Way::Server { base, token, http } => {
                let method = method.parse().context("method")?;
                let mut request = http
                    .request(method, format!("{base}/{path}"))
                    .bearer_auth(token)
                    .header(OPERATOR, operator());
                if let Some(purpose) = purpose {
                    request = request.header(PURPOSE, purpose.as_bytes());
                }
                if let Some(body) = &body {
                    request = request.json(body);
                }
                let response = request
                    .send()
                    .await
                    .context("the running server does not answer")?;
                let status = response.status().as_u16();
                Ok((status, response.bytes().await?.to_vec()))
            }
            Way::Here(router) => here(router.clone(), method, path, purpose, body).await,
        }
    }

    /// All items of a paged listing.
    pub(crate) async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let (mut items, mut after): (Vec<Value>, Option<String>) = (Vec::new(), None);
        loop {
            let query = after.map_or_else(String::new, |a| format!("&after={a}"));
            let page = self
                .call("GET", &format!("{path}?limit=1000{query}"), None)
                .await?;
            items.extend(
                page.get("items")
                    .and_then(Value::as_array)
                    .cloned()
                    .unwrap_or_default(),
            );
            after = page.get("next").and_then(Value::as_str).map(str::to_owned);
            if after.is_none() {
                return Ok(items);
            }
        }
    }
}

fn is_good(status: u16) -> bool {
    (200..300).contains(&status)
}

/// A problem in its own words.
fn problem(status: u16, value: &Value) -> anyhow::Error {
    match value.get("detail").and_then(Value::as_str) {
        Some(detail) => anyhow!("{detail}"),
        None => anyhow!("the API answered {status}"),
    }
}

async fn here(
    router: axum::Router,
    method: &str,
    path: &str,
    purpose: Option<&str>,
    body: Option<Value>,
) -> Result<(u16, Vec<u8>)> {
    use tower::ServiceExt;
    let mut request = axum::http::Request::builder()
        .method(method)
        .uri(format!("/api/v1/{path}"))
        .header("content-type", "application/json");
    if let Some(purpose) = purpose {
        request = request.header(PURPOSE, purpose.as_bytes());
    }
    let request = request.body(body.map_or_else(axum::body::Body::empty, |b| {
        axum::body::Body::from(b.to_string())
    }))?;
    let response = router.oneshot(request).await?;
    let status = response.status().as_u16();
    Ok((
        status,
        axum::body::to_bytes(response.into_body(), usize::MAX)
            .await?
            .to_vec(),
    ))
}

/// Who asks, for the record: the operating system's user, and behind `sudo` the one who called it.
pub(crate) fn operator() -> String {
    let uid = rustix::process::getuid().as_raw();
    let caller = std::env::var("SUDO_USER").ok().filter(|_| uid == 0);
    let users = || std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = caller
        .or_else(|| user_name(&users(), uid))
        .unwrap_or_else(|| format!("uid-{uid}"));
    plain(&name)
}

/// What a header takes, and the API as a name.
fn plain(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-@+$".contains(c);
    name.chars()
        .map(|c| if fits(c) { c } else { '_' })
        .take(64)
        .collect()
}

/// The name of a user in the system's list.
fn user_name(users: &str, uid: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid.to_string()).then(|| name.to_owned())
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::commands::init;

    /// A fresh installation: all but the store.
    pub(crate) async fn installation() -> (tempfile::TempDir, Config) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_str().unwrap();
        let words = [
            "verbatim",
            "init",
            "--dir",
            path,
            "--firm",
            "F",
            "--homeserver",
            "http://127.0.0.1:1",
            "--server-name",
            "f.test",
        ];
        let Command::Init(args) = Cli::parse_from(words).command else {
            panic!("not init");
        };
        init::run(&args).await.unwrap();
        let config = Config::read(&dir.path().join("verbatim.toml")).unwrap();
        (dir, config)
    }

    /// A lost store was made anew, empty, and verified.
    #[tokio::test]
    async fn looking_makes_no_store() {
        let (dir, config) = installation().await;
        let error = Api::look(&config).await.err().unwrap();
        assert!(error.is::<NoStore>(), "{error:#}");
        assert!(error.to_string().contains("restore it"), "{error:#}");
        assert!(!dir.path().join("verbatim.db").exists());
        Api::connect(&config).await.unwrap();
        let api = Api::look(&config).await.unwrap();
        let report = api.call("GET", "record/verify", None).await.unwrap();
        assert_eq!(report["ok"], true);
    }

    #[test]
    fn only_commands_that_add_may_make_a_store() {
        let check = |line: &str, may: bool| {
            let words = ["verbatim"].into_iter().chain(line.split(' '));
            let command = Cli::parse_from(words).command;
            assert_eq!(command.may_make_a_store(), may, "{line}");
        };
        for line in [
            "record verify",
            "record show x",
            "status",
            "employee list",
            "number list",
            "contact list",
            "conversation list",
            "alarm list",
            "alarm clear x",
            "token list",
            "token revoke x",
        ] {
            check(line, false);
        }
        for line in [
            "employee add @a:b A",
            "number add +1 --account a",
            "token create x --scope read",
        ] {
            check(line, true);
        }
    }

    #[test]
    fn users_are_known_by_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\nbroken\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(user_name(users, 0).as_deref(), Some("root"));
        assert_eq!(user_name(users, 1000).as_deref(), Some("ann"));
        assert_eq!(user_name(users, 7), None);
        assert_eq!(plain("FIRM\\ann müller"), "FIRM_ann_m_ller");
    }
}
