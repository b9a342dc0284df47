//! Who calls: an employee with a session.

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use verbatim_engine::desk::{Desk, DeskError};
use verbatim_engine::ports::PlatformError;

use super::ClientState;
use crate::api::bearer;
use crate::api::problem::Problem;

/// What a caller is told to wait while the homeserver cannot be asked, in seconds.
const RETRY_AFTER_S: u32 = 5;

/// An employee with a session, still employed. Taken before the body is read.
pub(super) struct Seat(pub(super) Desk);

impl FromRequestParts<ClientState> for Seat {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ClientState) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or_else(|| {
            let detail = "Begin a session with POST /client/v1/session, and send its token as \
                `Authorization: Bearer …`.";
            Problem::new(StatusCode::UNAUTHORIZED, "session.missing", detail)
                .challenge("Bearer".to_owned())
        })?;
        Ok(Self(state.engine.at_desk(token).await?))
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::OtherServer => Self::new(
                StatusCode::FORBIDDEN,
                "homeserver.not.ours",
                "You are signed in at another homeserver: sign in at the firm's.",
            ),
            DeskError::NotSignedIn => Self::new(
                StatusCode::UNAUTHORIZED,
                "session.not.valid",
                "The token is not valid or its time is over: begin a new session.",
            )
            .challenge("Bearer error=\"invalid_token\"".to_owned()),
            DeskError::NotAnEmployee => Self::new(
                StatusCode::FORBIDDEN,
                "employee.not.active",
                "This account is none of an employee of the firm, or no longer: ask whoever runs Verbatim.",
            ),
            DeskError::Platform(error) => homeserver(&error),
            DeskError::Store(error) => error.into(),
        }
    }
}

/// The homeserver's own words go to the log.
fn homeserver(error: &PlatformError) -> Problem {
    tracing::warn!(%error, "an employee cannot sign in");
    if let PlatformError::Refused(_) = error {
        let detail = "The homeserver does not say who you are: ask whoever runs Verbatim.";
        return Problem::new(StatusCode::BAD_GATEWAY, "homeserver.refuses", detail);
    }
    let detail = "The homeserver cannot be asked just now: repeat it in a while.";
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "homeserver.unavailable",
        detail,
    )
    .retry_after(RETRY_AFTER_S)
}
