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
const FILES: [(&str, &str, &str); 23] = [
    ("/", HTML, include_str!("index.html")),
    ("/icon.svg", "image/svg+xml", include_str!("icon.svg")),
    ("/page.css", CSS, include_str!("page.css")),
    ("/phone.css", CSS, include_str!("phone.css")),
    ("/panel.css", CSS, include_str!("panel.css")),
    ("/page.js", JS, include_str!("page.js")),
    ("/add.js", JS, include_str!("add.js")),
    ("/codes.js", JS, include_str!("codes.js")),
    ("/composer.js", JS, include_str!("composer.js")),
    ("/contacts.js", JS, include_str!("contacts.js")),
    ("/faults.js", JS, include_str!("faults.js")),
    ("/http.js", JS, include_str!("http.js")),
    ("/kinds.js", JS, include_str!("kinds.js")),
    ("/ledger.js", JS, include_str!("ledger.js")),
    ("/memory.js", JS, include_str!("memory.js")),
    ("/optout.js", JS, include_str!("optout.js")),
    ("/phone.js", JS, include_str!("phone.js")),
    ("/seen.js", JS, include_str!("seen.js")),
    ("/segments.js", JS, include_str!("segments.js")),
    ("/shelf.js", JS, include_str!("shelf.js")),
    ("/state.js", JS, include_str!("state.js")),
    ("/text.js", JS, include_str!("text.js")),
    ("/thread.js", JS, include_str!("thread.js")),
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
    use crate::faults::FaultKind;

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
                "<style",
                "onclick=\"",
                "innerHTML",
                "eval(",
            ] {
                assert!(!text.contains(foreign), "{path} ({kind}) has {foreign}");
            }
        }
    }

    #[test]
    fn every_fault_has_a_switch_with_words() {
        let words = include_str!("kinds.js");
        for kind in FaultKind::ALL {
            let name = serde_json::to_string(&kind).unwrap();
            assert_eq!(words.matches(&format!("[{name}, \"")).count(), 1, "{name}");
        }
    }

    #[test]
    fn every_file_is_asked_for() {
        for (path, ..) in FILES.into_iter().filter(|(path, ..)| *path != "/") {
            let name = path.trim_start_matches('/');
            let asked = |text: &str| {
                [format!("from \"./{name}\""), format!("=\"/{name}\"")]
                    .iter()
                    .any(|marker| text.contains(marker))
            };
            assert!(FILES.iter().any(|(.., text)| asked(text)), "{path}");
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
