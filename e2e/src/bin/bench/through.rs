//! Texts in and out through Synapse, as a ratio to the same Synapse's own rate.

use anyhow::{Context, Result};
use e2e::harness::{Options, Said, Stack};
use serde_json::Value;

use crate::baseline::Baseline;
use crate::callers;
use crate::inbound::Arrivals;
use crate::outbound::Departures;

/// At once, and requests in a run.
const LEVELS: [(usize, usize); 3] = [(1, 60), (8, 240), (32, 480)];
/// What a client or an employee writes: of usual length.
const WORDS: &str =
    "about the transfer we spoke of: could you send me the form again, please? Thanks";

/// One conversation of the employee.
pub(crate) struct Talk {
    phone: String,
    pub(crate) room: String,
    pub(crate) stand_in: String,
}

/// Prints one JSON line per measurement.
pub(crate) async fn run(runs: usize, quick: bool) -> Result<()> {
    // An employee for each conversation, as the clients of a firm are spread in life.
    let employees = (0..LEVELS[2].0).map(|n| format!("employee{n}")).collect();
    let options = Options {
        employees,
        poll_seconds: 60,
        validity_seconds: 600,
        ..Options::default()
    };
    let mut stack = Stack::start(&options).await?;
    let (runs, part) = if quick { (1, 4) } else { (runs, 1) };
    let result = measure(&stack, runs, part).await;
    if result.is_err() {
        eprintln!("kept: {}", stack.keep().display());
    }
    result
}

async fn measure(stack: &Stack, runs: usize, part: usize) -> Result<()> {
    let bench = Bench::prepare(stack, LEVELS[2].0).await?;
    for run in 0..runs {
        for (at_once, texts) in LEVELS {
            bench.level(run, at_once, texts / part).await?;
        }
    }
    Ok(())
}

struct Bench<'a> {
    stack: &'a Stack,
    talks: Vec<Talk>,
    baseline: Baseline,
    arrivals: Arrivals,
    departures: Departures,
}

impl<'a> Bench<'a> {
    /// Opens the rooms and lets everybody know everybody's keys.
    async fn prepare(stack: &'a Stack, conversations: usize) -> Result<Self> {
        let mut bench = Self {
            stack,
            talks: Vec::new(),
            baseline: Baseline::new(stack)?,
            arrivals: Arrivals::watch(&stack.data)?,
            departures: Departures::watch(stack.carrier().clone()),
        };
        for n in 0..conversations {
            bench.talks.push(
                bench
                    .meet(n)
                    .await
                    .with_context(|| format!("conversation {n}"))?,
            );
            eprintln!("conversation {} of {conversations}", n + 1);
        }
        Ok(bench)
    }

    async fn meet(&self, n: usize) -> Result<Talk> {
        let line = &self.stack.lines[n];
        let (phone, body) = (format!("+1415555{:04}", 100 + n), format!("hello {n}"));
        self.arrivals
            .text(self.stack.carrier(), &phone, &line.number, &body)
            .await?;
        let Said { room, sender, .. } = line.employee.wait_for_text(&body).await?;
        self.departures
            .say(&line.employee, &room, &format!("welcome {n}"))
            .await?;
        Ok(Talk {
            phone,
            room,
            stand_in: sender,
        })
    }

    async fn level(&self, run: usize, at_once: usize, texts: usize) -> Result<()> {
        let lines = &self.stack.lines;
        let plain = callers::run(at_once, texts, async |caller, _| {
            self.baseline.send(&self.talks[caller]).await
        });
        tell("synapse", run, at_once, plain.await?);

        let inbound = callers::run(at_once, texts, async |caller, n| {
            let body = format!("{run}.{at_once}.{n} in {WORDS}");
            let (phone, number) = (&self.talks[caller].phone, &lines[caller].number);
            self.arrivals
                .text(self.stack.carrier(), phone, number, &body)
                .await
        });
        tell("inbound", run, at_once, inbound.await?);

        let outbound = callers::run(at_once, texts, async |caller, n| {
            let body = format!("{run}.{at_once}.{n} out {WORDS}");
            let (employee, room) = (&lines[caller].employee, &self.talks[caller].room);
            self.departures.say(employee, room, &body).await
        });
        tell("outbound", run, at_once, outbound.await?);
        self.rest().await
    }

    /// The next level begins when nothing of this one is left (receipts, notices).
    async fn rest(&self) -> Result<()> {
        let idle = async || {
            let status = self.stack.api("status").await?;
            Ok(status["queues"]
                .as_array()
                .is_some_and(Vec::is_empty)
                .then_some(()))
        };
        e2e::harness::until("no work is left", e2e::harness::PATIENCE, idle).await
    }
}

fn tell(what: &str, run: usize, at_once: usize, mut result: Value) {
    result["bench"] = "through".into();
    result["what"] = what.into();
    result["run"] = run.into();
    result["at_once"] = at_once.into();
    println!("{result}");
}
