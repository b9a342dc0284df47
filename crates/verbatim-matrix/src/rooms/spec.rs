//! What a room's state should be (facts: matrix, section 14). Pure, so that it can be compared.

use serde_json::{Map, Value, json};
use verbatim_engine::ports::RoomSpec;

use super::{ENCRYPTION, encryption};

/// What only the bot may do. The room's creator is above all levels from room version 12 on and must not
/// be listed, so we name what is needed and leave the users alone.
const BOT_LEVEL: u32 = 100;

/// Who we are, for the state that names us.
pub(super) struct Ours<'a> {
    pub(super) as_id: &'a str,
    pub(super) bot: &'a str,
    pub(super) avatar: &'a str,
}

/// A wanted state event.
pub(super) struct Wanted {
    pub(super) kind: &'static str,
    pub(super) key: String,
    pub(super) content: Value,
}

/// All state that we set, encryption first: nothing is said into a room before it stands.
pub(super) fn wanted(ours: &Ours<'_>, spec: &RoomSpec) -> Vec<Wanted> {
    let state = |kind, content| Wanted {
        kind,
        key: String::new(),
        content,
    };
    let bridge = |kind| Wanted {
        kind,
        key: ours.as_id.to_owned(),
        content: bridge(ours, spec),
    };
    vec![
        state(ENCRYPTION, encryption()),
        state(
            "m.room.history_visibility",
            // What a client texts before the employee has accepted, or while they leave, must not stay
            // hidden; the keys decide who can read it (decisions 0008 and 0010).
            json!({ "history_visibility": "shared" }),
        ),
        state(
            "m.room.guest_access",
            json!({ "guest_access": "forbidden" }),
        ),
        state("m.room.name", json!({ "name": spec.name })),
        state("m.room.topic", json!({ "topic": spec.topic })),
        state("m.room.avatar", json!({ "url": ours.avatar })),
        bridge("m.bridge"),
        bridge("uk.half-shot.bridge"),
        state(
            "io.element.functional_members",
            json!({ "service_members": [ours.bot] }),
        ),
    ]
}

fn bridge(ours: &Ours<'_>, spec: &RoomSpec) -> Value {
    json!({
        "bridgebot": ours.bot,
        "creator": ours.bot,
        "protocol": { "id": "sms", "displayname": "SMS", "avatar_url": ours.avatar },
        "channel": { "id": spec.conversation.to_string(), "displayname": spec.name },
        "com.beeper.room_type": "dm",
    })
}

/// The body of `createRoom`.
pub(super) fn create_body(ours: &Ours<'_>, spec: &RoomSpec, alias_localpart: &str) -> Value {
    let state: Vec<Value> = wanted(ours, spec)
        .into_iter()
        .map(|w| json!({ "type": w.kind, "state_key": w.key, "content": w.content }))
        .collect();
    json!({
        "preset": "private_chat",
        "visibility": "private",
        "is_direct": true,
        "room_alias_name": alias_localpart,
        "invite": [spec.stand_in, spec.employee],
        "creation_content": { "m.federate": false },
        "initial_state": state,
        "power_level_content_override": levels(None),
    })
}

/// Power levels as they should be, on top of what is there.
pub(super) fn levels(present: Option<&Value>) -> Value {
    let mut levels = present
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    for level in ["invite", "kick", "ban", "redact"] {
        levels.insert(level.to_owned(), json!(BOT_LEVEL));
    }
    levels.insert("users_default".to_owned(), json!(0));
    let mut events = levels
        .get("events")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    for kind in [
        ENCRYPTION,
        "m.room.name",
        "m.room.topic",
        "m.room.avatar",
        "m.room.power_levels",
        "m.room.history_visibility",
        "m.room.tombstone",
        "m.room.server_acl",
    ] {
        events.insert(kind.to_owned(), json!(BOT_LEVEL));
    }
    levels.insert("events".to_owned(), Value::Object(events));
    Value::Object(levels)
}

/// Whether what is there says all that is wanted; homeservers and clients may add to it.
pub(super) fn says(present: Option<&Value>, wanted: &Value) -> bool {
    match (present, wanted) {
        (Some(Value::Object(present)), Value::Object(wanted)) => covers(present, wanted),
        (Some(present), wanted) => present == wanted,
        (None, _) => false,
    }
}

fn covers(present: &Map<String, Value>, wanted: &Map<String, Value>) -> bool {
    wanted
        .iter()
        .all(|(key, value)| says(present.get(key), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use verbatim_domain::ConversationId;

    fn spec() -> RoomSpec {
        RoomSpec {
            conversation: ConversationId::from_random([7; 16]),
            stand_in: "@sms_1:x".into(),
            stand_in_name: "Jane".into(),
            employee: "@alice:x".into(),
            name: "Jane (SMS)".into(),
            topic: "t".into(),
        }
    }

    const OURS: Ours<'static> = Ours {
        as_id: "verbatim",
        bot: "@smsbot:x",
        avatar: "mxc://x/1",
    };

    #[test]
    fn encryption_comes_first() {
        assert_eq!(wanted(&OURS, &spec())[0].kind, ENCRYPTION);
    }

    #[test]
    fn the_creator_is_not_listed() {
        let body = create_body(&OURS, &spec(), "sms_1");
        assert_eq!(body["power_level_content_override"].get("users"), None);
    }

    #[test]
    fn levels_keep_what_others_set_and_are_stable() {
        let present =
            json!({ "users": { "@smsbot:x": 100 }, "events": { "m.call": 50 }, "invite": 0 });
        let once = levels(Some(&present));
        assert_eq!(once["users"], present["users"]);
        assert_eq!(once["events"]["m.call"], 50);
        assert_eq!(once["invite"], 100);
        assert_eq!(levels(Some(&once)), once);
    }

    #[test]
    fn only_what_differs_is_said_again() {
        #[track_caller]
        fn check(present: Option<Value>, wanted: &Value, expect: bool) {
            assert_eq!(says(present.as_ref(), wanted), expect);
        }
        let topic = json!({ "topic": "t" });
        check(Some(json!({ "topic": "t", "m.topic": [] })), &topic, true);
        check(Some(json!({ "topic": "u" })), &topic, false);
        check(Some(json!([])), &topic, false);
        check(None, &topic, false);
    }
}
