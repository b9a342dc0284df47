//! The built client, and what every answer carries.

use std::fs;

use axum::body::Body;
use http::{Method, Request};
use serde_json::json;

use super::{HOMESERVER, Office};
use crate::testing::{Answer, send};

/// What Vite leaves, in small.
async fn built() -> Office {
    let office = Office::new().await;
    let dir = office.dir.path();
    fs::create_dir_all(dir.join("assets")).unwrap();
    for (path, text) in [
        ("index.html", "<!doctype html>page"),
        ("index.html.br", "page in brotli"),
        ("icon.svg", "<svg/>"),
        ("assets/app-1a2b.js", "script"),
        ("assets/app-1a2b.js.br", "script in brotli"),
        ("assets/app-1a2b.js.gz", "script in gzip"),
        ("assets/crypto-3c4d.wasm", "module"),
        ("assets/crypto-3c4d.wasm.br", "module in brotli"),
        ("assets/style-5e6f.css", "style"),
    ] {
        fs::write(dir.join(path), text).unwrap();
    }
    office
}

async fn fetch(office: &Office, method: Method, path: &str, accept: &str) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("accept-encoding", accept);
    send(&office.client, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn files_are_sent_as_they_are_taken_and_kept_as_long_as_they_last() {
    const FOR_EVER: &str = "public, max-age=31536000, immutable";
    const JS: &str = "text/javascript";
    const HTML: &str = "text/html; charset=utf-8";
    let office = built().await;
    for (path, accept, body, kind, kept, encoding) in [
        ("/", "", "<!doctype html>page", HTML, "no-store", ""),
        ("/", "br", "page in brotli", HTML, "no-store", "br"),
        (
            "/index.html",
            "",
            "<!doctype html>page",
            HTML,
            "no-store",
            "",
        ),
        ("/icon.svg", "br", "<svg/>", "image/svg+xml", "no-cache", ""),
        ("/assets/app-1a2b.js", "", "script", JS, FOR_EVER, ""),
        (
            "/assets/app-1a2b.js",
            "gzip, deflate, br, zstd",
            "script in brotli",
            JS,
            FOR_EVER,
            "br",
        ),
        (
            "/assets/app-1a2b.js",
            "gzip",
            "script in gzip",
            JS,
            FOR_EVER,
            "gzip",
        ),
        (
            "/assets/app-1a2b.js",
            "br;q=0, gzip",
            "script in gzip",
            JS,
            FOR_EVER,
            "gzip",
        ),
        (
            "/assets/crypto-3c4d.wasm",
            "br",
            "module in brotli",
            "application/wasm",
            FOR_EVER,
            "br",
        ),
        (
            "/assets/crypto-3c4d.wasm",
            "gzip",
            "module",
            "application/wasm",
            FOR_EVER,
            "",
        ),
        (
            "/assets/style-5e6f.css",
            "br",
            "style",
            "text/css",
            FOR_EVER,
            "",
        ),
    ] {
        let answer = fetch(&office, Method::GET, path, accept).await;
        let seen = (
            answer.status.as_u16(),
            answer.body.as_str(),
            answer.header("content-type"),
            answer.header("cache-control"),
            answer.header("content-encoding"),
        );
        assert_eq!(seen, (200, body, kind, kept, encoding), "{path} {accept}");
        assert_eq!(answer.header("vary"), "accept-encoding", "{path}");
    }
}

#[tokio::test]
async fn nothing_else_is_found() {
    let office = built().await;
    let outside = office.dir.path().parent().unwrap();
    let secret = tempfile::NamedTempFile::new_in(outside).unwrap();
    let name = secret.path().file_name().unwrap().to_str().unwrap();
    let ways_out = [
        format!("/../{name}"),
        format!("/assets/../../{name}"),
        format!("/%2e%2e/{name}"),
        format!("/assets/%2e%2e%2f%2e%2e%2f{name}"),
        format!("//{}", secret.path().display()),
        format!("/assets/{}", secret.path().display()),
        format!("/assets/..%5c..%5c{name}"),
        format!("/assets/%00{name}"),
    ];
    let not_there = [
        "/assets/app-0000.js",
        "/assets",
        "/assets/",
        "/conversations/12",
        "/favicon.ico",
    ];
    let not_there = not_there.map(str::to_owned);
    for path in ways_out.iter().chain(&not_there) {
        let answer = fetch(&office, Method::GET, path, "br").await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    let answer = fetch(&office, Method::POST, "/assets/app-1a2b.js", "").await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn where_it_is_not_built_a_page_says_how() {
    let office = Office::new().await;
    let answer = fetch(&office, Method::GET, "/", "br").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.body.contains("npm ci"), "{}", answer.body);
    assert!(!answer.body.contains("<script") && !answer.body.contains("style"));
    // Built while we run: found at once.
    fs::write(office.dir.path().join("index.html"), "built").unwrap();
    let answer = fetch(&office, Method::GET, "/", "br").await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (200, "built")
    );
}

#[tokio::test]
async fn every_answer_carries_the_same_headers() {
    let office = built().await;
    let token = office.alice().await;
    for (method, path, token, status) in [
        (Method::GET, "/", "", 200),
        (Method::HEAD, "/", "", 200),
        (Method::POST, "/", "", 405),
        (Method::GET, "/assets/app-1a2b.js", "", 200),
        (Method::GET, "/assets/none.js", "", 404),
        (Method::DELETE, "/assets/app-1a2b.js", "", 405),
        (Method::GET, "/none", "", 404),
        (Method::GET, "/config.json", "", 200),
        (Method::GET, "/client/v1/me", "", 401),
        (Method::GET, "/client/v1/me", &*token, 200),
        (Method::POST, "/client/v1/me", &*token, 405),
        (Method::GET, "/client/v1/none", &*token, 404),
    ] {
        let answer = office.call(method.clone(), path, token, None).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        for (name, value) in [
            (
                "content-security-policy",
                "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' \
                 https://matrix.example.org; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; \
                 worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            ),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("verbatim-listener", "client"),
        ] {
            assert_eq!(answer.header(name), value, "{method} {path}");
        }
        assert!(answer.header("permissions-policy").contains("camera=()"));
        assert!(
            !answer.header("cache-control").is_empty(),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn the_client_is_told_whom_to_ask() {
    let office = Office::new().await;
    let answer = office.call(Method::GET, "/config.json", "", None).await;
    let expected = json!({
        "homeserver": HOMESERVER, "server_name": "example.org",
        "firm": "Your firm", "bot": "@verbatim:example.org",
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("cache-control"), "no-store");
}
