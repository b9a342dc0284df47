//! The provider's webhook signature.
//!
//! The signed text is the webhook's address as configured, without its fragment, followed by each
//! form parameter's name and value, sorted by name and then by value, each distinct pair once.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use std::collections::BTreeSet;

/// The header that carries the signature.
pub(crate) const SIGNATURE: &str = "X-Twilio-Signature";
/// The header that names the shared key and algorithm, where one is used.
pub(crate) const SETTINGS: &str = "X-Twilio-Webhooks-Signature-Settings";

/// What webhooks are signed with.
#[derive(Clone)]
pub(crate) enum Key {
    /// HMAC-SHA1 under the account's auth token.
    AuthToken(String),
    /// HMAC-SHA256 under a shared key; the settings header names it.
    Shared { id: String, secret: String },
}

impl Key {
    /// The headers of a form webhook to `url`.
    pub(crate) fn headers(
        &self,
        url: &str,
        params: &[(String, String)],
    ) -> Vec<(&'static str, String)> {
        let text = signed_text(url, params);
        match self {
            Self::AuthToken(token) => vec![(SIGNATURE, sha1(token, &text))],
            Self::Shared { id, secret } => vec![
                (SETTINGS, format!("key={id},algorithm=HMAC_SHA256")),
                (SIGNATURE, sha256(secret, &text)),
            ],
        }
    }
}

fn signed_text(url: &str, params: &[(String, String)]) -> String {
    let sorted: BTreeSet<(&str, &str)> = params
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut text = without_fragment(url).to_owned();
    for (name, value) in sorted {
        text.push_str(name);
        text.push_str(value);
    }
    text
}

/// The part of an address that is requested and signed; connection overrides live behind the `#`.
pub(crate) fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(address, _)| address)
}

fn sha1(key: &str, text: &str) -> String {
    // HMAC takes a key of any length (RFC 2104 section 2), so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn sha256(key: &str, text: &str) -> String {
    // As above.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: Key, url: &str, params: &[(&str, &str)], want: &[(&str, &str)]) {
        let params: Vec<_> = params
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        let got = key.headers(url, &params);
        let got: Vec<_> = got.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(got, want);
    }

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const CALL: [(&str, &str); 5] = [
        ("To", "+18005551212"),
        ("From", "+14158675309"),
        ("Digits", "1234"),
        ("Caller", "+14158675309"),
        ("CallSid", "CA1234567890ABCDE"),
    ];

    #[test]
    fn published_vectors_hold() {
        let token = || Key::AuthToken("12345".into());
        check(
            token(),
            URL,
            &CALL,
            &[(SIGNATURE, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")],
        );
        check(
            token(),
            &format!("{URL}#rc=5&rp=all"),
            &CALL,
            &[(SIGNATURE, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")],
        );
        check(
            Key::Shared {
                id: "webhooks_sharedkey_x".into(),
                secret: "12345".into(),
            },
            URL,
            &CALL,
            &[
                (SETTINGS, "key=webhooks_sharedkey_x,algorithm=HMAC_SHA256"),
                (SIGNATURE, "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s="),
            ],
        );
        check(
            token(),
            "https://gw.example.com/hooks/twilio/in",
            &[
                ("MessageSid", "SM00000000000000000000000000000000"),
                ("SmsStatus", "received"),
                ("From", "+14155550100"),
                ("To", "+14155550101"),
                ("Body", "héllo 😀 &=+"),
                ("NumMedia", "0"),
                ("NumSegments", "1"),
                ("AccountSid", "AC00000000000000000000000000000000"),
                ("OptOutType", "STOP"),
            ],
            &[(SIGNATURE, "rIlo7AgTqHEoK0aEzVX1EKPWQIs=")],
        );
    }

    #[test]
    fn one_changed_character_changes_the_signature() {
        let key = Key::AuthToken("12345".into());
        let mut params: Vec<_> = CALL
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        let before = key.headers(URL, &params);
        params[2].1.push('5');
        assert_ne!(key.headers(URL, &params), before);
    }
}
