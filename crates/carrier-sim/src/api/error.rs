//! The provider's error answers.

use crate::sim::SimError;
use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error as the provider answers it.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: u32,
    message: String,
}

impl ApiError {
    pub(super) fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    pub(super) fn bad(code: u32, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// The HTTP status and the provider's code.
    pub(super) fn codes(&self) -> (u16, u32) {
        (self.status.as_u16(), self.code)
    }

    /// What a path without a resource is answered with.
    pub(super) fn no_resource(path: &str) -> Self {
        Self::new(
            404,
            20404,
            format!("The requested resource {path} was not found"),
        )
    }
}

impl From<SimError> for ApiError {
    fn from(error: SimError) -> Self {
        tracing::error!(%error, "an API call failed");
        Self::new(500, 20500, "An internal server error has occurred")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status.as_u16(),
        });
        (self.status, Json(body)).into_response()
    }
}

/// Answers every path that is not there.
pub(super) async fn not_found(uri: Uri) -> ApiError {
    ApiError::no_resource(&format!("/2010-04-01{}", uri.path()))
}
