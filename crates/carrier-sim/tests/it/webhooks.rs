//! Webhooks: content, order, repeats, retries and signatures.

use crate::support::{ACCOUNT, Client, FIRM, Hook, PHONE, Receiver, config, start, until};
use carrier_sim::{Entry, Event, Fault, FaultKind, Outcome, RetryPolicy};

fn attempts(entries: &[Entry]) -> Vec<(Outcome, Option<u16>)> {
    let tried = entries.iter().filter_map(|entry| match &entry.event {
        Event::Webhook(attempt) => Some((attempt.outcome, attempt.http_status)),
        _ => None,
    });
    tried.collect()
}

fn states(hooks: &[Hook]) -> Vec<&str> {
    hooks
        .iter()
        .map(|hook| hook.form["MessageStatus"].as_str())
        .collect()
}

#[tokio::test]
async fn an_inbound_text_is_posted_signed_and_handed_over() {
    let receiver = Receiver::start(&[200]).await;
    let running = start(config(&receiver.url)).await;
    let sid = running.sim().text(PHONE, FIRM, "héllo 😀").unwrap();
    let hooks = receiver.wait(1).await;
    for (name, want) in [
        ("MessageSid", sid.as_str()),
        ("SmsSid", &sid),
        ("SmsMessageSid", &sid),
        ("AccountSid", ACCOUNT),
        ("From", PHONE),
        ("To", FIRM),
        ("Body", "héllo 😀"),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
        ("SmsStatus", "received"),
        ("ApiVersion", "2010-04-01"),
    ] {
        assert_eq!(
            hooks[0].form.get(name).map(String::as_str),
            Some(want),
            "{name}"
        );
    }
    assert!(hooks[0].headers.contains_key("x-twilio-signature"));
    assert!(
        !hooks[0]
            .headers
            .contains_key("x-twilio-webhooks-signature-settings")
    );
    until(&running, |entries| {
        attempts(entries) == [(Outcome::Answered, Some(200))]
    })
    .await;
    let shown = Client::new(&running)
        .look(&format!("/sim/phones/{PHONE}/messages"))
        .await;
    assert_eq!(shown["messages"][0]["handover"], "accepted");
    assert_eq!(shown["messages"][0]["direction"], "sent");
}

#[tokio::test]
async fn a_shared_key_is_named_in_the_header() {
    let receiver = Receiver::start(&[200]).await;
    let mut config = config(&receiver.url);
    config.shared_key = Some(("key_x".into(), "secret".into()));
    let running = start(config).await;
    running.sim().text(PHONE, FIRM, "x").unwrap();
    let hooks = receiver.wait(1).await;
    let settings = &hooks[0].headers["x-twilio-webhooks-signature-settings"];
    assert_eq!(settings, "key=key_x,algorithm=HMAC_SHA256");
    // Base64 of 32 octets.
    assert_eq!(hooks[0].headers["x-twilio-signature"].len(), 44);
}

