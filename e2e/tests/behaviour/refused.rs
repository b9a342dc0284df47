//! What cannot reach a phone: recorded, and answered by one notice.

use anyhow::{Result, ensure};
use e2e::harness::{Options, Stack, switched_on};
use serde_json::{Value, json};

use crate::talk::Talk;

/// What was written, and what must follow: the record's kind, its reason, words of the notice.
struct Case {
    what: &'static str,
    event: String,
    kind: &'static str,
    reason: &'static str,
    words: &'static str,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_texted_is_recorded_and_answered_once() -> Result<()> {
    if !switched_on("what_cannot_be_texted_is_recorded_and_answered_once") {
        return Ok(());
    }
    let stack = Stack::start(&Options::default()).await?;
    let talk = Talk::begin(&stack, 0, "+14155550120").await?;
    talk.fence("plain").await?;
    let said = talk.say("to be edited").await?;
    let cases = write_everything(&talk, &said).await?;
    talk.fence("last").await?;

    assert_eq!(talk.phone_shows(), ["plain", "to be edited", "last"]);
    for case in &cases {
        check(&talk, case).await?;
    }
    Ok(())
}

async fn check(talk: &Talk<'_>, case: &Case) -> Result<()> {
    let what = case.what;
    let notice = talk.wait_for_notice(&case.event).await?;
    let notices = talk.notices(&case.event);
    assert_eq!(notices.len(), 1, "{what}: {notices:?}");
    ensure!(notice.body.contains(case.words), "{what}: {}", notice.body);
    assert_eq!(talk.edits(&notice), Vec::<String>::new(), "{what}");
    assert_eq!(
        notice.content["m.mentions"]["user_ids"],
        json!([talk.employee().user()]),
        "{what}"
    );
    let records = talk.records(&case.event).await?;
    assert_eq!(records.len(), 1, "{what}: {records:?}");
    assert_eq!(records[0]["kind"], case.kind, "{what}");
    assert_eq!(records[0]["reason"], case.reason, "{what}");
    Ok(())
}

async fn write_everything(talk: &Talk<'_>, said: &str) -> Result<Vec<Case>> {
    let message = "m.room.message";
    let text = |body: &str| json!({ "msgtype": "m.text", "body": body });
    let related = |mut content: Value, relation: Value| {
        content["m.relates_to"] = relation;
        content
    };
    let edit = related(
        text("* edited"),
        json!({ "rel_type": "m.replace", "event_id": said }),
    );
    let edit = {
        let mut e = edit;
        e["m.new_content"] = text("edited");
        e
    };
    let reply = related(
        text("reply"),
        json!({ "m.in_reply_to": { "event_id": said } }),
    );
    let reaction = related(
        json!({}),
        json!({ "rel_type": "m.annotation", "event_id": said, "key": "👍" }),
    );
    let file =
        |kind: &str| json!({ "msgtype": kind, "body": "x.bin", "url": "mxc://verbatim.test/x" });
    let sticker = json!({ "body": "cat", "url": "mxc://verbatim.test/cat", "info": {} });
    let room = talk.employee().joined(&talk.room).await?;
    let id = matrix_sdk::ruma::EventId::parse(said)?;

    let mut cases = Vec::new();
    for (what, kind, content, record, reason, words) in [
        (
            "edit",
            message,
            edit,
            "edit",
            "cannot_reach_a_phone",
            "edit was not sent",
        ),
        (
            "reply",
            message,
            reply,
            "refused",
            "replies_not_supported",
            "reply was not sent",
        ),
        (
            "reaction",
            "m.reaction",
            reaction,
            "reaction",
            "reactions_not_supported",
            "reaction was not sent",
        ),
        (
            "image",
            message,
            file("m.image"),
            "attachment",
            "media_not_supported",
            "picture was not sent",
        ),
        (
            "file",
            message,
            file("m.file"),
            "attachment",
            "media_not_supported",
            "file was not sent",
        ),
        (
            "voice",
            message,
            file("m.audio"),
            "attachment",
            "media_not_supported",
            "audio message was not sent",
        ),
        (
            "sticker",
            "m.sticker",
            sticker,
            "attachment",
            "media_not_supported",
            "sticker was not sent",
        ),
        (
            "long",
            message,
            text(&"x".repeat(1601)),
            "refused",
            "too_long",
            "1601 characters",
        ),
        (
            "empty",
            message,
            text(" \u{200b}\n"),
            "refused",
            "nothing_to_send",
            "nothing in it",
        ),
    ] {
        let event = talk.send(kind, content).await?;
        cases.push(Case {
            what,
            event,
            kind: record,
            reason,
            words,
        });
    }
    cases.push(Case {
        what: "redaction",
        event: room.redact(&id, None, None).await?.event_id.to_string(),
        kind: "redaction",
        reason: "cannot_reach_a_phone",
        words: "the record keeps it",
    });
    cases.push(Case {
        what: "unencrypted",
        event: talk.put(message, &text("in clear")).await?,
        kind: "refused",
        reason: "not_encrypted",
        words: "it was not encrypted",
    });
    cases.push(Case {
        what: "unencrypted image",
        event: talk.put(message, &file("m.image")).await?,
        kind: "refused",
        reason: "not_encrypted",
        words: "it was not encrypted",
    });
    Ok(cases)
}
