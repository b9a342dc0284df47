//! What each fuzz target does with an input. The targets in `fuzz_targets/` call these functions, and
//! so does `e2e/tests/corpora.rs`, which replays every file in `corpus/` without a fuzzer.
//!
//! Each function panics on a broken promise, not only on a crash.

use url::Url;
use url::form_urlencoded::byte_serialize;
use verbatim_carrier::twilio::form::parse_form;
use verbatim_carrier::twilio::{Secret, TwilioConfig, webhook as twilio};
use verbatim_domain::AccountId;
use verbatim_domain::command::{self, Command};
use verbatim_domain::sms;
use verbatim_engine::ports::{CarrierEvent, EventKind, OpenError, Trust, Webhook, WebhookError};
use verbatim_record::key_change::KeyChange;
use verbatim_record::merkle::Frontier;
use verbatim_record::policy::Policy;
use verbatim_record::signing::FileSigner;
use verbatim_record::tile::{TileId, entries_path, parse_entries_path, read_entries};
use verbatim_record::tlog_proof::TlogProof;
use verbatim_record::{Body, Checkpoint, Kek, Leaf, Note, Signer, VerifierKey};

/// What a target does with an input.
pub type Target = fn(&[u8]);

/// A function for each target.
pub const TARGETS: [(&str, Target); 6] = [
    ("webhook", webhook),
    ("room_event", room_event),
    ("command", command),
    ("gsm7", gsm7),
    ("record", record),
    ("signed", signed),
];

/// The first line is path and query, the second one the content type (empty for none), the rest is the
/// body.
pub fn webhook(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let mut line = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let (path_and_query, kind) = (line(), line());
    let body = parts.next().unwrap_or_default().to_vec();
    check_form(&body);

    let mut headers = vec![("x-twilio-signature".to_owned(), "AAAA".to_owned())];
    headers.extend((!kind.is_empty()).then(|| ("content-type".to_owned(), kind)));
    let hook = Webhook {
        path_and_query,
        headers,
        body,
    };
    let url = Url::parse("https://sms.firm.example").expect("valid");
    let token = Secret::new("not a secret");
    let config = TwilioConfig::new(AccountId::from("main"), format!("AC{:032}", 0), token, url);
    assert_eq!(twilio::read(&config, &hook), Err(WebhookError::Signature));
    for event in twilio::interpret(&config, &hook).into_iter().flatten() {
        match event {
            CarrierEvent::Inbound(text) => {
                assert!(!text.provider_id.as_str().is_empty());
                assert!(!text.from.is_empty() && !text.to.is_empty());
                assert!(text.text.len() <= hook.body.len());
                assert!(text.media.len() <= 64);
            }
            CarrierEvent::Receipt(receipt) => {
                assert!(!receipt.provider_id.as_str().is_empty());
                assert!(!receipt.provider_status.is_empty());
            }
        }
    }
}

/// Writing the decoded form down again and reading that changes nothing.
fn check_form(body: &[u8]) {
    let fields = parse_form(body);
    let text = |raw: &[u8]| byte_serialize(raw).collect::<String>();
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", text(name), text(value)))
        .collect();
    assert_eq!(parse_form(pairs.join("&").as_bytes()), fields);
}

/// An event of a room, in clear. What is read comes from the bytes, and they are kept as evidence.
pub fn room_event(data: &[u8]) {
    match verbatim_matrix::parse_clear_event(data) {
        Ok(event) => {
            assert_eq!(event.clear, data);
            assert!(!matches!(event.trust, Trust::Encrypted(_)));
            let state = matches!(event.trust, Trust::State);
            assert!(
                !state || !matches!(event.kind, EventKind::Text { .. } | EventKind::Edit { .. })
            );
        }
        Err(OpenError::Malformed(why)) => assert!(!why.is_empty()),
        Err(other) => panic!("an event in clear cannot fail like this: {other}"),
    }
}

/// A line for the bot.
pub fn command(data: &[u8]) {
    match command::parse(&String::from_utf8_lossy(data)) {
        Ok(Command::Sms { number, name, from }) => {
            assert!(!number.trim().is_empty());
            for given in [name, from].into_iter().flatten() {
                assert!(!given.trim().is_empty());
            }
        }
        Ok(_) => {}
        Err(error) => assert!(!error.words.is_empty()),
    }
}

