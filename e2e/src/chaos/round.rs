//! One round: traffic under fire, healing, quiet, comparison.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use carrier_sim::{Entry, Event, Outcome, Sim};
use futures_util::future::try_join_all;
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until};

use super::compare::Ledgers;
use super::plan::{Disturbance, Pair, Plan, Traffic};
use super::published::Examiner;
use crate::harness::{Line, Stack, Synapse, Verbatim, until};

/// Above what the slowest way to the truth takes: a text whose absence at the carrier must be proved.
const QUIET_LIMIT: Duration = Duration::from_secs(150);
/// Part of the disclosure, and of nothing else.
const DISCLOSURE: &str = "Texts on this number are recorded";

/// What a round came to.
pub(super) struct Report {
    pub(super) texts: usize,
    pub(super) kills: usize,
    pub(super) failures: Vec<String>,
    words: String,
    took: Duration,
    quiet_after: Duration,
}

impl Report {
    pub(super) fn line(&self, round: u64, of: u64) -> String {
        let verdict = if self.failures.is_empty() {
            "ok".into()
        } else {
            format!("FAILED {:#?}", self.failures)
        };
        format!(
            "round {round}/{of}: {} texts, {} kills, {}; quiet after {:.1} s, {:.1} s in all: {verdict}",
            self.texts,
            self.kills,
            self.words,
            self.quiet_after.as_secs_f64(),
            self.took.as_secs_f64()
        )
    }
}

/// A stack and what was said on it so far.
pub(super) struct Campaign {
    pub(super) stack: Stack,
    said: BTreeMap<Pair, Spoken>,
    examiner: Examiner,
}

/// What both sides of a conversation have said.
#[derive(Debug, Clone, Default)]
struct Spoken {
    inbound: Vec<String>,
    outbound: Vec<String>,
    room: Option<String>,
}

impl Campaign {
    pub(super) fn new(stack: Stack) -> Self {
        Self {
            stack,
            said: BTreeMap::new(),
            examiner: Examiner::default(),
        }
    }

    /// Runs one round. What goes wrong is in the report.
    pub(super) async fn round(&mut self, round: u64, chance: &mut StdRng) -> Report {
        let began = Instant::now();
        let plan = Plan::draw(chance, round, self.stack.lines.len());
        let mut failures = Vec::new();
        let mut quiet_after = Duration::ZERO;
        let result = async {
            self.under_fire(&plan, chance).await.context("traffic")?;
            let healed = Instant::now();
            if let Err(noise) = self.quiet(&plan).await {
                failures.push(format!("work left over: {noise:#}"));
            }
            quiet_after = healed.elapsed();
            self.compare(&plan, &mut failures)
                .await
                .context("comparison")
        };
        if let Err(error) = result.await {
            failures.push(format!("{error:#}"));
        }
        let of = |t: &Traffic| t.inbound.len() + t.outbound.len();
        let kill = |d: &&Disturbance| matches!(d, Disturbance::KillVerbatim { .. });
        let restarts = plan.disturbances.len() - plan.disturbances.iter().filter(kill).count();
        Report {
            texts: plan.traffic.iter().map(of).sum(),
            kills: plan.disturbances.iter().filter(kill).count(),
            failures,
            words: format!("{restarts} homeserver kills, {}", plan.faults_in_words()),
            took: began.elapsed(),
            quiet_after,
        }
    }

    async fn under_fire(&mut self, plan: &Plan, chance: &mut StdRng) -> Result<()> {
        let sim = Arc::clone(self.stack.carrier());
        sim.seed(chance.random());
        for fault in &plan.faults {
            sim.set_fault(fault.clone())?;
        }
        let start = Instant::now();
        let Stack {
            verbatim,
            synapse,
            lines,
            ..
        } = &mut self.stack;
        let before = self.said.clone();
        let talking = try_join_all(plan.traffic.iter().map(|traffic| {
            let spoken = before.get(&traffic.pair).cloned().unwrap_or_default();
            talk(start, &sim, &lines[traffic.pair.line], traffic, spoken)
        }));
        let disturbing = disturb(start, plan, verbatim, synapse);
        let (spoken, disturbed) = tokio::join!(talking, disturbing);
        sim.clear_faults()?;
        disturbed?;
        for (traffic, spoken) in plan.traffic.iter().zip(spoken?) {
            self.said.insert(traffic.pair, spoken);
        }
        self.stack.verbatim.ready().await
    }

    /// Waits until everything has arrived and no work is left.
    async fn quiet(&self, plan: &Plan) -> Result<()> {
        let mut waits_for = String::new();
        let quiet = until(
            "everything has arrived and nothing waits",
            QUIET_LIMIT,
            async || {
                waits_for = self
                    .noise(plan)
                    .await
                    .unwrap_or_else(|error| Some(format!("{error:#}")))
                    .unwrap_or_default();
                Ok(waits_for.is_empty().then_some(()))
            },
        );
        let result = quiet.await;
        result.with_context(|| waits_for)
    }

