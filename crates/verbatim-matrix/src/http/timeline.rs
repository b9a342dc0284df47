//! Timelines of the bot's rooms, read in its name and not as its device: a `/sync` of the device would
//! take the keys away that the key loop has not read yet.

use std::collections::BTreeMap;

use reqwest::Method;
use ruma::{RoomId, UserId};
use serde::Deserialize;
use serde_json::Value;

use super::{As, Call, Http, HttpResult};

/// What `/sync` says about rooms.
#[derive(Debug, Deserialize)]
pub(crate) struct RoomSync {
    pub(crate) next_batch: String,
    #[serde(default)]
    pub(crate) rooms: Rooms,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Rooms {
    #[serde(default)]
    pub(crate) join: BTreeMap<String, Joined>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Joined {
    #[serde(default)]
    pub(crate) timeline: Timeline,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Timeline {
    #[serde(default)]
    pub(crate) events: Vec<Value>,
    #[serde(default)]
    pub(crate) limited: bool,
    pub(crate) prev_batch: Option<String>,
}

/// A part of a timeline, oldest first.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    #[serde(default)]
    pub(crate) chunk: Vec<Value>,
    pub(crate) end: Option<String>,
}

/// Nothing but timelines, and of a room's at most the latest twenty events.
const ROOMS: &str = r#"{"room":{"state":{"types":[]},"account_data":{"types":[]},"ephemeral":{"types":[]},"timeline":{"limit":20}},"presence":{"types":[]},"account_data":{"types":[]}}"#;
/// No rooms at all: asked for the position of this moment.
const NOTHING: &str =
    r#"{"room":{"rooms":[]},"presence":{"types":[]},"account_data":{"types":[]}}"#;
/// Events in a page.
const PAGE: &str = "100";

impl Http {
    /// What is new in the bot's rooms since a position; without one, only the position of this moment.
    pub(crate) async fn room_sync(
        &self,
        bot: &UserId,
        since: Option<&str>,
    ) -> HttpResult<RoomSync> {
        let filter = since.map_or(NOTHING, |_| ROOMS);
        let mut query = vec![
            ("filter", filter),
            ("set_presence", "offline"),
            ("timeout", "0"),
        ];
        query.extend(since.map(|since| ("since", since)));
        let path = ["_matrix", "client", "v3", "sync"];
        let call = Call::new("sync rooms", Method::GET, &path).query(&query);
        self.json(As::user(bot), call).await
    }

    /// A part of a room's timeline between two positions, oldest first.
    pub(crate) async fn messages(
        &self,
        bot: &UserId,
        room: &RoomId,
        from: &str,
        to: &str,
    ) -> HttpResult<Page> {
        let path = [
            "_matrix",
            "client",
            "v3",
            "rooms",
            room.as_str(),
            "messages",
        ];
        let query = [("dir", "f"), ("from", from), ("to", to), ("limit", PAGE)];
        let call = Call::new("messages", Method::GET, &path).query(&query);
        self.json(As::user(bot), call).await
    }
}
