//! What is said, as Matrix event content (facts: matrix, sections 14 and 15).

use serde_json::{Map, Value, json};
use verbatim_domain::{EventId, UserId};
use verbatim_engine::ports::{Content, SendStatus};

const NETWORK: &str = "sms";

/// The event type and content of something to be said.
pub(crate) fn event_content(content: &Content) -> (&'static str, Value) {
    match content {
        Content::Text { body } => (
            "m.room.message",
            json!({ "msgtype": "m.text", "body": body }),
        ),
        Content::Notice {
            body,
            reply_to,
            replaces,
            mentions,
        } => (
            "m.room.message",
            notice(
                body,
                reply_to.as_ref(),
                replaces.as_ref(),
                mentions.as_ref(),
            ),
        ),
        Content::Status {
            about,
            status,
            message,
            delivered_to,
        } => (
            "com.beeper.message_send_status",
            send_status(about, *status, message.as_deref(), delivered_to.as_ref()),
        ),
    }
}

fn notice(
    body: &str,
    reply_to: Option<&EventId>,
    replaces: Option<&EventId>,
    mentions: Option<&UserId>,
) -> Value {
    let mentioned: Vec<&str> = mentions.iter().map(|user| user.as_str()).collect();
    let mut content = json!({
        "msgtype": "m.notice",
        "body": body,
        "m.mentions": { "user_ids": mentioned },
    });
    let Some(replaced) = replaces else {
        if let Some(event) = reply_to {
            content["m.relates_to"] = json!({ "m.in_reply_to": { "event_id": event } });
        }
        return content;
    };
    // An edit keeps the reply of the original (specification, "Editing encrypted events"); whom it
    // mentions anew is said outside, whom it mentions at all inside.
    let new_content = content;
    json!({
        "msgtype": "m.notice",
        "body": format!("* {body}"),
        "m.mentions": { "user_ids": [] },
        "m.new_content": new_content,
        "m.relates_to": { "rel_type": "m.replace", "event_id": replaced },
    })
}

fn send_status(
    about: &EventId,
    status: SendStatus,
    message: Option<&str>,
    delivered_to: Option<&UserId>,
) -> Value {
    let (word, reason) = match status {
        SendStatus::Success => ("SUCCESS", None),
        SendStatus::Pending => ("PENDING", Some("m.foreign_network_error")),
        SendStatus::FailRetriable => ("FAIL_RETRIABLE", Some("m.foreign_network_error")),
        SendStatus::FailPermanent => ("FAIL_PERMANENT", Some("m.foreign_network_error")),
    };
    let mut content = Map::new();
    content.insert(
        "m.relates_to".into(),
        json!({ "rel_type": "m.reference", "event_id": about }),
    );
    content.insert("network".into(), json!(NETWORK));
    content.insert("status".into(), json!(word));
    if let Some(reason) = reason {
        content.insert("reason".into(), json!(reason));
    }
    if let Some(message) = message {
        content.insert("message".into(), json!(message));
    }
    if status == SendStatus::Success {
        // An empty list promises that delivery will be told later.
        let users: Vec<&str> = delivered_to.iter().map(|user| user.as_str()).collect();
        content.insert("delivered_to_users".into(), json!(users));
    }
    Value::Object(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(replaces: Option<&str>) -> Value {
        event_content(&Content::Notice {
            body: "not sent".into(),
            reply_to: Some("$employee".into()),
            replaces: replaces.map(EventId::from),
            mentions: Some("@alice:x".into()),
        })
        .1
    }

    #[test]
    fn a_notice_answers_and_mentions() {
        let expect = json!({
            "msgtype": "m.notice",
            "body": "not sent",
            "m.mentions": { "user_ids": ["@alice:x"] },
            "m.relates_to": { "m.in_reply_to": { "event_id": "$employee" } },
        });
        assert_eq!(notice(None), expect);
    }

    #[test]
    fn an_edit_replaces_without_ringing_again() {
        let expect = json!({
            "msgtype": "m.notice",
            "body": "* not sent",
            "m.mentions": { "user_ids": [] },
            "m.new_content": {
                "msgtype": "m.notice",
                "body": "not sent",
                "m.mentions": { "user_ids": ["@alice:x"] },
            },
            "m.relates_to": { "rel_type": "m.replace", "event_id": "$first" },
        });
        assert_eq!(notice(Some("$first")), expect);
    }

    #[test]
    fn a_status_refers_to_the_message() {
        let status = |status, delivered_to: Option<&str>| {
            event_content(&Content::Status {
                about: "$m".into(),
                status,
                message: None,
                delivered_to: delivered_to.map(UserId::from),
            })
        };
        let (kind, content) = status(SendStatus::Success, Some("@sms_1:x"));
        assert_eq!(kind, "com.beeper.message_send_status");
        assert_eq!(
            content,
            json!({
                "m.relates_to": { "rel_type": "m.reference", "event_id": "$m" },
                "network": "sms", "status": "SUCCESS", "delivered_to_users": ["@sms_1:x"],
            })
        );
        assert_eq!(
            status(SendStatus::Success, None).1["delivered_to_users"],
            json!([])
        );
        assert_eq!(
            status(SendStatus::FailPermanent, None)
                .1
                .get("delivered_to_users"),
            None
        );
    }
}
