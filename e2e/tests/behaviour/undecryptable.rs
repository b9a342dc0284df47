//! What the bot cannot read: asked about, given up with an alarm and a gap in the record, never dropped.

use anyhow::{Context, Result, ensure};
use e2e::harness::{Options, Stack, switched_on};
use matrix_sdk::ruma::UserId;
use matrix_sdk_crypto::LocalTrust;
use reqwest::Method;
use serde_json::{Value, json};

use crate::talk::{Talk, api, bot, wait_for_alarm, word};

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_asked_about_and_then_given_up() -> Result<()> {
    if !switched_on("what_cannot_be_read_is_asked_about_and_then_given_up") {
        return Ok(());
    }
    let options = Options {
        employees: vec!["alice".into(), "bob".into()],
        ..Options::default()
    };
    let stack = Stack::start(&options).await?;
    let (lost, blocked) = tokio::join!(key_never_comes(&stack), bot_is_blocked(&stack));
    lost?;
    blocked
}

/// An event of a session that nobody has the key of.
async fn key_never_comes(stack: &Stack) -> Result<()> {
    let talk = Talk::begin(stack, 0, "+14155550180").await?;
    let event = talk.say("readable").await?;
    talk.wait_for_phone("readable").await?;
    let path = format!("rooms/{}/event/{event}", talk.room);
    let mut cipher =
        api(stack, talk.employee(), Method::GET, &path, &json!({})).await?["content"].clone();
    cipher["session_id"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let unreadable = talk.put("m.room.encrypted", &cipher).await?;
    given_up(&talk, &unreadable, "missing", "its key has not arrived").await?;
    assert_eq!(talk.phone_shows(), ["readable"]);
    // The room goes on.
    talk.fence("goes on").await
}

/// An employee's client that gives the bot no keys, and says so.
async fn bot_is_blocked(stack: &Stack) -> Result<()> {
    let talk = Talk::begin(stack, 1, "+14155550181").await?;
    let encryption = talk.employee().client().encryption();
    let bot = UserId::parse(bot())?;
    let devices = encryption.get_user_devices(&bot).await?;
    let mut devices = devices.devices().peekable();
    ensure!(
        devices.peek().is_some(),
        "the client knows no device of the bot"
    );
    for device in devices {
        device.set_local_trust(LocalTrust::BlackListed).await?;
    }
    let unreadable = talk.say("not for the bot").await?;
    given_up(
        &talk,
        &unreadable,
        "m.blacklisted",
        "blocked the bot's device",
    )
    .await?;
    ensure!(talk.phone_shows().is_empty(), "sent what could not be read");
    for device in encryption.get_user_devices(&bot).await?.devices() {
        device.set_local_trust(LocalTrust::Unset).await?;
    }
    talk.employee().rotate_key(&talk.room).await?;
    talk.fence("unblocked").await
}

async fn given_up(talk: &Talk<'_>, event: &str, code: &str, words: &str) -> Result<()> {
    let notice = talk.wait_for_notice(event).await?;
    ensure!(notice.body.contains("not sent yet"), "{}", notice.body);
    ensure!(notice.body.contains(words), "{}", notice.body);
    let written = at(talk, event).await?;
    let waited = notice.at_ms.saturating_sub(written);
    ensure!((20_000..45_000).contains(&waited), "told after {waited} ms");
    let edited = |said: &e2e::harness::Said| {
        said.content["m.relates_to"]["event_id"] == notice.event.as_str()
            && said.content["m.new_content"]["body"]
                .as_str()
                .is_some_and(|body| body.contains("Then write it again"))
    };
    talk.employee()
        .wait_for("the notice edited", edited)
        .await?;
    wait_for_alarm(talk.stack, &format!("undecryptable:{}", talk.room)).await?;
    let records: Vec<Value> = talk.records(event).await?;
    let kinds: Vec<String> = records.iter().map(|r| word(&r["kind"])).collect();
    assert_eq!(kinds, ["gap"], "{records:?}");
    assert_eq!(records[0]["reason"], code);
    assert_eq!(talk.notices(event).len(), 1);
    assert_eq!(talk.edits(&notice).len(), 1);
    Ok(())
}

/// When the homeserver took an event.
async fn at(talk: &Talk<'_>, event: &str) -> Result<u64> {
    let path = format!("rooms/{}/event/{event}", talk.room);
    let raw = api(talk.stack, talk.employee(), Method::GET, &path, &json!({})).await?;
    raw["origin_server_ts"].as_u64().context("no time")
}
