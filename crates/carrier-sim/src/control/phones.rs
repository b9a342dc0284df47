//! `/sim/phones`: phones, what they send and what they show.

use crate::event::{Entry, Event, Status, Text};
use crate::sim::{Sim, SimError};
use crate::world::{Handover, Phone, World};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The longest that a caller can wait for something new.
const MAX_WAIT_MS: u64 = 60_000;

/// `GET /sim/phones`
pub(super) async fn list(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let world = sim.world();
    let phones: Vec<Value> = world
        .phones
        .iter()
        .map(|phone| {
            let opted_out = world.opted_out(&phone.number);
            json!({ "number": phone.number, "name": phone.name, "opted_out": opted_out })
        })
        .collect();
    Json(json!({ "phones": phones }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Add {
    number: String,
    #[serde(default)]
    name: String,
}

/// `POST /sim/phones`
pub(super) async fn add(
    State(sim): State<Arc<Sim>>,
    Json(add): Json<Add>,
) -> Result<Json<Phone>, SimError> {
    sim.add_phone(&add.name, &add.number)?;
    let phone = sim.world().phone(&add.number).cloned();
    phone.map(Json).ok_or(SimError::Refused("no such phone"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Send {
    to: String,
    body: String,
}

/// `POST /sim/phones/{number}/send`
pub(super) async fn send(
    State(sim): State<Arc<Sim>>,
    Path(number): Path<String>,
    Json(send): Json<Send>,
) -> Result<Json<Value>, SimError> {
    let sid = sim.text(&number, &send.to, &send.body)?;
    Ok(Json(json!({ "sid": sid })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptOut {
    number: String,
    opted_out: bool,
}

/// `POST /sim/phones/{number}/opt-out`
pub(super) async fn opt_out(
    State(sim): State<Arc<Sim>>,
    Path(phone): Path<String>,
    Json(request): Json<OptOut>,
) -> Result<Json<Value>, SimError> {
    sim.opt_out(&phone, &request.number, request.opted_out)?;
    Ok(Json(json!({ "ok": true })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Since {
    #[serde(default)]
    after: u64,
    /// Wait so long for something to show, if there is nothing.
    #[serde(default)]
    wait_ms: u64,
}

/// One bubble on a phone.
#[derive(Serialize)]
struct Bubble {
    /// The cursor: what to pass as `after` next.
    seq: u64,
    at_ms: u64,
    /// From the phone's own view: `sent` or `received`.
    direction: &'static str,
    /// The number of the account on the other side.
    with: String,
    sid: String,
    body: String,
    /// For a sent text: whether the account's webhook took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    handover: Option<Handover>,
    /// The carrier's state of the message.
    state: &'static str,
}

/// `GET /sim/phones/{number}/messages?after=&wait_ms=`
pub(super) async fn messages(
    State(sim): State<Arc<Sim>>,
    Path(number): Path<String>,
    Query(since): Query<Since>,
) -> Json<Value> {
    let mut newest = sim.newest();
    let wait = tokio::time::sleep(Duration::from_millis(since.wait_ms.min(MAX_WAIT_MS)));
    tokio::pin!(wait);
    loop {
        let found = bubbles(&sim.world(), &number, since.after);
        if !found.is_empty() || since.wait_ms == 0 {
            return Json(json!({ "messages": found }));
        }
        tokio::select! {
            _ = newest.changed() => {}
            () = &mut wait => return Json(json!({ "messages": [] })),
            () = sim.stopped() => return Json(json!({ "messages": [] })),
        }
    }
}

fn bubbles(world: &World, phone: &str, after: u64) -> Vec<Bubble> {
    let shown = world.shown(phone).filter(|entry| entry.seq > after);
    shown.filter_map(|entry| bubble(world, entry)).collect()
}

fn bubble(world: &World, entry: &Entry) -> Option<Bubble> {
    let (direction, text, with): (_, &Text, _) = match &entry.event {
        Event::Inbound(text) => ("sent", text, &text.to),
        Event::Delivered(text) => ("received", text, &text.from),
        _ => return None,
    };
    // What the carrier answers by itself is no message of the account.
    let message = world.message(&text.sid);
    let ours = message.filter(|message| message.inbound);
    Some(Bubble {
        seq: entry.seq,
        at_ms: entry.at_ms,
        direction,
        with: with.clone(),
        sid: text.sid.clone(),
        body: text.body.clone(),
        handover: ours.map(|message| message.handover),
        state: message
            .map_or(Status::Delivered, |message| message.status)
            .as_str(),
    })
}
