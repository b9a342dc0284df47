//! Requests to Twilio: one client, bounded answers, and errors sorted by what is certain.

use std::time::Duration as StdDuration;

use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use url::Url;
use verbatim_domain::Duration;
use verbatim_engine::ports::CarrierError;

use super::config::{ConfigError, Secret, TwilioConfig, is_local};

/// The longest answer to anything but a listing.
pub(super) const SHORT_ANSWER: usize = 256 * 1024;
/// The longest that we let the carrier put us off.
const MAX_RETRY_AFTER_S: u64 = 3600;

/// A client that follows nothing and repeats nothing: a repeated submission is a second text.
pub(super) fn client(config: &TwilioConfig) -> Result<Client, ConfigError> {
    // The client would panic without one.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(ConfigError::NoTls);
    }
    let timeout = StdDuration::from_millis(config.timeout_ms);
    let builder = Client::builder();
    // The credentials of a carrier on this machine are nobody else's business.
    let builder = if is_local(&config.api_base) {
        builder.no_proxy()
    } else {
        builder
    };
    let client = builder
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .timeout(timeout)
        // Earlier than the whole, since only a connection that never stood is certain.
        .connect_timeout(StdDuration::from_secs(5).min(timeout / 2))
        // A connection that the peer closes while we write makes an outcome unknown: reuse briefly.
        .pool_idle_timeout(StdDuration::from_secs(20))
        .user_agent(concat!("verbatim/", env!("CARGO_PKG_VERSION")))
        .build()?;
    Ok(client)
}

/// Access to one account.
pub(super) struct Api {
    client: Client,
    account: Url,
    account_sid: String,
    auth_token: Secret,
}

/// An answer whose status line arrived.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    /// `None` if it did not arrive whole or was too long.
    pub(super) body: Option<Vec<u8>>,
}

/// No answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No byte of the request left.
    NotSent(&'static str),
    /// It may have arrived.
    Unknown(&'static str),
}

impl Api {
    pub(super) fn new(client: Client, config: &TwilioConfig) -> Self {
        let mut account = config.api_base.clone();
        let base = account.path().trim_end_matches('/').to_owned();
        account.set_path(&format!(
            "{base}/2010-04-01/Accounts/{}",
            config.account_sid
        ));
        Self {
            client,
            account,
            account_sid: config.account_sid.clone(),
            auth_token: config.auth_token.clone(),
        }
    }

    /// The address of something in the account, such as `/Messages.json`.
    pub(super) fn url(&self, tail: &str) -> Url {
        let mut url = self.account.clone();
        url.set_path(&format!("{}{tail}", self.account.path()));
        url
    }

    pub(super) async fn post_form(
        &self,
        url: Url,
        form: &[(&str, &str)],
    ) -> Result<Answer, Trouble> {
        self.exchange(self.client.post(url).form(form), SHORT_ANSWER)
            .await
    }

    /// A body that came with 200. Only for addresses made by [`Self::url`] or checked against it,
    /// because the credentials go along.
    pub(super) async fn get(&self, url: Url, limit: usize) -> Result<Vec<u8>, CarrierError> {
        let answer = match self.exchange(self.client.get(url), limit).await {
            Ok(answer) => answer,
            Err(Trouble::NotSent(why) | Trouble::Unknown(why)) => {
                return Err(CarrierError::Unavailable(why.to_owned()));
            }
        };
        match (answer.status.as_u16(), answer.body) {
            (200, Some(body)) => Ok(body),
            (200, None) => Err(CarrierError::Unavailable(
                "answer broken off or too long".into(),
            )),
            (401 | 403, _) => Err(CarrierError::Refused("credentials not accepted".into())),
            (404, _) => Err(CarrierError::Refused("no such account or resource".into())),
            (status, _) => Err(CarrierError::Unavailable(format!("answered {status}"))),
        }
    }

    /// Fetches the account itself: the cheapest request that needs the credentials.
    pub(super) async fn check(&self) -> Result<String, CarrierError> {
        #[derive(Deserialize)]
        struct Account {
            status: String,
            #[serde(rename = "type", default)]
            kind: String,
        }
        let body = self.get(self.url(".json"), SHORT_ANSWER).await?;
        let account: Account = serde_json::from_slice(&body)
            .map_err(|_| CarrierError::Unavailable("account answer not understood".into()))?;
        match (account.status.as_str(), account.kind.as_str()) {
            ("active", "Trial") => Ok("account is active (trial: texts get an extra line)".into()),
            ("active", _) => Ok("account is active".into()),
            _ => Err(CarrierError::Refused(
                "account is suspended or closed".into(),
            )),
        }
    }

    async fn exchange(&self, request: RequestBuilder, limit: usize) -> Result<Answer, Trouble> {
        let request = request.basic_auth(&self.account_sid, Some(self.auth_token.reveal()));
        let mut response = request.send().await.map_err(|error| trouble(&error))?;
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| {
            let seconds: u64 = value.to_str().ok()?.trim().parse().ok()?;
            Some(Duration::from_secs(seconds.min(MAX_RETRY_AFTER_S)))
        });
        let mut body = Some(Vec::new());
        while let Some(whole) = &mut body {
            match response.chunk().await {
                Ok(Some(chunk)) if whole.len() + chunk.len() <= limit => {
                    whole.extend_from_slice(&chunk);
                }
                Ok(None) => break,
                Ok(Some(_)) | Err(_) => body = None,
            }
        }
        Ok(Answer {
            status: response.status(),
            retry_after,
            body,
        })
    }
}

/// The error's own words may hold addresses, and those hold phone numbers: say it in ours.
fn trouble(error: &reqwest::Error) -> Trouble {
    // Name resolution, TCP connect, proxy tunnel and TLS handshake all come before the request.
    if error.is_connect() {
        Trouble::NotSent("no connection to the carrier")
    } else if error.is_builder() {
        Trouble::NotSent("request could not be built")
    } else if error.is_timeout() {
        Trouble::Unknown("no answer in time")
    } else {
        Trouble::Unknown("connection lost before the answer")
    }
}
