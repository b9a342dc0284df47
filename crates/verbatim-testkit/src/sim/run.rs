//! Runs seeds, one after the other on each thread, and makes failing ones small.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;

use verbatim_engine::ports::Store;
use verbatim_store::{OpenStore, SqlStore};

use super::operation::{Operation, operations};
use super::sabotage::Sabotage;
use super::world::World;
use super::{Broken, Failure, check};
use crate::fakes::lock;

/// Where the simulated product keeps its state.
#[derive(Debug, Clone)]
pub enum StoreKind {
    /// SQLite in memory: the fastest.
    SqliteMemory,
    /// SQLite in a file, with its writer thread; the file is searched for clear text.
    SqliteFile,
    /// A PostgreSQL database, named by its URL; everything in it is dropped for every seed.
    Postgres(String),
}

/// A seed that failed.
#[derive(Debug, Clone)]
pub struct FailedSeed {
    /// The seed.
    pub seed: u64,
    /// What was wrong.
    pub failures: Vec<Failure>,
    /// A list of operations that still fails, as short as was found.
    pub operations: Vec<Operation>,
}

/// What came of many seeds.
#[derive(Debug, Clone, Default)]
pub struct SimReport {
    /// Seeds that ran.
    pub seeds: u64,
    /// Operations that happened.
    pub operations: u64,
    /// Records that were written.
    pub records: u64,
    /// What happened how often: records by kind, rule and reason, and what reached the other side.
    pub seen: Seen,
    /// Seeds that failed, smallest first.
    pub failed: Vec<FailedSeed>,
}

/// Counts by name.
pub type Seen = BTreeMap<String, u64>;

/// Runs a range of seeds on all cores. `progress` is told after each one.
pub fn run_seeds(
    seeds: Range<u64>,
    store: &StoreKind,
    progress: impl Fn(&SimReport) + Sync,
) -> SimReport {
    let (next, report) = (Mutex::new(seeds), Mutex::new(SimReport::default()));
    let threads = match store {
        // All seeds share one database.
        StoreKind::Postgres(_) => 1,
        _ => std::thread::available_parallelism().map_or(1, usize::from),
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(seed) = lock(&next).next() else {
                        return;
                    };
                    let operations = operations(seed);
                    let outcome = run_operations(seed, &operations, store);
                    let failed = (!outcome.failures.is_empty())
                        .then(|| shrink(seed, operations.clone(), outcome.failures, store));
                    let report = &mut *lock(&report);
                    report.seeds += 1;
                    report.operations += operations.len() as u64;
                    report.records += outcome.records;
                    for (what, count) in outcome.seen {
                        *report.seen.entry(what).or_default() += count;
                    }
                    report.failed.extend(failed);
                    progress(report);
                }
            });
        }
    });
    let mut report = report
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    report.failed.sort_by_key(|failed| failed.seed);
    report
}

/// What came of one run.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// What was wrong.
    pub failures: Vec<Failure>,
    /// Records that were written.
    pub records: u64,
    /// What happened how often.
    pub seen: Seen,
}

/// Lets a list of operations happen to a new world. The seed decides what is left to chance.
pub fn run_operations(seed: u64, operations: &[Operation], kind: &StoreKind) -> Run {
    run_sabotaged(seed, operations, kind, Sabotage::Nothing)
}

/// The same with a defect built in.
pub fn run_sabotaged(
    seed: u64,
    operations: &[Operation],
    kind: &StoreKind,
    sabotage: Sabotage,
) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = runtime.map_err(Broken::new).and_then(|runtime| {
        runtime.block_on(async {
            let place = Place::open(kind).await?;
            let run = run_on(seed, operations, place.store.clone(), sabotage).await?;
            place.close(run).await
        })
    });
    outcome.unwrap_or_else(|Broken(failure)| Run {
        failures: vec![failure],
        ..Run::default()
    })
}

async fn run_on(
    seed: u64,
    operations: &[Operation],
    store: Arc<dyn Store>,
    sabotage: Sabotage,
) -> Result<Run, Broken> {
    let examined = operations.iter().any(Operation::is_on_record);
    let world = World::new(seed, store, sabotage, examined).await?;
    for operation in operations {
        world.apply(operation).await?;
    }
    world.settle().await?;
    check::judge(&world).await
}

/// A store, and what is left of it afterwards.
struct Place {
    store: Arc<dyn Store>,
    directory: Option<tempfile::TempDir>,
}

impl Place {
    async fn open(kind: &StoreKind) -> Result<Self, Broken> {
        match kind {
            StoreKind::SqliteMemory => {
                let store = SqlStore::in_memory().map_err(Broken::new)?;
                Ok(Self {
                    store,
                    directory: None,
                })
            }
            StoreKind::SqliteFile => {
                let directory = tempfile::tempdir().map_err(Broken::new)?;
                let store = SqlStore::open(&directory.path().join("store")).map_err(Broken::new)?;
                Ok(Self {
                    store,
                    directory: Some(directory),
                })
            }
            StoreKind::Postgres(url) => {
                empty(url).await?;
                let OpenStore { store, .. } =
                    verbatim_store::open(url).await.map_err(Broken::new)?;
                Ok(Self {
                    store,
                    directory: None,
                })
            }
        }
    }

    /// Lets go of the store and reads its files.
    async fn close(self, mut run: Run) -> Result<Run, Broken> {
        drop(self.store);
        if let Some(directory) = self.directory {
            run.failures
                .extend(check::clear::readable(directory.path())?);
        }
        Ok(run)
    }
}

/// Drops everything in a PostgreSQL database.
async fn empty(url: &str) -> Result<(), Broken> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .map_err(Broken::new)?;
    let connection = tokio::spawn(connection);
    let script = "DROP SCHEMA public CASCADE; CREATE SCHEMA public";
    client.batch_execute(script).await.map_err(Broken::new)?;
    drop(client);
    let _ = connection.await;
    Ok(())
}

/// Takes out operations while it still fails by one of the same rules.
fn shrink(
    seed: u64,
    mut operations: Vec<Operation>,
    mut failures: Vec<Failure>,
    kind: &StoreKind,
) -> FailedSeed {
    const TRIES: usize = 300;
    let rules: Vec<&str> = failures.iter().map(|failure| failure.rule).collect();
    let (mut tries, mut at, mut size) = (0, 0, operations.len().div_ceil(2).max(1));
    while tries < TRIES && !operations.is_empty() {
        if at >= operations.len() {
            if size == 1 && tries > 0 {
                break;
            }
            (at, size) = (0, (size / 2).max(1));
        }
        let mut fewer = operations.clone();
        fewer.drain(at..(at + size).min(operations.len()));
        tries += 1;
        let run = run_operations(seed, &fewer, kind);
        if run
            .failures
            .iter()
            .any(|failure| rules.contains(&failure.rule))
        {
            (operations, failures) = (fewer, run.failures);
        } else {
            at += size;
        }
    }
    FailedSeed {
        seed,
        failures,
        operations,
    }
}

/// The directory is only ever read.
pub(crate) type Files<'a> = &'a Path;
