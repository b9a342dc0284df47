//! The ledger: everything is in it, and the state follows from it over restarts.

use crate::support::{Client, FIRM, PHONE, Receiver, config, start, until};
use carrier_sim::{Event, Fault, FaultKind, OpenError, Outcome, Status};
use std::io::Write;

fn kinds(entries: &[carrier_sim::Entry]) -> Vec<String> {
    let json = entries
        .iter()
        .map(|entry| serde_json::to_value(entry).unwrap());
    json.map(|entry| entry["kind"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn everything_is_in_the_ledger_in_order() {
    let receiver = Receiver::start(&[200]).await;
    let running = start(config(&receiver.url)).await;
    let client = Client::new(&running);
    running.sim().text(PHONE, FIRM, "in").unwrap();
    until(&running, |entries| {
        kinds(entries).contains(&"webhook".into())
    })
    .await;
    client.sent("out", &[]).await;
    let entries = until(&running, |entries| kinds(entries).len() == 9).await;
    let want = [
        "number_set",
        "phone_added",
        "inbound",
        "webhook",
        "accepted",
        "status",
        "status",
        "delivered",
        "status",
    ];
    assert_eq!(kinds(&entries), want);
    let over_http = client.look("/sim/ledger").await;
    assert_eq!(
        over_http["entries"],
        serde_json::to_value(&entries).unwrap()
    );
    let part = client.look("/sim/ledger?after=2&limit=1").await;
    assert_eq!(part["entries"][0]["seq"], 3);
    assert_eq!(part["entries"][0]["body"], "in");
    assert_eq!(part["entries"].as_array().unwrap().len(), 1);
    assert_eq!(part["newest"], 9);
}

#[tokio::test]
async fn a_restart_finds_everything_again_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config("");
    config.ledger = Some(directory.path().join("ledger.jsonl"));
    config.delays.queued_ms = 3_600_000;
    let running = start(config.clone()).await;
    let client = Client::new(&running);
    let sid = client.sent("waiting", &[]).await["sid"]
        .as_str()
        .unwrap()
        .to_owned();
    let inbound = running.sim().text("+447700900123", FIRM, "in").unwrap();
    running.sim().opt_out("+15559998888", FIRM, true).unwrap();
    running
        .sim()
        .set_fault(Fault::new(FaultKind::NonJson).times(3))
        .unwrap();
    let before = running.sim().ledger(0);
    running.stop().await;

    config.delays.queued_ms = 0;
    let running = start(config).await;
    let client = Client::new(&running);
    assert_eq!(running.sim().ledger(0)[..before.len()], before);
    until(&running, |_| {
        running.sim().status(&sid) == Some(Status::Delivered)
    })
    .await;
    assert_eq!(
        client.list("?From=%2B447700900123").await["messages"][0]["sid"],
        inbound.as_str()
    );
    assert_eq!(running.sim().faults()[7].count, Some(3));
    let form = [("From", FIRM), ("To", "+15559998888"), ("Body", "x")];
    assert_eq!(client.post(&form).await.unwrap().status(), 400);
}

#[tokio::test]
async fn an_inbound_text_that_was_not_handed_over_is_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let mut first = config("");
    first.ledger = Some(directory.path().join("ledger.jsonl"));
    let running = start(first.clone()).await;
    let sid = running.sim().text(PHONE, FIRM, "in").unwrap();
    running.stop().await;
    let receiver = Receiver::start(&[200]).await;
    first.numbers[0].1.clone_from(&receiver.url);
    let running = start(first.clone()).await;
    assert_eq!(receiver.wait(1).await[0].form["MessageSid"], sid);
    let answered =
        |event: &Event| matches!(event, Event::Webhook(a) if a.outcome == Outcome::Answered);
    until(&running, |entries| {
        entries.iter().any(|entry| answered(&entry.event))
    })
    .await;
    let count = running.sim().ledger(0).len();
    running.stop().await;
    let running = start(first).await;
    assert_eq!(
        running.sim().ledger(0).len(),
        count,
        "nothing is handed over twice"
    );
}

#[tokio::test]
async fn a_line_cut_off_by_a_kill_is_dropped_and_a_damaged_one_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.jsonl");
    let mut config = config("");
    config.ledger = Some(path.clone());
    let running = start(config.clone()).await;
    running.sim().text(PHONE, FIRM, "whole").unwrap();
    let before = running.sim().ledger(0);
    running.stop().await;
    let append = |text: &[u8]| {
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap();
        file.write_all(text).unwrap();
    };
    append(b"{\"seq\":4,\"at_ms\":1,\"kind\":\"inb");
    let running = start(config.clone()).await;
    assert_eq!(running.sim().ledger(0), before);
    running.sim().text(PHONE, FIRM, "next").unwrap();
    let before = running.sim().ledger(0);
    running.stop().await;
    let running = start(config.clone()).await;
    assert_eq!(running.sim().ledger(0), before);
    running.stop().await;
    append(b"{\"seq\":99,\"at_ms\":1,\"kind\":\"faults_cleared\"}\n");
    match carrier_sim::start(config).await {
        Err(OpenError::Ledger(error)) => {
            assert_eq!(
                error.to_string(),
                format!("line {} of the ledger is damaged", before.len() + 1)
            );
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("a gap in the ledger was accepted"),
    }
}

#[tokio::test]
async fn one_ledger_has_one_simulator_and_none_after_the_stop() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config("");
    config.ledger = Some(directory.path().join("ledger.jsonl"));
    let running = start(config.clone()).await;
    let second = carrier_sim::start(config.clone()).await.err().unwrap();
    assert_eq!(second.to_string(), "another simulator uses the ledger");
    let kept = std::sync::Arc::clone(running.sim());
    let before = kept.ledger(0);
    running.stop().await;
    let late = kept.text(PHONE, FIRM, "late").unwrap_err();
    assert_eq!(late.to_string(), "the simulator has stopped");
    let running = start(config).await;
    assert_eq!(running.sim().ledger(0), before);
}

