//! How a message stands, as the room shows it.

use anyhow::{Result, ensure};
use carrier_sim::{Fault, FaultKind};
use e2e::harness::{Options, PATIENCE, Said, Stack, switched_on, until};

use crate::talk::{Talk, bot};

#[tokio::test(flavor = "multi_thread")]
async fn a_room_shows_how_its_messages_stand() -> Result<()> {
    if !switched_on("a_room_shows_how_its_messages_stand") {
        return Ok(());
    }
    let options = Options {
        sent_ms: 1_500,
        ..Options::default()
    };
    let stack = Stack::start(&options).await?;
    let talk = Talk::begin(&stack, 0, "+14155550130").await?;
    sent_then_delivered(&talk).await?;
    failures_are_told_once(&talk).await?;
    uncertainty_is_resolved(&talk).await?;
    refusals_only_delay(&talk).await?;
    // An opted-out phone takes nothing more.
    opted_out(&talk).await
}

async fn sent_then_delivered(talk: &Talk<'_>) -> Result<()> {
    let event = talk.say("watched").await?;
    talk.employee().wait_for_receipt(&event, &bot()).await?;
    ensure!(
        talk.statuses(&event).is_empty(),
        "delivered before it was sent"
    );
    ensure!(
        !talk.employee().readers(&event).contains(&talk.stand_in),
        "the stand-in read what is not delivered"
    );
    talk.employee()
        .wait_for_receipt(&event, &talk.stand_in)
        .await?;
    talk.wait_for_status(&event, "SUCCESS").await?;
    talk.fence("after watched").await?;
    assert_eq!(talk.statuses(&event), ["SUCCESS"]);
    assert_eq!(talk.notices(&event), []);
    Ok(())
}

async fn failures_are_told_once(talk: &Talk<'_>) -> Result<()> {
    for (code, status, words) in [
        (
            30003,
            "FAIL_RETRIABLE",
            "phone or network did not take it (carrier's code: 30003)",
        ),
        (
            30007,
            "FAIL_PERMANENT",
            "refused it for what it says or for who sends it (carrier's code: 30007)",
        ),
    ] {
        let fault = Fault {
            error_code: Some(code),
            ..Fault::new(FaultKind::DeliveryFailure).times(1)
        };
        talk.stack.carrier().set_fault(fault)?;
        let body = format!("fails with {code}");
        let event = talk.say(&body).await?;
        told(talk, &event, status, words).await?;
        ensure!(!talk.phone_shows().contains(&body), "{body} arrived");
    }
    Ok(())
}

/// One notice, one status, and nothing more after the next message.
async fn told(talk: &Talk<'_>, event: &str, status: &str, words: &str) -> Result<()> {
    talk.wait_for_status(event, status).await?;
    let notice = talk.wait_for_notice(event).await?;
    ensure!(notice.body.contains(words), "{}", notice.body);
    Ok(())
}

async fn uncertainty_is_resolved(talk: &Talk<'_>) -> Result<()> {
    for (kind, body) in [
        (FaultKind::TimeoutAfter, "time out after acceptance"),
        (FaultKind::ResetAfter, "reset after acceptance"),
        (FaultKind::ServerErrorAfter, "error after acceptance"),
        (FaultKind::NonJson, "an answer that is no JSON"),
    ] {
        let fault = Fault::new(kind).times(1).with_delay_ms(3_000);
        talk.stack.carrier().set_fault(fault)?;
        delivered_once(talk, body).await?;
    }
    Ok(())
}

async fn refusals_only_delay(talk: &Talk<'_>) -> Result<()> {
    let busy = Fault::new(FaultKind::TooManyRequests)
        .times(2)
        .with_delay_ms(1_000);
    talk.stack.carrier().set_fault(busy)?;
    delivered_once(talk, "too many requests").await?;
    let down = Fault {
        status: Some(503),
        ..Fault::new(FaultKind::ServerErrorBefore).times(1)
    };
    talk.stack.carrier().set_fault(down)?;
    delivered_once(talk, "unavailable").await
}

async fn delivered_once(talk: &Talk<'_>, body: &str) -> Result<()> {
    let event = talk.say(body).await?;
    talk.wait_for_phone(body).await?;
    talk.wait_for_status(&event, "SUCCESS").await?;
    until(&format!("{body} is delivered"), PATIENCE, async || {
        Ok((talk.message(&event).await?["state"] == "delivered").then_some(()))
    })
    .await?;
    let taken = talk.carrier_took().iter().filter(|b| *b == body).count();
    assert_eq!(taken, 1, "{body}");
    assert_eq!(talk.statuses(&event), ["SUCCESS"], "{body}");
    Ok(())
}

async fn opted_out(talk: &Talk<'_>) -> Result<()> {
    let (phone, number) = (&talk.phone, &talk.line.number);
    talk.stack.carrier().opt_out(phone, number, true)?;
    let event = talk.say("to whom wants nothing").await?;
    told(
        talk,
        &event,
        "FAIL_PERMANENT",
        "the client asked not to be texted (carrier's code: 21610)",
    )
    .await?;
    // From here on we know it ourselves, until they say otherwise.
    talk.stack.carrier().text(phone, number, "START")?;
    let agreed = |said: &Said| said.body.contains("agreed to be texted");
    talk.employee()
        .wait_for("the client's START", agreed)
        .await?;
    talk.fence("wanted again").await?;
    for failed in ["FAIL_RETRIABLE", "FAIL_PERMANENT"] {
        let said = talk.employee().said();
        let hits = said.iter().filter(|s| s.content["status"] == failed);
        for hit in hits {
            let event = hit.content["m.relates_to"]["event_id"]
                .as_str()
                .unwrap_or_default();
            let notices = talk.notices(event);
            assert_eq!(notices.len(), 1, "{notices:?}");
            assert_eq!(talk.edits(&notices[0]), Vec::<String>::new());
            assert_eq!(talk.statuses(event), [failed]);
            assert!(talk.message(event).await?["failure"].is_string());
        }
    }
    Ok(())
}
