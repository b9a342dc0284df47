//! The homeserver or the carrier is away for a while: everything arrives later, once, in order.

use anyhow::Result;
use carrier_sim::{Fault, FaultKind, Scope};
use e2e::harness::{Options, PATIENCE, Stack, switched_on, until};

use crate::talk::Talk;

const PHONE: &str = "+14155550170";

#[tokio::test(flavor = "multi_thread")]
async fn outages_delay_and_lose_nothing() -> Result<()> {
    if !switched_on("outages_delay_and_lose_nothing") {
        return Ok(());
    }
    let mut stack = Stack::start(&Options::default()).await?;
    let talk = Talk::begin(&stack, 0, PHONE).await?;
    talk.fence("before").await?;
    let (room, number) = (talk.room.clone(), talk.line.number.clone());

    stack.synapse.kill().await?;
    let bodies: Vec<String> = (0..5).map(|n| format!("meanwhile {n}")).collect();
    for body in &bodies {
        stack.carrier().text(PHONE, &number, body)?;
    }
    // All are taken while the homeserver is away.
    until("all are acknowledged", PATIENCE, async || {
        let conversation = stack.conversation(PHONE, &number).await?;
        let id = conversation["id"].as_str().unwrap_or_default().to_owned();
        let timeline = stack.timeline(&id).await?;
        let taken = timeline
            .iter()
            .filter(|r| bodies.iter().any(|b| r["text"] == **b));
        Ok((taken.count() == bodies.len()).then_some(()))
    })
    .await?;
    stack.synapse.start().await?;
    let alice = &stack.lines[0].employee;
    for body in &bodies {
        alice.wait_for_text(body).await?;
    }
    let history = alice.history(&room).await?;
    let texts: Vec<&str> = history
        .iter()
        .filter(|s| s.is_text() && s.sender != alice.user())
        .map(|s| s.body.as_str())
        .skip(1)
        .collect();
    assert_eq!(texts, bodies);

    carrier_away(&stack).await
}

async fn carrier_away(stack: &Stack) -> Result<()> {
    let talk = Talk::begin(stack, 0, "+14155550171").await?;
    for drop in [false, true] {
        let down = Fault {
            drop,
            ..Fault::new(FaultKind::ProviderDown).with_scope(Scope::All)
        };
        stack.carrier().set_fault(down)?;
        let before = talk.phone_shows().len();
        let bodies: Vec<String> = (0..4).map(|n| format!("patient {drop} {n}")).collect();
        let mut last = String::new();
        for body in &bodies {
            last = talk.say(body).await?;
        }
        until("tries fail", PATIENCE, async || {
            let ledger = stack.carrier().ledger(0);
            let strikes = ledger.iter().filter(|e| {
                matches!(
                    e.event,
                    carrier_sim::Event::FaultStruck {
                        fault: FaultKind::ProviderDown,
                        ..
                    }
                )
            });
            Ok((strikes.count() > 3).then_some(()))
        })
        .await?;
        stack.carrier().clear_faults()?;
        talk.wait_for_phone(&bodies[3]).await?;
        talk.wait_for_status(&last, "SUCCESS").await?;
        // In order as far as it is ours; on the air, texts a moment apart may pass each other.
        assert_eq!(talk.carrier_took()[before..], bodies);
        until("all on the phone", PATIENCE, async || {
            let mut shows = talk.phone_shows()[before..].to_vec();
            shows.sort();
            Ok((shows.len() >= bodies.len()).then_some(shows))
        })
        .await
        .map(|shows| assert_eq!(shows, bodies))?;
    }
    Ok(())
}
