//! The page as a browser gets it.

use crate::support::{Client, config, start};

#[tokio::test]
async fn the_page_comes_with_a_strict_policy_and_nothing_else_is_there() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    let fetch = async |path: &str| {
        let url = format!("{}{path}", running.base_url());
        client.http.get(url).send().await.unwrap()
    };
    let check = async |path: &str, kind: &str| {
        let answer = fetch(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let header = |name: &str| {
            let value = answer.headers().get(name);
            value.unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(header("content-type"), format!("{kind}; charset=utf-8"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
    };
    check("/", "text/html").await;
    check("/icon.svg", "image/svg+xml").await;
    for style in ["page", "phone", "panel"] {
        check(&format!("/{style}.css"), "text/css").await;
    }
    for module in ["page", "state", "thread", "kinds"] {
        check(&format!("/{module}.js"), "text/javascript").await;
    }
    for absent in ["/index.html", "/mod.rs", "/../Cargo.toml", "/phone.js/"] {
        assert_eq!(fetch(absent).await.status(), 404, "{absent}");
    }
}
