//! `GET /metrics`: Prometheus text, read afresh from engine and store at each scrape.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use prometheus::{Gauge, IntCounter, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};
use verbatim_engine::Engine;
use verbatim_engine::ports::{JobKind, QueueStat};
use verbatim_engine::views::WorkerState;

use super::{OpsState, http_metrics};

/// How long the store may take; then the scrape goes without its part.
const PATIENCE: Duration = Duration::from_secs(5);

/// The metrics of this process. Labels come from fixed sets: no numbers, names, rooms or users.
pub(super) async fn metrics(State(state): State<Arc<OpsState>>) -> Response {
    match scrape(&state).await {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn scrape(state: &OpsState) -> Result<String, prometheus::Error> {
    let registry = Registry::new();
    http_metrics::register(&registry)?;
    process(state, &registry)?;
    counters(state, &registry)?;
    // An edge may not look into queues and log.
    if let Some(engine) = &state.engine {
        work(engine, &registry)?;
        store(engine, &registry).await?;
    }
    TextEncoder::new().encode_to_string(&registry.gather())
}

fn process(state: &OpsState, registry: &Registry) -> Result<(), prometheus::Error> {
    let started = Gauge::new(
        "process_start_time_seconds",
        "When this process started, Unix seconds.",
    )?;
    // Milliseconds since 1970 are exact in a double for 285,000 years.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    started.set(state.started.as_millis() as f64 / 1000.0);
    registry.register(Box::new(started))?;
    let version = Opts::new("verbatim_build_info", "1, with the version.")
        .const_label("version", env!("CARGO_PKG_VERSION"));
    gauge(registry, version, 1)?;
    let draining = Opts::new("verbatim_draining", "1 while shutting down.");
    gauge(registry, draining, i64::from(state.is_draining()))
}

/// What only a full node has to do with.
fn work(engine: &Engine, registry: &Registry) -> Result<(), prometheus::Error> {
    let held = Opts::new(
        "verbatim_lease_held",
        "1 if this process holds the lease and runs the jobs; one process of an installation does.",
    );
    let working = engine.worker() == WorkerState::Working;
    gauge(registry, held, i64::from(working))?;
    let up = Opts::new(
        "verbatim_homeserver_up",
        "1 if the homeserver answered last time.",
    );
    gauge(registry, up, engine.counters().homeserver_up.get())
}

fn counters(state: &OpsState, registry: &Registry) -> Result<(), prometheus::Error> {
    let c = state.intake.counters();
    for (name, help, count) in [
        ("inbound_texts", "Texts from clients, recorded.", &c.inbound),
        (
            "inbound_duplicates",
            "Texts from clients that were seen before.",
            &c.duplicates,
        ),
        (
            "webhooks_forged",
            "Webhooks whose signature was missing or wrong.",
            &c.forged,
        ),
        (
            "receipts",
            "Receipts of carriers, repeated ones included.",
            &c.receipts,
        ),
        ("room_events", "Room events committed.", &c.room_events),
        (
            "employee_events",
            "Events of employees decided on.",
            &c.employee_events,
        ),
        ("room_messages_sent", "Events said into rooms.", &c.said),
        (
            "texts_submitted",
            "Texts that a carrier took.",
            &c.submitted,
        ),
        (
            "submissions_unknown",
            "Submissions of unknown outcome, to be reconciled.",
            &c.unknown,
        ),
    ] {
        let counter = IntCounter::new(format!("verbatim_{name}_total"), help)?;
        counter.inc_by(count.get());
        registry.register(Box::new(counter))?;
    }
    Ok(())
}

/// What only the store knows. If it does not answer, the rest of the scrape is all the more wanted.
async fn store(engine: &Engine, registry: &Registry) -> Result<(), prometheus::Error> {
    let ask = async {
        Ok::<_, verbatim_engine::admin::AdminError>((
            engine.queue_stats().await?,
            engine.alarm_count().await?,
            engine.log_progress().await?,
        ))
    };
    let answer = match tokio::time::timeout(PATIENCE, ask).await {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(error)) => {
            tracing::warn!(%error, "metrics without the store");
            None
        }
        Err(_) => None,
    };
    let up = Opts::new("verbatim_store_up", "1 if the store answered this scrape.");
    gauge(registry, up, i64::from(answer.is_some()))?;
    let Some((queues, alarms, log)) = answer else {
        return Ok(());
    };
    let open = Opts::new("verbatim_alarms_open", "Alarms that wait for an operator.");
    gauge(registry, open, i64::try_from(alarms).unwrap_or(i64::MAX))?;
    for (name, help, size) in [
        ("records", "Records in the log.", log.records),
        (
            "signed",
            "Records under the last signed checkpoint.",
            log.signed,
        ),
    ] {
        let opts = Opts::new(format!("verbatim_log_{name}"), help);
        gauge(registry, opts, i64::try_from(size).unwrap_or(i64::MAX))?;
    }
    queue_gauges(engine, &queues, registry)
}

fn queue_gauges(
    engine: &Engine,
    queues: &[QueueStat],
    registry: &Registry,
) -> Result<(), prometheus::Error> {
    let depth = IntGaugeVec::new(
        Opts::new("verbatim_queue_depth", "Jobs that wait, by kind."),
        &["kind"],
    )?;
    let oldest = IntGaugeVec::new(
        Opts::new(
            "verbatim_queue_oldest_seconds",
            "Age of the oldest job that waits, by kind.",
        ),
        &["kind"],
    )?;
    // Empty queues are shown as 0: a graph with holes looks like a fault.
    for kind in KINDS {
        depth.with_label_values(&[kind_word(kind)]).set(0);
        oldest.with_label_values(&[kind_word(kind)]).set(0);
    }
    let now = engine.now();
    for queue in queues {
        let age_s = now.since(queue.oldest).as_millis() / 1000;
        let kind = kind_word(queue.kind);
        depth
            .with_label_values(&[kind])
            .set(i64::try_from(queue.depth).unwrap_or(i64::MAX));
        oldest
            .with_label_values(&[kind])
            .set(i64::try_from(age_s).unwrap_or(i64::MAX));
    }
    registry.register(Box::new(depth))?;
    registry.register(Box::new(oldest))
}

fn gauge(registry: &Registry, opts: Opts, value: i64) -> Result<(), prometheus::Error> {
    let gauge = IntGauge::with_opts(opts)?;
    gauge.set(value);
    registry.register(Box::new(gauge))
}

/// Every kind of job.
const KINDS: [JobKind; 8] = [
    JobKind::RoomEvent,
    JobKind::OpenRoom,
    JobKind::Say,
    JobKind::Show,
    JobKind::Submit,
    JobKind::Route,
    JobKind::OfferRoom,
    JobKind::Dispose,
];

/// The stable word for a kind of job, in metrics and in the API.
pub(crate) fn kind_word(kind: JobKind) -> &'static str {
    match kind {
        JobKind::RoomEvent => "room_event",
        JobKind::OpenRoom => "open_room",
        JobKind::Say => "say",
        JobKind::Show => "show",
        JobKind::Submit => "submit",
        JobKind::Route => "route",
        JobKind::OfferRoom => "offer_room",
        JobKind::Dispose => "dispose",
    }
}
