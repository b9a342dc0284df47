//! `verbatim demo`: the whole product on one machine, for a person or for a check.
//!
//! ```text
//! place ─► python ─► client ─► registration ─► homeserver ─► carrier ─► Verbatim ─► person | check
//! ```
//! Everything is under one data directory and on seven loopback ports. What is there already is
//! not made again, so a second start takes seconds. Whatever was started is stopped in the
//! opposite order; if the demo is killed instead, the homeserver notices and ends itself.

mod args;
mod check;
mod phone;
mod place;
mod plan;
mod ports;
mod progress;
mod python;
mod secrets;
mod signal;
mod stack;
mod synapse;
mod web_client;
mod welcome;

use std::process::ExitCode;

use anyhow::Context;

pub(crate) use args::DemoArgs;
pub(crate) use ports::Ports;
pub(crate) use secrets::Secrets;
pub(crate) use stack::{DemoStack, Expected, ReadBack, RunningStack, StackPlan};

use check::{Employee, Report, Scene};
use phone::Phones;
use place::Place;
use progress::{Progress, show};
use python::{Python, Venv};
use signal::StopSignal;
use synapse::Synapse;
use web_client::WebClient;

/// What a shell reports for a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// A carrier that takes next to no time, but still answers before it delivers.
const CHECK_DELAYS: carrier_sim::Delays = carrier_sim::Delays {
    queued_ms: 5,
    sending_ms: 5,
    sent_ms: 5,
    retry_ms: 500,
};

/// Runs the demo with this stack until the person stops it or the check is over.
pub(crate) async fn run(args: DemoArgs, stack: &dyn DemoStack) -> anyhow::Result<ExitCode> {
    // Already installed is as good as installed now.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let machine = args.json || args.check;
    match attempt(&args, stack).await {
        Err(error) if machine => {
            eprintln!("{error:#}");
            show(&format!("{}\n", check::failure_json(&error)));
            Ok(ExitCode::FAILURE)
        }
        outcome => outcome,
    }
}

async fn attempt(args: &DemoArgs, stack: &dyn DemoStack) -> anyhow::Result<ExitCode> {
    let mut stop = StopSignal::listen().context("cannot listen for Ctrl-C")?;
    let setup = Setup::new(args)?;
    let mut up = tokio::select! {
        up = setup.bring_up(stack) => up?,
        () = stop.wait() => return Ok(ExitCode::from(INTERRUPTED)),
    };
    let outcome = if args.check {
        tokio::select! {
            report = setup.check(&up) => report.map(Some),
            () = stop.wait() => Ok(None),
        }
    } else {
        setup.serve(&mut up, &mut stop).await.map(|()| None)
    };
    let stopped = up.shut_down(&setup.progress).await;
    if outcome.is_err() {
        let (logs, own) = (&setup.plan.logs, &setup.plan.dir);
        eprintln!(
            "logs: in {}, and those of Verbatim in {}",
            logs.display(),
            own.display()
        );
    }
    let report = outcome?;
    stopped?;
    Ok(match report {
        Some(report) => {
            // Last, so that whoever reads lines finds it where it belongs.
            show(&format!("{}\n", report.json()));
            ExitCode::SUCCESS
        }
        None if args.check => ExitCode::from(INTERRUPTED),
        None => ExitCode::SUCCESS,
    })
}

/// What is known before anything runs.
struct Setup {
    place: Place,
    ports: Ports,
    secrets: Secrets,
    plan: StackPlan,
    /// The employee's client, where there is a source tree.
    web_client: Option<WebClient>,
    progress: Progress,
    check: bool,
    json: bool,
}

/// What runs.
struct Up {
    stack: Box<dyn RunningStack>,
    carrier: carrier_sim::Running,
    synapse: Synapse,
    client: Option<Venv>,
}

impl Setup {
    fn new(args: &DemoArgs) -> anyhow::Result<Self> {
        let ports = Ports::from_base(args.port_base);
        let place = Place::open(&args.data, args.reset)?;
        ports.check_free()?;
        let mut secrets = Secrets::load_or_create(&place.secrets_file())?;
        if args.check {
            secrets.checks += 1;
            secrets.save(&place.secrets_file())?;
        }
        let web_client = WebClient::find();
        let built = web_client.as_ref().map(WebClient::built);
        let built = built.unwrap_or_else(crate::config::installed_client);
        let plan = plan::plan(&place, ports, &secrets, built);
        let progress = Progress::new(args.json);
        Ok(Self {
            place,
            ports,
            secrets,
            plan,
            web_client,
            progress,
            check: args.check,
            json: args.json,
        })
    }

