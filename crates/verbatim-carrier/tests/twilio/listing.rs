//! Listings: reconciliation, lost receipts, lost texts, and pages that lead elsewhere.

use serde_json::{Value, json};
use verbatim_domain::Timestamp;
use verbatim_engine::ports::{Carrier, CarrierError, FailureClass, Receipt, ReceiptStatus};

use super::{CLIENT, OURS, Peer, Reply, TEN, TRIED_AT, adapter, submission};

const LISTING: &str = "/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json";
const TEXT: &str = "a&b=c+d% 😀";

/// A message of ours as listed, created at 10:00:`second` on the day of [`TRIED_AT`].
fn sent(sid: &str, second: u32) -> Value {
    json!({
        "sid": sid, "status": "sent", "body": TEXT, "from": OURS, "to": CLIENT,
        "direction": "outbound-api", "error_code": null, "num_media": "0", "num_segments": "1",
        "date_created": format!("Mon, 23 Nov 2026 10:00:{second:02} +0000"),
        "date_sent": null,
        "date_updated": format!("Mon, 23 Nov 2026 10:01:{second:02} +0000"),
    })
}

fn received(sid: &str, second: u32) -> Value {
    let mut item = with(sent(sid, second), "direction", json!("inbound"));
    item["from"] = json!(CLIENT);
    item["to"] = json!(OURS);
    item["status"] = json!("received");
    item
}

fn with(mut item: Value, name: &str, value: Value) -> Value {
    item[name] = value;
    item
}

fn page(items: &[Value], next: Option<&str>) -> Reply {
    Reply::json(
        200,
        &json!({ "messages": items, "next_page_uri": next }).to_string(),
    )
}

fn ids(receipts: &[Receipt]) -> Vec<&str> {
    receipts
        .iter()
        .map(|receipt| receipt.provider_id.as_str())
        .collect()
}

/// What is certainly it. Where that is nothing, the listing without the client's number shows nothing more.
async fn find(mut script: Vec<Reply>) -> (Result<Vec<Receipt>, CarrierError>, Peer) {
    script.push(page(&[], None));
    let peer = Peer::start(script).await;
    let adapter = adapter(&peer.base, |c| c.timeout_ms = 2_000);
    let found = adapter.find(&submission(TEXT), TRIED_AT).await;
    (found.map(|sightings| sightings.same), peer)
}

#[tokio::test]
async fn a_submission_is_found_and_goes_on_from_its_state() {
    let failed = with(
        with(sent("SM1", 3), "status", json!("undelivered")),
        "error_code",
        json!(30003),
    );
    let (found, peer) = find(vec![page(&[failed], None)]).await;
    let expected = Receipt {
        provider_id: "SM1".into(),
        message: None,
        status: ReceiptStatus::Undelivered(FailureClass::Delivery),
        provider_status: "undelivered".into(),
        code: Some("30003".into()),
        provider_at: Some(Timestamp(TEN.0 + 63_000)),
    };
    assert_eq!(found, Ok(vec![expected]));
    let request = &peer.requests()[0];
    assert!(request.target.starts_with(LISTING), "{}", request.target);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        pair("To", CLIENT),
        pair("From", OURS),
        pair("DateSent>", "2026-11-22"),
        pair("PageSize", "200"),
    ];
    assert_eq!(request.query(), expected);
}

#[tokio::test]
async fn only_what_could_be_it_is_named_oldest_first() {
    let items = [
        with(sent("SMother-body", 8), "body", json!("x")),
        with(sent("SMredacted", 8), "body", json!("")),
        with(sent("SMno-body", 8), "body", json!(null)),
        with(sent("SMother-to", 8), "to", json!("+14155550199")),
        with(sent("SMother-from", 8), "from", json!("+14155550198")),
        with(sent("SMinbound", 8), "direction", json!("inbound")),
        with(sent("SM/bad-id", 8), "status", json!("sent")),
        with(sent("SM5", 7), "from", json!(null)),
        with(sent("SM4", 7), "direction", json!("outbound-reply")),
        // Newest first as a rule; the dates decide.
        sent("SM6", 9),
        // The carrier's clock may be a little behind ours.
        with(
            sent("SM3", 0),
            "date_created",
            json!("Mon, 23 Nov 2026 09:59:00 +0000"),
        ),
        with(
            sent("SMold", 0),
            "date_created",
            json!("Mon, 23 Nov 2026 09:58:59 +0000"),
        ),
    ];
    let (found, _peer) = find(vec![page(&items, None)]).await;
    assert_eq!(ids(&found.unwrap()), ["SM3", "SM4", "SM5", "SM6"]);
}

