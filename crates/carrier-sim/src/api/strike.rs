//! Faults of answers: what the caller sees instead of, or later than, the answer it should get.

use super::error::ApiError;
use crate::conn::Cut;
use crate::faults::{Fault, FaultKind, Scope};
use crate::sim::Sim;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;

/// How long a caller waits for nothing, unless the switch says otherwise: longer than clients do.
const SILENCE_MS: u64 = 60_000;
/// How late a slow answer is, unless the switch says otherwise.
const SLOW_MS: u64 = 3_000;

/// Strikes before the call is looked at, and delays its answer.
pub(super) async fn around(
    State(sim): State<Arc<Sim>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
    next: Next,
) -> Response {
    let scope = if request.method() == Method::POST {
        Scope::Send
    } else {
        Scope::Read
    };
    if let Some(answer) = before(&sim, &cut, scope).await {
        return answer;
    }
    let slow = sim.strikes(FaultKind::SlowAnswer, scope, None);
    let answer = next.run(request).await;
    if let Some(fault) = slow {
        pause(&sim, fault.delay_ms.unwrap_or(SLOW_MS)).await;
    }
    answer
}

async fn before(sim: &Sim, cut: &Cut, scope: Scope) -> Option<Response> {
    if let Some(fault) = sim.strikes(FaultKind::ProviderDown, Scope::All, None) {
        return Some(if fault.drop {
            reset(cut)
        } else {
            server_error(503)
        });
    }
    if let Some(fault) = sim.strikes(FaultKind::TimeoutBefore, scope, None) {
        return Some(silence(sim, cut, &fault).await);
    }
    if sim.strikes(FaultKind::ResetBefore, scope, None).is_some() {
        return Some(reset(cut));
    }
    if let Some(fault) = sim.strikes(FaultKind::TooManyRequests, scope, None) {
        return Some(too_many(&fault));
    }
    let fault = sim.strikes(FaultKind::ServerErrorBefore, scope, None)?;
    Some(server_error(fault.status.unwrap_or(500)))
}

/// Strikes after a message was accepted: the answer that the caller gets instead, if any.
pub(super) async fn after(sim: &Sim, cut: &Cut, sid: &str) -> Option<Response> {
    let strikes = |kind| sim.strikes(kind, Scope::Send, Some(sid));
    if let Some(fault) = strikes(FaultKind::TimeoutAfter) {
        return Some(silence(sim, cut, &fault).await);
    }
    if strikes(FaultKind::ResetAfter).is_some() {
        return Some(reset(cut));
    }
    if let Some(fault) = strikes(FaultKind::ServerErrorAfter) {
        return Some(server_error(fault.status.unwrap_or(500)));
    }
    strikes(FaultKind::NonJson)?;
    Some(Html("<html><body><h1>Upstream error</h1></body></html>").into_response())
}

async fn pause(sim: &Sim, ms: u64) {
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(ms)) => {}
        () = sim.stopped() => {}
    }
}

async fn silence(sim: &Sim, cut: &Cut, fault: &Fault) -> Response {
    pause(sim, fault.delay_ms.unwrap_or(SILENCE_MS)).await;
    reset(cut)
}

/// The answer is never written: the connection is cut first.
fn reset(cut: &Cut) -> Response {
    cut.cut();
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn too_many(fault: &Fault) -> Response {
    let seconds = fault.delay_ms.unwrap_or(1_000).div_ceil(1000);
    let error = ApiError::new(429, 20429, "Too Many Requests");
    ([(header::RETRY_AFTER, seconds.to_string())], error).into_response()
}

fn server_error(status: u16) -> Response {
    let (code, message) = match status {
        503 => (20503, "Service is unavailable. Please try again"),
        _ => (20500, "An internal server error has occurred"),
    };
    ApiError::new(status, code, message).into_response()
}
