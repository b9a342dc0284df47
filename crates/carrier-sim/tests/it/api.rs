//! The provider's API: what it accepts, refuses, shows and lists.

use crate::support::{ACCOUNT, Client, FIRM, PHONE, TOKEN, config, start, until};
use carrier_sim::{Event, Status};
use serde_json::Value;

#[tokio::test]
async fn a_message_is_accepted_and_reaches_the_phone() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    let message = client.sent("hello €", &[]).await;
    let sid = message["sid"].as_str().unwrap();
    for (name, want) in [
        ("account_sid", ACCOUNT),
        ("from", FIRM),
        ("to", PHONE),
        ("body", "hello €"),
        ("status", "queued"),
        ("direction", "outbound-api"),
        ("num_segments", "1"),
        ("num_media", "0"),
        ("api_version", "2010-04-01"),
    ] {
        assert_eq!(message[name], want, "{name}");
    }
    for absent in [
        "date_sent",
        "error_code",
        "error_message",
        "price",
        "messaging_service_sid",
    ] {
        assert_eq!(message[absent], Value::Null, "{absent}");
    }
    let bubbles = client
        .look(&format!("/sim/phones/{PHONE}/messages?wait_ms=20000"))
        .await;
    assert_eq!(bubbles["messages"][0]["sid"], sid);
    assert_eq!(bubbles["messages"][0]["direction"], "received");
    assert_eq!(bubbles["messages"][0]["body"], "hello €");
    let (_, fetched) = client
        .get(&client.api(&format!("/Messages/{sid}.json")))
        .await;
    assert_eq!(fetched["status"], "delivered");
    assert!(fetched["date_sent"].as_str().unwrap().ends_with("+0000"));
    running.stop().await;
}

async fn refused(form: &[(&str, &str)], status: u16, code: u32) {
    let running = start(config("")).await;
    running.sim().opt_out("+15559998888", FIRM, true).unwrap();
    let before = running.sim().ledger(0).len();
    let answer = Client::new(&running).post(form).await.unwrap();
    assert_eq!(answer.status(), status, "{form:?}");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["code"], code, "{form:?}");
    assert_eq!(body["status"], status);
    assert_eq!(
        body["more_info"],
        format!("https://www.twilio.com/docs/errors/{code}")
    );
    assert!(body["message"].is_string());
    let after = running.sim().ledger(before as u64);
    let told = matches!(after.as_slice(), [entry] if matches!(entry.event, Event::Refused { .. }));
    assert!(
        told,
        "a refusal leaves its own trace and no other: {after:?}"
    );
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_code() {
    let long = "a".repeat(1601);
    let (from, to, body) = (("From", FIRM), ("To", PHONE), ("Body", "x"));
    refused(&[from, body], 400, 21604).await;
    refused(&[from, body, ("To", "5552223333")], 400, 21211).await;
    refused(&[to, body], 400, 21603).await;
    refused(&[to, body, ("From", "firm")], 400, 21212).await;
    refused(&[to, body, ("From", "+15550009999")], 400, 21659).await;
    refused(&[from, body, ("To", FIRM)], 400, 21266).await;
    refused(&[from, to], 400, 21602).await;
    refused(&[from, to, ("Body", &long)], 400, 21617).await;
    refused(&[from, body, ("To", "+15559998888")], 400, 21610).await;
    refused(&[from, to, body, ("StatusCallback", "ftp://x")], 400, 21609).await;
    refused(
        &[from, to, body, ("StatusCallback", "http://a_b/")],
        400,
        21609,
    )
    .await;
    refused(&[from, to, body, ("ValidityPeriod", "0")], 400, 20001).await;
    refused(&[from, to, body, ("ValidityPeriod", "36001")], 400, 20001).await;
    refused(
        &[from, to, body, ("MediaUrl", "http://h/p.png")],
        400,
        21620,
    )
    .await;
}

#[tokio::test]
async fn the_longest_text_is_accepted() {
    let running = start(config("")).await;
    let message = Client::new(&running).sent(&"a".repeat(1600), &[]).await;
    assert_eq!(message["num_segments"], "11");
}

#[tokio::test]
async fn credentials_are_needed_for_everything() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    for (user, password) in [(ACCOUNT, "wrong"), ("ACwrong", TOKEN), ("", "")] {
        for path in [
            "/Messages.json",
            ".json",
            "/IncomingPhoneNumbers.json",
            "/Nothing.json",
        ] {
            let request = client
                .http
                .get(client.api(path))
                .basic_auth(user, Some(password));
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 401);
            assert_eq!(answer.json::<Value>().await.unwrap()["code"], 20003);
        }
    }
    let other = client.api("/Messages.json").replace(ACCOUNT, "ACother");
    assert_eq!(client.get(&other).await.1["code"], 20003);
}

