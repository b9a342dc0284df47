//! What the Twilio adapter needs to know, checked before anything is tried with it.

use thiserror::Error;
use url::{Host, Url};
use verbatim_domain::AccountId;
use zeroize::Zeroizing;

/// A secret. It cannot be printed, and is overwritten when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret in.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The secret, for the one place that needs it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

/// A key shared with Twilio for `HMAC_SHA256` webhook signatures.
#[derive(Clone)]
pub struct SharedKey {
    /// Its id, as the header `X-Twilio-Webhooks-Signature-Settings` names it.
    pub id: String,
    /// The key.
    pub secret: Secret,
}

/// One Twilio account. Not `Debug`, since it holds secrets.
#[derive(Clone)]
pub struct TwilioConfig {
    /// Our name for the account; part of the webhook addresses.
    pub account: AccountId,
    /// `AC…`
    pub account_sid: String,
    /// Authenticates requests and signs webhooks. With shared keys webhooks do without it: then it may be
    /// empty where nothing is asked of Twilio, which is on an edge.
    pub auth_token: Secret,
    /// The token before or after a rotation: webhooks signed with it are accepted too.
    pub auth_token_previous: Option<Secret>,
    /// Once there is a shared key, webhooks signed in any other way are refused.
    pub shared_keys: Vec<SharedKey>,
    /// Where Twilio's API is.
    pub api_base: Url,
    /// Where Twilio reaches us, such as `https://sms.firm.example`.
    pub public_url: Url,
    /// The Messaging Service to send through, if the firm has one (10DLC campaigns need it).
    pub messaging_service_sid: Option<String>,
    /// The longest wait for an answer.
    pub timeout_ms: u64,
}

/// Why a configuration cannot work.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The account's name becomes part of an address.
    #[error("account name: use letters, digits, `-` and `_` only")]
    Account,
    /// No Twilio account id.
    #[error("account_sid: expected letters and digits, such as AC followed by 32 hex digits")]
    AccountSid,
    /// No Messaging Service id.
    #[error(
        "messaging_service_sid: expected letters and digits, such as MG followed by 32 hex digits"
    )]
    MessagingServiceSid,
    /// A secret is empty.
    #[error("{0}: is empty")]
    EmptySecret(&'static str),
    /// An address of the wrong form.
    #[error("{0}: {1}")]
    Address(&'static str, &'static str),
    /// No waiting time.
    #[error("timeout_ms: must be between 1 and 600000")]
    Timeout,
    /// The process has no TLS.
    #[error("no TLS provider is installed in this process")]
    NoTls,
    /// The HTTP client cannot be built, for example because the system has no root certificates.
    #[error("HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

impl TwilioConfig {
    /// A configuration with the usual choices.
    pub fn new(
        account: AccountId,
        account_sid: impl Into<String>,
        auth_token: Secret,
        public_url: Url,
    ) -> Self {
        #[allow(clippy::expect_used, reason = "a constant that is a valid address")]
        let api_base = Url::parse("https://api.twilio.com").expect("valid");
        Self {
            account,
            account_sid: account_sid.into(),
            auth_token,
            auth_token_previous: None,
            shared_keys: Vec::new(),
            api_base,
            public_url,
            messaging_service_sid: None,
            timeout_ms: 15_000,
        }
    }

    /// The public address of one of our webhooks.
    pub(crate) fn hook(&self, name: &str) -> String {
        format!("{}/hooks/{}/{name}", self.public_base(), self.account)
    }

    /// The public address without its last slash.
    pub(crate) fn public_base(&self) -> &str {
        self.public_url.as_str().trim_end_matches('/')
    }

    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        if !is_name(self.account.as_str()) {
            return Err(ConfigError::Account);
        }
        if !is_sid(&self.account_sid) {
            return Err(ConfigError::AccountSid);
        }
        if self
            .messaging_service_sid
            .as_deref()
            .is_some_and(|sid| !is_sid(sid))
        {
            return Err(ConfigError::MessagingServiceSid);
        }
        self.validate_secrets()?;
        validate_address("api_base", &self.api_base)?;
        validate_address("public_url", &self.public_url)?;
        // Twilio refuses a StatusCallback whose host name has an underscore.
        if self
            .public_url
            .host_str()
            .is_some_and(|host| host.contains('_'))
        {
            return Err(ConfigError::Address(
                "public_url",
                "no underscore in the host name",
            ));
        }
        if !(1..=600_000).contains(&self.timeout_ms) {
            return Err(ConfigError::Timeout);
        }
        Ok(())
    }

    fn validate_secrets(&self) -> Result<(), ConfigError> {
        let empty = |secret: &Secret| secret.reveal().is_empty();
        if empty(&self.auth_token) && self.shared_keys.is_empty() {
            return Err(ConfigError::EmptySecret("auth_token"));
        }
        if self.auth_token_previous.as_ref().is_some_and(empty) {
            return Err(ConfigError::EmptySecret("auth_token_previous"));
        }
        if self
            .shared_keys
            .iter()
            .any(|key| key.id.is_empty() || empty(&key.secret))
        {
            return Err(ConfigError::EmptySecret("shared_keys"));
        }
        Ok(())
    }
}

