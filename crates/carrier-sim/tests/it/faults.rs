//! Faults of answers: for each, what the caller sees and whether the message exists.

use crate::support::{Client, PHONE, config, start, until};
use carrier_sim::{Event, Fault, FaultKind, Running, Scope, SimConfig, Status};
use serde_json::json;

enum Sees {
    Nothing,
    Answer(u16),
}

fn accepted(running: &Running) -> usize {
    let ledger = running.sim().ledger(0);
    ledger
        .iter()
        .filter(|entry| matches!(entry.event, Event::Accepted { .. }))
        .count()
}

/// One send under one fault, then one without.
async fn check(fault: Fault, sees: Sees, exists: bool) {
    let kind = fault.kind;
    let running = start(config("")).await;
    let client = Client::new(&running);
    running.sim().set_fault(fault.times(1)).unwrap();
    match (client.send("x", &[]).await, sees) {
        (Ok(answer), Sees::Answer(want)) => assert_eq!(answer.status(), want, "{kind:?}"),
        (Err(error), Sees::Nothing) => {
            // Neither a refused connection nor our own time-out: bytes went out, none came back.
            assert!(
                !error.is_connect() && !error.is_timeout(),
                "{kind:?}: {error:?}"
            );
        }
        (other, _) => panic!("{kind:?}: {other:?}"),
    }
    assert_eq!(accepted(&running), usize::from(exists), "{kind:?}");
    client.sent("y", &[]).await;
    let wanted = usize::from(exists) + 1;
    until(&running, |entries| {
        entries
            .iter()
            .filter(|entry| matches!(entry.event, Event::Delivered(_)))
            .count()
            == wanted
    })
    .await;
    let struck = Event::FaultStruck {
        fault: kind,
        sid: None,
    };
    let ledger = running.sim().ledger(0);
    let strikes = ledger.iter().filter_map(|entry| match &entry.event {
        Event::FaultStruck { fault, .. } => Some(Event::FaultStruck {
            fault: *fault,
            sid: None,
        }),
        _ => None,
    });
    assert_eq!(strikes.collect::<Vec<_>>(), [struck]);
}

#[tokio::test]
async fn every_fault_of_an_answer_does_what_it_says() {
    use FaultKind::*;
    check(
        Fault::new(TimeoutBefore).with_delay_ms(50),
        Sees::Nothing,
        false,
    )
    .await;
    check(
        Fault::new(TimeoutAfter).with_delay_ms(50),
        Sees::Nothing,
        true,
    )
    .await;
    check(Fault::new(ResetBefore), Sees::Nothing, false).await;
    check(Fault::new(ResetAfter), Sees::Nothing, true).await;
    check(Fault::new(TooManyRequests), Sees::Answer(429), false).await;
    check(Fault::new(ServerErrorBefore), Sees::Answer(500), false).await;
    check(
        Fault {
            status: Some(503),
            ..Fault::new(ServerErrorBefore)
        },
        Sees::Answer(503),
        false,
    )
    .await;
    check(Fault::new(ServerErrorAfter), Sees::Answer(500), true).await;
    check(
        Fault {
            status: Some(502),
            ..Fault::new(ServerErrorAfter)
        },
        Sees::Answer(502),
        true,
    )
    .await;
    check(Fault::new(NonJson), Sees::Answer(200), true).await;
    check(
        Fault::new(SlowAnswer).with_delay_ms(50),
        Sees::Answer(201),
        true,
    )
    .await;
    check(Fault::new(ProviderDown), Sees::Answer(503), false).await;
    check(
        Fault {
            drop: true,
            ..Fault::new(ProviderDown)
        },
        Sees::Nothing,
        false,
    )
    .await;
}

#[tokio::test]
async fn a_silent_answer_lasts_longer_than_the_callers_patience() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    running
        .sim()
        .set_fault(Fault::new(FaultKind::TimeoutAfter))
        .unwrap();
    let request = client.http.post(client.api("/Messages.json"));
    let request = request.basic_auth(crate::support::ACCOUNT, Some(crate::support::TOKEN));
    let form = [("From", crate::support::FIRM), ("To", PHONE), ("Body", "x")];
    let request = request
        .form(&form)
        .timeout(std::time::Duration::from_millis(300));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!(accepted(&running), 1);
    running.stop().await;
}

