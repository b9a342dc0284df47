//! Accounts, devices, profiles, and the application service itself.

use std::collections::BTreeMap;

use reqwest::Method;
use ruma::UserId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{As, Call, Http, HttpError, HttpResult};
use crate::config::DEVICE_ID;

/// What others see of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Profile {
    pub(crate) displayname: Option<String>,
    pub(crate) avatar_url: Option<String>,
}

#[derive(Deserialize)]
struct UserInfo {
    sub: String,
}

#[derive(Deserialize)]
struct WhoAmI {
    user_id: String,
}

#[derive(Deserialize)]
struct Ping {
    duration_ms: u64,
}

#[derive(Deserialize)]
struct Versions {
    versions: Vec<String>,
}

#[derive(Deserialize)]
struct Uploaded {
    content_uri: String,
}

impl Http {
    /// Registers an account of ours; one that exists is as good.
    pub(crate) async fn register(&self, user: &UserId) -> HttpResult<()> {
        let body = json!({
            "type": "m.login.application_service",
            "username": user.localpart(),
            "inhibit_login": true,
        });
        let call = Call::new(
            "register",
            Method::POST,
            &["_matrix", "client", "v3", "register"],
        );
        // Registering is done by the service itself, so it names no user.
        match self.bytes(None, call.body(&body)).await {
            Err(error) if error.is("M_USER_IN_USE") => Ok(()),
            other => other.map(drop),
        }
    }

    /// Creates the account's device, or finds it there (MSC4190, stable).
    pub(crate) async fn put_device(&self, user: &UserId, name: &str) -> HttpResult<()> {
        let body = json!({ "display_name": name });
        let path = ["_matrix", "client", "v3", "devices", DEVICE_ID];
        self.done(
            As::user(user),
            Call::new("devices", Method::PUT, &path).body(&body),
        )
        .await
    }

    pub(crate) async fn profile(&self, user: &UserId) -> HttpResult<Profile> {
        let path = ["_matrix", "client", "v3", "profile", user.as_str()];
        match self
            .json(As::user(user), Call::new("profile", Method::GET, &path))
            .await
        {
            Err(error) if error.is("M_NOT_FOUND") => Ok(Profile::default()),
            other => other,
        }
    }

    /// Sets `displayname` or `avatar_url`.
    pub(crate) async fn set_profile(
        &self,
        user: &UserId,
        field: &str,
        value: &str,
    ) -> HttpResult<()> {
        let body = json!({ field: value });
        let path = ["_matrix", "client", "v3", "profile", user.as_str(), field];
        self.done(
            As::user(user),
            Call::new("profile", Method::PUT, &path).body(&body),
        )
        .await
    }

    /// The user that our token stands for, in `user`'s name.
    pub(crate) async fn whoami(&self, user: &UserId) -> HttpResult<String> {
        let path = ["_matrix", "client", "v3", "account", "whoami"];
        let answer: WhoAmI = self
            .json(As::user(user), Call::new("whoami", Method::GET, &path))
            .await?;
        Ok(answer.user_id)
    }

    /// The versions of the specification that the homeserver names; needs no token.
    pub(crate) async fn versions(&self) -> HttpResult<Vec<String>> {
        let url = self.url(None, &["_matrix", "client", "versions"], &[]);
        let bytes = self
            .nameless("versions", self.start(Method::GET, url))
            .await?;
        let answer: Versions =
            serde_json::from_slice(&bytes).map_err(|_| super::not_understood("versions"))?;
        Ok(answer.versions)
    }

    /// Whose OpenID token this is. Of the federation API; needs none of our tokens.
    pub(crate) async fn openid_user(&self, token: &str) -> HttpResult<String> {
        let path = ["_matrix", "federation", "v1", "openid", "userinfo"];
        let url = self.url(None, &path, &[("access_token", token)]);
        let bytes = self
            .nameless("openid", self.start(Method::GET, url))
            .await?;
        let answer: UserInfo =
            serde_json::from_slice(&bytes).map_err(|_| super::not_understood("openid"))?;
        Ok(answer.sub)
    }

    /// Has the homeserver call our listener (MSC2659, stable). Makes it retry at once what it holds.
    pub(crate) async fn ping(&self, user: &UserId, as_id: &str) -> HttpResult<u64> {
        let path = ["_matrix", "client", "v1", "appservice", as_id, "ping"];
        let body = json!({ "transaction_id": "verbatim" });
        let call = Call::new("ping", Method::POST, &path).body(&body);
        let answer: Ping = self.json(As::user(user), call).await?;
        Ok(answer.duration_ms)
    }

    /// Uploads a picture; its content address.
    pub(crate) async fn upload(
        &self,
        user: &UserId,
        media_type: &str,
        data: &'static [u8],
    ) -> HttpResult<String> {
        let url = self.url(
            Some(As::user(user)),
            &["_matrix", "media", "v3", "upload"],
            &[],
        );
        let request = self
            .start(Method::POST, url)
            .header("content-type", media_type)
            .body(data);
        let bytes = self.execute("upload", request).await?;
        let answer: Uploaded =
            serde_json::from_slice(&bytes).map_err(|_| super::not_understood("upload"))?;
        Ok(answer.content_uri)
    }

    /// Whether the account's device is there.
    pub(crate) async fn has_device(&self, user: &UserId) -> HttpResult<bool> {
        let path = ["_matrix", "client", "v3", "devices", DEVICE_ID];
        match self
            .done(As::user(user), Call::new("devices", Method::GET, &path))
            .await
        {
            Ok(()) => Ok(true),
            Err(HttpError::Refused { status: 404, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    device_keys: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(default)]
    self_signing_keys: BTreeMap<String, Value>,
}

impl Http {
    /// Whether the homeserver shows the account's device with a signature of its self-signing key.
    pub(crate) async fn shows_cross_signed(&self, user: &UserId) -> HttpResult<bool> {
        let body = json!({ "device_keys": { user.as_str(): [] } });
        let path = ["_matrix", "client", "v3", "keys", "query"];
        let call = Call::new("keys/query", Method::POST, &path).body(&body);
        let shown: Shown = self.json(As::user(user), call).await?;
        let device = shown
            .device_keys
            .get(user.as_str())
            .and_then(|devices| devices.get(DEVICE_ID));
        let signing = shown
            .self_signing_keys
            .get(user.as_str())
            .and_then(|key| key["keys"].as_object());
        let (Some(device), Some(signing)) = (device, signing) else {
            return Ok(false);
        };
        Ok(signing
            .keys()
            .any(|key| !device["signatures"][user.as_str()][key].is_null()))
    }

    /// The homeserver's clock, from the `Date` header (RFC 9110, section 6.6.1).
    pub(crate) async fn date_ms(&self) -> Option<i64> {
        let url = self.url(None, &["_matrix", "client", "versions"], &[]);
        let response = self.start(Method::GET, url).send().await.ok()?;
        let date = response.headers().get("date")?.to_str().ok()?;
        let format = time::format_description::parse_borrowed::<2>(
            "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT",
        )
        .ok()?;
        let date = time::PrimitiveDateTime::parse(date, &format).ok()?;
        Some(date.assume_utc().unix_timestamp() * 1000)
    }
}
