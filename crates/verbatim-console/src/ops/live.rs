//! `GET /health/live`: the process answers. Whoever gets no answer should restart it.

/// It answers, so it lives. Looks at nothing else: a restart mends no store and no homeserver.
pub(super) async fn live() -> &'static str {
    "live\n"
}
