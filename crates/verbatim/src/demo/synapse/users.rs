//! Accounts through Synapse's shared-secret registration.

use std::time::Duration;

use anyhow::{Context, bail};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;
use sha1::Sha1;

use super::Layout;
use crate::demo::secrets::{Login, Secrets};

#[derive(Deserialize)]
struct Nonce {
    nonce: String,
}

#[derive(Deserialize)]
struct Refusal {
    errcode: String,
    error: String,
}

/// Creates each employee's account unless it exists.
pub(super) async fn ensure(layout: &Layout, secrets: &Secrets) -> anyhow::Result<()> {
    let http = reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .build()?;
    for login in &secrets.employees {
        register(&http, layout, login, &secrets.registration_shared_secret)
            .await
            .with_context(|| format!("cannot create the account of {}", login.name))?;
    }
    Ok(())
}

async fn register(
    http: &reqwest::Client,
    layout: &Layout,
    login: &Login,
    shared_secret: &str,
) -> anyhow::Result<()> {
    let url = format!("{}/_synapse/admin/v1/register", layout.url());
    let Nonce { nonce } = http
        .get(&url)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let body = json!({
        "nonce": nonce,
        "username": login.name,
        "password": login.password,
        "admin": false,
        "mac": mac(shared_secret, &nonce, login)?,
    });
    let answer = http.post(&url).json(&body).send().await?;
    if answer.status().is_success() {
        return Ok(());
    }
    let status = answer.status();
    let refusal: Refusal = answer
        .json()
        .await
        .with_context(|| format!("answered {status}"))?;
    if status == StatusCode::BAD_REQUEST && refusal.errcode == "M_USER_IN_USE" {
        return Ok(());
    }
    bail!("{}: {}", refusal.errcode, refusal.error)
}

/// HMAC-SHA1 over the fields, separated by NUL, as Synapse's admin API documents it.
fn mac(shared_secret: &str, nonce: &str, login: &Login) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(shared_secret.as_bytes()).context("no key")?;
    for (index, field) in [nonce, &login.name, &login.password, "notadmin"]
        .iter()
        .enumerate()
    {
        if index > 0 {
            mac.update(b"\0");
        }
        mac.update(field.as_bytes());
    }
    Ok(hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mac_is_the_documented_one() {
        // Computed with Python's hmac module over "n\0alice\0pw\0notadmin".
        let login = Login {
            name: "alice".to_owned(),
            password: "pw".to_owned(),
        };
        assert_eq!(
            mac("secret", "n", &login).unwrap(),
            "bed7b1c8bbb7b4e3701c0e2242bfeab2478b3713"
        );
    }
}
