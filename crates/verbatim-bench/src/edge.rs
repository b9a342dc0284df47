//! Reports a second at the edge, and what the machine allows in the same run.

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use axum::Router;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use verbatim_console::{edge_router, serve};
use verbatim_record::Kek;

use crate::cluster::Cluster;
use crate::hooks;
use crate::limits;
use crate::load::{self, Outcome};
use crate::world::World;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Callers at once.
    #[arg(long, value_delimiter = ',', default_values_t = [64, 256, 512])]
    callers: Vec<usize>,
    /// Texts in each run.
    #[arg(long, default_value_t = 60_000)]
    texts: usize,
    /// Phones that they come from; all are known before the run begins.
    #[arg(long, default_value_t = 2_000)]
    phones: usize,
    /// How often everything is repeated.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Few texts, one run.
    #[arg(long)]
    quick: bool,
    /// A server whose database may be filled with tables; else a private one is made.
    #[arg(long)]
    postgres: Option<String>,
    /// Leave PostgreSQL out.
    #[arg(long)]
    no_postgres: bool,
    /// Where the SQLite files go: the disk that is measured.
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Prints one JSON line per measurement.
pub(crate) fn run(options: &Options) -> Result<()> {
    let (texts, runs) = if options.quick {
        (6_000, 1)
    } else {
        (options.texts, options.runs)
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let cluster = (!options.no_postgres && options.postgres.is_none())
        .then(Cluster::start)
        .transpose()?;
    if let Some(cluster) = &cluster {
        println!(
            "{}",
            json!({"note": "postgres", "version": cluster.version()?})
        );
    }
    let mut database = 0;
    for run in 0..runs {
        for &callers in &options.callers {
            let plan = Plan {
                callers,
                texts,
                phones: options.phones,
                run,
            };
            let dir = folder(options.dir.as_deref())?;
            runtime.block_on(plan.sqlite(dir.path()))?;
            let url = match (&cluster, &options.postgres) {
                (Some(cluster), _) => Some(cluster.database(&format!("bench{database}"))?),
                (None, Some(url)) => Some(url.clone()),
                (None, None) => None,
            };
            database += 1;
            if let Some(url) = url {
                runtime.block_on(plan.postgres(&url))?;
            }
        }
    }
    Ok(())
}

fn folder(within: Option<&Path>) -> Result<tempfile::TempDir> {
    match within {
        None => Ok(tempfile::tempdir()?),
        Some(dir) => tempfile::tempdir_in(dir).context("folder"),
    }
}

struct Plan {
    callers: usize,
    texts: usize,
    phones: usize,
    run: usize,
}

impl Plan {
    async fn sqlite(&self, dir: &Path) -> Result<()> {
        let url = format!("sqlite:{}", dir.join("bench.db").display());
        self.product("sqlite", &url).await?;
        // A batch is never larger than the number of those who wait, nor than the product's own limit.
        let (batch, rows) = (self.callers.min(256), self.texts);
        let dir = dir.to_owned();
        let rate =
            tokio::task::spawn_blocking(move || limits::sqlite(&dir, limits::ROW, batch, rows))
                .await??;
        self.tell("sqlite", "rows", json!({"per_s": rate}));
        self.http().await
    }

    async fn postgres(&self, url: &str) -> Result<()> {
        self.product("postgres", url).await?;
        let rate = limits::postgres(url, self.callers.min(256), self.texts).await?;
        self.tell("postgres", "rows", json!({"per_s": rate}));
        Ok(())
    }

    /// The edge over HTTP, then the engine without HTTP, on one store.
    async fn product(&self, store: &str, url: &str) -> Result<()> {
        let world = World::open(url, Kek::from_bytes([7; 32])).await?;
        world.employ().await?;
        let known = self.hooks(0, self.phones);
        self.direct(&world, &known).await.context("first texts")?;
        let before = world.recorded().await?;

        let requests = self
            .hooks(1, self.texts)
            .iter()
            .map(hooks::Hook::request)
            .collect();
        let over_http = self
            .serve(edge_router(world.engine.intake()), requests)
            .await?;
        let recorded = world.recorded().await? - before;
        ensure!(
            recorded == self.texts as u64,
            "{recorded} records of {} texts",
            self.texts
        );
        self.tell(store, "edge", over_http.json());

        let direct = self.direct(&world, &self.hooks(2, self.texts)).await?;
        self.tell(store, "direct", direct.json());
        Ok(())
    }

    async fn http(&self) -> Result<()> {
        let requests = self
            .hooks(3, self.texts)
            .iter()
            .map(hooks::Hook::request)
            .collect();
        let echoed = self.serve(limits::echo(), requests).await?;
        self.tell("none", "http", echoed.json());
        Ok(())
    }

    async fn serve(&self, router: Router, requests: Vec<Vec<u8>>) -> Result<Outcome> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let at = listener.local_addr()?;
        let serving = tokio::spawn(serve(listener, router, pending()));
        let outcome = load::post(at, self.callers, Arc::new(requests)).await;
        serving.abort();
        outcome
    }

    /// Callers as tasks, as the edge would have them.
    async fn direct(&self, world: &World, hooks: &[hooks::Hook]) -> Result<Outcome> {
        let (world, hooks) = (world.clone(), Arc::new(hooks.to_vec()));
        load::run(self.callers, hooks.len(), async |_| {
            async |n: usize| {
                let (world, hooks) = (world.clone(), Arc::clone(&hooks));
                tokio::spawn(async move { world.take(&hooks[n]).await }).await?
            }
        })
        .await
    }

    fn hooks(&self, campaign: u32, texts: usize) -> Vec<hooks::Hook> {
        (0..texts)
            .map(|n| hooks::inbound(campaign, n, n % self.phones, hooks::NUMBER))
            .collect()
    }

    fn tell(&self, store: &str, what: &str, mut result: Value) {
        result["bench"] = "edge".into();
        result["store"] = store.into();
        result["what"] = what.into();
        result["callers"] = self.callers.into();
        result["run"] = self.run.into();
        println!("{result}");
    }
}