#[tokio::test]
async fn answers_other_than_errors_have_their_details() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    running
        .sim()
        .set_fault(
            Fault::new(FaultKind::TooManyRequests)
                .with_delay_ms(1500)
                .times(1),
        )
        .unwrap();
    let answer = client.send("x", &[]).await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "2");
    assert_eq!(
        answer.json::<serde_json::Value>().await.unwrap()["code"],
        20429
    );
    running
        .sim()
        .set_fault(Fault::new(FaultKind::NonJson).times(1))
        .unwrap();
    let answer = client.send("x", &[]).await.unwrap();
    assert!(
        answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert!(answer.json::<serde_json::Value>().await.is_err());
}

#[tokio::test]
async fn a_scope_spares_the_other_calls() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    let read = Fault::new(FaultKind::ServerErrorBefore).with_scope(Scope::Read);
    running.sim().set_fault(read).unwrap();
    client.sent("x", &[]).await;
    assert_eq!(client.get(&client.api("/Messages.json")).await.0, 500);
    running
        .sim()
        .set_fault(Fault::new(FaultKind::ServerErrorBefore))
        .unwrap();
    assert_eq!(client.send("x", &[]).await.unwrap().status(), 500);
    assert_eq!(client.get(&client.api("/Messages.json")).await.0, 200);
}

#[tokio::test]
async fn switches_are_turned_through_the_control_api() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    let change = json!({ "seed": 3, "faults": [
        { "kind": "reset_before", "count": 2 },
        { "kind": "lost_receipts", "probability": 0.5 },
    ]});
    let (status, all) = client.control("/faults", change).await;
    assert_eq!(status, 200);
    let on: Vec<_> = all["faults"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["on"] == true)
        .collect();
    assert_eq!(on.len(), 2);
    assert_eq!(on[0]["count"], 2);
    client.send("x", &[]).await.unwrap_err();
    assert_eq!(running.sim().faults()[2].count, Some(1));
    let (_, all) = client.control("/faults", json!({ "clear": true })).await;
    assert!(
        all["faults"]
            .as_array()
            .unwrap()
            .iter()
            .all(|fault| fault["on"] == false)
    );
    for bad in [
        json!({ "faults": [{ "kind": "nonsense" }] }),
        json!({ "faults": [{ "kind": "slow_answer", "probability": 2 }] }),
        json!({ "faults": [{ "kind": "slow_answer", "delay_ms": 86_400_001 }] }),
        json!({ "faults": [{ "kind": "server_error_before", "status": 200 }] }),
        json!({ "unknown": true }),
    ] {
        let (status, _) = client.control("/faults", bad.clone()).await;
        assert!((400..500).contains(&status), "{bad}: {status}");
    }
}

#[tokio::test]
async fn the_words_stop_and_start_change_consent() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    for (word, want) in [
        ("  Stop ", 400),
        ("stop it", 400),
        ("START", 201),
        ("please stop", 201),
        ("OPTOUT", 400),
    ] {
        running
            .sim()
            .text(PHONE, crate::support::FIRM, word)
            .unwrap();
        assert_eq!(
            client.send("x", &[]).await.unwrap().status(),
            want,
            "{word}"
        );
    }
    let path = format!("/phones/{PHONE}/opt-out");
    client
        .control(
            &path,
            json!({ "number": crate::support::FIRM, "opted_out": false }),
        )
        .await;
    client.sent("x", &[]).await;
}

#[tokio::test]
async fn the_same_seed_strikes_the_same_sends() {
    let strikes = async || {
        let running = start(SimConfig {
            seed: 11,
            ..config("")
        })
        .await;
        let client = Client::new(&running);
        let fault = Fault::new(FaultKind::ServerErrorBefore).with_probability(0.5);
        running.sim().set_fault(fault).unwrap();
        let mut seen = Vec::new();
        for _ in 0..20 {
            seen.push(client.send("x", &[]).await.unwrap().status().as_u16());
        }
        seen
    };
    let first = strikes().await;
    assert!(first.contains(&500) && first.contains(&201));
    assert_eq!(first, strikes().await);
}

#[tokio::test]
async fn a_failed_message_shows_why() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    let fault = Fault {
        error_code: Some(30005),
        ..Fault::new(FaultKind::DeliveryFailure)
    };
    running.sim().set_fault(fault).unwrap();
    let sid = client.sent("x", &[]).await["sid"]
        .as_str()
        .unwrap()
        .to_owned();
    until(&running, |_| {
        running.sim().status(&sid) == Some(Status::Undelivered)
    })
    .await;
    let (_, message) = client
        .get(&client.api(&format!("/Messages/{sid}.json")))
        .await;
    assert_eq!(message["error_code"], 30005);
    assert_eq!(message["error_message"], "Unknown destination handset");
}
