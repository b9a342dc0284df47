//! Webhooks as the provider posts them, signed here independently of the product.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// The carrier account, as the configuration would name it.
pub(crate) const ACCOUNT: &str = "sim";
/// The provider's name for it.
pub(crate) const ACCOUNT_SID: &str = "AC00000000000000000000000000000001";
/// Its secret, which is secret to nobody.
pub(crate) const AUTH_TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// The firm's public address.
pub(crate) const PUBLIC: &str = "https://edge.example.org";
/// The firm's number.
pub(crate) const NUMBER: &str = "+12025550100";
/// What a client writes: a text of usual length.
const BODY: &str =
    "Hi, it is about the transfer we spoke of: could you send me the form again, please? Thanks";

/// A signed webhook.
#[derive(Clone)]
pub(crate) struct Hook {
    /// The form.
    pub(crate) form: String,
    /// The signature.
    pub(crate) signature: String,
}

/// Where the provider posts to.
pub(crate) fn path() -> String {
    format!("/hooks/{ACCOUNT}/sms")
}

/// The text number `n` of a campaign, from one of the phones.
pub(crate) fn inbound(campaign: u32, n: usize, phone: usize, to: &str) -> Hook {
    let sid = format!("SM{campaign:08x}{n:024x}");
    let from = format!("+1415{:07}", 2_000_000 + phone);
    let parts: [(&str, &str); 19] = [
        ("AccountSid", ACCOUNT_SID),
        ("ApiVersion", "2010-04-01"),
        ("Body", BODY),
        ("From", &from),
        ("FromCity", "SAN FRANCISCO"),
        ("FromCountry", "US"),
        ("FromState", "CA"),
        ("FromZip", "94103"),
        ("MessageSid", &sid),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
        ("SmsMessageSid", &sid),
        ("SmsSid", &sid),
        ("SmsStatus", "received"),
        ("To", to),
        ("ToCity", "WASHINGTON"),
        ("ToCountry", "US"),
        ("ToState", "DC"),
        ("ToZip", "20001"),
    ];
    Hook {
        form: form(&parts),
        signature: signature(&parts),
    }
}

fn form(parts: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(parts);
    form.finish()
}

/// The address, then every name and value in the order of names (`parts` are in it), under HMAC-SHA1.
fn signature(parts: &[(&str, &str)]) -> String {
    #[expect(
        clippy::expect_used,
        reason = "HMAC takes keys of any length (RFC 2104)"
    )]
    let mut mac = Hmac::<Sha1>::new_from_slice(AUTH_TOKEN.as_bytes()).expect("any key");
    mac.update(PUBLIC.as_bytes());
    mac.update(path().as_bytes());
    for (name, value) in parts {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

impl Hook {
    /// The whole request, as bytes for the wire.
    pub(crate) fn request(&self) -> Vec<u8> {
        format!(
            "POST {} HTTP/1.1\r\nHost: edge.example.org\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n\
             Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nX-Twilio-Signature: {}\r\n\
             I-Twilio-Idempotency-Token: 7d1c4a58-3d62-4c1a-9a3e-0d1e7b0f6a55\r\nContent-Length: {}\r\n\r\n{}",
            path(),
            self.signature,
            self.form.len(),
            self.form
        )
        .into_bytes()
    }
}
