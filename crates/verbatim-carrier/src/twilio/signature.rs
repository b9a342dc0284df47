//! Whether a webhook comes from Twilio: both schemes that Twilio describes under "Webhooks security".
//!
//! Signed is the configured public address with the path and query as received, then for a form all
//! parameters, decoded, sorted, without separators. For any other body the query carries
//! `bodySHA256`. `Host` and forwarding headers are never looked at.
//!
//! Since nothing separates names from values, the scheme itself cannot tell `a=bc` from `ab=c`, and
//! a parameter may be repeated with an equal value. [`super::webhook`] therefore insists on the fields
//! it needs. A replayed request is signed correctly; the engine knows messages by their id.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;
use verbatim_engine::ports::{Webhook, WebhookError};

use super::config::{Secret, TwilioConfig};
use super::form::{Field, parse_form};

const SIGNATURE: &str = "x-twilio-signature";
const SETTINGS: &str = "x-twilio-webhooks-signature-settings";

/// Checks the signature of a webhook over its raw bytes.
///
/// # Errors
/// [`WebhookError::Signature`] unless one of our keys made it.
pub fn verify(config: &TwilioConfig, hook: &Webhook) -> Result<(), WebhookError> {
    let url = format!("{}{}", config.public_base(), hook.path_and_query);
    verify_url(config, &url, hook)
}

/// As [`verify`], for an address that is already put together.
fn verify_url(config: &TwilioConfig, url: &str, hook: &Webhook) -> Result<(), WebhookError> {
    let signature = header(hook, SIGNATURE)?.ok_or(WebhookError::Signature)?;
    let signature = STANDARD
        .decode(signature)
        .map_err(|_| WebhookError::Signature)?;
    let scheme = scheme(config, header(hook, SETTINGS)?)?;
    let parameters = if is_form(hook) {
        canonical(parse_form(&hook.body))
    } else {
        check_body_hash(&hook.path_and_query, &hook.body)?;
        Vec::new()
    };
    for (nth, secret) in scheme.secrets.iter().enumerate() {
        for url in with_and_without_port(url) {
            if scheme
                .algorithm
                .matches(secret, &[url.as_bytes(), &parameters], &signature)
            {
                // Shows when the former key of a rotation is no longer in use.
                tracing::debug!(account = %config.account, key = nth, "webhook signature accepted");
                return Ok(());
            }
        }
    }
    Err(WebhookError::Signature)
}

/// Whether the body is a form by its own account. A body without a type is read as one, since Twilio
/// sends everything but JSON as a form.
pub(super) fn is_form(hook: &Webhook) -> bool {
    match header(hook, "content-type") {
        Ok(None) => true,
        Ok(Some(kind)) => {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        }
        Err(_) => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha1,
    Sha256,
}

impl Algorithm {
    /// Compares in constant time.
    fn matches(self, secret: &Secret, parts: &[&[u8]], signature: &[u8]) -> bool {
        fn run<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]], signature: &[u8]) -> bool {
            let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
                return false;
            };
            parts.iter().for_each(|part| mac.update(part));
            mac.verify_slice(signature).is_ok()
        }
        let key = secret.reveal().as_bytes();
        match self {
            Self::Sha1 => run::<Hmac<Sha1>>(key, parts, signature),
            Self::Sha256 => run::<Hmac<Sha256>>(key, parts, signature),
        }
    }
}

struct Scheme<'a> {
    algorithm: Algorithm,
    secrets: Vec<&'a Secret>,
}

/// Which algorithm and keys count. Once a shared key is configured, only shared keys do: otherwise
/// whoever knows an old token could leave the header out.
fn scheme<'a>(
    config: &'a TwilioConfig,
    settings: Option<&str>,
) -> Result<Scheme<'a>, WebhookError> {
    let setting = |name: &str| {
        settings?.split(',').find_map(|part| {
            let (key, value) = part.split_once('=')?;
            (key.trim() == name).then(|| value.trim())
        })
    };
    match setting("algorithm") {
        None | Some("HMAC_SHA1") if config.shared_keys.is_empty() => {
            let previous = config.auth_token_previous.as_ref();
            let secrets = std::iter::once(&config.auth_token)
                .chain(previous)
                .collect();
            Ok(Scheme {
                algorithm: Algorithm::Sha1,
                secrets,
            })
        }
        Some("HMAC_SHA256") => {
            let id = setting("key").ok_or(WebhookError::Signature)?;
            let keys = config.shared_keys.iter().filter(|key| key.id == id);
            let secrets = keys.map(|key| &key.secret).collect();
            Ok(Scheme {
                algorithm: Algorithm::Sha256,
                secrets,
            })
        }
        _ => Err(WebhookError::Signature),
    }
}

/// A header that may come once only: two could be read differently by two readers.
fn header<'a>(hook: &'a Webhook, name: &str) -> Result<Option<&'a str>, WebhookError> {
    let mut values = hook.headers.iter().filter(|(key, _)| key == name);
    match (values.next(), values.next()) {
        (value, None) => Ok(value.map(|(_, value)| value.as_str())),
        _ => Err(WebhookError::Signature),
    }
}

/// Names in order of their bytes, each with its values in order, equal pairs once.
fn canonical(fields: Vec<Field>) -> Vec<u8> {
    let fields: BTreeSet<Field> = fields.into_iter().collect();
    fields
        .into_iter()
        .flat_map(|(name, value)| [name, value])
        .flatten()
        .collect()
}

fn check_body_hash(path_and_query: &str, body: &[u8]) -> Result<(), WebhookError> {
    let query = path_and_query
        .split_once('?')
        .map_or("", |(_, query)| query);
    let claimed = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("bodySHA256="))
        .and_then(|text| hex::decode(text).ok())
        .ok_or(WebhookError::Signature)?;
    let actual = Sha256::digest(body);
    if bool::from(claimed.ct_eq(actual.as_slice())) {
        Ok(())
    } else {
        Err(WebhookError::Signature)
    }
}

/// Twilio signs the address as configured there. That may name the port or leave it out, so both
/// count: the address as it is, and with the port removed or the default port added.
fn with_and_without_port(url: &str) -> Vec<String> {
    let mut variants = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else {
        return variants;
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let Ok(parsed) = Url::parse(&format!("{scheme}://{authority}")) else {
        return variants;
    };
    let Some(host) = parsed.host_str() else {
        return variants;
    };
    match parsed.port() {
        Some(_) => variants.push(format!("{scheme}://{host}{path}")),
        None => {
            let port = parsed.port_or_known_default().unwrap_or(443);
            variants.push(format!("{scheme}://{host}:{port}{path}"));
        }
    }
    variants
}

/// Signs as Twilio does; for tests and simulators.
#[cfg(test)]
pub(super) fn sign_form(token: &str, url: &str, body: &[u8]) -> String {
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(token.as_bytes()).expect("any length");
    mac.update(url.as_bytes());
    mac.update(&canonical(parse_form(body)));
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
