//! What a round does, drawn before it begins.

use std::time::Duration;

use carrier_sim::{Fault, FaultKind};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

/// All texts and all disturbances start within this.
const SPAN_MS: u64 = 3_000;
/// The product knows no more conversations than this many phones make.
const PHONES: u64 = 4;

/// Who is on the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) line: usize,
    pub(super) phone: u64,
}

impl Pair {
    /// The phone's number. `stack` is a different range from the firm's.
    pub(super) fn phone_number(self) -> String {
        format!("+1415555{:04}", 100 + self.phone)
    }
}

/// Texts of one side of one conversation: when each is sent.
#[derive(Debug, Clone)]
pub(super) struct Traffic {
    pub(super) pair: Pair,
    pub(super) inbound: Vec<Duration>,
    pub(super) outbound: Vec<Duration>,
}

/// Something bad at some moment.
#[derive(Debug, Clone, Copy)]
pub(super) enum Disturbance {
    KillVerbatim { at: Duration, away: Duration },
    RestartSynapse { at: Duration, away: Duration },
}

impl Disturbance {
    pub(super) fn at(self) -> Duration {
        match self {
            Self::KillVerbatim { at, .. } | Self::RestartSynapse { at, .. } => at,
        }
    }
}

/// One round.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) traffic: Vec<Traffic>,
    pub(super) disturbances: Vec<Disturbance>,
    pub(super) faults: Vec<Fault>,
}

impl Plan {
    /// Draws a round. Conversations that nobody had before begin with the client's first text.
    pub(super) fn draw(chance: &mut StdRng, round: u64, lines: usize) -> Self {
        // New phones come one by one, so that rooms are made under fire in several rounds.
        let phones = (2 + round / 2).min(PHONES);
        let mut pairs = Vec::new();
        for _ in 0..chance.random_range(2..=3) {
            let pair = Pair {
                line: chance.random_range(0..lines),
                phone: chance.random_range(0..phones),
            };
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        Self {
            traffic: pairs
                .into_iter()
                .map(|pair| traffic(chance, pair))
                .collect(),
            disturbances: disturbances(chance),
            faults: faults(chance),
        }
    }

    /// For the line of the round.
    pub(super) fn faults_in_words(&self) -> String {
        let kinds: Vec<String> = self
            .faults
            .iter()
            .map(|fault| format!("{:?}", fault.kind))
            .collect();
        if kinds.is_empty() {
            "no faults".into()
        } else {
            kinds.join("+")
        }
    }
}

fn moment(chance: &mut StdRng) -> Duration {
    Duration::from_millis(chance.random_range(0..SPAN_MS))
}

fn moments(chance: &mut StdRng) -> Vec<Duration> {
    let mut all: Vec<Duration> = (0..chance.random_range(2..=4))
        .map(|_| moment(chance))
        .collect();
    all.sort();
    all
}

fn traffic(chance: &mut StdRng, pair: Pair) -> Traffic {
    Traffic {
        pair,
        inbound: moments(chance),
        outbound: moments(chance),
    }
}

fn disturbances(chance: &mut StdRng) -> Vec<Disturbance> {
    let mut all = Vec::new();
    for _ in 0..chance.random_range(1..=2) {
        let away = Duration::from_millis(chance.random_range(0..600));
        all.push(Disturbance::KillVerbatim {
            at: moment(chance),
            away,
        });
    }
    if chance.random_bool(0.25) {
        let away = Duration::from_millis(chance.random_range(0..1_500));
        all.push(Disturbance::RestartSynapse {
            at: moment(chance),
            away,
        });
    }
    all.sort_by_key(|d| d.at());
    all
}

/// Half of the rounds have one or two faults. Those after which only the absence of a text proves that
/// it was not taken cost half a minute of waiting, so they are rare and strike once.
fn faults(chance: &mut StdRng) -> Vec<Fault> {
    use FaultKind as K;
    const CHEAP: [K; 9] = [
        K::TimeoutAfter,
        K::ResetAfter,
        K::ServerErrorAfter,
        K::NonJson,
        K::SlowAnswer,
        K::TooManyRequests,
        K::DuplicateWebhooks,
        K::ReorderCallbacks,
        K::LostReceipts,
    ];
    const DEAR: [K; 3] = [K::ServerErrorBefore, K::TimeoutBefore, K::ResetBefore];
    let mut all = Vec::new();
    for _ in 0..chance.random_range(0..=2) {
        if let Some(kind) = CHEAP.choose(chance) {
            all.push(
                Fault::new(*kind)
                    .with_probability(0.4)
                    .with_delay_ms(delay_ms(*kind)),
            );
        }
    }
    if chance.random_bool(0.2) {
        all.push(Fault::new(K::LostInbound).with_probability(0.4));
    }
    if chance.random_bool(0.08)
        && let Some(kind) = DEAR.choose(chance)
    {
        let mut fault = Fault::new(*kind).times(1).with_delay_ms(delay_ms(*kind));
        fault.status = Some(503);
        all.push(fault);
    }
    all
}

/// Longer than Verbatim waits for an answer where it is to give up, shorter where it is not.
fn delay_ms(kind: FaultKind) -> u64 {
    match kind {
        FaultKind::TimeoutAfter | FaultKind::TimeoutBefore => 2_500,
        FaultKind::TooManyRequests => 1_000,
        _ => 300,
    }
}
