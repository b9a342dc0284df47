//! The phone page: static files, compiled in, with nothing from elsewhere.

use crate::sim::Sim;
use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

/// Own files and own requests, nothing else; no frames, no forms that leave the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html";
const CSS: &str = "text/css";
const JS: &str = "text/javascript";

/// Path, type and content of each file.
const FILES: [(&str, &str, &str); 9] = [
    ("/", HTML, include_str!("index.html")),
    ("/icon.svg", "image/svg+xml", include_str!("icon.svg")),
    ("/page.css", CSS, include_str!("page.css")),
    ("/page.js", JS, include_str!("page.js")),
    ("/state.js", JS, include_str!("state.js")),
    ("/phone.js", JS, include_str!("phone.js")),
    ("/faults.js", JS, include_str!("faults.js")),
    ("/ledger.js", JS, include_str!("ledger.js")),
    ("/text.js", JS, include_str!("text.js")),
];

/// The page and its parts.
pub(crate) fn router() -> Router<Arc<Sim>> {
    FILES
        .into_iter()
        .fold(Router::new(), |router, (path, kind, text)| {
            router.route(path, get(move || async move { file(kind, text) }))
        })
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers: [(HeaderName, String); 6] = [
        (CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, POLICY.into()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
        (REFERRER_POLICY, "no-referrer".into()),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin".into(),
        ),
        (CACHE_CONTROL, "no-cache".into()),
    ];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_fetched_from_elsewhere_or_inline() {
        for (path, kind, text) in FILES {
            // A namespace is a name, not an address.
            let text = text.replace("http://www.w3.org/2000/svg", "");
            for foreign in [
                "http:",
                "https:",
                "//cdn",
                "@import",
                " style=",
                "onclick=\"",
                "innerHTML",
            ] {
                assert!(!text.contains(foreign), "{path} ({kind}) has {foreign}");
            }
        }
    }

    #[test]
    fn every_file_that_is_asked_for_is_served() {
        let served = |path: &str| FILES.iter().any(|(name, ..)| *name == path);
        for (from, _, text) in FILES {
            for marker in ["from \"./", "href=\"/", "src=\"/"] {
                let names = text
                    .split(marker)
                    .skip(1)
                    .filter_map(|rest| rest.split_once('"'));
                // `/sim/` is the control API.
                for (name, _) in names.filter(|(name, _)| !name.starts_with("sim/")) {
                    assert!(served(&format!("/{name}")), "{from} asks for {name}");
                }
            }
        }
    }
}
