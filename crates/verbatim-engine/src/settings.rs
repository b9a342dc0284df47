//! What a firm can set. Defaults are the ones that a cautious firm would choose.

use std::collections::BTreeSet;

use verbatim_domain::retention::{Period, Rule, Starts};
use verbatim_domain::retry::Backoff;
use verbatim_domain::{Duration, UserId};

/// Whether a client is told, before the first text, whom they text with and that it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisclosureMode {
    /// Once per conversation, before the employee's first text.
    First,
    /// Never (the firm does it elsewhere).
    Off,
}

/// The engine's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The firm's name, as clients see it in the disclosure.
    pub firm: String,
    /// Whether and when the disclosure is sent.
    pub disclosure: DisclosureMode,
    /// The disclosure's words, with `{firm}` and `{employee}`.
    pub disclosure_template: String,
    /// Region assumed for numbers without a country code, such as `US`.
    pub region: Option<String>,
    /// The platform account that gets texts to numbers nobody holds.
    pub catch_all: Option<UserId>,
    /// How long records are kept: the rule that keeps one longest decides. Without any, nothing is ever
    /// disposed of.
    pub retention: Vec<Rule>,
    /// The longest text accepted from an employee, in characters.
    pub max_chars: usize,
    /// How old an employee's text may be and still be sent.
    pub max_age: Duration,
    /// How long the carrier may try; also how long an unknown outcome is looked for.
    pub validity: Duration,
    /// Segments per second and number.
    pub segments_per_second: f64,
    /// Segments that may go at once.
    pub segment_burst: f64,
    /// Waits after a refusal to be busy or a peer's absence.
    pub backoff: Backoff,
    /// Failures in a row that stop requests to a carrier account.
    pub breaker_threshold: u32,
    /// For how long.
    pub breaker_rest: Duration,
    /// After how long an event without a key is asked about in the room.
    pub undecryptable_notice: Duration,
    /// After how long it is given up for relaying, recorded as a gap, and an alarm raised.
    pub undecryptable_alarm: Duration,
    /// After how long an invitation that nobody answers raises an alarm.
    pub invitation_alarm: Duration,
    /// After how long an unknown outcome is told to the employee.
    pub unknown_notice: Duration,
    /// How often the carrier is asked for texts whose webhooks never came.
    pub poll_every: Duration,
    /// How long a webhook may take before a poll takes what it should have brought.
    pub webhook_patience: Duration,
    /// How far back each poll looks beyond the last one.
    pub poll_overlap: Duration,
    /// Jobs that may run at once.
    pub concurrency: usize,
    /// The worker lease; a node that dies is replaced after it.
    pub lease: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            firm: "Your firm".to_owned(),
            disclosure: DisclosureMode::First,
            disclosure_template: verbatim_domain::first_contact::DEFAULT_TEMPLATE.to_owned(),
            region: None,
            catch_all: None,
            retention: vec![Rule {
                class: 1,
                name: "default".to_owned(),
                period: Period {
                    months: 84,
                    starts: Starts::Creation,
                },
                of: BTreeSet::new(),
            }],
            max_chars: 1600,
            max_age: Duration::from_secs(4 * 3600),
            validity: Duration::from_secs(600),
            segments_per_second: 1.0,
            segment_burst: 10.0,
            backoff: Backoff {
                first: Duration::from_millis(500),
                longest: Duration::from_secs(30),
            },
            breaker_threshold: 5,
            breaker_rest: Duration::from_secs(10),
            undecryptable_notice: Duration::from_secs(25),
            undecryptable_alarm: Duration::from_secs(60),
            invitation_alarm: Duration::from_secs(4 * 3600),
            unknown_notice: Duration::from_secs(120),
            poll_every: Duration::from_secs(300),
            webhook_patience: Duration::from_secs(120),
            poll_overlap: Duration::from_secs(3600),
            concurrency: 64,
            lease: Duration::from_secs(10),
        }
    }
}
