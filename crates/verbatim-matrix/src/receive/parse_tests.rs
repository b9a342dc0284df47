use serde_json::json;

use super::*;

fn raw(kind: &str, content: &Value, more: &Value) -> Vec<u8> {
    let mut event = json!({
        "event_id": "$e", "room_id": "!r:x", "sender": "@alice:x", "origin_server_ts": 1_700_000_000_000_i64,
        "type": kind, "content": content,
    });
    for (key, value) in more.as_object().unwrap() {
        event[key] = value.clone();
    }
    event.to_string().into_bytes()
}

#[track_caller]
fn check(kind: &str, content: &Value, more: &Value, trust: Trust, expect: &EventKind) {
    let event = parse_clear_event(&raw(kind, content, more)).unwrap();
    assert_eq!((&event.kind, event.trust), (expect, trust));
    assert_eq!(event.event.as_str(), "$e");
}

#[track_caller]
fn says(content: &Value, expect: &EventKind) {
    check(
        "m.room.message",
        content,
        &json!({}),
        Trust::Unencrypted,
        expect,
    );
}

fn spoken(body: &str, reply_to: Option<&str>) -> EventKind {
    EventKind::Text {
        body: body.into(),
        reply_to: reply_to.map(EventId::from),
    }
}

#[test]
fn messages() {
    says(
        &json!({ "msgtype": "m.text", "body": "hi" }),
        &spoken("hi", None),
    );
    says(
        &json!({ "msgtype": "m.emote", "body": "waves" }),
        &spoken("waves", None),
    );
    says(&json!({ "msgtype": "m.text" }), &spoken("", None));
    says(
        &json!({ "msgtype": "m.text", "body": "> not a reply" }),
        &spoken("> not a reply", None),
    );
    let reply = json!({ "m.in_reply_to": { "event_id": "$q" } });
    says(
        &json!({ "msgtype": "m.text", "body": "> <@b:x> one\n> two\n\nyes\n> no", "m.relates_to": reply }),
        &spoken("yes\n> no", Some("$q")),
    );
    says(
        &json!({ "msgtype": "m.text", "body": "plain", "m.relates_to": reply }),
        &spoken("plain", Some("$q")),
    );
}

#[test]
fn what_is_not_text() {
    let media = |what: &str, body: &str| EventKind::Media {
        what: what.into(),
        body: body.into(),
    };
    let unknown = |what: &str| EventKind::Unknown { what: what.into() };
    says(
        &json!({ "msgtype": "m.image", "body": "cat.jpg" }),
        &media("m.image", "cat.jpg"),
    );
    says(
        &json!({ "msgtype": "m.location", "body": "here" }),
        &media("m.location", "here"),
    );
    says(
        &json!({ "msgtype": "com.new", "body": "?" }),
        &media("com.new", "?"),
    );
    says(
        &json!({ "msgtype": "m.key.verification.request", "body": "?" }),
        &unknown("m.key.verification.request"),
    );
    says(&json!({ "body": "no type" }), &unknown("m.room.message"));
    says(&json!([]), &unknown("m.room.message"));
    check(
        "m.sticker",
        &json!({ "body": "s" }),
        &json!({}),
        Trust::Unencrypted,
        &media("m.sticker", "s"),
    );
    let poll = json!({ "m.poll.start": { "question": { "body": "which?" } } });
    check(
        "m.poll.start",
        &poll,
        &json!({}),
        Trust::Unencrypted,
        &media("m.poll.start", "which?"),
    );
    check(
        "m.call.invite",
        &json!({}),
        &json!({}),
        Trust::Unencrypted,
        &unknown("m.call.invite"),
    );
    let redacted = json!({ "unsigned": { "redacted_because": {} } });
    check(
        "m.room.message",
        &json!({}),
        &redacted,
        Trust::Unencrypted,
        &EventKind::Other {
            what: "m.room.message".into(),
        },
    );
}