    /// What there is still to wait for.
    async fn noise(&self, plan: &Plan) -> Result<Option<String>> {
        let ledger = self.stack.carrier().ledger(0);
        for pair in plan.traffic.iter().map(|t| t.pair) {
            let (spoken, line) = (&self.said[&pair], &self.stack.lines[pair.line]);
            let seen = line.employee.said();
            if let Some(body) = spoken
                .inbound
                .iter()
                .find(|b| !seen.iter().any(|s| s.body == **b))
            {
                return Ok(Some(format!("{body} in the room")));
            }
            let shown = delivered(&ledger, line, pair);
            if let Some(body) = spoken.outbound.iter().find(|b| !shown.contains(b)) {
                return Ok(Some(format!("{body} on the phone")));
            }
        }
        let status = self.stack.api("status").await?;
        if status["queues"]
            .as_array()
            .is_none_or(|queues| !queues.is_empty())
        {
            return Ok(Some(format!("jobs: {}", status["queues"])));
        }
        for pair in plan.traffic.iter().map(|t| t.pair) {
            let conversation = self.conversation(pair).await?;
            if let Some(message) = self.unfinished(&conversation).await?.first() {
                return Ok(Some(message.clone()));
            }
        }
        Ok(None)
    }

    async fn conversation(&self, pair: Pair) -> Result<String> {
        let number = &self.stack.lines[pair.line].number;
        let view = self
            .stack
            .conversation(&pair.phone_number(), number)
            .await?;
        Ok(view["id"].as_str().context("no id")?.to_owned())
    }

    async fn unfinished(&self, conversation: &str) -> Result<Vec<String>> {
        let page = self
            .stack
            .api(&format!("conversations/{conversation}/messages?limit=1000"))
            .await?;
        let messages = page["items"].as_array().context("no items")?;
        let open = |m: &&Value| m["direction"] == "outbound" && m["state"] != "delivered";
        Ok(messages
            .iter()
            .filter(open)
            .map(|m| format!("message {} is {}", m["id"], m["state"]))
            .collect())
    }

    async fn compare(&mut self, plan: &Plan, failures: &mut Vec<String>) -> Result<()> {
        for pair in plan.traffic.iter().map(|t| t.pair) {
            let name = format!(
                "{} with {}",
                self.stack.lines[pair.line].employee.user(),
                pair.phone_number()
            );
            match self
                .ledgers(pair, failures)
                .await
                .with_context(|| name.clone())
            {
                Ok(ledgers) => {
                    failures.extend(ledgers.faults().into_iter().map(|f| format!("{name}: {f}")))
                }
                Err(error) => failures.push(format!("{error:#}")),
            }
        }
        let verified = self
            .stack
            .verbatim
            .run(&["--json", "record", "verify"])
            .await?;
        if verified.code != Some(0) {
            failures.push(format!("the log does not verify: {verified:?}"));
        }
        if let Err(error) = self.examiner.look(&self.stack).await {
            failures.push(format!("the published log: {error:#}"));
        }
        Ok(())
    }

    async fn ledgers(&self, pair: Pair, failures: &mut Vec<String>) -> Result<Ledgers> {
        let (spoken, line) = (&self.said[&pair], &self.stack.lines[pair.line]);
        let ledger = self.stack.carrier().ledger(0);
        let took = accepted(&ledger, line, pair);
        let disclosures = took.iter().filter(|body| body.contains(DISCLOSURE)).count();
        if disclosures != usize::from(!spoken.outbound.is_empty()) {
            failures.push(format!(
                "{disclosures} disclosures to {}",
                pair.phone_number()
            ));
        }
        let conversation = self.conversation(pair).await?;
        let room = spoken.room.as_deref().context("no room")?;
        let history = line.employee.history(room).await?;
        let timeline = self.stack.timeline(&conversation).await?;
        let recorded = |kind: &str| -> Vec<String> {
            let of_kind = timeline
                .iter()
                .filter(|r| r["kind"] == kind)
                .filter_map(|r| r["text"].as_str());
            of_kind
                .filter(|text| !text.contains(DISCLOSURE))
                .map(str::to_owned)
                .collect()
        };
        let texts = history.iter().filter(|said| said.is_text());
        let foreign = texts.filter(|said| {
            said.sender != line.employee.user() && !said.sender.starts_with("@smsbot:")
        });
        let without = |list: Vec<String>| {
            list.into_iter()
                .filter(|b| !b.contains(DISCLOSURE))
                .collect()
        };
        let unreadable = history.iter().filter_map(|s| {
            Some(format!(
                "{} of {}: {}",
                s.event,
                s.sender,
                s.undecryptable.as_ref()?
            ))
        });
        let bare = history
            .iter()
            .filter(|s| s.kind == "m.room.message" && !s.encrypted);
        Ok(Ledgers {
            phone_sent: spoken.inbound.clone(),
            polled: polled(&ledger, &spoken.inbound),
            carrier_took: without(took),
            phone_shows: without(delivered(&ledger, line, pair)),
            employee_typed: spoken.outbound.clone(),
            stand_in_said: foreign.map(|said| said.body.clone()).collect(),
            recorded_in: recorded("message_in"),
            recorded_out: recorded("message_out"),
            undecryptable: unreadable.collect(),
            unencrypted: bare
                .map(|s| format!("{} of {}", s.event, s.sender))
                .collect(),
            unfinished: self.unfinished(&conversation).await?,
        })
    }
}

