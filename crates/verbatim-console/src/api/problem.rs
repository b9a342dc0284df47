//! The one shape of errors: problem details (RFC 9457) with a dotted `type`.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;
use verbatim_domain::phone::PhoneError;
use verbatim_engine::admin::AdminError;
use verbatim_engine::ports::StoreError;

use crate::body::BodyError;

/// What a caller is told to wait while the store is not available, in seconds.
const RETRY_AFTER_S: u32 = 5;

/// What a caller reads. `type` is stable and made to be compared; `detail` is for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Stable and dotted, such as `employee.not.found`.
    #[schema(example = "employee.not.found")]
    r#type: String,
    /// The type in words.
    title: String,
    /// The HTTP status, again.
    status: u16,
    /// What happened, and how to mend it.
    detail: String,
}

/// An error on its way out.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    kind: Cow<'static, str>,
    detail: String,
    challenge: Option<String>,
    retry_after_s: Option<u32>,
}

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        kind: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            kind: kind.into(),
            detail: detail.into(),
            challenge: None,
            retry_after_s: None,
        }
    }

    /// With the `WWW-Authenticate` that goes with a refusal.
    pub(crate) fn challenge(mut self, challenge: String) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// With a time after which it is worth trying again.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    pub(crate) fn no_route() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "route.not.found",
            "There is no such route: see /api/v1/openapi.json.",
        )
    }

    /// There is no room for another request just now.
    pub(crate) fn busy() -> Self {
        let detail = "Too many requests at once: repeat it in a second.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "server.busy", detail).retry_after(1)
    }

    pub(crate) fn wrong_method() -> Self {
        let detail =
            "The route takes another method: see the Allow header and /api/v1/openapi.json.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method.not.allowed", detail)
    }

    /// The request is well-formed and asks for something that cannot be.
    pub(crate) fn invalid(kind: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind, detail)
    }

    /// As an item of a report.
    pub(crate) fn to_body(&self) -> ProblemBody {
        ProblemBody {
            r#type: self.kind.to_string(),
            title: title(&self.kind),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
        }
    }
}

/// `employee.not.found` → `Employee not found`.
fn title(kind: &str) -> String {
    let words = kind.replace('.', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.to_body()).unwrap_or_default();
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, content_type, body).into_response();
        if let Some(challenge) = self.challenge.and_then(|c| HeaderValue::from_str(&c).ok()) {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Phone { why, .. } => Self::invalid(phone_kind(why), error.to_string()),
            AdminError::NotFound { what, .. } => {
                let kind = format!("{}.not.found", what.replace(' ', "."));
                Self::new(StatusCode::NOT_FOUND, kind, error.to_string())
            }
            AdminError::SecondPerson(_) => Self::new(
                StatusCode::FORBIDDEN,
                "second.person.needed",
                error.to_string(),
            ),
            AdminError::NotYours(what) => Self::new(
                StatusCode::FORBIDDEN,
                format!("{what}.not.yours"),
                error.to_string(),
            ),
            AdminError::Invalid(detail) => Self::invalid("request.not.possible", detail),
            AdminError::Store(error) => Self::from(error),
            // Only what asks for the scope `admin` asks for the key: its words may name the file.
            AdminError::Safe(error) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "key.unavailable",
                error.to_string(),
            ),
        }
    }
}

fn phone_kind(why: PhoneError) -> &'static str {
    match why {
        PhoneError::NotANumber => "phone.not.a.number",
        PhoneError::NoCountry => "phone.country.missing",
        PhoneError::Impossible => "phone.not.possible",
    }
}

/// The store's own words go to the log: they may name files and hosts.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "store");
        let later = |kind, detail: &str| {
            Self::new(StatusCode::SERVICE_UNAVAILABLE, kind, detail).retry_after(RETRY_AFTER_S)
        };
        match error {
            StoreError::Full => later(
                "store.full",
                "The disk is full and nothing was changed: make room, then repeat.",
            ),
            StoreError::Unavailable(_)
            | StoreError::Locked(_)
            | StoreError::Newer { .. }
            | StoreError::Fenced => later(
                "store.unavailable",
                "The store is not available: repeat in a while; repeating a change is safe.",
            ),
            StoreError::Stale(_) => {
                let detail = "Somebody else changed it at the same time and nothing was changed here: repeat.";
                Self::new(StatusCode::CONFLICT, "request.overtaken", detail)
            }
            StoreError::Conflict(what) => {
                let detail =
                    format!("It contradicts what is there ({what}) and nothing was changed.");
                Self::new(StatusCode::CONFLICT, "store.conflict", detail)
            }
            StoreError::Damaged(_) => {
                let detail = "The store holds something that it should not: see the log, and run `verbatim record verify`.";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "store.damaged", detail)
            }
        }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge(limit) => {
                let detail = format!("The body may have {limit} bytes: split the request.");
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too.large", detail)
            }
            BodyError::TooSlow => Self::new(
                StatusCode::REQUEST_TIMEOUT,
                "body.too.slow",
                "The body did not arrive in time: repeat it.",
            ),
            BodyError::Broken => Self::new(
                StatusCode::BAD_REQUEST,
                "body.incomplete",
                "The body broke off: repeat it.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_error_has_its_status_and_type() {
        let not_found = |what| AdminError::NotFound {
            what,
            which: "x".to_owned(),
            mend: "add it",
        };
        let phone = |why| AdminError::Phone {
            input: "abc".to_owned(),
            why,
        };
        for (error, status, kind) in [
            (phone(PhoneError::NotANumber), 422, "phone.not.a.number"),
            (phone(PhoneError::NoCountry), 422, "phone.country.missing"),
            (phone(PhoneError::Impossible), 422, "phone.not.possible"),
            (not_found("employee"), 404, "employee.not.found"),
            (
                not_found("carrier account"),
                404,
                "carrier.account.not.found",
            ),
            (
                AdminError::Invalid("no".to_owned()),
                422,
                "request.not.possible",
            ),
            (
                AdminError::SecondPerson("a disposal"),
                403,
                "second.person.needed",
            ),
            (AdminError::NotYours("export"), 403, "export.not.yours"),
            (StoreError::Full.into(), 503, "store.full"),
            (
                StoreError::Unavailable("/var/lib/x".to_owned()).into(),
                503,
                "store.unavailable",
            ),
            (
                StoreError::Locked("/var/lib/x".to_owned()).into(),
                503,
                "store.unavailable",
            ),
            (StoreError::Stale("job").into(), 409, "request.overtaken"),
            (
                StoreError::Conflict("number".to_owned()).into(),
                409,
                "store.conflict",
            ),
            (
                StoreError::Damaged("/var/lib/x".to_owned()).into(),
                500,
                "store.damaged",
            ),
        ] {
            let problem = Problem::from(error).to_body();
            assert_eq!((problem.status, problem.r#type.as_str()), (status, kind));
            assert!(
                !problem.detail.contains("/var/lib"),
                "{} tells where the store is",
                problem.r#type
            );
        }
    }

    #[test]
    fn a_title_is_the_type_in_words() {
        assert_eq!(
            title("carrier.account.not.found"),
            "Carrier account not found"
        );
    }
}
