//! What the employee's client must see.

use anyhow::ensure;

use super::client::{Event, Text};

/// The room of a first text: encrypted, with the employee, a stand-in that does not give the
/// phone number away, and the bot.
pub(super) fn check(text: &Text, employee: &str, phone: &str) -> anyhow::Result<()> {
    ensure!(text.decrypted, "the text was not encrypted");
    ensure!(text.room_encrypted, "the room is not encrypted");
    ensure!(
        text.members.iter().any(|id| id == employee),
        "{employee} is not in {:?}",
        text.members
    );
    ensure!(
        text.members.contains(&text.sender),
        "{} is not in its room",
        text.sender
    );
    ensure!(
        text.sender.starts_with("@sms_"),
        "{} is no stand-in",
        text.sender
    );
    let digits = phone.trim_start_matches('+');
    ensure!(
        !text.sender.contains(digits),
        "{} shows the phone number",
        text.sender
    );
    ensure!(
        text.members.iter().any(|id| id.starts_with("@smsbot")),
        "the bot is not in {:?}",
        text.members
    );
    Ok(())
}

/// How a delivery shows, if this event shows it: the stand-in's read receipt, or a
/// `com.beeper.message_send_status` that names whom it was delivered to.
pub(super) fn delivery(event: &Event, text: &Text, sent: &str) -> Option<String> {
    match event {
        Event::Receipt { user, id } if *user == text.sender && id == sent => {
            Some("read receipt of the stand-in".to_owned())
        }
        Event::Status { content } => {
            let about = content.pointer("/m.relates_to/event_id")?.as_str()?;
            let to = content.get("delivered_to_users")?.as_array()?;
            let success = content.get("status")?.as_str()? == "SUCCESS";
            (about == sent && success && !to.is_empty())
                .then(|| "com.beeper.message_send_status".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text() -> Text {
        Text {
            room: "!r".to_owned(),
            sender: "@sms_k3x:verbatim.test".to_owned(),
            body: "hello".to_owned(),
            decrypted: true,
            room_encrypted: true,
            members: [
                "@alice:verbatim.test",
                "@sms_k3x:verbatim.test",
                "@smsbot:verbatim.test",
            ]
            .map(str::to_owned)
            .to_vec(),
        }
    }

    #[test]
    fn each_flaw_of_the_room_is_seen() {
        let check = |spoil: fn(&mut Text), expected: Option<&str>| {
            let mut text = text();
            spoil(&mut text);
            let error = check(&text, "@alice:verbatim.test", "+12025550123")
                .err()
                .map(|error| error.to_string());
            match expected {
                None => assert_eq!(error, None),
                Some(part) => assert!(
                    error.as_ref().is_some_and(|e| e.contains(part)),
                    "{error:?}"
                ),
            }
        };
        check(|_| (), None);
        check(|text| text.decrypted = false, Some("not encrypted"));
        check(
            |text| text.room_encrypted = false,
            Some("room is not encrypted"),
        );
        check(|text| drop(text.members.remove(0)), Some("@alice"));
        check(|text| drop(text.members.remove(1)), Some("not in its room"));
        check(|text| drop(text.members.remove(2)), Some("bot"));
        check(
            |text| text.sender = "@alice:verbatim.test".to_owned(),
            Some("no stand-in"),
        );
        let digits = |text: &mut Text| {
            text.sender = "@sms_12025550123:verbatim.test".to_owned();
            text.members.push(text.sender.clone());
        };
        check(digits, Some("shows the phone number"));
    }

    #[test]
    fn only_a_real_delivery_counts() {
        let check = |event: Event, expected: bool| {
            assert_eq!(
                delivery(&event, &text(), "$sent").is_some(),
                expected,
                "{event:?}"
            );
        };
        let receipt = |user: &str, id: &str| Event::Receipt {
            user: user.to_owned(),
            id: id.to_owned(),
        };
        check(receipt("@sms_k3x:verbatim.test", "$sent"), true);
        check(receipt("@smsbot:verbatim.test", "$sent"), false);
        check(receipt("@sms_k3x:verbatim.test", "$other"), false);
        let status = |id: &str, status: &str, to: &[&str]| Event::Status {
            content: json!({"m.relates_to": {"event_id": id}, "status": status, "delivered_to_users": to}),
        };
        check(
            status("$sent", "SUCCESS", &["@sms_k3x:verbatim.test"]),
            true,
        );
        check(status("$sent", "SUCCESS", &[]), false);
        check(
            status("$sent", "FAIL_PERMANENT", &["@sms_k3x:verbatim.test"]),
            false,
        );
        check(
            status("$other", "SUCCESS", &["@sms_k3x:verbatim.test"]),
            false,
        );
    }
}
