//! The homeserver, spoken to as an application service: every call carries our token and says in whose
//! name it is made. No call waits for ever, and no error carries content.

pub(crate) mod accounts;
pub(crate) mod keys;
pub(crate) mod rooms;
pub(crate) mod timeline;

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use ruma::{DeviceId, UserId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;
use url::Url;
use verbatim_engine::ports::PlatformError;

use crate::config::{DEVICE_ID, MatrixConfig, Secret};

const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What became of a call that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum HttpError {
    /// Nobody knows whether it happened; later it may go.
    #[error("{0}")]
    Unavailable(String),
    /// The homeserver said no, and why.
    #[error("{call}: {status} {errcode}")]
    Refused {
        /// Which call, without ids.
        call: &'static str,
        /// HTTP status.
        status: u16,
        /// `M_…`.
        errcode: String,
    },
}

impl HttpError {
    /// Whether the homeserver gave this error code.
    pub(crate) fn is(&self, code: &str) -> bool {
        matches!(self, Self::Refused { errcode, .. } if errcode == code)
    }
}

impl From<HttpError> for PlatformError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Unavailable(why) => Self::Unavailable(why),
            HttpError::Refused { .. } if error.is("M_UNKNOWN_TOKEN") => Self::Refused(format!(
                "{error}: the homeserver does not know our registration"
            )),
            HttpError::Refused { .. } => Self::Refused(error.to_string()),
        }
    }
}

pub(crate) type HttpResult<T> = Result<T, HttpError>;

/// In whose name a call is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct As<'a> {
    user: &'a UserId,
    device: Option<&'a DeviceId>,
}

impl<'a> As<'a> {
    /// As the user's one device.
    pub(crate) fn device(user: &'a UserId) -> Self {
        Self {
            user,
            device: Some(<&DeviceId>::from(DEVICE_ID)),
        }
    }

    /// As the user; what must be used before the device exists.
    pub(crate) fn user(user: &'a UserId) -> Self {
        Self { user, device: None }
    }
}

/// One call. `name` appears in errors and must not name people or rooms.
pub(crate) struct Call<'a> {
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) body: Option<&'a Value>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(name: &'static str, method: Method, path: &'a [&'a str]) -> Self {
        Self {
            name,
            method,
            path,
            query: &[],
            body: None,
        }
    }

    pub(crate) fn query(self, query: &'a [(&'a str, &'a str)]) -> Self {
        Self { query, ..self }
    }

    pub(crate) fn body(self, body: &'a Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }
}

/// The client-server API of one homeserver.
pub(crate) struct Http {
    client: reqwest::Client,
    base: Url,
    token: Secret,
}

#[derive(Deserialize)]
struct ErrorBody {
    errcode: String,
}

impl Http {
    pub(crate) fn new(config: &MatrixConfig) -> Result<Self, PlatformError> {
        // Harmless if the process has chosen a provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder();
        // Our token for a homeserver on this machine is nobody else's business, proxies' included.
        let builder = if is_local(&config.homeserver) {
            builder.no_proxy()
        } else {
            builder
        };
        let client = builder
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| PlatformError::Refused(format!("HTTP client: {error}")))?;
        Ok(Self {
            client,
            base: config.homeserver.clone(),
            token: config.as_token.clone(),
        })
    }

    /// Makes a call and reads the answer as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        who: As<'_>,
        call: Call<'_>,
    ) -> HttpResult<T> {
        let name = call.name;
        let bytes = self.bytes(Some(who), call).await?;
        serde_json::from_slice(&bytes).map_err(|_| not_understood(name))
    }

    /// Makes a call whose answer does not matter once it is a success.
    pub(crate) async fn done(&self, who: As<'_>, call: Call<'_>) -> HttpResult<()> {
        self.bytes(Some(who), call).await.map(drop)
    }

    /// Makes a call; the answer as it came.
    pub(crate) async fn bytes(&self, who: Option<As<'_>>, call: Call<'_>) -> HttpResult<Bytes> {
        let url = self.url(who, call.path, call.query);
        let mut request = self.client.request(call.method, url);
        if let Some(body) = call.body {
            request = request.json(body);
        }
        self.execute(call.name, request).await
    }

    /// A prepared request, without the token yet.
    pub(crate) fn start(&self, method: Method, url: Url) -> reqwest::RequestBuilder {
        self.client.request(method, url)
    }

    pub(crate) fn url(&self, who: Option<As<'_>>, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        {
            let mut pairs = url.query_pairs_mut();
            if let Some(who) = who {
                pairs.append_pair("user_id", who.user.as_str());
                if let Some(device) = who.device {
                    pairs.append_pair("device_id", device.as_str());
                }
            }
            pairs.extend_pairs(query);
        }
        url
    }

    /// Sends with our token and sorts failures by what can be done about them.
    pub(crate) async fn execute(
        &self,
        name: &'static str,
        request: reqwest::RequestBuilder,
    ) -> HttpResult<Bytes> {
        self.nameless(name, request.bearer_auth(&self.token.0))
            .await
    }

    /// Like [`Self::execute`], without our token: a homeserver that does not know it refuses it even where
    /// none is needed.
    pub(crate) async fn nameless(
        &self,
        name: &'static str,
        request: reqwest::RequestBuilder,
    ) -> HttpResult<Bytes> {
        // Without its address: that would tell user and room.
        let gone = |error: reqwest::Error| {
            HttpError::Unavailable(format!("{name}: {}", describe(&error.without_url())))
        };
        let response = request.send().await.map_err(gone)?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(gone)?;
        if status.is_success() {
            return Ok(bytes);
        }
        let errcode = serde_json::from_slice::<ErrorBody>(&bytes)
            .ok()
            .map(|e| e.errcode);
        Err(failure(name, status.as_u16(), errcode))
    }
}

