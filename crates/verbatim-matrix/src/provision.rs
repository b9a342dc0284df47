//! How a device comes to be, in steps that may each be repeated, and how we know later that it is still
//! the same (facts: matrix, section 8). Identities are made once and never made again: a changed identity
//! is a warning on every employee's screen, and what makes an impostor visible.

use std::collections::BTreeMap;

use matrix_sdk_crypto::types::requests::KeysQueryRequest;
use ruma::api::client::keys::get_keys;
use ruma::encryption::{CrossSigningKey, DeviceKeys};
use ruma::serde::Raw;
use ruma::{DeviceId, OwnedUserId};
use serde::Serialize;
use serde_json::Value;
use verbatim_engine::ports::PlatformError;

use crate::config::DEVICE_ID;
use crate::crypto_store::crypto_store_error;
use crate::http::Http;
use crate::machine::{Device, refused};

/// Kind of the row that says that everything is published.
const PROVISIONED: &str = "provisioned";

impl Device {
    pub(crate) async fn is_provisioned(&self) -> Result<bool, PlatformError> {
        Ok(self.rows.bytes(PROVISIONED, "", "").await?.is_some())
    }

    /// Publishes account, device, keys and cross-signing, or checks that they are still there.
    pub(crate) async fn ensure(&self, http: &Http, device_name: &str) -> Result<(), PlatformError> {
        if self.is_provisioned().await? {
            return self.confirm(http).await;
        }
        let mut speaking = self.speak().await;
        http.register(&self.user).await?;
        http.put_device(&self.user, device_name).await?;
        self.refuse_foreign_device(&self.own_keys(http).await?)?;
        // If we die from here on: account and identity are stored before they are sent, so the next
        // attempt sends the same ones.
        self.pump(&mut speaking, http).await?;
        self.cross_sign(http).await?;
        self.machine
            .update_tracked_users([self.user.as_ref()])
            .await
            .map_err(crypto_store_error)?;
        let (id, request) = self.machine.query_keys_for_users([self.user.as_ref()]);
        self.query_keys(http, &id, &request).await?;
        self.pump(&mut speaking, http).await?;
        self.must_be_cross_signed().await?;
        let row = self.rows.put_bytes(PROVISIONED, "", "", &[1]);
        Ok(self.rows.apply(vec![row]).await?)
    }

    /// Sends the identity that is there; makes one only if there is none.
    async fn cross_sign(&self, http: &Http) -> Result<(), PlatformError> {
        let requests = self
            .machine
            .bootstrap_cross_signing(false)
            .await
            .map_err(crypto_store_error)?;
        if let Some(upload) = &requests.upload_keys_req {
            self.carry_out(http, upload.request_id(), upload.request())
                .await?;
        }
        http.upload_signing_keys(&self.user, &requests.upload_signing_keys_req)
            .await?;
        let response = http
            .upload_signatures(&self.user, &requests.upload_signatures_req)
            .await?;
        if !response.failures.is_empty() {
            return Err(self.broken("the homeserver does not take its signatures"));
        }
        Ok(())
    }

    async fn must_be_cross_signed(&self) -> Result<(), PlatformError> {
        let device = <&DeviceId>::from(DEVICE_ID);
        let device = self
            .machine
            .get_device(&self.user, device, None)
            .await
            .map_err(crypto_store_error)?;
        if device.is_some_and(|device| device.is_cross_signed_by_owner()) {
            return Ok(());
        }
        Err(PlatformError::Unavailable(
            "the device is not shown as cross-signed yet".to_owned(),
        ))
    }

    /// Checks that the homeserver still shows our device and our identity.
    pub(crate) async fn confirm(&self, http: &Http) -> Result<(), PlatformError> {
        let response = self.own_keys(http).await?;
        match self.shown_curve_key(&response) {
            None => Err(self.broken("its device keys are gone from the homeserver")),
            Some(key) if key != self.curve_key() => {
                Err(self.broken("the homeserver shows other device keys for it"))
            }
            Some(_) if !response.master_keys.contains_key(&self.user) => {
                Err(self.broken("its cross-signing keys are gone from the homeserver"))
            }
            Some(_) => self.check_own_identity(&response).await,
        }
    }

    async fn own_keys(&self, http: &Http) -> Result<get_keys::v3::Response, PlatformError> {
        let request = KeysQueryRequest {
            timeout: None,
            device_keys: BTreeMap::from([(self.user.clone(), Vec::new())]),
        };
        match http.query_keys(&self.user, &request).await {
            Err(error) if error.is("M_UNKNOWN_DEVICE") => {
                Err(self.broken("its device is gone from the homeserver"))
            }
            other => Ok(other?),
        }
    }

    /// A device of ours that this store does not know: somebody lost the store, or two run on one account.
    fn refuse_foreign_device(
        &self,
        response: &get_keys::v3::Response,
    ) -> Result<(), PlatformError> {
        match self.shown_curve_key(response) {
            Some(key) if key != self.curve_key() => {
                Err(self.broken("the homeserver knows it with keys that this store does not hold"))
            }
            _ => Ok(()),
        }
    }

    fn curve_key(&self) -> String {
        self.machine.identity_keys().curve25519.to_base64()
    }

    fn shown_curve_key(&self, response: &get_keys::v3::Response) -> Option<String> {
        let device: &Raw<DeviceKeys> = response
            .device_keys
            .get(&self.user)?
            .get(<&DeviceId>::from(DEVICE_ID))?;
        let keys: Value = device.get_field("keys").ok()??;
        Some(
            keys.get(format!("curve25519:{DEVICE_ID}"))?
                .as_str()?
                .to_owned(),
        )
    }

    /// Refuses an answer that shows another identity for us than the one whose private keys we hold.
    pub(crate) async fn check_own_identity(
        &self,
        response: &get_keys::v3::Response,
    ) -> Result<(), PlatformError> {
        if !response.master_keys.contains_key(&self.user) {
            return Ok(());
        }
        let identity = self
            .machine
            .get_identity(&self.user, None)
            .await
            .map_err(crypto_store_error)?;
        let Some(own) = identity.and_then(|identity| identity.own()) else {
            return Err(self
                .broken("the homeserver shows an identity for it that this store does not hold"));
        };
        let same = is_shown(own.master_key(), &self.user, &response.master_keys)?
            && is_shown(
                own.self_signing_key(),
                &self.user,
                &response.self_signing_keys,
            )?
            && is_shown(
                own.user_signing_key(),
                &self.user,
                &response.user_signing_keys,
            )?;
        if same {
            return Ok(());
        }
        Err(self.broken("the homeserver shows another identity for it"))
    }

    fn broken(&self, what: &str) -> PlatformError {
        PlatformError::Refused(format!(
            "{}: {what}. Nothing is made anew, since employees' clients would rightly warn of it: \
             restore the store or the homeserver that belong together",
            self.user
        ))
    }
}

/// Whether the homeserver shows this key, or none (a user-signing key is shown only to its owner).
fn is_shown(
    ours: &impl Serialize,
    user: &OwnedUserId,
    shown: &BTreeMap<OwnedUserId, Raw<CrossSigningKey>>,
) -> Result<bool, PlatformError> {
    let Some(shown) = shown.get(user) else {
        return Ok(true);
    };
    let ours = serde_json::to_value(ours).map_err(refused)?;
    let shown: Option<Value> = shown.get_field("keys").map_err(refused)?;
    Ok(shown.as_ref() == ours.get("keys"))
}
