//! `GET /config.json`: what the client has to know before anybody has signed in.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::ClientState;

#[derive(Serialize)]
pub(super) struct Settings {
    /// The homeserver's base address, without a slash at its end.
    homeserver: String,
    /// Its name in user ids.
    server_name: String,
    /// The firm's name.
    firm: String,
    /// The account whose word makes a room one for SMS.
    bot: String,
}

pub(super) async fn settings(State(state): State<ClientState>) -> Json<Settings> {
    let engine = &state.engine;
    let homeserver = state.site.homeserver.as_str();
    Json(Settings {
        homeserver: homeserver.trim_end_matches('/').to_owned(),
        server_name: engine.server_name().to_owned(),
        firm: engine.settings().firm.clone(),
        bot: engine.bot().to_string(),
    })
}
