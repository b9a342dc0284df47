//! The vectors in `testdata/twilio_webhooks.json` were made with Twilio's own Python SDK.

use serde_json::Value;
use url::form_urlencoded::Serializer;
use verbatim_domain::AccountId;

use super::*;
use crate::twilio::config::SharedKey;

const VECTORS: &str = include_str!("../../testdata/twilio_webhooks.json");
const KEY_ID: &str = "webhooks_sharedkey_x";

/// A request in the way that a vector describes it.
#[derive(Clone)]
struct Case {
    token: String,
    url: String,
    hook: Webhook,
}

fn case(name: &str) -> Case {
    let all: Value = serde_json::from_str(VECTORS).unwrap();
    let vector = &all[name];
    let text = |key: &str| vector[key].as_str().map(str::to_owned);
    let url = text("url").unwrap();
    let body = text("body").unwrap_or_else(|| {
        let fields = vector["params"].as_object().unwrap();
        Serializer::new(String::new())
            .extend_pairs(fields.iter().map(|(k, v)| (k, v.as_str().unwrap())))
            .finish()
    });
    let kind = if vector["params"].is_object() {
        "application/x-www-form-urlencoded; charset=UTF-8"
    } else {
        "application/json"
    };
    let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
    for name in ["X-Twilio-Signature", "X-Twilio-Webhooks-Signature-Settings"] {
        headers.extend(text(name).map(|value| (name.to_ascii_lowercase(), value)));
    }
    let path = Url::parse(&url).unwrap();
    let path_and_query = url[path.origin().ascii_serialization().len()..].to_owned();
    let hook = Webhook {
        path_and_query,
        headers,
        body: body.into_bytes(),
    };
    Case {
        token: text("token").unwrap(),
        url,
        hook,
    }
}

const NAMES: [&str; 4] = [
    "twilio_form_sha1",
    "twilio_form_sha256",
    "twilio_json",
    "twilio_sms_unicode",
];

/// Twilio's shared keys stand beside the token, so a configuration for the SHA-256 vector has both.
fn config(case: &Case) -> TwilioConfig {
    let base = Url::parse(&case.url)
        .unwrap()
        .origin()
        .ascii_serialization();
    let mut config = TwilioConfig::new(
        AccountId::from("main"),
        "AC1",
        Secret::new(case.token.clone()),
        Url::parse(&base).unwrap(),
    );
    if case.hook.headers.iter().any(|(name, _)| name == SETTINGS) {
        config.auth_token = Secret::new("another");
        config.shared_keys = vec![SharedKey {
            id: KEY_ID.into(),
            secret: Secret::new(case.token.clone()),
        }];
    }
    config
}

fn set(hook: &mut Webhook, name: &str, value: &str) {
    hook.headers.retain(|(key, _)| key != name);
    hook.headers.push((name.into(), value.into()));
}

#[track_caller]
fn check(config: &TwilioConfig, hook: &Webhook, good: bool) {
    let expected = if good {
        Ok(())
    } else {
        Err(WebhookError::Signature)
    };
    assert_eq!(verify(config, hook), expected);
}

#[test]
fn the_vectors_are_accepted() {
    for name in NAMES {
        let case = case(name);
        check(&config(&case), &case.hook, true);
    }
}

#[test]
fn a_change_of_any_byte_is_refused() {
    for name in NAMES {
        let case = case(name);
        let config = config(&case);
        let meant = |body: &[u8]| canonical(parse_form(body));
        let mut tried = 0;
        for at in 0..case.hook.body.len() {
            let mut hook = case.hook.clone();
            hook.body[at] ^= 1;
            // `%2b` for `%2B` is another spelling of the same form.
            if name != "twilio_json" && meant(&hook.body) == meant(&case.hook.body) {
                continue;
            }
            tried += 1;
            check(&config, &hook, false);
            hook.body.truncate(at);
            check(&config, &hook, false);
        }
        assert!(tried > 30, "{name}: {tried}");
        for at in 0..case.hook.path_and_query.len() {
            let mut path = case.hook.path_and_query.clone().into_bytes();
            path[at] ^= 1;
            let path_and_query = String::from_utf8(path).unwrap();
            check(
                &config,
                &Webhook {
                    path_and_query,
                    ..case.hook.clone()
                },
                false,
            );
        }
    }
}

#[test]
fn a_change_of_the_signature_is_refused() {
    for name in NAMES {
        let case = case(name);
        let config = config(&case);
        let signature = header(&case.hook, SIGNATURE).unwrap().unwrap().to_owned();
        for at in 0..signature.len() {
            let mut bytes = signature.clone().into_bytes();
            bytes[at] ^= 1;
            let mut hook = case.hook.clone();
            set(&mut hook, SIGNATURE, &String::from_utf8(bytes).unwrap());
            check(&config, &hook, false);
            set(&mut hook, SIGNATURE, &signature[..at]);
            check(&config, &hook, false);
        }
        let mut hook = case.hook.clone();
        hook.headers.retain(|(key, _)| key != SIGNATURE);
        check(&config, &hook, false);
        let mut twice = case.hook.clone();
        twice.headers.push((SIGNATURE.into(), signature));
        check(&config, &twice, false);
    }
}

