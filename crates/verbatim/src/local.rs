//! The command line talks to Verbatim through its API: to the running server if there is one, else to an
//! API router in its own process over the store.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::config::Config;

/// The name of the token that a running server leaves for the command line.
pub(crate) const TOKEN_NAME: &str = "command-line";

/// The token of a running server, in a file that only its owner can read.
pub(crate) struct TokenFile(PathBuf);

impl TokenFile {
    /// Writes it.
    pub(crate) fn write(path: &Path, token: &str) -> Result<Self> {
        write_private(path, token)?;
        Ok(Self(path.to_owned()))
    }

    /// Removes it; the token itself is withdrawn at the next start.
    pub(crate) fn remove(&self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// A way to the API.
pub(crate) enum Api {
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
        if let Ok(token) = std::fs::read_to_string(crate::serve::token_path(config)) {
            let base = format!("http://{}/api/v1", config.listen.api);
            let http = reqwest::Client::new();
            if http
                .get(format!("{base}/me"))
                .bearer_auth(&token)
                .send()
                .await
                .is_ok_and(|r| r.status().is_success())
            {
                return Ok(Self::Server { base, token, http });
            }
        }
        let wired = crate::wiring::wire(config).await?;
        Ok(Self::Here(verbatim_console::local_api_router(
            wired.engine,
            &operator(),
        )))
    }

    /// Asks, and answers the body; a problem becomes an error in its own words.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value> {
        let (status, bytes) = match self {
            Self::Server { base, token, http } => {
                let method = method.parse().context("method")?;
                let mut request = http
                    .request(method, format!("{base}/{path}"))
                    .bearer_auth(token);
                if let Some(body) = &body {
                    request = request.json(body);
                }
                let response = request
                    .send()
                    .await
                    .context("the running server does not answer")?;
                (response.status().as_u16(), response.bytes().await?.to_vec())
            }
            Self::Here(router) => here(router.clone(), method, path, body).await?,
        };
        let value: Value = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap_or(Value::Null)
        };
        if (200..300).contains(&status) {
            return Ok(value);
        }
        match value.get("detail").and_then(Value::as_str) {
            Some(detail) => bail!("{detail}"),
            None => bail!("the API answered {status}"),
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

async fn here(
    router: axum::Router,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> Result<(u16, Vec<u8>)> {
    use tower::ServiceExt;
    let request = axum::http::Request::builder()
        .method(method)
        .uri(format!("/api/v1/{path}"))
        .header("content-type", "application/json")
        .body(body.map_or_else(axum::body::Body::empty, |b| {
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

/// Who asks, for the record: the operating system's user.
fn operator() -> String {
    std::env::var("SUDO_USER")
        .or_else(|_| std::env::var("USER"))
        .unwrap_or_else(|_| "command-line".to_owned())
}
