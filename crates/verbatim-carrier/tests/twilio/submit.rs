//! Sending: what goes out, and what each ending proves.

use tokio::net::TcpListener;
use verbatim_domain::Duration;
use verbatim_engine::ports::{Carrier, SubmitOutcome};

use super::{CLIENT, OURS, Peer, Reply, adapter, submission};

fn said(outcome: &SubmitOutcome) -> String {
    match outcome {
        SubmitOutcome::Accepted { provider_id, .. } => format!("accepted {provider_id}"),
        SubmitOutcome::Refused { class, code, .. } => format!("refused {class:?} {code}"),
        SubmitOutcome::NotSent { retry_after, .. } => format!("not sent {retry_after:?}"),
        SubmitOutcome::Unknown { reason } => format!("unknown: {reason}"),
    }
}

async fn check(reply: Reply, expected: &str) {
    let peer = Peer::start(vec![reply]).await;
    let outcome = adapter(&peer.base, |c| c.timeout_ms = 2_000)
        .submit(&submission("my secret"))
        .await;
    assert_eq!(said(&outcome), expected);
    assert_eq!(peer.requests().len(), 1, "never repeated");
    let words = match &outcome {
        SubmitOutcome::Refused { reason, .. }
        | SubmitOutcome::NotSent { reason, .. }
        | SubmitOutcome::Unknown { reason } => reason,
        SubmitOutcome::Accepted { .. } => return,
    };
    for private in ["my secret", "5550100", "5550101", "top-secret"] {
        assert!(!words.contains(private), "{words}");
    }
}

const OPTED_OUT: &str = r#"{"code":21610,"message":"Attempt to send to unsubscribed recipient +14155550100","more_info":"x","status":400}"#;

