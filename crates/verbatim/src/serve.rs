//! `verbatim serve`: listeners, worker, and an orderly end.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tracing::field::display;
use verbatim_console::{
    COMMAND_LINE, ClientSite, OpsState, api_router, appservice_router, client_router, edge_router,
    ops_router, serve as serve_http,
};
use verbatim_engine::Engine;
use verbatim_engine::admin::Actor;

use crate::config::Config;
use crate::local::TokenFile;
use crate::wiring::{Wired, publication, wire};
use crate::work::Worker;

/// How long work in hand may take at the end.
pub(crate) const DRAIN: Duration = Duration::from_secs(20);
/// How long the store may take to revoke a token at the end.
const REVOKE: Duration = Duration::from_secs(5);

/// A running Verbatim.
pub(crate) struct Running {
    /// For those who share the process (the demo).
    pub(crate) engine: Arc<Engine>,
    ops: Arc<OpsState>,
    stop: watch::Sender<bool>,
    ops_stop: watch::Sender<bool>,
    worker: JoinHandle<()>,
    servers: JoinSet<Result<()>>,
    ops_server: JoinHandle<Result<()>>,
    /// Between "not ready" and the end of intake.
    drain_delay: Duration,
    token: TokenFile,
}

/// Starts everything; returns once all listeners are bound.
pub(crate) async fn start(config: &Config) -> Result<Running> {
    let listen = &config.listen;
    let hs_token = config.secret("homeserver.hs_token", &config.homeserver.hs_token)?;
    let public = bind("public", listen.public).await?;
    let appservice = bind("appservice", listen.appservice).await?;
    let api = bind("api", listen.api).await?;
    let client = match config.client.enabled {
        true => Some((bind("client", listen.client).await?, client_site(config)?)),
        false => None,
    };
    let ops_listener = bind("ops", listen.ops).await?;

    let Wired {
        engine,
        platform,
        store,
    } = wire(config).await?;
    engine.keep_rules(&Actor::operator("serve")).await?;
    engine.check_catch_all().await?;
    let token = local_token(config, &engine).await?;
    let (stop, stopped) = watch::channel(false);
    let (ops_stop, ops_stopped) = watch::channel(false);
    let ops = Arc::new(OpsState::new(engine.clone()));
    let mut servers = JoinSet::new();
    let client = client.map(|(listener, site)| (listener, client_router(engine.clone(), site)));
    let always = [
        (public, edge_router(engine.intake())),
        (appservice, appservice_router(engine.clone(), hs_token)),
        (api, api_router(engine.clone())),
    ];
    for (listener, router) in always.into_iter().chain(client) {
        servers.spawn(listen_until(listener, router, stopped.clone()));
    }
    let router = ops_router(ops.clone());
    let ops_server = tokio::spawn(listen_until(ops_listener, router, ops_stopped));

    let worker = Worker {
        engine: engine.clone(),
        platform,
        store: store.store.clone(),
        holder: holder(config),
        publication: publication(config)?,
    };
    let worker = tokio::spawn(worker.run(stopped));
    Ok(Running {
        engine,
        ops,
        stop,
        ops_stop,
        worker,
        servers,
        ops_server,
        drain_delay: Duration::from_secs(config.listen.drain_delay_seconds),
        token,
    })
}

impl Running {
    /// Waits until a part ends that should not.
    pub(crate) async fn broken(&mut self) -> anyhow::Error {
        ended(&mut self.worker, &mut self.servers).await
    }

    /// Not ready first, and everything goes on, so that load balancers stop sending; then intake ends and
    /// what is in hand is finished; whoever asks about health is answered to the last. The rest is durable.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.ops.draining.store(true, Ordering::Relaxed);
        tokio::select! {
            () = tokio::time::sleep(self.drain_delay) => {}
            // Asked again: somebody is in a hurry.
            result = terminated() => result?,
        }
        let _ = self.stop.send(true);
        self.token.remove();
        let end = async {
            if !self.worker.is_finished() {
                let _ = (&mut self.worker).await;
            }
            while let Some(server) = self.servers.join_next().await {
                server??;
            }
            Ok(())
        };
        let ended = match tokio::time::timeout(DRAIN, end).await {
            Ok(result) => result,
            Err(_) => {
                tracing::warn!(
                    "not everything ended in time; it is durable and goes on at the next start"
                );
                self.worker.abort();
                Ok(())
            }
        };
        revoke_local_tokens(&self.engine).await;
        let _ = self.ops_stop.send(true);
        ended.and(self.ops_server.await?)
    }
}

fn client_site(config: &Config) -> Result<ClientSite> {
    let homeserver = config.client_homeserver().parse();
    Ok(ClientSite {
        homeserver: homeserver.context("[client] homeserver_url")?,
        assets: config.client_assets(),
    })
}

