//! The canary: bodies and names that exist nowhere else go both ways, and are then searched for in every
//! file that Verbatim wrote and in everything it printed. (DESIGN: no plaintext on disk; logs hold
//! neither bodies nor full numbers.)

use std::path::PathBuf;

use anyhow::{Context, Result};
use carrier_sim::{Event, Fault, FaultKind};
use e2e::harness::{Options, PATIENCE, Stack, files, needles, search, switched_on, until};

const PHONE: &str = "+14155550177";

/// A text that nobody wrote before.
fn canary(alphabet: &str) -> String {
    format!("canary{:016x} {alphabet}", rand::random::<u64>())
}

/// Its part that survives any change of words around it.
fn mark(canary: &str) -> String {
    canary.split(' ').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_and_no_name_is_on_disk_or_in_the_logs() -> Result<()> {
    if !switched_on("no_text_and_no_name_is_on_disk_or_in_the_logs") {
        return Ok(());
    }
    let mut stack = Stack::start(&Options {
        disclosure: true,
        ..Options::default()
    })
    .await?;
    let secrets = traffic(&stack).await?;
    // Once while the files are in use, once after an orderly end, once after a start over them.
    clean(&stack, &secrets)?;
    stack.verbatim.stop().await?;
    clean(&stack, &secrets)?;
    stack.verbatim.start().await?;
    stack.verbatim.kill().await?;
    clean(&stack, &secrets)?;
    Ok(())
}

/// Canaries through every way in and out. Gives what must not be found.
async fn traffic(stack: &Stack) -> Result<Vec<String>> {
    let line = &stack.lines[0];
    let (sim, alice) = (stack.carrier(), &line.employee);
    let name = canary("Name");
    stack
        .verbatim
        .json(&["contact", "add", PHONE, &name])
        .await?;
    let mut secrets = vec![name];
    let mut room = String::new();
    for alphabet in ["plain", "grün", "🐤"] {
        let body = canary(alphabet);
        sim.text(PHONE, &line.number, &body)?;
        room = alice.wait_for_text(&body).await?.room;
        secrets.push(body);
        let body = canary(alphabet);
        alice.say(&room, &body).await?;
        shown(stack, &body).await?;
        secrets.push(body);
    }
    // A text that finally fails, and one that the carrier takes without saying so.
    for kind in [FaultKind::DeliveryFailure, FaultKind::ResetAfter] {
        sim.set_fault(Fault::new(kind).times(1))?;
        let body = canary("fails");
        let event = alice.say(&room, &body).await?;
        settled(stack, event.as_str()).await?;
        secrets.push(body);
    }
    // An edit, which is recorded and answered, and a chat with the bot.
    let chat = alice.open_chat("@smsbot:verbatim.test").await?;
    let body = canary("command");
    alice
        .say(&chat, &format!("sms +14155550178 {body}"))
        .await?;
    alice
        .wait_for("the bot's answer", |said| {
            said.room == chat && said.sender != alice.user()
        })
        .await?;
    secrets.push(body);
    Ok(secrets)
}

async fn shown(stack: &Stack, body: &str) -> Result<()> {
    until(body, PATIENCE, async || {
        let shows = |event: &Event| matches!(event, Event::Delivered(text) if text.body == body);
        Ok(stack
            .carrier()
            .ledger(0)
            .iter()
            .any(|entry| shows(&entry.event))
            .then_some(()))
    })
    .await
}

/// The message of a room event has reached its last state, whichever.
async fn settled(stack: &Stack, event: &str) -> Result<()> {
    let conversation = stack.conversation(PHONE, &stack.lines[0].number).await?;
    let id = conversation["id"].as_str().context("id")?;
    until("the message's last state", PATIENCE, async || {
        let page = stack
            .api(&format!("conversations/{id}/messages?limit=100"))
            .await?;
        let messages = page["items"].as_array().cloned().unwrap_or_default();
        let last = ["delivered", "undelivered", "failed", "expired"];
        let done = messages
            .iter()
            .any(|m| m["event"] == event && last.iter().any(|state| m["state"] == *state));
        Ok(done.then_some(()))
    })
    .await
}

/// Nothing in Verbatim's folder and nothing in what it printed. The homeserver's files are not
/// Verbatim's: there the texts are encrypted, and the room's name is state that it can read.
#[track_caller]
fn clean(stack: &Stack, secrets: &[String]) -> Result<()> {
    let log = stack.root().join("verbatim.log");
    let mut written = files(&stack.data)?;
    assert!(
        written
            .iter()
            .any(|path| path.extension().is_some_and(|e| e == "db")),
        "no store in {written:?}"
    );
    written.push(log.clone());
    let mut found = Vec::new();
    for secret in secrets {
        found.extend(search(&written, &needles(secret))?);
        found.extend(search(&written, &needles(&mark(secret)))?);
    }
    // Neither in the store nor in the logs: they are sealed, and masked.
    for number in [PHONE, "+14155550178"] {
        found.extend(search(
            &without_keys(&written),
            &needles(number.trim_start_matches('+')),
        )?);
    }
    let ours = stack.lines[0].number.trim_start_matches('+');
    found.extend(search(&[log], &needles(ours))?);
    assert_eq!(found, Vec::<String>::new());
    Ok(())
}

/// Keys are random digits; a number could be among them by chance, in theory.
fn without_keys(paths: &[PathBuf]) -> Vec<PathBuf> {
    paths
        .iter()
        .filter(|path| !path.components().any(|part| part.as_os_str() == "keys"))
        .cloned()
        .collect()
}