/// Message redaction empties bodies and hides the end of the client's number, and a listing filtered by
/// that number may not show it at all: what could be it is no proof that it is not there.
#[tokio::test]
async fn what_is_hidden_might_be_it() {
    let hidden = |sid, to: &str| with(with(sent(sid, 8), "to", json!(to)), "body", json!(""));
    let end = format!("{}XXXX", &CLIENT[..CLIENT.len() - 4]);
    let items = [
        hidden("SMother", "+1999555XXXX"),
        hidden("SMother-number", "+19995550100"),
        with(sent("SMother-body", 8), "body", json!("x")),
        with(
            hidden("SMother-from", CLIENT),
            "from",
            json!("+14155550198"),
        ),
        with(hidden("SMinbound", CLIENT), "direction", json!("inbound")),
        with(
            hidden("SMold", CLIENT),
            "date_created",
            json!("Mon, 23 Nov 2026 09:58:59 +0000"),
        ),
        with(sent("SMnumber", 6), "to", json!(end)),
        hidden("SMboth", &end),
        with(hidden("SMnothing", CLIENT), "to", json!(null)),
        hidden("SMbody", CLIENT),
    ];
    let peer = Peer::start(vec![page(&[], None), page(&items, None)]).await;
    let adapter = adapter(&peer.base, |_| {});
    let found = adapter.find(&submission(TEXT), TRIED_AT).await.unwrap();
    assert_eq!(ids(&found.same), [""; 0]);
    let mut doubtful = ids(&found.doubtful);
    doubtful.sort_unstable();
    assert_eq!(doubtful, ["SMbody", "SMboth", "SMnothing", "SMnumber"]);
    let second = peer.requests()[1].query();
    assert!(!second.iter().any(|(name, _)| name == "To"));
}

