//! Values that are well written and cannot work.

use std::collections::HashSet;
use std::fmt::Display;
use std::ops::RangeInclusive;

use url::Url;
use verbatim_domain::retention::check_rules;
use verbatim_domain::{ConversationId, PhoneNumber};
use verbatim_record::VerifierKey;
use verbatim_record::note::Algorithm;

use super::{
    CarrierConfig, Config, Keys, Limits, RetentionConfig, Role, TimestampConfig, WitnessConfig,
};
use crate::wiring::retention_rules;

/// What Twilio takes, in seconds, and its kin less.
const VALIDITY: RangeInclusive<u64> = 1..=36_000;
/// Providers take no longer text.
const CHARS: RangeInclusive<usize> = 1..=1_600;
/// Two weeks: nobody expects an older text to go out.
const AGE_MINUTES: RangeInclusive<u64> = 1..=20_160;
/// Twice a minute on an idle number up to once a day.
const POLL_SECONDS: RangeInclusive<u64> = 1..=86_400;
const PATIENCE_SECONDS: RangeInclusive<u64> = 1..=3600;
const NOTICE_SECONDS: RangeInclusive<u64> = 1..=86_400;
/// A hundred years.
const RETENTION_MONTHS: RangeInclusive<u32> = 1..=1_200;
/// Beyond the fastest short code; below the slowest number: a text a minute.
const SEGMENTS_PER_SECOND: RangeInclusive<f64> = 0.01..=1_000.0;
const SEGMENT_BURST: RangeInclusive<f64> = 1.0..=10_000.0;
/// A week: later than that, a timestamp says little.
const STAMP_MINUTES: RangeInclusive<u64> = 1..=10_080;
/// Service managers kill after a minute and a half, and draining takes up to 20 seconds more.
const DRAIN_DELAY_SECONDS: RangeInclusive<u64> = 0..=60;

/// What is wrong, with its mend; none if nothing is.
pub(super) fn fault(config: &Config) -> Option<String> {
    limits(&config.limits)
        .or_else(|| {
            let months = config.record.retention_months;
            within("record.retention_months", months, RETENTION_MONTHS)
        })
        .or_else(|| publication(config))
        .or_else(|| witnesses(&config.record.witness))
        .or_else(|| authorities(&config.record.timestamp))
        .or_else(|| {
            let seconds = config.listen.drain_delay_seconds;
            within("listen.drain_delay_seconds", seconds, DRAIN_DELAY_SECONDS)
        })
        .or_else(|| token(&config.keys))
        .or_else(|| {
            let fault = check_rules(&retention_rules(config)).err();
            fault.map(|fault| {
                format!("[[retention]]; {fault} (class 1 is [record] retention_months)")
            })
        })
        .or_else(|| config.retention.iter().find_map(members))
        .or_else(|| listeners(config))
        .or_else(|| catch_all(&config.firm.catch_all))
        .or_else(|| addresses(config))
        .or_else(|| store(&config.store.url))
        .or_else(|| store_of_edge(config))
        .or_else(|| tokens(config))
        .or_else(|| carriers(config))
}

/// Whom a rule of retention names: a rule about nobody that there can be keeps nothing.
fn members(rule: &RetentionConfig) -> Option<String> {
    let user = |user: &&String| !user.starts_with('@') || !user.contains(':');
    let number = |number: &&String| {
        PhoneNumber::parse(number, None).map_or(true, |parsed| parsed.as_str() != *number)
    };
    let conversation = |id: &&String| id.parse::<ConversationId>().is_err();
    let wrong = [
        (
            rule.employees.iter().find(user),
            "employees",
            "@alice:acme.example",
        ),
        (rule.numbers.iter().find(number), "numbers", "+14155550100"),
        (
            rule.conversations.iter().find(conversation),
            "conversations",
            "an id as `conversation list` shows it",
        ),
    ];
    wrong.into_iter().find_map(|(wrong, key, example)| {
        let (class, wrong) = (rule.class, wrong?);
        Some(format!(
            "[[retention]] {key}; class {class} names `{wrong}`: write it like {example}"
        ))
    })
}

