//! What every answer of this listener carries, errors included: the application holds keys, so nothing runs
//! in it that did not come from here, and it speaks with nobody but us and the homeserver.

use axum::response::Response;
use http::{HeaderName, HeaderValue, header};
use url::Url;

/// Features of browsers that the client does not use.
const NO_FEATURES: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), usb=()";

/// The content security policy. `'wasm-unsafe-eval'` is for the encryption, which is WebAssembly.
pub(super) fn policy(homeserver: &Url) -> HeaderValue {
    let origin = homeserver.origin().ascii_serialization();
    let policy = format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' {origin}; style-src 'self'; \
         img-src 'self' blob:; media-src 'self' blob:; worker-src 'self'; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    );
    // An origin is ASCII without spaces; should it ever not be, nobody is spoken with.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Puts them on an answer. What does not say how long it lasts is not kept.
pub(super) async fn harden(policy: HeaderValue, mut response: Response) -> Response {
    let fixed = [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("permissions-policy"), NO_FEATURES),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
