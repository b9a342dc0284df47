use url::Url;
use verbatim_domain::AccountId;
use verbatim_engine::ports::{FailureClass, ReceiptStatus};

use super::*;
use crate::twilio::config::Secret;
use crate::twilio::signature::sign_form;

const ACCOUNT: &str = "AC00000000000000000000000000000000";
const SMS: &str = "/hooks/main/sms";
const STATUS: &str = "/hooks/main/status?m=0123456789abcdef0123456789abcdef";
const TEXT: &str = "AccountSid=AC00000000000000000000000000000000&MessageSid=SM1&From=%2B14155550100\
                    &To=%2B14155550101&Body=hi";
const NEWS: &str = "AccountSid=AC00000000000000000000000000000000&MessageSid=SM1";

fn config() -> TwilioConfig {
    let url = Url::parse("https://sms.firm.example").unwrap();
    TwilioConfig::new(AccountId::from("main"), ACCOUNT, Secret::new("12345"), url)
}

fn signed(path: &str, body: &[u8]) -> Webhook {
    let signature = sign_form("12345", &format!("https://sms.firm.example{path}"), body);
    Webhook {
        path_and_query: path.into(),
        headers: vec![("x-twilio-signature".into(), signature)],
        body: body.to_vec(),
    }
}

fn only(path: &str, body: &str) -> CarrierEvent {
    let mut events = read(&config(), &signed(path, body.as_bytes())).unwrap();
    assert_eq!(events.len(), 1);
    events.remove(0)
}

fn text(body: &str) -> InboundText {
    match only(SMS, body) {
        CarrierEvent::Inbound(text) => text,
        other => panic!("{other:?}"),
    }
}

fn news(path: &str, body: &str) -> Receipt {
    match only(path, body) {
        CarrierEvent::Receipt(receipt) => receipt,
        other => panic!("{other:?}"),
    }
}

fn malformed(path: &str, body: &[u8], why: &'static str) {
    assert_eq!(
        read(&config(), &signed(path, body)),
        Err(WebhookError::Malformed(why)),
        "{path} {}",
        String::from_utf8_lossy(&body[..body.len().min(200)])
    );
}

#[test]
fn a_text_is_read_and_the_rest_is_kept() {
    let got = text(
        "ToCountry=US&SmsMessageSid=SM1&NumMedia=2&SmsSid=SM1&SmsStatus=received\
         &Body=h%C3%A9llo+%F0%9F%98%80+%26%3D%2B%25%0Aend&To=%2B14155550101&OptOutType=STOP\
         &MessageSid=SM1&AccountSid=AC00000000000000000000000000000000&From=%2B14155550100\
         &MediaUrl0=https%3A%2F%2Fapi.twilio.com%2Fa&MediaContentType0=image%2Fpng\
         &MediaUrl1=https%3A%2F%2Fapi.twilio.com%2Fb&NewIn2027=x",
    );
    assert_eq!(got.provider_id, ProviderId::from("SM1"));
    assert_eq!(
        (got.from.as_str(), got.to.as_str()),
        ("+14155550100", "+14155550101")
    );
    assert_eq!(got.text, "héllo 😀 &=+%\nend");
    assert_eq!(got.provider_at, None);
    assert_eq!(got.consent, Some(Consent::OptedOut));
    let media = |address: &str, kind: &str| (address.to_owned(), kind.to_owned());
    assert_eq!(
        got.media,
        [
            media("https://api.twilio.com/a", "image/png"),
            media("https://api.twilio.com/b", "")
        ]
    );
    for (name, value) in [
        ("OptOutType", "STOP"),
        ("NewIn2027", "x"),
        ("NumMedia", "2"),
    ] {
        assert!(
            got.details.contains(&(name.to_owned(), value.to_owned())),
            "{name}"
        );
    }
    for name in ["Body", "From", "To", "MessageSid", "AccountSid"] {
        assert!(got.details.iter().all(|(key, _)| key != name), "{name}");
    }
}

#[test]
fn what_the_carrier_made_of_a_text_is_heard() {
    for (kind, expected) in [
        ("STOP", Some(Consent::OptedOut)),
        ("START", Some(Consent::OptedIn)),
        ("HELP", None),
        ("", None),
    ] {
        let got = text(&format!("{TEXT}&OptOutType={kind}"));
        assert_eq!(got.consent, expected, "{kind}");
    }
    assert_eq!(text(TEXT).consent, None);
}

#[test]
fn odd_texts_are_still_texts() {
    assert_eq!(text(&TEXT.replace("&Body=hi", "")).text, "");
    assert_eq!(text(&TEXT.replace("Body=hi", "Body=hi&Body=hi")).text, "hi");
    assert_eq!(
        text(&TEXT.replace("MessageSid", "SmsSid"))
            .provider_id
            .as_str(),
        "SM1"
    );
    assert_eq!(text(&TEXT.replace("%2B14155550100", "28849")).from, "28849");
    assert_eq!(text(&format!("{TEXT}&NumMedia=9")).media, []);
    assert_eq!(text(&format!("{TEXT}&NumMedia=99999999999")).media, []);
    assert_eq!(
        text(&TEXT.replace("hi", &"x".repeat(60_000))).text.len(),
        60_000
    );
}

