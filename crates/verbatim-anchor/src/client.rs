//! One request, one bounded answer.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use thiserror::Error;
use url::{Host, Url};

/// Both kinds of servers work for a moment; a proxy between may take longer.
const TIME: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
/// Everything that is asked for is far shorter.
const LONGEST: usize = 256 * 1024;

/// The address cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// Only these are spoken.
    #[error("the address {0} is not one of http or https")]
    Scheme(Url),
    /// Nobody has chosen a TLS implementation.
    #[error("no TLS provider is installed")]
    NoTls,
    /// It cannot be built.
    #[error("HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// A client that follows nothing.
pub(crate) fn client(url: &Url) -> Result<Client, ConfigError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ConfigError::Scheme(url.clone()));
    }
    // The client would panic without one.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(ConfigError::NoTls);
    }
    let builder = Client::builder();
    // No proxy leads to this machine.
    let builder = if is_local(url) {
        builder.no_proxy()
    } else {
        builder
    };
    Ok(builder
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .timeout(TIME)
        .connect_timeout(CONNECT)
        .user_agent(concat!("verbatim/", env!("CARGO_PKG_VERSION")))
        .build()?)
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The address of something below a prefix.
pub(crate) fn below(prefix: &Url, tail: &str) -> Url {
    let mut url = prefix.clone();
    let base = prefix.path().trim_end_matches('/');
    url.set_path(&format!("{base}/{tail}"));
    url
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Its beginning, for people.
    pub(crate) fn said(&self) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(200)]);
        let clean: String = text.chars().filter(|c| !c.is_control()).collect();
        format!("{}: {clean}", self.status)
    }
}

/// Sends and reads to the end; else why there is no whole answer.
pub(crate) async fn exchange(request: RequestBuilder) -> Result<Answer, String> {
    let response = request.send().await.map_err(said)?;
    let status = response.status().as_u16();
    let content_type = response.headers().get(reqwest::header::CONTENT_TYPE);
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    Ok(Answer {
        status,
        content_type,
        body: body(response).await?,
    })
}

async fn body(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(said)? {
        if body.len() + chunk.len() > LONGEST {
            return Err("the answer is too long".to_owned());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Without the address, which the reader of an alarm knows by the name.
fn said(error: reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "it takes too long"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    kind.to_owned()
}