    async fn bring_up(&self, stack: &dyn DemoStack) -> anyhow::Result<Up> {
        let step = self.progress.step("Python found");
        let python = Python::find().await?;
        step.done(python.version());

        // A check has a client of its own.
        if let Some(client) = self.web_client.as_ref().filter(|_| !self.check) {
            client.build(&self.place.logs(), &self.progress).await;
        }
        let layout = synapse::Layout {
            dir: self.place.synapse(),
            logs: self.place.logs(),
            listen: self.ports.homeserver(),
            server_name: self.plan.server_name.clone(),
            registration: stack.prepare(&self.plan).await?,
        };
        let synapse = Synapse::provision(layout, &python, &self.secrets, &self.progress).await?;
        let client = if self.check {
            let (dir, logs) = (self.place.client(), self.place.logs());
            Some(check::install(&python, &dir, &logs, &self.progress).await?)
        } else {
            None
        };

        let step = self.progress.step("simulated carrier answers");
        let carrier = self.start_carrier().await?;
        step.done(&self.plan.carrier_url);

        let step = self.progress.step("Verbatim runs");
        let stack = stack
            .start(&self.plan)
            .await
            .context("Verbatim did not start")?;
        step.done("");
        Ok(Up {
            stack,
            carrier,
            synapse,
            client,
        })
    }

    async fn start_carrier(&self) -> anyhow::Result<carrier_sim::Running> {
        let secrets = &self.secrets;
        let mut config =
            carrier_sim::SimConfig::new(&secrets.carrier_account, &secrets.carrier_token);
        config.listen = self.ports.carrier();
        config.numbers = self
            .plan
            .holders
            .iter()
            .map(|holder| (holder.number.clone(), self.plan.inbound_webhook_url.clone()))
            .collect();
        config.number_names = plan::number_names(&self.plan.holders);
        config.phones = plan::phones();
        if self.check {
            // The check times Verbatim; a person should rather see the states pass by.
            config.delays = CHECK_DELAYS;
        }
        config.ledger = Some(self.place.carrier_ledger());
        carrier_sim::start(config)
            .await
            .context("the simulated carrier did not start")
    }

    async fn serve(&self, up: &mut Up, stop: &mut StopSignal) -> anyhow::Result<()> {
        if self.json {
            show(&format!("{}\n", welcome::json(&self.plan)));
        } else {
            show(&format!("{}\n", welcome::text(&self.plan)));
        }
        tokio::select! {
            () = stop.wait() => Ok(()),
            why = up.synapse.ended() => Err(anyhow::anyhow!(why)),
        }
    }

    async fn check(&self, up: &Up) -> anyhow::Result<Report> {
        let (Some(venv), Some(login), Some(holder)) = (
            &up.client,
            self.secrets.employees.first(),
            self.plan.holders.first(),
        ) else {
            anyhow::bail!("the check has no employee");
        };
        let step = self
            .progress
            .step(format!("{}'s client is logged in", holder.name));
        let (dir, logs, url) = (
            self.place.client(),
            self.place.logs(),
            &self.plan.homeserver_url,
        );
        let mut employee = Employee::log_in(venv, &dir, &logs, url, login, &holder.user_id).await?;
        step.done("with a new device");

        let scene = Scene {
            stack: up.stack.as_ref(),
            phones: &Phones::at(self.ports.carrier())?,
            employee: &mut employee,
            holder,
            phone: plan::stranger(self.secrets.checks),
            bundles: self.place.bundles(),
            tag: format!("check {}", self.secrets.checks),
            progress: &self.progress,
        };
        let report = check::run(scene).await;
        if report.is_err() {
            eprintln!("the client saw:\n{}", employee.history());
        }
        employee.log_out().await?;
        report
    }
}

impl Up {
    /// Verbatim first: it drains while its neighbours still answer.
    async fn shut_down(self, progress: &Progress) -> anyhow::Result<()> {
        let step = progress.step("everything stopped");
        let stack = self.stack.stop().await;
        self.carrier.stop().await;
        let synapse = self.synapse.stop().await;
        step.done("");
        stack.and(synapse)
    }
}