/// What a failed answer means. A 4xx without a Matrix error code is not the homeserver's but something in
/// front of it.
fn failure(call: &'static str, status: u16, errcode: Option<String>) -> HttpError {
    match errcode {
        Some(errcode) if (400..500).contains(&status) && status != 429 => HttpError::Refused {
            call,
            status,
            errcode: errcode.chars().take(64).collect(),
        },
        _ => HttpError::Unavailable(format!("{call}: answered {status}")),
    }
}

fn not_understood(call: &'static str) -> HttpError {
    HttpError::Unavailable(format!("{call}: answer not understood"))
}

fn describe(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    if error.is_connect() {
        return "cannot connect".to_owned();
    }
    error.to_string()
}

/// Whether an address is on this machine.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn failures_are_sorted_by_what_can_be_done() {
        #[track_caller]
        fn check(status: u16, errcode: Option<&str>, refused: bool) {
            let error = failure("call", status, errcode.map(str::to_owned));
            assert_eq!(
                matches!(error, HttpError::Refused { .. }),
                refused,
                "{error}"
            );
        }
        check(400, Some("M_UNKNOWN_DEVICE"), true);
        check(401, Some("M_UNKNOWN_TOKEN"), true);
        check(404, Some("M_NOT_FOUND"), true);
        check(404, None, false);
        check(429, Some("M_LIMIT_EXCEEDED"), false);
        check(500, Some("M_UNKNOWN"), false);
        check(502, None, false);
    }

    fn http(homeserver: &str) -> Http {
        Http::new(&MatrixConfig {
            homeserver: Url::parse(homeserver).unwrap(),
            server_name: "example.test".into(),
            as_id: "verbatim".into(),
            as_token: Secret("t".into()),
            bot_localpart: "smsbot".into(),
            bot_name: "SMS".into(),
            stand_in_prefix: "sms_".into(),
            avatar: None,
        })
        .unwrap()
    }

    /// A homeserver that knows no token, and like Synapse refuses it wherever it sees one.
    async fn homeserver_without_us() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = [0; 8192];
                let read = stream.read(&mut head).await.unwrap();
                let head = String::from_utf8_lossy(&head[..read]).to_lowercase();
                let (status, body) = if head.contains("authorization:") {
                    ("401 Unauthorized", r#"{"errcode":"M_UNKNOWN_TOKEN"}"#)
                } else {
                    ("200 OK", r#"{"versions":["v1.11"]}"#)
                };
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        format!("http://{address}")
    }

    /// The likeliest fault of all; it was taken for a homeserver that is away.
    #[tokio::test]
    async fn a_homeserver_without_our_registration_is_told_from_one_that_is_away() {
        let http = http(&homeserver_without_us().await);
        assert_eq!(http.versions().await.unwrap(), ["v1.11"]);
        let bot = <&UserId>::try_from("@smsbot:example.test").unwrap();
        let error = PlatformError::from(http.whoami(bot).await.unwrap_err());
        assert!(matches!(error, PlatformError::Refused(_)), "{error}");
        assert!(error.to_string().contains("our registration"), "{error}");
    }

    #[test]
    fn ids_are_escaped_in_addresses() {
        let http = http("http://hs.test/base/");
        let user = <&UserId>::try_from("@smsbot:example.test").unwrap();
        let path = ["_matrix", "client", "v3", "rooms", "!a/b?c"];
        let url = http.url(Some(As::device(user)), &path, &[("ts", "5")]);
        assert_eq!(
            url.as_str(),
            "http://hs.test/base/_matrix/client/v3/rooms/!a%2Fb%3Fc\
             ?user_id=%40smsbot%3Aexample.test&device_id=VERBATIM&ts=5"
        );
    }
}