#[tokio::test]
async fn inbound_texts_of_one_phone_come_in_order_from_any_number() {
    let receiver = Receiver::start(&[200]).await;
    let running = start(config(&receiver.url)).await;
    let unknown = "+4915112345678";
    for n in 0..20 {
        running.sim().text(unknown, FIRM, &n.to_string()).unwrap();
    }
    let hooks = receiver.wait(20).await;
    let bodies: Vec<_> = hooks.iter().map(|hook| hook.form["Body"].clone()).collect();
    assert_eq!(bodies, (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
    let phones = Client::new(&running).look("/sim/phones").await;
    assert_eq!(phones["phones"][1]["number"], unknown);
}

#[tokio::test]
async fn callbacks_tell_every_state_in_order() {
    let receiver = Receiver::start(&[204]).await;
    let running = start(config("")).await;
    let client = Client::new(&running);
    let url = format!("{}?m=7", receiver.url);
    let sid = client.sent("x", &[("StatusCallback", &url)]).await["sid"].clone();
    let hooks = receiver.wait(3).await;
    assert_eq!(states(&hooks), ["queued", "sent", "delivered"]);
    for hook in &hooks {
        assert_eq!(hook.form["MessageSid"], sid.as_str().unwrap());
        assert_eq!(hook.form["SmsStatus"], hook.form["MessageStatus"]);
        assert!(!hook.form.contains_key("Body") && !hook.form.contains_key("ErrorCode"));
    }
}

/// Sends one message under one fault and gives the callbacks that came.
async fn callbacks_under(fault: Fault, count: usize) -> Vec<Hook> {
    let receiver = Receiver::start(&[200]).await;
    let running = start(config("")).await;
    running.sim().set_fault(fault).unwrap();
    Client::new(&running)
        .sent("x", &[("StatusCallback", &receiver.url)])
        .await;
    until(&running, |entries| attempts(entries).len() == count.max(3)).await;
    let hooks = receiver.wait(count).await;
    assert_eq!(hooks.len(), count);
    hooks
}

#[tokio::test]
async fn callbacks_can_be_reordered_doubled_and_lost() {
    let hooks = callbacks_under(Fault::new(FaultKind::ReorderCallbacks), 3).await;
    assert_eq!(states(&hooks), ["delivered", "sent", "queued"]);
    let hooks = callbacks_under(Fault::new(FaultKind::DuplicateWebhooks), 6).await;
    assert_eq!(
        states(&hooks),
        ["queued", "queued", "sent", "sent", "delivered", "delivered"]
    );
    let hooks = callbacks_under(Fault::new(FaultKind::LostReceipts), 0).await;
    assert!(hooks.is_empty());
    let hooks = callbacks_under(Fault::new(FaultKind::LostReceipts).times(1), 2).await;
    assert_eq!(states(&hooks), ["sent", "delivered"]);
}

#[tokio::test]
async fn a_failed_delivery_tells_its_code() {
    let mut fault = Fault::new(FaultKind::DeliveryFailure);
    fault.error_code = Some(30007);
    let hooks = callbacks_under(fault, 3).await;
    assert_eq!(states(&hooks), ["queued", "sent", "undelivered"]);
    assert_eq!(hooks[2].form["ErrorCode"], "30007");
}

#[tokio::test]
async fn a_message_that_waits_too_long_expires() {
    let receiver = Receiver::start(&[200]).await;
    let running = start(config("")).await;
    let slow = Fault::new(FaultKind::SlowDelivery).with_delay_ms(3_600_000);
    running.sim().set_fault(slow).unwrap();
    let more = [
        ("StatusCallback", receiver.url.as_str()),
        ("ValidityPeriod", "1"),
    ];
    Client::new(&running).sent("x", &more).await;
    let hooks = receiver.wait(2).await;
    assert_eq!(states(&hooks), ["queued", "failed"]);
    assert_eq!(hooks[1].form["ErrorCode"], "30036");
    let shown = Client::new(&running)
        .look(&format!("/sim/phones/{PHONE}/messages"))
        .await;
    assert_eq!(shown["messages"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_lost_inbound_webhook_is_listed_all_the_same() {
    let receiver = Receiver::start(&[200]).await;
    let running = start(config(&receiver.url)).await;
    running
        .sim()
        .set_fault(Fault::new(FaultKind::LostInbound).times(1))
        .unwrap();
    let lost = running.sim().text(PHONE, FIRM, "lost").unwrap();
    running.sim().text(PHONE, FIRM, "found").unwrap();
    let hooks = receiver.wait(1).await;
    assert_eq!(hooks[0].form["Body"], "found");
    let page = Client::new(&running)
        .list("?To=%2B15550001000&DateSent%3E=2020-01-01")
        .await;
    assert_eq!(page["messages"][1]["sid"], lost.as_str());
    assert_eq!(page["messages"][1]["direction"], "inbound");
    assert_eq!(page["messages"][1]["status"], "received");
}

/// Posts one inbound webhook to `url` and gives what was tried.
async fn tried(url: &str, retry: RetryPolicy, count: usize) -> Vec<(Outcome, Option<u16>)> {
    let mut config = config(url);
    config.retry = retry;
    let running = start(config).await;
    running.sim().text(PHONE, FIRM, "x").unwrap();
    let entries = until(&running, |entries| attempts(entries).len() == count).await;
    attempts(&entries)
}

#[tokio::test]
async fn webhooks_are_retried_as_the_contract_says() {
    let plain = RetryPolicy::default();
    let answered = |status| (Outcome::Answered, Some(status));
    let dead = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/hook", listener.local_addr().unwrap())
    };
    let none = (Outcome::ConnectFailed, None);
    assert_eq!(tried(&dead, plain, 2).await, [none, none]);
    assert_eq!(tried(&format!("{dead}#rc=3"), plain, 4).await, [none; 4]);
    let broken = Receiver::start(&[500]).await;
    assert_eq!(tried(&broken.url, plain, 1).await, [answered(500)]);
    let more = format!("{}#rc=2&rp=all", broken.url);
    assert_eq!(tried(&more, plain, 3).await, [answered(500); 3]);
    let mends = Receiver::start(&[500, 404, 200]).await;
    let config = RetryPolicy {
        retries: 5,
        on_4xx: true,
        on_5xx: true,
        ..plain
    };
    assert_eq!(
        tried(&mends.url, config, 3).await,
        [answered(500), answered(404), answered(200)]
    );
    let tokens: Vec<_> = mends
        .wait(3)
        .await
        .iter()
        .map(|hook| hook.headers["i-twilio-idempotency-token"].clone())
        .collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]));
}

#[tokio::test]
async fn a_receiver_that_never_answers_times_out() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook#rt=100", listener.local_addr().unwrap());
    assert_eq!(
        tried(&url, RetryPolicy::default(), 1).await,
        [(Outcome::TimedOut, None)]
    );
}
