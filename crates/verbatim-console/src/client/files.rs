//! The built client. What lies under `/assets/` has its hash in its name and is kept for ever; the page that
//! names it is never kept. Files that lie there compressed, too (`.br`, `.gz`), are sent so to whoever takes
//! it. A path that is no file is 404: the client's own places are behind the `#` of its address.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};

use super::ClientState;

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// Where the client is not built. Without a script, like the error that it is.
const ABSENT: &str = include_str!("absent.html");

/// The routes of the files in a folder.
pub(super) fn router(built: &Path) -> Router<ClientState> {
    let hashed = kept(folder(&built.join("assets")), FOR_EVER);
    let others = kept(folder(built), ASK_AGAIN);
    let index = built.join("index.html");
    let page = get(move |request| page(index.clone(), request));
    Router::new()
        .route("/", page.clone())
        .route("/index.html", page)
        .nest_service("/assets", hashed)
        .fallback_service(others)
}

fn folder(path: &Path) -> ServeDir {
    ServeDir::new(path)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
}

fn kept(files: ServeDir, how_long: &'static str) -> Router {
    let say = middleware::map_response(move |response| kept_so(how_long, response));
    Router::new().fallback_service(files).layer(say)
}

async fn kept_so(how_long: &'static str, mut response: Response) -> Response {
    let status = response.status();
    let headers = response.headers_mut();
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(how_long));
    }
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// The one page.
async fn page(index: PathBuf, request: Request) -> Response {
    let file = ServeFile::new(index)
        .precompressed_br()
        .precompressed_gzip();
    let Ok(answer) = file.oneshot(request).await;
    if answer.status() == StatusCode::NOT_FOUND {
        return (StatusCode::SERVICE_UNAVAILABLE, Html(ABSENT)).into_response();
    }
    let mut answer = answer.map(Body::new);
    let headers = answer.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if headers.contains_key(header::CONTENT_TYPE) {
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, html);
    }
    answer
}
