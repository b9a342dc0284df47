//! Connects the demo with the real thing: the same configuration, wiring and listeners as `serve`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use verbatim_console::local_api_router;
use verbatim_domain::ConversationId;
use verbatim_engine::Engine;
use verbatim_engine::access::Viewer;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::PageAt;
use verbatim_engine::views::{ConversationView, RecordView};

use crate::commands::{export, init};
use crate::config::Config;
use crate::demo::{self, DemoArgs, DemoStack, Expected, ReadBack, RunningStack, StackPlan};
use crate::local::Api;
use crate::serve::{self, Running};

/// The carrier account's name in the demo; part of its webhook addresses.
const ACCOUNT: &str = "demo";

pub(crate) async fn run(args: DemoArgs) -> Result<ExitCode> {
    demo::run(args, &RealStack).await
}

struct RealStack;

#[async_trait]
impl DemoStack for RealStack {
    async fn prepare(&self, plan: &StackPlan) -> Result<PathBuf> {
        std::fs::create_dir_all(plan.dir.join("keys")).context("data directory")?;
        init::make_key_quietly(&plan.dir)?;
        crate::files::write_private(&plan.dir.join("verbatim.toml"), &configuration(plan))?;
        let config = read(plan)?;
        init::make_signing_key_quietly(&config)?;
        init::write_registration(&config)
    }

    async fn start(&self, plan: &StackPlan) -> Result<Box<dyn RunningStack>> {
        let config = read(plan)?;
        let log = plan.logs.join("verbatim.log");
        crate::logging::to_file(&config.log, &log)?;
        let running = serve::start(&config).await?;
        provision(&running.engine, plan).await?;
        Ok(Box::new(RealRunning(running)))
    }
}

fn read(plan: &StackPlan) -> Result<Config> {
    Ok(Config::read(&plan.dir.join("verbatim.toml"))?)
}

fn configuration(plan: &StackPlan) -> String {
    let string = |text: &str| toml::Value::String(text.to_owned()).to_string();
    format!(
        "# Written by `verbatim demo` at every start.\n\
         [firm]\nname = \"Demo Wealth\"\nregion = \"US\"\n\
         [homeserver]\nurl = {homeserver}\nserver_name = {server}\nappservice_url = \"http://{appservice}\"\n\
         as_token = {as_token}\nhs_token = {hs_token}\n\
         [listen]\npublic = \"{public}\"\nappservice = \"{appservice}\"\napi = \"{api}\"\nops = \"{ops}\"\nclient = \"{client}\"\ndrain_delay_seconds = 0\n\
         [client]\nassets_dir = {assets}\n\
         [limits]\npoll_seconds = 15\nwebhook_patience_seconds = 15\nsegments_per_second = 20.0\nsegment_burst = 50.0\nvalidity_seconds = 60\n\
         unknown_notice_seconds = 20\n\
         [[carrier]]\nname = \"{ACCOUNT}\"\nkind = \"twilio\"\naccount_sid = {sid}\nauth_token = {token}\n\
         public_url = \"http://{public}\"\napi_base = {carrier}\ntimeout_ms = 5000\n",
        homeserver = string(&plan.homeserver_url),
        server = string(&plan.server_name),
        as_token = string(&plan.secrets.as_token),
        hs_token = string(&plan.secrets.hs_token),
        public = plan.ports.public(),
        appservice = plan.ports.appservice(),
        api = plan.ports.api(),
        ops = plan.ports.ops(),
        client = plan.ports.client(),
        assets = string(&plan.client_assets.to_string_lossy()),
        sid = string(&plan.secrets.carrier_account),
        token = string(&plan.secrets.carrier_token),
        carrier = string(&plan.carrier_url),
    )
}

/// Employees and numbers, where missing.
async fn provision(engine: &Arc<Engine>, plan: &StackPlan) -> Result<()> {
    let actor = Actor::operator("demo");
    let held = engine.list_numbers().await?;
    for holder in &plan.holders {
        if held
            .iter()
            .any(|n| n.number == holder.number && n.holder.as_ref() == Some(&holder.user_id))
        {
            continue;
        }
        let mut name = holder.name.clone();
        name[..1].make_ascii_uppercase();
        engine.add_employee(&actor, &holder.user_id, &name).await?;
        engine.add_number(&actor, &holder.number, ACCOUNT).await?;
        engine
            .assign_number(&actor, &holder.number, &holder.user_id)
            .await?;
    }
    Ok(())
}

struct RealRunning(Running);

#[async_trait]
impl RunningStack for RealRunning {
    async fn read_back(&self, messages: &[Expected<'_>]) -> Result<ReadBack> {
        let engine = &self.0.engine;
        let mut records = 0;
        for expected in messages {
            let conversation = conversation(engine, expected).await?;
            let timeline = timeline(engine, &conversation).await?;
            records = timeline.len() as u64;
            let kind = if expected.inbound {
                "message_in"
            } else {
                "message_out"
            };
            if !timeline
                .iter()
                .any(|r| r.kind == kind && r.text == expected.body)
            {
                bail!(
                    "the record of a message is missing (conversation {})",
                    conversation.id
                );
            }
        }
        let verdict = engine.verify_log(|_| {}).await?;
        match verdict.fault {
            Some(fault) => bail!("the log does not verify: {fault}"),
            None => Ok(ReadBack {
                records,
                log_size: verdict.log_size,
                root: verdict.root,
            }),
        }
    }

    async fn hand_out(&self, message: &Expected<'_>, folder: &Path) -> Result<String> {
        let engine = &self.0.engine;
        let conversation = conversation(engine, message).await?;
        let api = Api::here(local_api_router(engine.clone(), "demo"));
        export::conversation(&api, &conversation.id, folder, "demo --check").await?;
        crate::examine::examine(engine.log_policy().await?, folder).await
    }

    async fn stop(self: Box<Self>) -> Result<()> {
        self.0.stop().await
    }
}

async fn conversation(engine: &Engine, expected: &Expected<'_>) -> Result<ConversationView> {
    let mut after = None;
    loop {
        let page = engine
            .list_conversations(&viewer(), PageAt { after, limit: 1000 })
            .await?;
        if let Some(found) = page
            .items
            .into_iter()
            .find(|c| c.peer == expected.phone && c.number == expected.number)
        {
            return Ok(found);
        }
        after = page.next;
        if after.is_none() {
            bail!("the conversation of a message is missing");
        }
    }
}

async fn timeline(engine: &Engine, conversation: &ConversationView) -> Result<Vec<RecordView>> {
    let id: ConversationId = conversation.id.parse().context("conversation id")?;
    let (mut all, mut from, mut end) = (Vec::new(), 0, None);
    loop {
        let part = engine.timeline(&viewer(), id, from, end, 500).await?;
        all.extend(part.items);
        match part.next {
            Some((next, last)) => (from, end) = (next, Some(last)),
            None => return Ok(all),
        }
    }
}

/// In whose name the demo reads its own record.
fn viewer() -> Viewer {
    Viewer {
        actor: Actor::operator("demo"),
        purpose: "demo --check".to_owned(),
    }
}