#[test]
fn relations() {
    let replace = json!({ "rel_type": "m.replace", "event_id": "$o" });
    let edit = EventKind::Edit {
        of: "$o".into(),
        body: "new".into(),
    };
    let new = json!({ "msgtype": "m.text", "body": "new" });
    says(
        &json!({ "msgtype": "m.text", "body": "* new", "m.new_content": new, "m.relates_to": replace }),
        &edit,
    );
    says(
        &json!({ "msgtype": "m.text", "body": "* new", "m.relates_to": replace }),
        &edit,
    );
    let annotation =
        json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": "$o", "key": "👍" } });
    let reaction = EventKind::Reaction {
        to: "$o".into(),
        key: "👍".into(),
    };
    check(
        "m.reaction",
        &annotation,
        &json!({}),
        Trust::Unencrypted,
        &reaction,
    );
    let redaction = |of: Option<&str>| EventKind::Redaction {
        of: of.map(EventId::from),
    };
    check(
        "m.room.redaction",
        &json!({ "redacts": "$o" }),
        &json!({}),
        Trust::State,
        &redaction(Some("$o")),
    );
    check(
        "m.room.redaction",
        &json!({}),
        &json!({ "redacts": "$o" }),
        Trust::State,
        &redaction(Some("$o")),
    );
    check(
        "m.room.redaction",
        &json!({}),
        &json!({}),
        Trust::State,
        &redaction(None),
    );
}

#[test]
fn memberships() {
    let invite = json!({ "membership": "invite", "is_direct": true });
    let bot = json!({ "state_key": "@smsbot:x" });
    let expect = EventKind::Membership {
        user: "@smsbot:x".into(),
        change: Membership::Invite,
        direct: true,
    };
    check("m.room.member", &invite, &bot, Trust::State, &expect);
    let other = EventKind::Other {
        what: "m.room.member".into(),
    };
    check(
        "m.room.member",
        &json!({ "membership": "levitate" }),
        &bot,
        Trust::State,
        &other,
    );
    check(
        "m.room.member",
        &invite,
        &json!({}),
        Trust::Unencrypted,
        &EventKind::Unknown {
            what: "m.room.member".into(),
        },
    );
}

#[test]
fn a_state_event_says_nothing() {
    let other = EventKind::Other {
        what: "m.room.message".into(),
    };
    let content = json!({ "msgtype": "m.text", "body": "hi" });
    check(
        "m.room.message",
        &content,
        &json!({ "state_key": "" }),
        Trust::State,
        &other,
    );
}

#[test]
fn what_is_no_event() {
    #[track_caller]
    fn check(raw: &[u8]) {
        let result = parse_clear_event(raw);
        assert!(matches!(result, Err(OpenError::Malformed(_))), "{result:?}");
    }
    check(b"");
    check(b"\xff");
    check(b"[]");
    check(b"{}");
    check(&raw("m.x", &json!({}), &json!({ "event_id": 5 })));
    check(&raw("m.x", &json!({}), &json!({ "room_id": null })));
    check(&raw(
        "m.x",
        &json!({}),
        &json!({ "origin_server_ts": "now" }),
    ));
    check(&raw(
        "m.x",
        &json!({}),
        &json!({ "origin_server_ts": 1e300 }),
    ));
    check("[".repeat(100_000).as_bytes());
}

/// What the crypto library hands on from inside an encrypted event, fields of the sender's choice included.
#[track_caller]
fn inside(kind: &str, content: &Value, more: &Value, expect: &EventKind) {
    let envelope = Envelope::read(&raw(kind, content, more)).unwrap();
    let trust = Trust::Encrypted("cross-signed".into());
    let event = envelope.inside().into_event(trust, Vec::new());
    assert_eq!(&event.kind, expect);
}

#[test]
fn an_encrypted_event_is_no_state_event_and_says_what_it_says() {
    let said = json!({ "msgtype": "m.text", "body": "buy" });
    for hidden in [
        json!({ "state_key": "" }),
        json!({ "redacts": "$x" }),
        json!({ "unsigned": { "redacted_because": {} } }),
    ] {
        inside("m.room.message", &said, &hidden, &spoken("buy", None));
    }
    let unknown = |what: &str| EventKind::Unknown { what: what.into() };
    let leave = json!({ "membership": "leave" });
    let bob = json!({ "state_key": "@bob:x" });
    inside("m.room.member", &leave, &bob, &unknown("m.room.member"));
    inside("com.new", &said, &json!({}), &unknown("com.new"));
    inside(
        "m.room.topic",
        &json!({ "topic": "buy" }),
        &bob,
        &unknown("m.room.topic"),
    );
}