/// Secrets and texts travel to these addresses: https, except on this machine.
fn validate_address(what: &'static str, url: &Url) -> Result<(), ConfigError> {
    if url.host().is_none() {
        return Err(ConfigError::Address(what, "has no host"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_local(url) => {}
        _ => return Err(ConfigError::Address(what, "must begin with https://")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigError::Address(
            what,
            "must not hold a user or a password",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigError::Address(what, "must end before `?` and `#`"));
    }
    Ok(())
}

/// Whether an address is on this machine.
pub(super) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Twilio's ids are two letters and 32 hex digits; look-alikes use UUIDs.
pub(crate) fn is_sid(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> TwilioConfig {
        TwilioConfig::new(
            AccountId::from("twilio-main"),
            format!("AC{}", "0".repeat(32)),
            Secret::new("12345"),
            Url::parse("https://sms.firm.example/").unwrap(),
        )
    }

    fn check(change: impl FnOnce(&mut TwilioConfig), expected: &str) {
        let mut config = config();
        change(&mut config);
        let got = config
            .validate()
            .map_or_else(|e| e.to_string(), |()| "fine".to_owned());
        assert!(
            got.starts_with(expected),
            "expected {expected:?}, got {got:?}"
        );
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn what_cannot_work_is_named() {
        check(|_| {}, "fine");
        check(|c| c.api_base = url("http://127.0.0.1:8080"), "fine");
        check(|c| c.api_base = url("http://[::1]:8080"), "fine");
        check(|c| c.public_url = url("http://localhost:8080"), "fine");
        check(|c| c.account = AccountId::from(""), "account name");
        check(|c| c.account = AccountId::from("a/b"), "account name");
        check(|c| c.account_sid = "AC/../x".into(), "account_sid");
        check(|c| c.account_sid = String::new(), "account_sid");
        check(
            |c| c.messaging_service_sid = Some("".into()),
            "messaging_service_sid",
        );
        check(|c| c.auth_token = Secret::new(""), "auth_token:");
        check(
            |c| c.auth_token_previous = Some(Secret::new("")),
            "auth_token_previous:",
        );
        check(
            |c| {
                c.shared_keys = vec![SharedKey {
                    id: "k".into(),
                    secret: Secret::new(""),
                }]
            },
            "shared_keys",
        );
        check(|c| c.api_base = url("http://api.twilio.com"), "api_base");
        check(|c| c.api_base = url("data:x"), "api_base");
        check(|c| c.public_url = url("http://10.0.0.1"), "public_url");
        check(
            |c| c.public_url = url("https://a:b@sms.firm.example"),
            "public_url",
        );
        check(
            |c| c.public_url = url("https://sms.firm.example/?a"),
            "public_url",
        );
        check(
            |c| c.public_url = url("https://sms_1.firm.example"),
            "public_url",
        );
        check(|c| c.timeout_ms = 0, "timeout_ms");
    }

    #[test]
    fn addresses_have_one_slash() {
        for base in ["https://sms.firm.example", "https://sms.firm.example/"] {
            let mut config = config();
            config.public_url = url(base);
            assert_eq!(
                config.hook("sms"),
                "https://sms.firm.example/hooks/twilio-main/sms"
            );
        }
    }
}
