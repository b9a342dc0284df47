//! HTTP clients for our own listeners and for looking at addresses from outside.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response};

/// Which listener answered: a header on each of our answers, so that nobody else is taken for us.
pub(crate) use verbatim_console::LISTENER;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// A client for our own listeners on this machine. What it sends may hold our token, so it never goes
/// through a proxy, whatever the environment says.
pub(crate) fn local(limit: Duration) -> Result<Client> {
    built(Client::builder().no_proxy(), limit)
}

/// A client that takes the way that others take to an address; it is given no secret.
pub(crate) fn outside(limit: Duration) -> Result<Client> {
    built(Client::builder(), limit)
}

fn built(builder: ClientBuilder, limit: Duration) -> Result<Client> {
    builder
        .redirect(Policy::none())
        .connect_timeout(CONNECT)
        .timeout(limit)
        .build()
        .context("HTTP client")
}

/// Whether an answer comes from a listener of ours: `edge`, `appservice`, `api` or `ops`.
pub(crate) fn is_from(response: &Response, listener: &str) -> bool {
    let said = response.headers().get(LISTENER);
    said.is_some_and(|value| value.as_bytes() == listener.as_bytes())
}

/// Whether an address is on this machine: no proxy leads there.
pub(crate) fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
