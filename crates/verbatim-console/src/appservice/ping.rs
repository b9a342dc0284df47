//! `POST /_matrix/app/v1/ping`: the homeserver shows that it can reach us.

use axum::Json;
use serde_json::{Value, json};

/// Who gets here has the token, and that is all a ping asks. Its body is left unread.
pub(super) async fn ping() -> Json<Value> {
    Json(json!({}))
}