#[test]
fn only_our_keys_count_and_two_of_them_during_a_rotation() {
    let case = case("twilio_sms_unicode");
    let mut config = config(&case);
    config.auth_token = Secret::new("new");
    check(&config, &case.hook, false);
    config.auth_token_previous = Some(Secret::new(case.token.clone()));
    check(&config, &case.hook, true);
    config.auth_token_previous = Some(Secret::new("older"));
    check(&config, &case.hook, false);
}

#[test]
fn a_downgrade_is_refused() {
    // Signed with the auth token, in the old way, though a shared key is configured.
    let old = case("twilio_form_sha1");
    let mut config = config(&old);
    check(&config, &old.hook, true);
    config.shared_keys = vec![SharedKey {
        id: KEY_ID.into(),
        secret: Secret::new("k"),
    }];
    check(&config, &old.hook, false);
    for settings in [
        "algorithm=HMAC_SHA1",
        "key=webhooks_sharedkey_x",
        "",
        "algorithm=none",
    ] {
        let mut hook = old.hook.clone();
        set(&mut hook, SETTINGS, settings);
        check(&config, &hook, false);
    }
}

#[test]
fn settings_name_a_known_key_and_algorithm() {
    let new = case("twilio_form_sha256");
    let config = config(&new);
    for (settings, good) in [
        ("key=webhooks_sharedkey_x,algorithm=HMAC_SHA256", true),
        ("algorithm=HMAC_SHA256, key=webhooks_sharedkey_x", true),
        ("key=other,algorithm=HMAC_SHA256", false),
        ("algorithm=HMAC_SHA256", false),
        ("key=webhooks_sharedkey_x,algorithm=HMAC_SHA512", false),
        ("key=webhooks_sharedkey_x", false),
    ] {
        let mut hook = new.hook.clone();
        set(&mut hook, SETTINGS, settings);
        check(&config, &hook, good);
    }
    let mut twice = new.hook.clone();
    let again = twice
        .headers
        .iter()
        .find(|(name, _)| name == SETTINGS)
        .cloned();
    twice.headers.extend(again);
    check(&config, &twice, false);
}

#[test]
fn without_a_shared_key_the_header_may_say_sha1() {
    let old = case("twilio_form_sha1");
    for (settings, good) in [
        ("algorithm=HMAC_SHA1", true),
        ("key=x", true),
        ("key=x,algorithm=HMAC_SHA256", false),
        ("algorithm=MD5", false),
    ] {
        let mut hook = old.hook.clone();
        set(&mut hook, SETTINGS, settings);
        check(&config(&old), &hook, good);
    }
}

#[test]
fn a_json_body_needs_its_hash_in_the_address() {
    let json = case("twilio_json");
    let config = config(&json);
    let mut other_body = json.hook.clone();
    other_body.body.push(b' ');
    check(&config, &other_body, false);

    // Signed correctly, but nothing binds the body.
    let mut unbound = json.hook.clone();
    unbound.path_and_query = "/myapp.php".into();
    let signature = sign_form(&json.token, "https://mycompany.com/myapp.php", b"");
    set(&mut unbound, SIGNATURE, &signature);
    check(&config, &unbound, false);

    // A form does not become something else by another type, nor the other way round.
    let mut as_form = json.hook.clone();
    set(
        &mut as_form,
        "content-type",
        "application/x-www-form-urlencoded",
    );
    check(&config, &as_form, false);
}

#[test]
fn the_port_may_be_left_out_or_named() {
    let body = b"A=1";
    for (configured, signed, good) in [
        ("https://h.example", "https://h.example/p?q", true),
        ("https://h.example", "https://h.example:443/p?q", true),
        ("https://h.example:443", "https://h.example:443/p?q", true),
        ("https://h.example:8443", "https://h.example:8443/p?q", true),
        ("https://h.example:8443", "https://h.example/p?q", true),
        (
            "https://h.example/base/",
            "https://h.example/base/p?q",
            true,
        ),
        ("http://127.0.0.1", "http://127.0.0.1:80/p?q", true),
        ("http://[::1]:9", "http://[::1]/p?q", true),
        ("https://h.example", "https://h.example:8443/p?q", false),
        ("https://h.example", "http://h.example/p?q", false),
        ("https://h.example", "https://g.example/p?q", false),
    ] {
        let mut config = config(&case("twilio_form_sha1"));
        config.public_url = Url::parse(configured).unwrap();
        let hook = Webhook {
            path_and_query: "/p?q".into(),
            headers: vec![
                (SIGNATURE.into(), sign_form("12345", signed, body)),
                ("host".into(), "h.example:8443".into()),
                ("x-forwarded-host".into(), "g.example".into()),
            ],
            body: body.to_vec(),
        };
        check(&config, &hook, good);
    }
}

#[test]
fn order_and_repetition_of_parameters_do_not_matter() {
    let url = "https://h.example/p";
    let sign = |body: &[u8]| sign_form("t", url, body);
    assert_eq!(sign(b"B=2&A=1"), sign(b"A=1&B=2"));
    assert_eq!(sign(b"A=1&A=1"), sign(b"A=1"));
    assert_eq!(sign(b"A=2&A=1"), sign(b"A=1&A=2"));
    assert_ne!(sign(b"A=1&A=2"), sign(b"A=1"));
    assert_ne!(sign(b"A=%FF"), sign(b"A=%EF%BF%BD"));
}
