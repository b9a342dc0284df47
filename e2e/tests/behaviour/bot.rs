//! The direct chat with the bot.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::harness::{Employee, Options, PASSWORD, PATIENCE, Stack, Trust, switched_on, until};

use crate::talk::{Talk, bot, wait_for_alarm};

/// A command is answered within this, by the homeserver's own clock.
const PROMISED_MS: u64 = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_bot_greets_answers_and_explains() -> Result<()> {
    if !switched_on("the_bot_greets_answers_and_explains") {
        return Ok(());
    }
    let stack = Stack::start(&Options::default()).await?;
    let alice = &stack.lines[0].employee;
    let chat = alice.open_chat(&bot()).await?;
    let greeting = alice
        .wait_for("the greeting", |said| {
            said.room == chat && said.sender == bot()
        })
        .await?;
    ensure!(
        greeting.body.contains("sms +1 415 555 2671 Jane Doe"),
        "{greeting:?}"
    );
    ensure!(
        greeting.encrypted && greeting.undecryptable.is_none(),
        "{greeting:?}"
    );

    // The first answer also sets up the channel between the two devices.
    let mut slowest = 0;
    for (line, expected) in [
        ("help", "numbers: your own numbers"),
        ("numbers", stack.lines[0].number.as_str()),
        ("contacts", "You have no contacts yet"),
        ("status", "Working."),
        ("STATUS", "Working."),
        ("what?", "I do not know “what?”"),
        ("sms 12 Jane", "That did not work"),
        ("sms Jane", "The client's number is missing"),
        ("+14155550199", "put “sms” before it"),
    ] {
        slowest = slowest.max(ask(alice, &chat, line, expected).await?);
    }
    ensure!(slowest <= PROMISED_MS, "an answer took {slowest} ms");

    ask(
        alice,
        &chat,
        "sms +1 415 555 0150 Jane Doe",
        "Jane Doe (SMS)",
    )
    .await?;
    let room = named(alice, "Jane Doe (SMS)").await?;
    alice.say(&room, "first from the room").await?;
    until("the phone of Jane", PATIENCE, async || {
        let ledger = stack.carrier().ledger(0);
        let shown = ledger.iter().any(|entry| {
            matches!(&entry.event, carrier_sim::Event::Delivered(t)
            if t.to == "+14155550150" && t.body == "first from the room")
        });
        Ok(shown.then_some(()))
    })
    .await?;
    ask(alice, &chat, "contacts", "Jane Doe +14155550150").await?;
    // Again finds the same room.
    ask(alice, &chat, "sms +14155550150", "Jane Doe (SMS)").await?;
    let talk = Talk::begin(&stack, 0, "+14155550150").await?;
    assert_eq!(talk.room, room);

    strangers_raise_an_alarm(&stack).await
}

async fn strangers_raise_an_alarm(stack: &Stack) -> Result<()> {
    stack.synapse.register("mallory", PASSWORD).await?;
    let mallory = Employee::login(&stack.synapse.url(), "mallory", PASSWORD, Trust::Lax).await?;
    let chat = mallory.open_chat(&bot()).await?;
    wait_for_alarm(stack, "strangers").await?;
    ensure!(
        !mallory
            .said()
            .iter()
            .any(|said| said.room == chat && said.sender == bot()),
        "the bot talks to a stranger"
    );
    Ok(())
}

/// Asks and waits for the answer; how long it took, in milliseconds.
async fn ask(alice: &Employee, chat: &str, line: &str, expected: &str) -> Result<u64> {
    let asked = alice.say(chat, line).await?.to_string();
    let said = alice
        .wait_for(&format!("{line} by itself"), |said| said.event == asked)
        .await?;
    let answer = alice
        .wait_for(&format!("the answer to {line}"), |answer| {
            answer.room == chat
                && answer.sender == bot()
                && answer.at_ms >= said.at_ms
                && answer.body.contains(expected)
        })
        .await?;
    Ok(answer.at_ms - said.at_ms)
}

/// The room of that name, joined.
async fn named(alice: &Employee, name: &str) -> Result<String> {
    until(
        &format!("a room {name}"),
        Duration::from_secs(60),
        async || {
            let rooms = alice.client().joined_rooms();
            let found = rooms
                .iter()
                .find(|room| room.name().as_deref() == Some(name));
            Ok(found.map(|room| room.room_id().to_string()))
        },
    )
    .await
}