/// Serves until told to stop.
pub(crate) async fn listen_until(
    listener: TcpListener,
    router: axum::Router,
    mut stopped: watch::Receiver<bool>,
) -> Result<()> {
    let end = async move {
        let _ = stopped.wait_for(|s| *s).await;
    };
    serve_http(listener, router, end).await.context("listener")
}

/// The command line's token is good while this process runs. Should this fail, the next start does it.
async fn revoke_local_tokens(engine: &Engine) {
    let actor = Actor::operator("serve");
    let revoked = engine.revoke_tokens(&actor, COMMAND_LINE);
    match tokio::time::timeout(REVOKE, revoked).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the command line's token is not revoked"),
        Err(_) => tracing::warn!("the command line's token is not revoked: the store is silent"),
    }
}

/// Waits until the worker or a listener ends, which neither does before it is asked to.
async fn ended(worker: &mut JoinHandle<()>, servers: &mut JoinSet<Result<()>>) -> anyhow::Error {
    tokio::select! {
        ended = worker => ended
            .err()
            .map_or_else(|| anyhow!("the worker ended"), |e| anyhow!(e).context("the worker ended")),
        ended = servers.join_next() => match ended {
            Some(Ok(Err(error))) => error.context("a listener ended"),
            Some(Err(error)) => anyhow!(error).context("a listener ended"),
            Some(Ok(Ok(()))) | None => anyhow!("a listener ended"),
        },
    }
}

/// Runs until SIGTERM or Ctrl-C, or until a part of it ends by itself: then it is an error, so that whoever
/// supervises this process starts it again.
pub(crate) async fn run(config: &Config) -> Result<()> {
    let mut running = start(config).await?;
    let listen = &config.listen;
    let client = config.client.enabled.then(|| display(listen.client));
    tracing::info!(public = %listen.public, api = %listen.api, client, "serving");
    let broken = tokio::select! {
        asked = terminated() => asked.err(),
        broken = running.broken() => Some(broken),
    };
    tracing::info!("stopping");
    if let Some(error) = &broken {
        tracing::error!(%error, "a part ended by itself; this process ends so that it can be started again");
    }
    let stopped = running.stop().await;
    tracing::info!("stopped");
    broken.map_or(stopped, Err)
}

/// Completes on SIGTERM or Ctrl-C.
pub(crate) async fn terminated() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).context("signals")?;
    tokio::select! {
        _ = term.recv() => {}
        result = tokio::signal::ctrl_c() => result.context("signals")?,
    }
    Ok(())
}

pub(crate) async fn bind(name: &str, address: std::net::SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: change [listen] {name}, or stop what uses it")
    })
}

/// A token for the command line on this machine, good while this process runs.
async fn local_token(config: &Config, engine: &Engine) -> Result<TokenFile> {
    let actor = Actor::operator("serve");
    engine.revoke_tokens(&actor, COMMAND_LINE).await?;
    let scopes = verbatim_console::SCOPES.map(str::to_owned);
    let token = engine.create_token(&actor, COMMAND_LINE, &scopes).await?;
    TokenFile::write(&token_path(config), &token)
}

/// Where the token for the command line lies.
pub(crate) fn token_path(config: &Config) -> PathBuf {
    config.dir.join("verbatim.cli-token")
}

/// On SQLite only one process can have the store, so a restart takes its own lease over at once.
fn holder(config: &Config) -> String {
    if config.store.url.starts_with("sqlite:") {
        return "this-store".to_owned();
    }
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let mut random = [0; 8];
    use verbatim_engine::ports::Entropy;
    crate::system::SystemEntropy.fill(&mut random);
    format!(
        "{}-{}-{}",
        host.trim(),
        std::process::id(),
        hex::encode(random)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A panic of the worker left a process that took texts and relayed none.
    #[tokio::test]
    async fn a_part_that_ends_by_itself_is_noticed() {
        let idle = || tokio::spawn(std::future::pending::<()>());
        let mut serving = JoinSet::new();
        serving.spawn(std::future::pending::<Result<()>>());
        for worker in [
            tokio::spawn(async { panic!("a defect") }),
            tokio::spawn(async {}),
        ] {
            let mut worker: JoinHandle<()> = worker;
            let error = ended(&mut worker, &mut serving).await;
            assert_eq!(error.to_string(), "the worker ended");
        }
        let mut failed = JoinSet::new();
        failed.spawn(async { Err(anyhow!("no more sockets")) });
        let error = ended(&mut idle(), &mut failed).await;
        assert_eq!(format!("{error:#}"), "a listener ended: no more sockets");
    }
}
