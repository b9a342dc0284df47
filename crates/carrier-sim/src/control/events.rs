//! `GET /sim/events`: the ledger as it grows, as server-sent events.

use crate::event::Entry;
use crate::sim::Sim;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream, StreamExt};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;

/// Entries that are read from the state at once.
const BATCH: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Since {
    after: Option<u64>,
}

/// Streams the entries after `Last-Event-ID`, or after the query's position, or from now on.
/// Nothing is skipped, however slow the reader: its position is its own.
pub(super) async fn stream(
    State(sim): State<Arc<Sim>>,
    Query(since): Query<Since>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let position = last
        .or(since.after)
        .unwrap_or_else(|| sim.world().last_seq());
    let stopping = Arc::clone(&sim);
    let batches = stream::unfold((sim, position), |(sim, position)| async move {
        let batch = next_batch(&sim, position).await?;
        let position = batch.last().map_or(position, |entry| entry.seq);
        Some((batch, (sim, position)))
    });
    let events = batches.flat_map(|batch| stream::iter(batch.into_iter().map(event)));
    let events = events.take_until(Box::pin(async move { stopping.stopped().await }));
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn next_batch(sim: &Sim, position: u64) -> Option<Vec<Entry>> {
    let mut newest = sim.newest();
    newest.wait_for(|newest| *newest > position).await.ok()?;
    let world = sim.world();
    Some(world.after(position).iter().take(BATCH).cloned().collect())
}

fn event(entry: Entry) -> Result<Event, Infallible> {
    let event = Event::default().id(entry.seq.to_string());
    // An entry always has a JSON form; an empty event would be skipped by the reader.
    Ok(event.json_data(&entry).unwrap_or_default())
}