#[tokio::test]
async fn events_are_streamed_from_a_position_without_gaps() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    for n in 0..3 {
        running.sim().text(PHONE, FIRM, &n.to_string()).unwrap();
    }
    let url = format!("{}/sim/events?after=2", running.base_url());
    let mut stream = client.http.get(url).send().await.unwrap();
    running.sim().text(PHONE, FIRM, "last").unwrap();
    let mut seen = String::new();
    while !seen.contains("\"last\"") {
        seen.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
    }
    let ids: Vec<&str> = seen
        .lines()
        .filter_map(|line| line.strip_prefix("id: "))
        .collect();
    assert_eq!(ids, ["3", "4", "5", "6"]);
    running.stop().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    let long = "a".repeat(1601);
    for (from, to, body) in [
        ("ann", FIRM, "x"),
        (PHONE, "+15550009999", "x"),
        (PHONE, FIRM, ""),
        (PHONE, FIRM, long.as_str()),
    ] {
        let send = serde_json::json!({ "to": to, "body": body });
        let (status, answer) = client.control(&format!("/phones/{from}/send"), send).await;
        assert_eq!(status, 400, "{from} {to}");
        assert!(answer["error"].is_string());
    }
    let (status, _) = client
        .control("/phones", serde_json::json!({ "number": "123" }))
        .await;
    assert_eq!(status, 400);
    for number in [
        serde_json::json!({ "number": FIRM, "sms_url": "nowhere" }),
        serde_json::json!({ "number": FIRM, "sms_url": "nowhere", "name": "Alice" }),
        serde_json::json!({ "number": "firm", "name": "Alice" }),
    ] {
        assert_eq!(client.control("/numbers", number).await.0, 400);
    }
    assert_eq!(client.look("/sim/numbers").await["numbers"][0]["name"], "");
    assert_eq!(client.look("/sim/health").await["ok"], true);
}

#[tokio::test]
async fn a_number_keeps_its_name_and_its_webhook() {
    let directory = tempfile::tempdir().unwrap();
    let hook = "http://127.0.0.1:9/hook";
    let mut config = config(hook);
    config.number_names = vec![(FIRM.into(), " Alice ".into())];
    config.ledger = Some(directory.path().join("ledger.jsonl"));
    let running = start(config.clone()).await;
    let client = Client::new(&running);
    let named = |name: &str, sms_url: &str| serde_json::json!({ "numbers": [{ "number": FIRM, "name": name, "sms_url": sms_url }] });
    assert_eq!(client.look("/sim/numbers").await, named("Alice", hook));
    let (_, listed) = client.get(&client.api("/IncomingPhoneNumbers.json")).await;
    assert_eq!(
        listed["incoming_phone_numbers"][0]["friendly_name"],
        "Alice"
    );

    // What is not said stays as it is.
    let before = running.sim().ledger(0).len();
    for (change, want) in [
        (serde_json::json!({ "number": FIRM }), named("Alice", hook)),
        (
            serde_json::json!({ "number": FIRM, "name": "Alice" }),
            named("Alice", hook),
        ),
        (
            serde_json::json!({ "number": FIRM, "name": "Bob" }),
            named("Bob", hook),
        ),
        (
            serde_json::json!({ "number": FIRM, "sms_url": "" }),
            named("Bob", ""),
        ),
    ] {
        assert_eq!(client.control("/numbers", change.clone()).await.0, 200);
        assert_eq!(client.look("/sim/numbers").await, want, "{change}");
    }
    assert_eq!(running.sim().ledger(0).len(), before + 2);
    running.stop().await;

    // The configuration of a start without names takes none away.
    config.number_names.clear();
    let running = start(config).await;
    let client = Client::new(&running);
    assert_eq!(client.look("/sim/numbers").await, named("Bob", hook));
    let (status, error) = client.get(&client.api("/IncomingPhoneNumbers.json")).await;
    assert_eq!(status, 200, "{error}");
    assert!(running.sim().name_number("+15550009999", "Nobody").is_err());
}

#[tokio::test]
async fn what_the_api_refuses_is_in_the_ledger() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    running.sim().opt_out(PHONE, FIRM, true).unwrap();
    let check = async |form: &[(&str, &str)], from: &str, to: &str, code: u32| {
        let before = running.sim().ledger(0).len();
        assert_eq!(client.post(form).await.unwrap().status(), 400);
        let entries = running.sim().ledger(0);
        let want = Event::Refused {
            from: from.into(),
            to: to.into(),
            status: 400,
            code,
        };
        assert_eq!(entries.len(), before + 1);
        assert_eq!(entries[before].event, want);
    };
    let body = ("Body", "a secret");
    check(&[("From", FIRM), ("To", PHONE), body], FIRM, PHONE, 21610).await;
    check(&[("From", FIRM), body], FIRM, "", 21604).await;
    let long = "9".repeat(100);
    check(
        &[("From", FIRM), ("To", &long), body],
        FIRM,
        &long[..24],
        21211,
    )
    .await;
    let ledger = client.look("/sim/ledger").await.to_string();
    assert!(ledger.contains(r#""kind":"refused""#) && !ledger.contains("a secret"));
}
