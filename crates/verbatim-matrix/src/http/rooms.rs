//! Rooms: aliases, state, members, events, receipts.

use reqwest::Method;
use ruma::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{As, Call, Http, HttpError, HttpResult};
use crate::readers::Member;

/// A state event as the homeserver shows it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StateEvent {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) state_key: String,
    pub(crate) content: Value,
}

#[derive(Deserialize)]
struct RoomAnswer {
    room_id: OwnedRoomId,
}

#[derive(Deserialize)]
struct EventAnswer {
    event_id: String,
}

#[derive(Deserialize)]
struct Members {
    chunk: Vec<StateEvent>,
}

/// A page of a room's history.
#[derive(Deserialize)]
pub(crate) struct History {
    pub(crate) chunk: Vec<Sent>,
    /// Where the next page begins; none at the end.
    #[serde(default)]
    pub(crate) end: Option<String>,
}

/// As much of an event as tells whether we sent it.
#[derive(Deserialize)]
pub(crate) struct Sent {
    pub(crate) event_id: String,
    pub(crate) origin_server_ts: i64,
    #[serde(default)]
    pub(crate) unsigned: Unsigned,
}

#[derive(Default, Deserialize)]
pub(crate) struct Unsigned {
    #[serde(default)]
    pub(crate) transaction_id: Option<String>,
}

/// `/_matrix/client/v3/rooms/{room}` and what follows.
macro_rules! room_path {
    ($room:expr $(, $part:expr)*) => {
        ["_matrix", "client", "v3", "rooms", $room.as_str() $(, $part)*]
    };
}

impl Http {
    /// The room behind an alias.
    pub(crate) async fn resolve(
        &self,
        bot: &UserId,
        alias: &str,
    ) -> HttpResult<Option<OwnedRoomId>> {
        let path = ["_matrix", "client", "v3", "directory", "room", alias];
        let call = Call::new("resolve alias", Method::GET, &path);
        absent_is_none(
            self.json::<RoomAnswer>(As::user(bot), call)
                .await
                .map(|a| a.room_id),
        )
    }

    pub(crate) async fn delete_alias(&self, bot: &UserId, alias: &str) -> HttpResult<()> {
        let path = ["_matrix", "client", "v3", "directory", "room", alias];
        let call = Call::new("delete alias", Method::DELETE, &path);
        absent_is_none(self.done(As::user(bot), call).await).map(|_| ())
    }

    pub(crate) async fn create_room(&self, bot: &UserId, body: &Value) -> HttpResult<OwnedRoomId> {
        let path = ["_matrix", "client", "v3", "createRoom"];
        let call = Call::new("createRoom", Method::POST, &path).body(body);
        self.json::<RoomAnswer>(As::device(bot), call)
            .await
            .map(|a| a.room_id)
    }

    /// The whole state, as a member sees it.
    pub(crate) async fn state(&self, who: &UserId, room: &RoomId) -> HttpResult<Vec<StateEvent>> {
        self.json(
            As::user(who),
            Call::new("state", Method::GET, &room_path!(room, "state")),
        )
        .await
    }

    /// The content of one state event.
    pub(crate) async fn state_of(
        &self,
        who: &UserId,
        room: &RoomId,
        kind: &str,
        key: &str,
    ) -> HttpResult<Option<Value>> {
        let path = room_path!(room, "state", kind, key);
        absent_is_none(
            self.json(As::user(who), Call::new("state", Method::GET, &path))
                .await,
        )
    }

    pub(crate) async fn put_state(
        &self,
        who: &UserId,
        room: &RoomId,
        kind: &str,
        key: &str,
        content: &Value,
    ) -> HttpResult<()> {
        let path = room_path!(room, "state", kind, key);
        self.done(
            As::device(who),
            Call::new("put state", Method::PUT, &path).body(content),
        )
        .await
    }

    /// Members that are in or invited.
    pub(crate) async fn members(&self, who: &UserId, room: &RoomId) -> HttpResult<Vec<Member>> {
        let path = room_path!(room, "members");
        let call = Call::new("members", Method::GET, &path).query(&[("not_membership", "leave")]);
        let members: Members = self.json(As::user(who), call).await?;
        let present = |event: StateEvent| {
            let joined = match event.content["membership"].as_str() {
                Some("join") => true,
                Some("invite") => false,
                _ => return None,
            };
            let user = OwnedUserId::try_from(event.state_key).ok()?;
            Some(Member { user, joined })
        };
        Ok(members.chunk.into_iter().filter_map(present).collect())
    }

    /// A page of the room's history, latest first, as this account's device sees it.
    pub(crate) async fn history(
        &self,
        who: &UserId,
        room: &RoomId,
        from: Option<&str>,
    ) -> HttpResult<History> {
        let path = room_path!(room, "messages");
        let mut query = vec![("dir", "b"), ("limit", "100")];
        query.extend(from.map(|from| ("from", from)));
        let call = Call::new("messages", Method::GET, &path).query(&query);
        self.json(As::device(who), call).await
    }

    pub(crate) async fn leave_room(&self, who: &UserId, room: &RoomId) -> HttpResult<()> {
        let path = room_path!(room, "leave");
        self.done(
            As::device(who),
            Call::new("leave", Method::POST, &path).body(&json!({})),
        )
        .await
    }

    pub(crate) async fn invite(
        &self,
        bot: &UserId,
        room: &RoomId,
        user: &UserId,
    ) -> HttpResult<()> {
        let path = room_path!(room, "invite");
        let body = json!({ "user_id": user });
        self.done(
            As::device(bot),
            Call::new("invite", Method::POST, &path).body(&body),
        )
        .await
    }

    pub(crate) async fn join_room(&self, who: &UserId, room: &RoomId) -> HttpResult<()> {
        let path = room_path!(room, "join");
        self.done(
            As::device(who),
            Call::new("join", Method::POST, &path).body(&json!({})),
        )
        .await
    }

    /// Sends an event. Device and transaction id together make it idempotent (facts: matrix, section 10).
    pub(crate) async fn send_event(
        &self,
        who: &UserId,
        room: &RoomId,
        kind: &str,
        txn: &str,
        at: Option<i64>,
        content: &Value,
    ) -> HttpResult<String> {
        let path = room_path!(room, "send", kind, txn);
        let at = at.map(|at| at.to_string());
        let query: Vec<(&str, &str)> = at.iter().map(|at| ("ts", at.as_str())).collect();
        let call = Call::new("send", Method::PUT, &path)
            .query(&query)
            .body(content);
        self.json::<EventAnswer>(As::device(who), call)
            .await
            .map(|a| a.event_id)
    }

    pub(crate) async fn read_receipt(
        &self,
        who: &UserId,
        room: &RoomId,
        event: &str,
    ) -> HttpResult<()> {
        let path = room_path!(room, "receipt", "m.read", event);
        self.done(
            As::device(who),
            Call::new("receipt", Method::POST, &path).body(&json!({})),
        )
        .await
    }
}

fn absent_is_none<T>(result: HttpResult<T>) -> HttpResult<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(HttpError::Refused { status: 404, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