fn witnesses(witnesses: &[WitnessConfig]) -> Option<String> {
    let mut names = HashSet::new();
    witnesses.iter().find_map(|witness| {
        let name = &witness.name;
        let why = match witness.key.parse::<VerifierKey>() {
            Err(error) => format!("{error}; give what `verbatim witness init` printed"),
            Ok(key) if key.algorithm() != Algorithm::CosignatureEd25519 => {
                "its key is not one for cosignatures; give what `verbatim witness init` printed"
                    .into()
            }
            Ok(_) => anchor_fault(&mut names, name, &witness.url)?,
        };
        Some(format!("[[record.witness]] {name}: {why}"))
    })
}

fn authorities(authorities: &[TimestampConfig]) -> Option<String> {
    let mut names = HashSet::new();
    authorities.iter().find_map(|authority| {
        let name = &authority.name;
        let why = anchor_fault(&mut names, name, &authority.url)
            .or_else(|| within("every_minutes", authority.every_minutes, STAMP_MINUTES))?;
        Some(format!("[[record.timestamp]] {name}: {why}"))
    })
}

/// Names stand in alarms, so each is somebody else's.
fn anchor_fault<'a>(names: &mut HashSet<&'a str>, name: &'a str, address: &str) -> Option<String> {
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Some("`name` is empty or has white space in it; give it one word".to_owned());
    }
    if !names.insert(name) {
        return Some("`name` is used twice; give each its own".to_owned());
    }
    match address.parse::<Url>() {
        Ok(url) if matches!(url.scheme(), "http" | "https") => None,
        _ => Some(format!(
            "`url` is {address}; set it to an address with http or https"
        )),
    }
}

fn publication(config: &Config) -> Option<String> {
    let record = &config.record;
    let bucket = record.publish.strip_prefix("s3://");
    match (bucket, &record.bucket) {
        (Some(name), _) if name.split('/').next().is_none_or(str::is_empty) => {
            Some("`record.publish` names no bucket; write s3://bucket or s3://bucket/prefix".into())
        }
        (Some(_), None) => {
            Some("`record.publish` is a bucket; add its block [record.bucket]".into())
        }
        (None, Some(_)) => Some(
            "there is a [record.bucket], and `record.publish` names none; write s3://bucket/prefix"
                .into(),
        ),
        (None, None) if record.publish.contains("://") => Some(format!(
            "`record.publish` is {}; set it to a folder or to s3://bucket/prefix",
            record.publish
        )),
        _ => None,
    }
}

fn limits(limits: &Limits) -> Option<String> {
    within("limits.max_chars", limits.max_chars, CHARS)
        .or_else(|| {
            within(
                "limits.max_age_minutes",
                limits.max_age_minutes,
                AGE_MINUTES,
            )
        })
        .or_else(|| within("limits.validity_seconds", limits.validity_seconds, VALIDITY))
        .or_else(|| {
            let rate = limits.segments_per_second;
            within("limits.segments_per_second", rate, SEGMENTS_PER_SECOND)
        })
        .or_else(|| within("limits.segment_burst", limits.segment_burst, SEGMENT_BURST))
        .or_else(|| within("limits.poll_seconds", limits.poll_seconds, POLL_SECONDS))
        .or_else(|| {
            within(
                "limits.webhook_patience_seconds",
                limits.webhook_patience_seconds,
                PATIENCE_SECONDS,
            )
        })
        .or_else(|| {
            let seconds = limits.unknown_notice_seconds;
            within("limits.unknown_notice_seconds", seconds, NOTICE_SECONDS)
        })
}

