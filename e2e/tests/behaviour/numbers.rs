//! Texts to numbers that nobody holds, or that we do not know.

use anyhow::{Context, Result, ensure};
use e2e::harness::{ACCOUNT, Employee, Options, PASSWORD, SERVER_NAME, Stack, Trust, switched_on};

use crate::talk::{wait_for_alarm, word};

const UNKNOWN: &str = "+12025550188";
const HELD_BY_NOBODY: &str = "+12025550189";
const PHONE: &str = "+14155550160";

#[tokio::test(flavor = "multi_thread")]
async fn texts_to_numbers_without_holder_wait_or_are_caught() -> Result<()> {
    if !switched_on("texts_to_numbers_without_holder_wait_or_are_caught") {
        return Ok(());
    }
    let catch_all = format!("@bob:{SERVER_NAME}");
    let options = Options {
        // Bob is no employee yet: until he is, there is no catch-all.
        catch_all: catch_all.clone(),
        ..Options::default()
    };
    let stack = Stack::start(&options).await?;
    let hook = format!("http://{}/hooks/{ACCOUNT}/sms", stack.ports.public());
    for number in [UNKNOWN, HELD_BY_NOBODY] {
        stack.carrier().set_number(number, &hook)?;
    }
    let verbatim = &stack.verbatim;
    verbatim
        .json(&["number", "add", HELD_BY_NOBODY, "--account", ACCOUNT])
        .await?;
    let alice = &stack.lines[0].employee;

    waits_until_assigned(&stack, HELD_BY_NOBODY, "which nobody holds").await?;
    waits_until_assigned(&stack, UNKNOWN, "which we do not know").await?;
    let seen = alice.said().into_iter().filter(|s| s.is_text()).count();
    assert_eq!(seen, 4);

    // Taken back; and from now on somebody catches.
    verbatim
        .json(&["number", "release", HELD_BY_NOBODY])
        .await?;
    stack.synapse.register("bob", PASSWORD).await?;
    let bob = Employee::login(&stack.synapse.url(), "bob", PASSWORD, Trust::Lax).await?;
    verbatim
        .json(&["employee", "add", &catch_all, "Bob Example"])
        .await?;
    stack
        .carrier()
        .text(PHONE, HELD_BY_NOBODY, "caught by bob")?;
    bob.wait_for_text("caught by bob").await?;
    wait_for_alarm(&stack, "number-without-holder:").await?;
    let seen = alice.said().into_iter().filter(|s| s.is_text()).count();
    assert_eq!(seen, 4, "alice reads what is not hers");
    let verified = verbatim.json(&["record", "verify"]).await?;
    assert_eq!(verified["ok"], true, "{verified}");
    Ok(())
}

/// Recorded at once, shown once somebody holds the number, in order.
async fn waits_until_assigned(stack: &Stack, number: &str, words: &str) -> Result<()> {
    let (verbatim, alice) = (&stack.verbatim, &stack.lines[0].employee);
    let records = async || -> Result<u64> {
        let status = verbatim.json(&["status"]).await?;
        status["counted"]["inbound"].as_u64().context("no count")
    };
    let before = records().await?;
    let bodies = [format!("first to {number}"), format!("second to {number}")];
    for body in &bodies {
        stack.carrier().text(PHONE, number, body)?;
    }
    let alarm = wait_for_alarm(stack, "number-without-holder:").await?;
    ensure!(word(&alarm["text"]).contains(words), "{alarm}");
    e2e::harness::until("two more records", e2e::harness::PATIENCE, async || {
        Ok((records().await? >= before + 2).then_some(()))
    })
    .await?;
    ensure!(
        !alice.said().iter().any(|s| bodies.contains(&s.body)),
        "somebody reads a text to a number that nobody holds"
    );
    if words.contains("know") {
        let user = alice.user();
        verbatim
            .json(&[
                "number",
                "add",
                number,
                "--account",
                ACCOUNT,
                "--holder",
                user,
            ])
            .await?;
    } else {
        verbatim
            .json(&["number", "assign", number, alice.user()])
            .await?;
    }
    for body in &bodies {
        alice.wait_for_text(body).await?;
    }
    let said = alice.said();
    let order: Vec<&String> = said
        .iter()
        .filter(|s| bodies.contains(&s.body))
        .map(|s| &s.body)
        .collect();
    assert_eq!(order, [&bodies[0], &bodies[1]]);
    let conversation = stack.conversation(PHONE, number).await?;
    let timeline = stack.timeline(&word(&conversation["id"])).await?;
    let told = timeline.iter().filter(|r| r["reason"] == "placed_late");
    let told: Vec<String> = told.map(|r| word(&r["text"])).collect();
    assert_eq!(told, bodies);
    let left = stack.alarms().await?;
    ensure!(
        !left
            .iter()
            .any(|a| word(&a["key"]).starts_with("number-without-holder:")),
        "{left:?}"
    );
    Ok(())
}