/// Both sides of one conversation, each in its own order.
async fn talk(
    start: Instant,
    sim: &Arc<Sim>,
    line: &Line,
    traffic: &Traffic,
    mut spoken: Spoken,
) -> Result<Spoken> {
    let pair = traffic.pair;
    let name = |direction: &str, n: usize| {
        format!(
            "{}-{} {direction} {n:04}{}",
            pair.line,
            pair.phone,
            flavour(n)
        )
    };
    let (first_in, first_out) = (spoken.inbound.len(), spoken.outbound.len());
    let phone = async {
        let mut bodies = Vec::new();
        for (n, at) in (first_in..).zip(&traffic.inbound) {
            sleep_until(start + *at).await;
            let body = name("in", n);
            sim.text(&pair.phone_number(), &line.number, &body)?;
            bodies.push(body);
        }
        Ok::<_, anyhow::Error>(bodies)
    };
    let known_room = spoken.room.clone();
    let employee = async {
        let room = match known_room {
            Some(room) => room,
            None => {
                let prefix = format!("{}-{} in ", pair.line, pair.phone);
                let wanted =
                    |said: &crate::harness::Said| said.is_text() && said.body.starts_with(&prefix);
                line.employee.wait_for(&prefix, wanted).await?.room
            }
        };
        let mut bodies = Vec::new();
        for (n, at) in (first_out..).zip(&traffic.outbound) {
            sleep_until(start + *at).await;
            let body = name("out", n);
            line.employee.say(&room, &body).await?;
            bodies.push(body);
        }
        Ok((room, bodies))
    };
    let (inbound, (room, outbound)) = tokio::try_join!(phone, employee)?;
    spoken.inbound.extend(inbound);
    spoken.outbound.extend(outbound);
    spoken.room = Some(room);
    Ok(spoken)
}

/// Alphabets and lengths of texts.
fn flavour(n: usize) -> String {
    match n % 5 {
        1 => " ü€".into(),
        2 => " 🙂 ж".into(),
        3 => format!(" {}", "long ".repeat(50).trim_end()),
        _ => String::new(),
    }
}

async fn disturb(
    start: Instant,
    plan: &Plan,
    verbatim: &mut Verbatim,
    synapse: &mut Synapse,
) -> Result<()> {
    for disturbance in &plan.disturbances {
        sleep_until(start + disturbance.at()).await;
        match *disturbance {
            Disturbance::KillVerbatim { away, .. } => {
                verbatim.kill().await?;
                sleep(away).await;
                // Not waiting for readiness: the next kill may strike while it starts.
                verbatim.spawn()?;
            }
            Disturbance::RestartSynapse { away, .. } => {
                synapse.kill().await?;
                sleep(away).await;
                synapse.start().await?;
            }
        }
    }
    Ok(())
}

fn accepted(ledger: &[Entry], line: &Line, pair: Pair) -> Vec<String> {
    let texts = ledger.iter().filter_map(|entry| match &entry.event {
        Event::Accepted { text, .. } => Some(text),
        _ => None,
    });
    let phone = pair.phone_number();
    texts
        .filter(|t| t.from == line.number && t.to == phone)
        .map(|t| t.body.clone())
        .collect()
}

fn delivered(ledger: &[Entry], line: &Line, pair: Pair) -> Vec<String> {
    let texts = ledger.iter().filter_map(|entry| match &entry.event {
        Event::Delivered(text) => Some(text),
        _ => None,
    });
    let phone = pair.phone_number();
    texts
        .filter(|t| t.from == line.number && t.to == phone)
        .map(|t| t.body.clone())
        .collect()
}

/// The texts that no webhook brought.
fn polled(ledger: &[Entry], bodies: &[String]) -> Vec<String> {
    let sent = ledger.iter().filter_map(|entry| match &entry.event {
        Event::Inbound(text) if bodies.contains(&text.body) => Some(text),
        _ => None,
    });
    let taken = |sid: &str| {
        ledger.iter().any(|entry| match &entry.event {
            Event::Webhook(attempt) => {
                attempt.sid == sid
                    && attempt.outcome == Outcome::Answered
                    && attempt
                        .http_status
                        .is_some_and(|code| (200..300).contains(&code))
            }
            _ => false,
        })
    };
    sent.filter(|text| !taken(&text.sid))
        .map(|text| text.body.clone())
        .collect()
}
