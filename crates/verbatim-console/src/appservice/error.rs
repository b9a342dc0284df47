//! Errors as the homeserver reads them: a status, an `errcode` and words.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use thiserror::Error;

/// Why the homeserver was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum MatrixError {
    /// No `Authorization: Bearer`.
    #[error("send the hs_token of the registration file as `Authorization: Bearer`")]
    NoToken,
    /// Another token than ours.
    #[error("that is not the hs_token: is the registration file in use the one Verbatim wrote?")]
    WrongToken,
    /// No such route.
    #[error("there is no such endpoint")]
    NoRoute,
    /// The route exists, with another method.
    #[error("that endpoint takes another method")]
    WrongMethod,
    /// We have no such user, room or protocol.
    #[error("nothing of that name is here")]
    NotFound,
    /// The body is larger than any transaction can be.
    #[error("the body is too large")]
    TooLarge,
    /// The body did not arrive whole.
    #[error("the body did not arrive whole")]
    Incomplete,
    /// Not durable; the homeserver repeats.
    #[error("not stored, send it again")]
    NotStored,
}

impl MatrixError {
    fn parts(self) -> (StatusCode, &'static str) {
        match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "M_MISSING_TOKEN"),
            Self::WrongToken => (StatusCode::FORBIDDEN, "M_FORBIDDEN"),
            Self::NoRoute => (StatusCode::NOT_FOUND, "M_UNRECOGNIZED"),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "M_UNRECOGNIZED"),
            Self::NotFound => (StatusCode::NOT_FOUND, "M_NOT_FOUND"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE"),
            Self::Incomplete => (StatusCode::BAD_REQUEST, "M_NOT_JSON"),
            Self::NotStored => (StatusCode::SERVICE_UNAVAILABLE, "M_UNKNOWN"),
        }
    }
}

impl IntoResponse for MatrixError {
    fn into_response(self) -> Response {
        let (status, code) = self.parts();
        let body = Json(serde_json::json!({ "errcode": code, "error": self.to_string() }));
        match self {
            Self::NotStored => (status, [(header::RETRY_AFTER, "2")], body).into_response(),
            Self::NoToken => (status, [(header::WWW_AUTHENTICATE, "Bearer")], body).into_response(),
            _ => (status, body).into_response(),
        }
    }
}