/// A text on its way to a phone, and septets on their way back.
pub fn gsm7(data: &[u8]) {
    let decoded = sms::decode_gsm7(data);
    let readable = !decoded.contains(char::REPLACEMENT_CHARACTER);
    assert_eq!(sms::encode_gsm7(&decoded).is_some(), readable);

    let text = String::from_utf8_lossy(data);
    if let Some(septets) = sms::encode_gsm7(&text) {
        assert_eq!(sms::decode_gsm7(&septets), text);
        assert_eq!(sms::cost(&text).units as usize, septets.len());
        assert_eq!(sms::substitute(&text), text);
    }
    let segments = sms::segments(&text);
    assert_eq!(segments.len(), sms::cost(&text).segments as usize);
    assert_eq!(segments.concat(), text);
    let substituted = sms::substitute(&text);
    assert!(substituted == text || sms::encode_gsm7(&substituted).is_some());
}

/// The first byte chooses what the rest is read as. What is read is written again byte for byte.
pub fn record(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    match choice % 4 {
        0 => {
            if let Ok((body, salt)) = Body::decode(rest) {
                assert_eq!(body.encode(&salt), rest);
            }
        }
        1 => {
            if let Ok(leaf) = Leaf::decode(rest) {
                assert_eq!(leaf.encode(), rest);
            }
        }
        2 => {
            if let Ok(mut frontier) = Frontier::decode(rest) {
                assert_eq!(frontier.encode(), rest);
                // The last size that the format knows cannot grow.
                if frontier.size() < i64::MAX as u64 {
                    frontier.push(&[0; 32]);
                    assert_eq!(Frontier::decode(&frontier.encode()), Ok(frontier));
                }
            }
        }
        _ => {
            if let Ok(key) = Kek::parse(&String::from_utf8_lossy(rest)) {
                let again = Kek::parse(&key.to_text()).map(|key| key.id());
                assert_eq!(again, Ok(key.id()));
            }
        }
    }
}

const STAMPED: &[u8] =
    include_bytes!("../../crates/verbatim-record/testdata/timestamp/stamped.txt");
const AUTHORITY: &str = include_str!("../../crates/verbatim-record/testdata/timestamp/p256.pem");

/// The first byte says which reader of the signed log gets the rest.
pub fn signed(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    if *choice == b'e' {
        let width = rest.first().copied().unwrap_or_default();
        if let Ok(entries) = read_entries(rest, width.into()) {
            assert_eq!(entries.len(), usize::from(width));
        }
        return;
    }
    if *choice == b's' {
        // Whatever it is: no panic. What is believed, the tests say.
        let _ = verbatim_record::timestamp::check(rest, STAMPED, None, AUTHORITY);
        return;
    }
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    match choice {
        b'n' => {
            if let Ok(note) = Note::parse(text) {
                assert_eq!(Note::parse(&note.to_string()), Ok(note.clone()));
                assert!(note.check(&[]).is_err());
            }
        }
        b'c' => {
            if let Ok(read) = Checkpoint::parse(text) {
                assert!(text.starts_with(&read.to_string()));
            }
        }
        b'p' => {
            if let Ok(proof) = text.parse::<TlogProof>() {
                assert_eq!(proof.to_string().parse(), Ok(proof.clone()));
                // Nothing is proved to whoever trusts nobody.
                assert!(proof.check(b"", &Policy::default()).is_err());
            }
        }
        b'k' => {
            if let Ok(key) = text.parse::<VerifierKey>() {
                assert_eq!(key.to_string().parse(), Ok(key));
            }
            if let Ok(signer) = FileSigner::parse(text) {
                let again = FileSigner::parse(&signer.to_text());
                assert_eq!(
                    again.ok().as_ref().map(Signer::verifier),
                    Some(signer.verifier())
                );
            }
        }
        b't' => {
            if let Ok(id) = text.parse::<TileId>() {
                assert_eq!(id.to_string(), text);
            }
            if let Ok((index, width)) = parse_entries_path(text) {
                assert_eq!(entries_path(index, width), text);
            }
        }
        b'x' => {
            if let Ok(change) = Note::parse(text).and_then(|note| KeyChange::open(&note)) {
                assert_eq!(change.old.name(), change.new.name());
            }
        }
        _ => {
            if let Ok(policy) = text.parse::<Policy>() {
                // What a log hands out of its keys is read back alike.
                let lines = format!("{}quorum none\n", policy.log_lines());
                let again: Policy = lines.parse().expect("our own lines");
                assert!(again.logs().eq(policy.logs()));
                assert_eq!(again.log_lines(), policy.log_lines());
            }
        }
    }
}
