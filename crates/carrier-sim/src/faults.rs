//! What can be made to go wrong, and when it does.

use crate::chance::Chance;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kinds of fault. "Before" means that nothing was accepted; "after" means that the message
/// was accepted and will be delivered, whatever the caller saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// No answer until `delay_ms` has passed, then the connection is reset. Nothing accepted.
    TimeoutBefore,
    /// Accepted, then no answer until `delay_ms` has passed, then the connection is reset.
    TimeoutAfter,
    /// The connection is reset (TCP RST). Nothing accepted.
    ResetBefore,
    /// Accepted, then the connection is reset.
    ResetAfter,
    /// 429 with `Retry-After` of `delay_ms` rounded up to seconds. Nothing accepted.
    TooManyRequests,
    /// `status` (500 unless told). Nothing accepted.
    ServerErrorBefore,
    /// Accepted, then `status` (500 unless told).
    ServerErrorAfter,
    /// Accepted, then a 200 with a page of HTML, as a broken proxy gives it.
    NonJson,
    /// The answer comes `delay_ms` late.
    SlowAnswer,
    /// Every API call is refused: 503, or a reset if `drop` is set.
    ProviderDown,
    /// Each webhook is posted twice, at the same time.
    DuplicateWebhooks,
    /// The status callbacks of a message come after its end and in reverse.
    ReorderCallbacks,
    /// A status callback is never posted.
    LostReceipts,
    /// The webhook of an inbound text is never posted; the text is listed all the same.
    LostInbound,
    /// Webhooks carry a wrong signature.
    BadSignature,
    /// The message stays queued for `delay_ms`, or until its validity period ends.
    SlowDelivery,
    /// The message ends `undelivered` with `error_code`.
    DeliveryFailure,
}

impl FaultKind {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 17] = [
        Self::TimeoutBefore,
        Self::TimeoutAfter,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::TooManyRequests,
        Self::ServerErrorBefore,
        Self::ServerErrorAfter,
        Self::NonJson,
        Self::SlowAnswer,
        Self::ProviderDown,
        Self::DuplicateWebhooks,
        Self::ReorderCallbacks,
        Self::LostReceipts,
        Self::LostInbound,
        Self::BadSignature,
        Self::SlowDelivery,
        Self::DeliveryFailure,
    ];
}

/// Which API calls an answer fault strikes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Only sending.
    #[default]
    Send,
    /// Only reading: lists and single resources.
    Read,
    /// Both.
    All,
}

/// One switch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Whether the switch is on.
    #[serde(default = "yes")]
    pub on: bool,
    /// How likely it strikes each time, 0–1.
    #[serde(default = "always")]
    pub probability: f64,
    /// How many times it still strikes; the switch then goes off by itself. Without: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// A time, where the kind has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// An HTTP status from 500 to 599, where the kind has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The provider's error code of a failed delivery (30003 unless told).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<u32>,
    /// Which API calls it strikes, for faults of answers.
    #[serde(default)]
    pub scope: Scope,
    /// For `provider_down`: reset connections instead of answering 503.
    #[serde(default)]
    pub drop: bool,
}

fn yes() -> bool {
    true
}

fn always() -> f64 {
    1.0
}

impl Fault {
    /// The switch turned on, striking always and without limit.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            on: true,
            probability: 1.0,
            count: None,
            delay_ms: None,
            status: None,
            error_code: None,
            scope: Scope::Send,
            drop: false,
        }
    }

    /// The same, striking only so many times.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self {
            count: Some(count),
            ..self
        }
    }

    /// The same, striking with this probability.
    #[must_use]
    pub fn with_probability(self, probability: f64) -> Self {
        Self {
            probability,
            ..self
        }
    }

    /// The same, with this time.
    #[must_use]
    pub fn with_delay_ms(self, delay_ms: u64) -> Self {
        Self {
            delay_ms: Some(delay_ms),
            ..self
        }
    }

    /// The same, for these API calls.
    #[must_use]
    pub fn with_scope(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    pub(crate) fn problem(&self) -> Option<&'static str> {
        if !(0.0..=1.0).contains(&self.probability) {
            return Some("probability must be between 0 and 1");
        }
        if self
            .status
            .is_some_and(|status| !(500..=599).contains(&status))
        {
            return Some("status must be between 500 and 599");
        }
        if self.delay_ms.is_some_and(|ms| ms > 86_400_000) {
            return Some("delay_ms must be at most a day");
        }
        None
    }
}

/// The panel of switches.
#[derive(Debug)]
pub(crate) struct Faults {
    switches: BTreeMap<FaultKind, Fault>,
    chance: Chance,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            switches: BTreeMap::new(),
            chance: Chance::new(seed),
        }
    }

    pub(crate) fn seed(&mut self, seed: u64) {
        self.chance = Chance::new(seed);
    }

    pub(crate) fn set(&mut self, fault: Fault) {
        self.switches.insert(fault.kind, fault);
    }

    pub(crate) fn clear(&mut self) {
        self.switches.clear();
    }

    /// Every kind with its switch, on or off.
    pub(crate) fn all(&self) -> Vec<Fault> {
        let off = |kind| Fault {
            on: false,
            ..Fault::new(kind)
        };
        FaultKind::ALL
            .into_iter()
            .map(|kind| {
                self.switches
                    .get(&kind)
                    .cloned()
                    .unwrap_or_else(|| off(kind))
            })
            .collect()
    }

    /// Whether this fault strikes now. The caller records the strike, which counts it.
    pub(crate) fn draw(&mut self, kind: FaultKind, scope: Scope) -> Option<Fault> {
        let fault = self.switches.get(&kind)?;
        let reaches = fault.scope == scope || fault.scope == Scope::All || scope == Scope::All;
        if !fault.on || fault.count == Some(0) || !reaches {
            return None;
        }
        let fault = fault.clone();
        self.chance.hits(fault.probability).then_some(fault)
    }

    /// Counts a strike.
    pub(crate) fn struck(&mut self, kind: FaultKind) {
        if let Some(fault) = self.switches.get_mut(&kind)
            && let Some(count) = &mut fault.count
        {
            *count = count.saturating_sub(1);
            fault.on = *count > 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_switch_goes_off_by_itself() {
        let mut faults = Faults::new(1);
        faults.set(Fault::new(FaultKind::ResetAfter).times(2));
        for want in [true, true, false] {
            let hit = faults.draw(FaultKind::ResetAfter, Scope::Send).is_some();
            assert_eq!(hit, want);
            if hit {
                faults.struck(FaultKind::ResetAfter);
            }
        }
        assert!(faults.all().iter().all(|fault| !fault.on));
    }

    #[test]
    fn a_switch_strikes_only_in_its_scope() {
        let check = |scope, asked, want| {
            let mut faults = Faults::new(1);
            faults.set(Fault::new(FaultKind::SlowAnswer).with_scope(scope));
            assert_eq!(faults.draw(FaultKind::SlowAnswer, asked).is_some(), want);
        };
        check(Scope::Send, Scope::Send, true);
        check(Scope::Send, Scope::Read, false);
        check(Scope::Read, Scope::Send, false);
        check(Scope::All, Scope::Read, true);
    }

    #[test]
    fn the_same_seed_gives_the_same_strikes() {
        let draw = || {
            let mut faults = Faults::new(9);
            faults.set(Fault::new(FaultKind::LostReceipts).with_probability(0.5));
            (0..64)
                .map(|_| faults.draw(FaultKind::LostReceipts, Scope::All).is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
        assert!(draw().contains(&true) && draw().contains(&false));
    }
}