#[tokio::test]
async fn every_ending_proves_what_it_proves() {
    check(
        Reply::json(201, r#"{"sid":"SM1","status":"queued"}"#),
        "accepted SM1",
    )
    .await;
    check(Reply::json(400, OPTED_OUT), "refused OptedOut 21610").await;
    check(
        Reply::json(401, r#"{"code":20003,"message":"no"}"#),
        "refused Account 20003",
    )
    .await;
    check(
        Reply::json(404, r#"{"code":20404,"message":"no"}"#),
        "refused Account 20404",
    )
    .await;
    let later = Reply::with_headers(429, "Retry-After: 7\r\n", "slow down");
    check(later, "not sent Some(Duration(7000))").await;
    let much_later = Reply::with_headers(429, "Retry-After: 99999999\r\n", "");
    check(much_later, "not sent Some(Duration(3600000))").await;
    let date = "Retry-After: Mon, 23 Nov 2026 10:00:00 GMT\r\n";
    check(Reply::with_headers(429, date, ""), "not sent None").await;
    check(Reply::cut(429, "slow"), "not sent None").await;
    check(Reply::json(500, OPTED_OUT), "unknown: answered 500").await;
    check(Reply::json(503, "<html>"), "unknown: answered 503").await;
    check(
        Reply::json(408, OPTED_OUT),
        "unknown: the carrier gave up waiting",
    )
    .await;
    check(
        Reply::json(400, "<html>"),
        "unknown: answered 400 without the carrier's error",
    )
    .await;
    check(
        Reply::json(201, "<html>"),
        "unknown: success without a message id",
    )
    .await;
    check(
        Reply::json(201, r#"{"sid":"SM1"#),
        "unknown: success without a message id",
    )
    .await;
    check(
        Reply::cut(201, r#"{"sid":"SM1"}"#),
        "unknown: success without a message id",
    )
    .await;
    let huge = format!(r#"{{"sid":"SM1","x":"{}"}}"#, "x".repeat(300_000));
    check(
        Reply::json(201, &huge),
        "unknown: success without a message id",
    )
    .await;
    let elsewhere = Reply::with_headers(307, "Location: /elsewhere\r\n", "");
    check(elsewhere, "unknown: answered 307").await;
    check(Reply::Reset, "unknown: connection lost before the answer").await;
    check(
        Reply::Bytes(vec![]),
        "unknown: connection lost before the answer",
    )
    .await;
    check(
        Reply::Bytes(b"SSH-2.0\r\n".to_vec()),
        "unknown: connection lost before the answer",
    )
    .await;
}

#[tokio::test]
async fn an_answer_too_late_is_unknown() {
    let peer = Peer::start(vec![Reply::Silence]).await;
    let outcome = adapter(&peer.base, |c| c.timeout_ms = 300)
        .submit(&submission("hi"))
        .await;
    assert_eq!(said(&outcome), "unknown: no answer in time");
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    // RFC 6761: `.invalid` never resolves.
    for base in [closed.as_str(), "https://carrier.invalid"] {
        let outcome = adapter(base, |_| {}).submit(&submission("hi")).await;
        assert_eq!(said(&outcome), "not sent None", "{base}");
    }
}

#[tokio::test]
async fn a_failed_tls_handshake_sends_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let peer = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        stream.readable().await.unwrap();
        stream
            .try_write(b"HTTP/1.1 400 no TLS here\r\n\r\n")
            .unwrap();
    });
    let outcome = adapter(&base, |_| {}).submit(&submission("hi")).await;
    assert_eq!(said(&outcome), "not sent None");
    peer.await.unwrap();
}

#[tokio::test]
async fn the_request_is_what_twilio_describes() {
    for text in ["hi", "a&b=c+d%20 e", "héllo 😀", " line\r\nline ", "@£$"] {
        let peer = Peer::start(vec![Reply::json(201, r#"{"sid":"SM1"}"#)]).await;
        adapter(&peer.base, |_| {}).submit(&submission(text)).await;
        let request = &peer.requests()[0];
        assert_eq!(request.method, "POST");
        assert_eq!(
            request.target,
            "/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json"
        );
        assert!(
            request
                .head
                .contains("content-type: application/x-www-form-urlencoded")
        );
        assert!(request.head.contains("authorization: basic "));
        let callback = format!(
            "https://sms.firm.example/hooks/main/status?m={}",
            submission(text).message
        );
        let expected = [
            ("To", CLIENT),
            ("From", OURS),
            ("Body", text),
            ("StatusCallback", &callback),
            ("ValidityPeriod", "14400"),
            ("SmartEncoded", "false"),
            ("RiskCheck", "disable"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(request.form(), expected);
    }
}

#[tokio::test]
async fn a_messaging_service_goes_with_the_number() {
    let peer = Peer::start(vec![Reply::json(201, r#"{"sid":"SM1"}"#)]).await;
    let adapter = adapter(&peer.base, |c| c.messaging_service_sid = Some("MG1".into()));
    adapter.submit(&submission("hi")).await;
    let form = peer.requests()[0].form();
    for (name, value) in [("MessagingServiceSid", "MG1"), ("From", OURS)] {
        assert!(form.contains(&(name.into(), value.into())), "{name}");
    }
}

#[tokio::test]
async fn the_validity_stays_in_twilios_bounds() {
    for (validity, expected) in [
        (Duration::from_millis(0), "1"),
        (Duration::from_millis(1_999), "1"),
        (Duration::from_secs(36_000), "36000"),
        (Duration::from_secs(36_001), "36000"),
        (Duration(u64::MAX), "36000"),
    ] {
        let peer = Peer::start(vec![Reply::json(201, r#"{"sid":"SM1"}"#)]).await;
        let mut submission = submission("hi");
        submission.validity = validity;
        adapter(&peer.base, |_| {}).submit(&submission).await;
        let form = peer.requests()[0].form();
        assert!(
            form.contains(&("ValidityPeriod".into(), expected.into())),
            "{validity:?}"
        );
    }
}