#[tokio::test]
async fn other_resources_are_shown_or_not_found() {
    let running = start(config("http://firm.example/in")).await;
    let client = Client::new(&running);
    let (status, account) = client.get(&client.api(".json")).await;
    assert_eq!((status, &account["sid"]), (200, &Value::from(ACCOUNT)));
    let check = async |query: &str, want: usize| {
        let url = client.api(&format!("/IncomingPhoneNumbers.json{query}"));
        let (_, page) = client.get(&url).await;
        let numbers = page["incoming_phone_numbers"].as_array().unwrap().clone();
        assert_eq!(numbers.len(), want, "{query}");
        numbers
    };
    let numbers = check("", 1).await;
    assert_eq!(numbers[0]["phone_number"], FIRM);
    assert_eq!(numbers[0]["sms_url"], "http://firm.example/in");
    check("?PhoneNumber=%2B15550001000", 1).await;
    check("?PhoneNumber=%2B1777", 0).await;
    for path in [
        "/Messages/SMnone.json",
        "/Messages/SMnone",
        "/Calls.json",
        "x.json",
    ] {
        let (status, error) = client.get(&client.api(path)).await;
        // A path with another account is not found out before the credentials are.
        let want = if path == "x.json" {
            (401, 20003)
        } else {
            (404, 20404)
        };
        assert_eq!((status, error["code"].as_u64().unwrap()), want, "{path}");
    }
}

fn bodies(page: &Value) -> Vec<&str> {
    let messages = page["messages"].as_array().unwrap();
    messages
        .iter()
        .map(|message| message["body"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn lists_are_filtered() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    client.sent("out", &[]).await;
    client
        .post(&[("From", FIRM), ("To", "+15554445555"), ("Body", "other")])
        .await
        .unwrap();
    running.sim().text(PHONE, FIRM, "in").unwrap();
    let delivered = |entry: &&carrier_sim::Entry| {
        matches!(
            entry.event,
            Event::Status {
                status: Status::Delivered,
                ..
            }
        )
    };
    until(&running, |entries| {
        entries.iter().filter(delivered).count() == 2
    })
    .await;
    let check = async |query: &str, want: &[&str]| {
        assert_eq!(bodies(&client.list(query).await), want, "{query}");
    };
    check("", &["in", "other", "out"]).await;
    check("?To=%2B15552223333", &["out"]).await;
    check("?From=%2B15552223333", &["in"]).await;
    check("?To=%2B15550001000&From=%2B15552223333", &["in"]).await;
    check("?DateSent%3E=2020-01-01", &["in", "other", "out"]).await;
    check("?DateSent>=2020-01-01", &["in", "other", "out"]).await;
    check("?DateSent%3C=2020-01-01", &[]).await;
    check("?DateSent=2020-01-01", &[]).await;
    check(
        "?DateSent%3E=2020-01-01T00:00:00Z&DateSent%3C=9999-01-01T00:00:00Z",
        &["in", "other", "out"],
    )
    .await;
    check("?DateSent%3E=9999-01-01", &[]).await;
    let (status, error) = client
        .get(&client.api("/Messages.json?DateSent=yesterday"))
        .await;
    assert_eq!((status, error["code"].as_u64().unwrap()), (400, 20001));
}

#[tokio::test]
async fn a_message_that_was_not_sent_yet_is_missing_from_dated_lists() {
    let mut config = config("");
    config.delays.queued_ms = 3_600_000;
    let running = start(config).await;
    let client = Client::new(&running);
    client.sent("waiting", &[]).await;
    assert_eq!(bodies(&client.list("").await), ["waiting"]);
    assert!(bodies(&client.list("?DateSent%3E=2020-01-01").await).is_empty());
}

#[tokio::test]
async fn pages_hold_still_while_new_messages_come() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    for n in 0..5 {
        running.sim().text(PHONE, FIRM, &n.to_string()).unwrap();
    }
    let first = client.list("?PageSize=2&To=%2B15550001000").await;
    assert_eq!(bodies(&first), ["4", "3"]);
    assert_eq!(first["page"], 0);
    running.sim().text(PHONE, FIRM, "new").unwrap();
    let second = client.page(first["next_page_uri"].as_str().unwrap()).await;
    assert_eq!(bodies(&second), ["2", "1"]);
    assert_eq!(
        (&second["page"], &second["start"], &second["end"]),
        (&1.into(), &2.into(), &3.into())
    );
    let third = client.page(second["next_page_uri"].as_str().unwrap()).await;
    assert_eq!(bodies(&third), ["0"]);
    assert_eq!(third["next_page_uri"], Value::Null);
}

/// As real carriers do by themselves: the phone gets an answer, and no list of the account has it.
#[tokio::test]
async fn its_own_words_are_answered_on_the_phone_alone() {
    let running = start(config("")).await;
    let client = Client::new(&running);
    for (word, answered) in [
        ("Stop", "Reply START"),
        ("help", "Reply STOP"),
        ("START", "STOP to end them"),
        ("thanks", ""),
    ] {
        running.sim().text(PHONE, FIRM, word).unwrap();
        let shown = client.look(&format!("/sim/phones/{PHONE}/messages")).await;
        let last = shown["messages"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone();
        let said = if answered.is_empty() {
            "sent"
        } else {
            "received"
        };
        assert_eq!(last["direction"], said, "{word}");
        let body = last["body"].as_str().unwrap();
        assert!(body.contains(answered), "{word}: {body}");
    }
    let (_, list) = client.get(&client.api("/Messages.json")).await;
    let directions = list["messages"].as_array().unwrap().iter();
    let ours = directions.filter(|message| message["direction"] != "inbound");
    assert_eq!(ours.count(), 0);
    running.stop().await;
}
