//! C2SP `tlog-witness` over HTTP: both its prefixes are the root of the listener.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{StatusCode, header};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::submission::{Refusal, Submission};
use crate::witness::Witness;

/// The longest submission: 63 hashes and a checkpoint with as many signatures as a note may have, the long
/// ones of the algorithms to come included.
const LONGEST: usize = 256 * 1024;
/// How long a request may take, the sending of its body included.
const TIME: Duration = Duration::from_secs(30);

const TEXT: &str = "text/plain; charset=utf-8";
/// The type of an answer that is a size and nothing else.
const SIZE: &str = "text/x.tlog.size";

/// The endpoints.
pub fn router(witness: Arc<Witness>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{origin}/checkpoint", get(checkpoint))
        .with_state(witness)
        .layer(RequestBodyLimitLayer::new(LONGEST))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            TIME,
        ))
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Bytes) -> Response {
    // It waits for the disk. Whoever hangs up does not keep it from ending.
    let answer = tokio::task::spawn_blocking(move || {
        let text = std::str::from_utf8(&body)
            .map_err(|_| Refusal::Malformed("it is not text".to_owned()))?;
        let submission = Submission::parse(text)?;
        let answer = witness.submit(&submission);
        tell(&submission, &answer);
        answer
    });
    match answer.await {
        Ok(Ok(signature)) => text(StatusCode::OK, format!("{signature}\n")),
        Ok(Err(refusal)) => refused(&refusal),
        Err(_) => text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the witness failed\n".into(),
        ),
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::Size(size) => {
            let head = [(header::CONTENT_TYPE, SIZE)];
            return (StatusCode::CONFLICT, head, format!("{size}\n")).into_response();
        }
        Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
        Refusal::UnknownLog => StatusCode::NOT_FOUND,
        Refusal::Unsigned(_) => StatusCode::FORBIDDEN,
        Refusal::Inconsistent(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::Storage(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    text(status, format!("{refusal}\n"))
}

/// What an operator of a witness wants to know: that it works, and who tried to be believed.
fn tell(submission: &Submission, answer: &Result<impl Sized, Refusal>) {
    let (origin, size) = (&submission.checkpoint.origin, submission.checkpoint.size);
    match answer {
        Ok(_) => tracing::info!(%origin, size, "cosigned"),
        Err(refusal @ (Refusal::Inconsistent(_) | Refusal::Storage(_))) => {
            tracing::error!(%origin, size, old = submission.old, %refusal, "not cosigned");
        }
        Err(refusal) => tracing::info!(%origin, size, %refusal, "not cosigned"),
    }
}

async fn checkpoint(State(witness): State<Arc<Witness>>, Path(origin): Path<String>) -> Response {
    let latest = tokio::task::spawn_blocking(move || witness.latest(&origin)).await;
    match latest {
        Ok(Some(note)) => text(StatusCode::OK, note),
        Ok(None) => text(
            StatusCode::NOT_FOUND,
            "nothing was cosigned for this log\n".into(),
        ),
        Err(_) => text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the witness failed\n".into(),
        ),
    }
}

fn text(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, TEXT)], body).into_response()
}
