//! `POST Messages.json`: accepts a message for a phone.

use super::error::ApiError;
use super::{Pairs, pairs, strike, value, view};
use crate::chance::sid;
use crate::conn::Cut;
use crate::event::{Event, Text};
use crate::lifecycle;
use crate::sim::{Sim, SimError};
use crate::text::is_e164;
use crate::webhook::is_address;
use crate::world::World;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// The longest body, in characters.
const MAX_BODY: usize = 1600;
/// The longest number that the ledger keeps of a refused message, in characters.
const MAX_NUMBER: usize = 24;
/// The longest validity period and its default, in seconds.
const MAX_VALIDITY_S: u32 = 36_000;

/// Accepts or refuses; the answer to an accepted message may still be struck by a fault.
pub(super) async fn handle(
    State(sim): State<Arc<Sim>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let form = pairs(&body);
    let (sid, resource) = match accept(&sim, &form) {
        Ok(accepted) => accepted,
        Err(refusal) => {
            sim.record(vec![refused(&form, &refusal)])?;
            return Err(refusal);
        }
    };
    if let Some(answer) = strike::after(&sim, &cut, &sid).await {
        return Ok(answer);
    }
    Ok((StatusCode::CREATED, Json(resource)).into_response())
}

/// What the ledger says of a refusal. The numbers are the caller's words, so they are cut.
fn refused(form: &Pairs, refusal: &ApiError) -> Event {
    let number = |name| {
        let given = value(form, name).unwrap_or_default();
        given.chars().take(MAX_NUMBER).collect()
    };
    let (status, code) = refusal.codes();
    Event::Refused {
        from: number("From"),
        to: number("To"),
        status,
        code,
    }
}

fn accept(sim: &Arc<Sim>, form: &Pairs) -> Result<(String, serde_json::Value), ApiError> {
    let sid = sid("SM").map_err(SimError::from)?;
    let text = text(sid.clone(), form)?;
    let (from, to) = (text.from.clone(), text.to.clone());
    let event = Event::Accepted {
        text,
        status_callback: callback(form)?,
        validity_s: validity(form)?,
        messaging_service_sid: value(form, "MessagingServiceSid").map(str::to_owned),
    };
    sim.record_if(vec![event], |world| permitted(world, &from, &to))?;
    let resource = {
        let world = sim.world();
        world
            .message(&sid)
            .map(|message| view::message(&sim.account.sid, message))
    };
    sim.spawn(lifecycle::carry(Arc::clone(sim), sid.clone()));
    Ok((sid, resource.unwrap_or_default()))
}

fn text(sid: String, form: &Pairs) -> Result<Text, ApiError> {
    let to = value(form, "To")
        .ok_or_else(|| ApiError::bad(21604, "A 'To' phone number is required."))?;
    if !is_e164(to) {
        return Err(ApiError::bad(
            21211,
            format!("Invalid 'To' Phone Number: {to}"),
        ));
    }
    let from = value(form, "From")
        .ok_or_else(|| ApiError::bad(21603, "A 'From' phone number is required."))?;
    if !is_e164(from) {
        return Err(ApiError::bad(
            21212,
            format!("Invalid 'From' Phone Number: {from}"),
        ));
    }
    if from == to {
        return Err(ApiError::bad(
            21266,
            "'To' and 'From' number cannot be the same",
        ));
    }
    if value(form, "MediaUrl").is_some() {
        return Err(ApiError::bad(
            21620,
            "This simulated carrier takes no media",
        ));
    }
    let body =
        value(form, "Body").ok_or_else(|| ApiError::bad(21602, "Message body is required."))?;
    if body.chars().count() > MAX_BODY {
        let message = "The concatenated message body exceeds the 1600 character limit";
        return Err(ApiError::bad(21617, message));
    }
    Ok(Text {
        sid,
        from: from.into(),
        to: to.into(),
        body: body.into(),
    })
}

fn callback(form: &Pairs) -> Result<Option<String>, ApiError> {
    match value(form, "StatusCallback") {
        Some(url) if !is_address(url) => Err(ApiError::bad(
            21609,
            format!("Invalid 'StatusCallback' URL: {url}"),
        )),
        url => Ok(url.map(str::to_owned)),
    }
}

fn validity(form: &Pairs) -> Result<u32, ApiError> {
    let Some(text) = value(form, "ValidityPeriod") else {
        return Ok(MAX_VALIDITY_S);
    };
    let seconds = text
        .parse()
        .ok()
        .filter(|seconds| (1..=MAX_VALIDITY_S).contains(seconds));
    seconds.ok_or_else(|| ApiError::bad(20001, "ValidityPeriod must be between 1 and 36000"))
}

fn permitted(world: &World, from: &str, to: &str) -> Result<(), ApiError> {
    if !world.numbers.contains_key(from) {
        let message =
            format!("'From' {from} is not a Twilio phone number or Short Code country mismatch");
        return Err(ApiError::bad(21659, message));
    }
    if world.is_opted_out(to, from) {
        return Err(ApiError::bad(
            21610,
            "Attempt to send to unsubscribed recipient",
        ));
    }
    Ok(())
}