fn within<T: PartialOrd + Display>(
    key: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Option<String> {
    let (least, most) = (range.start(), range.end());
    (!range.contains(&value))
        .then(|| format!("`{key}` is {value}; set it to a value from {least} to {most}"))
}

/// What the format of the key file and PKCS#11 take as labels.
fn token(keys: &Keys) -> Option<String> {
    let pkcs11 = keys.pkcs11.as_ref()?;
    let labels = [
        ("token", &pkcs11.token, 32),
        ("wrap_key", &pkcs11.wrap_key, 64),
    ];
    labels.into_iter().find_map(|(name, label, most)| {
        let fits = (1..=most).contains(&label.len()) && label.trim() == label;
        (!fits).then(|| {
            format!("`keys.pkcs11.{name}` is `{label}`; write a label of 1 to {most} bytes without spaces around it")
        })
    })
}

fn listeners(config: &Config) -> Option<String> {
    let listen = &config.listen;
    let always = [listen.public, listen.appservice, listen.api, listen.ops];
    let client = config.client.enabled.then_some(listen.client);
    let all: Vec<_> = always.into_iter().chain(client).collect();
    let mut seen = HashSet::new();
    // Port 0 takes a free one each time.
    all.iter()
        .find(|address| address.port() != 0 && !seen.insert(**address))
        .map(|twice| format!("[listen] has {twice} twice; give each listener its own port"))
}

fn addresses(config: &Config) -> Option<String> {
    let homeserver = &config.homeserver;
    let carriers = config.carrier.iter().flat_map(|carrier| {
        [
            ("carrier.public_url", &carrier.public_url),
            ("carrier.api_base", &carrier.api_base),
        ]
    });
    let of_homeserver = [
        ("homeserver.url", &homeserver.url),
        ("homeserver.appservice_url", &homeserver.appservice_url),
        ("client.homeserver_url", &config.client.homeserver_url),
    ];
    let may_be_empty = |key: &str| key == "client.homeserver_url";
    let of_homeserver = of_homeserver
        .into_iter()
        .filter(|_| config.node.role == Role::Full)
        .filter(|(key, value)| !(value.is_empty() && may_be_empty(key)));
    of_homeserver
        .chain(carriers)
        .find_map(|(key, value)| address(key, value))
}

fn address(key: &str, value: &str) -> Option<String> {
    let is_address = Url::parse(value)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    (!is_address).then(|| {
        format!("`{key}` is `{value}`; write it whole, with https:// or http://, such as https://matrix.example.org")
    })
}

/// Its value is not repeated: it may hold a password.
fn store(url: &str) -> Option<String> {
    let known = ["sqlite:", "postgres:", "postgresql:"];
    (!known.iter().any(|known| url.starts_with(known)))
        .then(|| "`store.url` names no store; begin it with sqlite: or postgres://".to_owned())
}

/// SQLite is for one process.
fn store_of_edge(config: &Config) -> Option<String> {
    let shared = config.node.role == Role::Full || !config.store.url.starts_with("sqlite:");
    (!shared).then(|| {
        "`store.url` is a file, and an edge shares its store with full nodes; name a PostgreSQL database".to_owned()
    })
}

fn tokens(config: &Config) -> Option<String> {
    let does_without =
        |block: &CarrierConfig| config.node.role == Role::Edge && !block.shared_keys.is_empty();
    let missing = config
        .carrier
        .iter()
        .find(|block| block.auth_token.is_none() && !does_without(block))?;
    let name = &missing.name;
    Some(format!(
        "[[carrier]] {name} has no `auth_token`; set it (only an edge with `shared_keys` does without)"
    ))
}

fn catch_all(user: &str) -> Option<String> {
    let is_user = user.starts_with('@') && user.contains(':');
    (!user.is_empty() && !is_user).then(|| {
        format!("`firm.catch_all` is `{user}`; write a user id like @alice:example.org, or leave it empty")
    })
}

fn carriers(config: &Config) -> Option<String> {
    let mut seen = HashSet::new();
    config
        .carrier
        .iter()
        .find(|block| !seen.insert(&block.name))
        .map(|twice| {
            format!(
                "two [[carrier]] blocks are named `{}`; give each its own name",
                twice.name
            )
        })
}
