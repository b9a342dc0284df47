//! Device keys, to-device messages and the bot's `/sync`: what the crypto library asks for, carried to
//! the homeserver.

use std::collections::BTreeMap;
use std::time::Duration;

use matrix_sdk_crypto::types::requests::{
    KeysQueryRequest, ToDeviceRequest, UploadSigningKeysRequest,
};
use reqwest::Method;
use ruma::api::client::keys::{claim_keys, get_keys, upload_keys, upload_signatures};
use ruma::api::client::sync::sync_events::DeviceLists;
use ruma::api::client::to_device::send_event_to_device;
use ruma::api::{IncomingResponse, OutgoingRequest};
use ruma::events::AnyToDeviceEvent;
use ruma::serde::Raw;
use ruma::{OneTimeKeyAlgorithm, UInt, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{As, Call, Http, HttpResult, not_understood};

/// What `/sync` says about keys. Everything else is filtered out at the homeserver.
#[derive(Debug, Deserialize)]
pub(crate) struct KeySync {
    pub(crate) next_batch: String,
    #[serde(default)]
    pub(crate) to_device: ToDevice,
    #[serde(default)]
    pub(crate) device_lists: DeviceLists,
    #[serde(default)]
    pub(crate) device_one_time_keys_count: BTreeMap<OneTimeKeyAlgorithm, UInt>,
    pub(crate) device_unused_fallback_key_types: Option<Vec<OneTimeKeyAlgorithm>>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct ToDevice {
    #[serde(default)]
    pub(crate) events: Vec<Raw<AnyToDeviceEvent>>,
}

const FILTER: &str = r#"{"room":{"rooms":[],"account_data":{"types":[]},"ephemeral":{"types":[]},"timeline":{"limit":0}},"presence":{"types":[]},"account_data":{"types":[]}}"#;

impl Http {
    pub(crate) async fn key_sync(
        &self,
        bot: &UserId,
        since: Option<&str>,
        wait: Duration,
    ) -> HttpResult<KeySync> {
        let wait_ms = wait.as_millis().to_string();
        let mut query = vec![
            ("filter", FILTER),
            ("set_presence", "offline"),
            ("timeout", &wait_ms),
        ];
        query.extend(since.map(|since| ("since", since)));
        let path = ["_matrix", "client", "v3", "sync"];
        let url = self.url(Some(As::device(bot)), &path, &query);
        let request = self
            .start(Method::GET, url)
            .timeout(wait + Duration::from_secs(30));
        let bytes = self.execute("sync", request).await?;
        serde_json::from_slice(&bytes).map_err(|_| not_understood("sync"))
    }

    pub(crate) async fn upload_keys(
        &self,
        who: &UserId,
        request: &upload_keys::v3::Request,
    ) -> HttpResult<upload_keys::v3::Response> {
        let mut body = json!({
            "one_time_keys": request.one_time_keys,
            "fallback_keys": request.fallback_keys,
        });
        if let Some(keys) = &request.device_keys {
            body["device_keys"] = json!(keys);
        }
        self.keys::<upload_keys::v3::Request>("keys/upload", who, &["upload"], &body)
            .await
    }

    pub(crate) async fn query_keys(
        &self,
        who: &UserId,
        request: &KeysQueryRequest,
    ) -> HttpResult<get_keys::v3::Response> {
        let body = json!({ "device_keys": request.device_keys });
        self.keys::<get_keys::v3::Request>("keys/query", who, &["query"], &body)
            .await
    }

    pub(crate) async fn claim_keys(
        &self,
        who: &UserId,
        request: &claim_keys::v3::Request,
    ) -> HttpResult<claim_keys::v3::Response> {
        let body = json!({ "one_time_keys": request.one_time_keys });
        self.keys::<claim_keys::v3::Request>("keys/claim", who, &["claim"], &body)
            .await
    }

    pub(crate) async fn upload_signatures(
        &self,
        who: &UserId,
        request: &upload_signatures::v3::Request,
    ) -> HttpResult<upload_signatures::v3::Response> {
        let body = json!(request.signed_keys);
        let path = ["signatures", "upload"];
        self.keys::<upload_signatures::v3::Request>("keys/signatures", who, &path, &body)
            .await
    }

    /// Publishes the public cross-signing keys. Repeating the same ones changes nothing.
    pub(crate) async fn upload_signing_keys(
        &self,
        who: &UserId,
        request: &UploadSigningKeysRequest,
    ) -> HttpResult<()> {
        let body = json!({
            "master_key": request.master_key,
            "self_signing_key": request.self_signing_key,
            "user_signing_key": request.user_signing_key,
        });
        let path = [
            "_matrix",
            "client",
            "v3",
            "keys",
            "device_signing",
            "upload",
        ];
        self.done(
            As::device(who),
            Call::new("keys/device_signing", Method::POST, &path).body(&body),
        )
        .await
    }

    /// Sends to devices under the request's own transaction id, so that a repetition is none.
    pub(crate) async fn send_to_device(
        &self,
        who: &UserId,
        request: &ToDeviceRequest,
    ) -> HttpResult<send_event_to_device::v3::Response> {
        #[derive(Serialize)]
        struct Body<'a, T> {
            messages: &'a T,
        }
        let body = serde_json::to_value(Body {
            messages: &request.messages,
        })
        .map_err(|_| not_understood("sendToDevice"))?;
        let kind = request.event_type.to_string();
        let path = [
            "_matrix",
            "client",
            "v3",
            "sendToDevice",
            &kind,
            request.txn_id.as_str(),
        ];
        self.done(
            As::device(who),
            Call::new("sendToDevice", Method::PUT, &path).body(&body),
        )
        .await?;
        Ok(send_event_to_device::v3::Response::new())
    }

    async fn keys<R: OutgoingRequest>(
        &self,
        name: &'static str,
        who: &UserId,
        path: &[&str],
        body: &Value,
    ) -> HttpResult<R::IncomingResponse> {
        let path = [&["_matrix", "client", "v3", "keys"], path].concat();
        let call = Call::new(name, Method::POST, &path).body(body);
        let bytes = self.bytes(Some(As::device(who)), call).await?;
        R::IncomingResponse::try_from_http_response(http::Response::new(bytes))
            .map_err(|_| not_understood(name))
    }
}