#[test]
fn news_is_read_with_our_id() {
    let got = news(
        STATUS,
        &format!("{NEWS}&MessageStatus=undelivered&ErrorCode=30007"),
    );
    assert_eq!(
        got.message,
        MessageId::from_str("0123456789abcdef0123456789abcdef").ok()
    );
    assert_eq!(got.provider_id.as_str(), "SM1");
    assert_eq!(got.status, ReceiptStatus::Undelivered(FailureClass::Policy));
    assert_eq!(got.provider_status, "undelivered");
    assert_eq!(got.code.as_deref(), Some("30007"));

    let got = news(STATUS, &format!("{NEWS}&SmsStatus=sent&ErrorCode="));
    assert_eq!((got.status, got.code), (ReceiptStatus::Sent, None));
    let got = news(STATUS, &format!("{NEWS}&MessageStatus=beamed"));
    assert_eq!(
        (got.status, got.provider_status),
        (ReceiptStatus::Unrecognised, "beamed".into())
    );
}

#[test]
fn news_without_our_id_counts_by_the_carriers() {
    for query in [
        "",
        "?",
        "?m=",
        "?m=xyz",
        "?x=1",
        "?m=0123456789abcdef0123456789abcde",
        "?m=01234567-89ab-cdef-0123-456789abcdef",
    ] {
        let path = format!("/hooks/main/status{query}");
        assert_eq!(
            news(&path, &format!("{NEWS}&MessageStatus=sent")).message,
            None,
            "{query}"
        );
    }
    let path = "/hooks/main/status?x=1&m=0123456789abcdef0123456789abcdef";
    assert!(
        news(path, &format!("{NEWS}&MessageStatus=sent"))
            .message
            .is_some()
    );
}

#[test]
fn signed_but_not_understood() {
    let without = |name: &str| {
        let kept: Vec<&str> = TEXT.split('&').filter(|p| !p.starts_with(name)).collect();
        kept.join("&").into_bytes()
    };
    malformed(SMS, b"", "another account");
    malformed(SMS, &without("AccountSid="), "another account");
    malformed(
        SMS,
        TEXT.replace("AC0", "AC1").as_bytes(),
        "another account",
    );
    malformed(SMS, &without("MessageSid="), "no MessageSid");
    malformed(SMS, &without("From="), "no From");
    malformed(SMS, &without("To="), "no To");
    malformed(SMS, TEXT.replace("SM1", "SM%2F1").as_bytes(), "MessageSid");
    malformed(
        SMS,
        TEXT.replace("SM1", &"1".repeat(65)).as_bytes(),
        "MessageSid",
    );
    malformed(
        SMS,
        TEXT.replace("Body=hi", "Body=a&Body=b").as_bytes(),
        "a field with two values",
    );
    malformed(
        SMS,
        TEXT.replace("%2B14155550100", &"1".repeat(256)).as_bytes(),
        "a field too long",
    );
    malformed(SMS, format!("{TEXT}&NumMedia=-1").as_bytes(), "NumMedia");
    malformed(SMS, format!("{TEXT}&x=%FF").as_bytes(), "not UTF-8");
    malformed(SMS, &[TEXT.as_bytes(), b"\xff"].concat(), "not UTF-8");
    malformed(
        SMS,
        format!("{TEXT}{}", "&a".repeat(500)).as_bytes(),
        "too many fields",
    );
    malformed(STATUS, NEWS.as_bytes(), "no MessageStatus");
    for path in [
        "/",
        "/hooks/main",
        "/hooks/other/sms",
        "/hooks/main/voice",
        "/hooks/main/sms/",
    ] {
        malformed(path, TEXT.as_bytes(), "unknown address");
    }
}

#[test]
fn nothing_is_read_without_a_signature() {
    let refused = |hook: &Webhook| {
        assert_eq!(read(&config(), hook), Err(WebhookError::Signature));
    };
    let good = signed(SMS, TEXT.as_bytes());
    let body = good.body.clone();
    refused(&Webhook {
        headers: vec![],
        ..good.clone()
    });
    refused(&Webhook {
        body: body[..body.len() - 1].to_vec(),
        ..good.clone()
    });
    refused(&Webhook {
        body: b"\xff\xfe%".to_vec(),
        ..good.clone()
    });
    refused(&Webhook {
        body: vec![],
        ..good.clone()
    });
    refused(&Webhook {
        path_and_query: STATUS.into(),
        ..good.clone()
    });
    refused(&Webhook {
        path_and_query: String::new(),
        ..good
    });
    refused(&signed(
        SMS,
        TEXT.replace("hi", &"x".repeat(70_000)).as_bytes(),
    ));
}

#[test]
fn a_signed_json_body_is_no_text() {
    let mut hook = signed(SMS, TEXT.as_bytes());
    hook.headers
        .push(("content-type".into(), "application/json".into()));
    assert_eq!(
        interpret(&config(), &hook),
        Err(WebhookError::Malformed("not a form"))
    );
}
