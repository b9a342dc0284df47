//! The Twilio adapter against a scripted peer on a local socket: every outcome of a submission,
//! listings, and a peer that lies.

mod listing;
mod peer;
mod submit;

use std::sync::Arc;

use url::Url;
use verbatim_carrier::twilio::{Secret, Twilio, TwilioConfig};
use verbatim_domain::{AccountId, Duration, MessageId, Timestamp};
use verbatim_engine::ports::{Carrier, CarrierError, Submission};

use peer::{Peer, Reply};

const OURS: &str = "+14155550101";
const CLIENT: &str = "+14155550100";
/// Mon, 23 Nov 2026 10:00:00 UTC
const TEN: Timestamp = Timestamp(1_795_428_000_000);
/// Within that second, which is as near as the carrier's dates come.
const TRIED_AT: Timestamp = Timestamp(TEN.0 + 999);

fn adapter(base: &str, change: impl FnOnce(&mut TwilioConfig)) -> Arc<Twilio> {
    // A second installation fails, and the first one stands.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = TwilioConfig::new(
        AccountId::from("main"),
        "AC00000000000000000000000000000000",
        Secret::new("top-secret"),
        Url::parse("https://sms.firm.example").expect("valid"),
    );
    config.api_base = Url::parse(base).expect("valid");
    change(&mut config);
    Twilio::new(config).expect("valid")
}

fn submission(text: &str) -> Submission {
    Submission {
        message: MessageId::from_random([0xab; 16]),
        from: OURS.into(),
        to: CLIENT.into(),
        text: text.into(),
        validity: Duration::from_secs(14_400),
    }
}

#[tokio::test]
async fn check_tells_whether_the_account_works() {
    for (reply, expected) in [
        (
            Reply::json(200, r#"{"status":"active","type":"Full"}"#),
            "account is active",
        ),
        (
            Reply::json(200, r#"{"status":"active","type":"Trial"}"#),
            "account is active (trial: texts get an extra line)",
        ),
        (
            Reply::json(200, r#"{"status":"suspended","type":"Full"}"#),
            "carrier refuses us: account is suspended or closed",
        ),
        (
            Reply::json(401, r#"{"code":20003}"#),
            "carrier refuses us: credentials not accepted",
        ),
        (
            Reply::json(404, "{}"),
            "carrier refuses us: no such account or resource",
        ),
        (
            Reply::json(500, "{}"),
            "carrier not reachable: answered 500",
        ),
        (
            Reply::json(200, "<html>"),
            "carrier not reachable: account answer not understood",
        ),
        (
            Reply::Reset,
            "carrier not reachable: connection lost before the answer",
        ),
    ] {
        let peer = Peer::start(vec![reply]).await;
        let got = adapter(&peer.base, |_| {}).check().await;
        assert_eq!(
            got.unwrap_or_else(|error: CarrierError| error.to_string()),
            expected
        );
        let request = &peer.requests()[0];
        assert_eq!(
            request.target,
            "/2010-04-01/Accounts/AC00000000000000000000000000000000.json"
        );
    }
}

#[tokio::test]
async fn a_base_address_may_have_a_path() {
    let peer = Peer::start(vec![Reply::json(200, r#"{"status":"active"}"#)]).await;
    let base = format!("{}/api/laml/", peer.base);
    adapter(&base, |_| {}).check().await.unwrap();
    assert!(
        peer.requests()[0]
            .target
            .starts_with("/api/laml/2010-04-01/Accounts/AC0")
    );
}