#[tokio::test]
async fn nothing_there_is_an_answer_and_no_answer_is_an_error() {
    let unavailable = |why: &str| Err(CarrierError::Unavailable(why.into()));
    let refused = |why: &str| Err(CarrierError::Refused(why.into()));
    for (reply, expected) in [
        (page(&[], None), Ok(vec![])),
        (page(&[], Some("")), Ok(vec![])),
        (Reply::json(500, "{}"), unavailable("answered 500")),
        (Reply::json(429, "{}"), unavailable("answered 429")),
        (Reply::json(302, "{}"), unavailable("answered 302")),
        (Reply::json(401, "{}"), refused("credentials not accepted")),
        (
            Reply::json(404, "{}"),
            refused("no such account or resource"),
        ),
        (
            Reply::json(200, "<html>"),
            unavailable("listing not understood"),
        ),
        (
            Reply::json(200, "{}"),
            unavailable("listing not understood"),
        ),
        (
            Reply::json(200, r#"{"messages":[{}]}"#),
            unavailable("listing not understood"),
        ),
        (
            Reply::cut(200, r#"{"messages":[]}"#),
            unavailable("answer broken off or too long"),
        ),
        (
            Reply::Reset,
            unavailable("connection lost before the answer"),
        ),
    ] {
        let (found, _peer) = find(vec![reply]).await;
        assert_eq!(found, expected);
    }
    let adapter = adapter("http://127.0.0.1:1", |_| {});
    let found = adapter.find(&submission(TEXT), TRIED_AT).await;
    assert_eq!(
        found.map(|sightings| sightings.same),
        unavailable("no connection to the carrier")
    );
}

#[tokio::test]
async fn pages_are_followed_to_the_end() {
    let second = format!("{LISTING}?Page=1&PageToken=PASM2");
    let script = vec![
        page(&[sent("SM2", 5)], Some(&second)),
        page(&[sent("SM1", 4)], None),
    ];
    let (found, peer) = find(script).await;
    assert_eq!(ids(&found.unwrap()), ["SM1", "SM2"]);
    assert_eq!(peer.requests()[1].target, second);
}

#[tokio::test]
async fn a_failing_page_leaves_nothing_known() {
    let second = format!("{LISTING}?Page=1");
    let script = vec![page(&[sent("SM2", 5)], Some(&second)), Reply::json(503, "")];
    let (found, _peer) = find(script).await;
    assert_eq!(found, Err(CarrierError::Unavailable("answered 503".into())));
}

#[tokio::test]
async fn pages_never_lead_to_another_address() {
    let thief = Peer::start(vec![page(&[], None)]).await;
    for next in [
        format!("{}{LISTING}", thief.base),
        format!("{}{LISTING}", thief.base.replace("http:", "")),
        "/2010-04-01/Accounts/AC1/Messages.json".to_owned(),
        "https://[".to_owned(),
    ] {
        let (found, peer) = find(vec![page(&[sent("SM1", 1)], Some(&next))]).await;
        let elsewhere = "listing continues at another address";
        assert_eq!(
            found,
            Err(CarrierError::Refused(elsewhere.into())),
            "{next}"
        );
        assert_eq!(peer.requests().len(), 1);
    }
    assert_eq!(thief.requests().len(), 0, "the credentials stay with us");
}

#[tokio::test]
async fn a_listing_without_end_is_given_up() {
    let next = format!("{LISTING}?Page=1");
    let script = (0..101).map(|_| page(&[], Some(&next))).collect();
    let (found, peer) = find(script).await;
    assert_eq!(
        found,
        Err(CarrierError::Unavailable("listing too long".into()))
    );
    assert_eq!(peer.requests().len(), 100);
}

#[tokio::test]
async fn lost_receipts_are_listed() {
    let items = [
        with(sent("SM3", 9), "status", json!("delivered")),
        with(sent("SM2", 8), "to", json!("+14155550199")),
        with(sent("SMother", 8), "from", json!("+14155550198")),
        received("SMinbound", 8),
        with(sent("SM1", 0), "status", json!("beamed")),
        with(
            sent("SMold", 0),
            "date_created",
            json!("Mon, 23 Nov 2026 09:59:59 +0000"),
        ),
    ];
    let peer = Peer::start(vec![page(&items, None)]).await;
    let got = adapter(&peer.base, |_| {})
        .receipts_since(OURS, TRIED_AT)
        .await
        .unwrap();
    assert_eq!(ids(&got), ["SM1", "SM2", "SM3"]);
    let states: Vec<_> = got.into_iter().map(|receipt| receipt.status).collect();
    use ReceiptStatus::{Delivered, Sent, Unrecognised};
    assert_eq!(states, [Unrecognised, Sent, Delivered]);
    let query = peer.requests()[0].query();
    assert!(query.contains(&("From".into(), OURS.into())));
    assert!(!query.iter().any(|(name, _)| name == "To"));
}

#[tokio::test]
async fn lost_texts_are_listed_oldest_first() {
    let with_media = with(received("MM2", 5), "num_media", json!("2"));
    let items = [
        received("SM3", 9),
        with_media,
        with(received("SM1", 1), "body", json!(null)),
        with(received("SMreceiving", 1), "status", json!("receiving")),
        with(received("SMother", 1), "to", json!("+14155550199")),
        sent("SMours", 1),
        with(
            received("SMold", 0),
            "date_created",
            json!("Mon, 23 Nov 2026 09:59:59 +0000"),
        ),
    ];
    let media = json!({ "media_list": [
        { "sid": "ME1", "content_type": "image/png" },
        { "sid": "../ME2", "content_type": "image/png" },
        { "sid": "ME3" },
    ]});
    let script = vec![page(&items, None), Reply::json(200, &media.to_string())];
    let peer = Peer::start(script).await;
    let got = adapter(&peer.base, |_| {})
        .inbound_since(OURS, TRIED_AT)
        .await
        .unwrap();
    let order: Vec<_> = got.iter().map(|text| text.provider_id.as_str()).collect();
    assert_eq!(order, ["SM1", "MM2", "SM3"]);
    assert_eq!([&got[0].text, &got[2].text], ["", TEXT]);
    // Without words and media, they were probably taken away.
    let redacted: Vec<_> = got.iter().map(|text| text.redacted).collect();
    assert_eq!(redacted, [true, false, false]);
    assert_eq!((got[2].from.as_str(), got[2].to.as_str()), (CLIENT, OURS));
    assert_eq!(got[2].provider_at, Some(Timestamp(TEN.0 + 9_000)));
    assert!(
        got[2]
            .details
            .contains(&("SmsStatus".into(), "received".into()))
    );
    let media_base = format!(
        "{}{}/MM2/Media",
        peer.base,
        LISTING.trim_end_matches(".json")
    );
    assert_eq!(
        got[1].media,
        [
            (format!("{media_base}/ME1"), "image/png".to_owned()),
            (format!("{media_base}/ME3"), String::new())
        ]
    );
    assert!(
        peer.requests()[1]
            .target
            .ends_with("/Messages/MM2/Media.json")
    );
}

#[tokio::test]
async fn a_text_whose_media_are_gone_still_counts() {
    let item = with(received("MM1", 5), "num_media", json!(1));
    for (reply, expected) in [
        (Reply::json(404, "{}"), Some(0)),
        (Reply::json(500, "{}"), None),
        (Reply::json(200, "<html>"), None),
    ] {
        let peer = Peer::start(vec![page(std::slice::from_ref(&item), None), reply]).await;
        let got = adapter(&peer.base, |_| {})
            .inbound_since(OURS, TRIED_AT)
            .await;
        assert_eq!(got.ok().map(|texts| texts[0].media.len()), expected);
    }
}
