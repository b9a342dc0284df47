//! The record: appends beside what the database's library allows, signing, proofs and verification as
//! the log grows; and filling a store with records.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use verbatim_domain::{ConversationId, RecordId, Timestamp};
use verbatim_engine::ports::{Change, Clock, Commit, Entropy, NewRecord, Store};
use verbatim_record::merkle::leaf_hash;
use verbatim_record::{
    Body, BucketId, Frontier, Kek, Keyring, Kind, NewSeal, RetentionClass, SealChance, SealedRecord,
};

use crate::load::{self, now};
use crate::same_rows::SameRows;
use crate::system::{SystemClock, SystemEntropy};
use crate::world::World;
use crate::{export, limits};

/// What an appended record is in the store: about this many bytes, leaf and hashes included.
const ROW: usize = 1_000;
/// Conversations among which filled records are spread.
pub(crate) const CONVERSATIONS: usize = 1_000;
/// Filled records in one commit: as the group commit would have gathered them.
const TOGETHER: u64 = 250;
/// The first size of at least so many records is exported.
const EXPORTED: u64 = 200_000;
/// Proofs asked for at each size.
const PROOFS: usize = 2_000;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Writers at once.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 64, 512])]
    writers: Vec<usize>,
    /// Sizes of the log at which it is measured, ascending.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000])]
    sizes: Vec<u64>,
    /// Records appended in each run; a tenth of it with one writer.
    #[arg(long, default_value_t = 40_000)]
    records: usize,
    /// How often everything is repeated.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Few records, one run.
    #[arg(long)]
    quick: bool,
    /// Where the SQLite files go: the disk that is measured.
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Prints one JSON line per measurement.
pub(crate) fn run(options: &Options) -> Result<()> {
    let (sizes, records, runs) = if options.quick {
        (vec![1_000, 10_000], 4_000, 1)
    } else {
        (options.sizes.clone(), options.records, options.runs)
    };
    tokio::runtime::Runtime::new()?.block_on(async {
        for run in 0..runs {
            let dir = match &options.dir {
                None => tempfile::tempdir()?,
                Some(dir) => tempfile::tempdir_in(dir).context("folder")?,
            };
            let bench = Bench::open(dir.path(), run).await?;
            let mut exported = false;
            for &size in &sizes {
                bench.fill_to(size).await?;
                for &writers in &options.writers {
                    let records = if writers == 1 { records / 10 } else { records };
                    bench.append(size, writers, records).await?;
                }
                bench.sign(size).await?;
                bench.prove(size).await?;
                bench.memory(size)?;
                if size >= EXPORTED && !exported {
                    exported = true;
                    bench.export(dir.path()).await?;
                }
            }
            bench.verify().await?;
            let sample = bench.sample().await?;
            drop(bench);
            // The two files of a large log need not fit on the disk together.
            std::fs::remove_file(dir.path().join("bench.db"))?;
            same_rows(dir.path(), sample, (run, &sizes, records, &options.writers)).await?;
            for &writers in &options.writers {
                let (dir, rows) = (dir.path().to_owned(), records.max(1000));
                let rows = if writers == 1 { rows / 10 } else { rows };
                let rate = tokio::task::spawn_blocking(move || {
                    limits::sqlite(&dir, ROW, writers.min(256), rows)
                });
                let (per_s, run) = (rate.await??, run);
                tell(
                    run,
                    json!({"what": "rows", "writers": writers, "per_s": per_s}),
                );
            }
        }
        Ok(())
    })
}

/// The peer that writes the same rows: at the same sizes.
async fn same_rows(
    dir: &Path,
    (sample, leaf): (SealedRecord, Vec<u8>),
    (run, sizes, records, writers): (usize, &[u64], usize, &[usize]),
) -> Result<()> {
    let mut peer = SameRows::open(dir, sample, leaf).await?;
    for &size in sizes {
        peer.fill_to(size)?;
        for &writers in writers {
            let rows = if writers == 1 { records / 10 } else { records };
            let per_s = peer.rate(writers.min(256), rows)?;
            let result = json!({"what": "same", "size": size, "writers": writers, "per_s": per_s});
            tell(run, result);
        }
    }
    Ok(())
}

/// Fills a store with records: texts of both directions in a thousand conversations, sealed and in the
/// log, without the people, rooms and jobs that belong to them in real life.
pub(crate) fn fill(data: &Path, key: &Path, messages: u64) -> Result<()> {
    let kek = Kek::parse(&std::fs::read_to_string(key)?).context("key file")?;
    let url = format!("sqlite:{}", data.join("verbatim.db").display());
    tokio::runtime::Runtime::new()?.block_on(async {
        let bench = Bench::on(&url, kek, 0).await?;
        let size = bench.world.store.log_root().await?.size;
        bench.fill_to(size + messages).await
    })
}

struct Bench {
    world: World,
    sealer: Arc<Sealer>,
    run: usize,
}

/// Seals realistic texts.
struct Sealer {
    keyring: Keyring,
    bucket: BucketId,
}

impl Sealer {
    fn text(&self, n: u64) -> Result<(ConversationId, SealedRecord)> {
        let conversation = n % CONVERSATIONS as u64;
        let inbound = n.is_multiple_of(2);
        let contact = format!("+1415{:07}", 5_550_000 + conversation);
        let body = Body {
            actor: format!("contact:{conversation:032x}"),
            message: format!("{n:032x}"),
            from: contact,
            to: "+14155550100".into(),
            text: format!(
                "Good morning, could we move the review of position {n} to Thursday at ten?"
            ),
            captured_at: 1_795_435_200_000,
            rule: "relay.inbound".into(),
            rule_version: 1,
            reason: "from_client".into(),
            evidence: vec![b'e'; 420],
            evidence_kind: "application/x-www-form-urlencoded".into(),
            ..Body::default()
        };
        let mut chance = [0; 112];
        SystemEntropy.fill(&mut chance);
        let mut name = [0; 16];
        name[8..].copy_from_slice(&(conversation + 1).to_be_bytes());
        let sealed = self.keyring.seal(NewSeal {
            id: RecordId::at(SystemClock.now(), SystemEntropy.id()),
            kind: if inbound {
                Kind::MessageIn
            } else {
                Kind::MessageOut
            },
            captured_at: Timestamp(1_795_435_200_000),
            bucket: self.bucket,
            body: &body,
            chance: SealChance::from_bytes(&chance),
        })?;
        Ok((ConversationId::from_random(name), sealed))
    }

    fn append(&self, n: u64) -> Result<Change> {
        let (conversation, sealed) = self.text(n)?;
        Ok(Change::Append(NewRecord {
            conversation: Some(conversation),
            sealed,
            about: None,
        }))
    }
}

impl Bench {
    async fn open(dir: &Path, run: usize) -> Result<Self> {
        let url = format!("sqlite:{}", dir.join("bench.db").display());
        Self::on(&url, Kek::from_bytes([7; 32]), run).await
    }

    async fn on(url: &str, kek: Kek, run: usize) -> Result<Self> {
        let keyring = Keyring::new(&kek);
        let world = World::open(url, kek.clone()).await?;
        let bucket = BucketId {
            class: RetentionClass(1),
            expiry_month: 2033 * 12 + 10,
        };
        let (mut key, mut nonce) = ([0; 32], [0; 24]);
        SystemEntropy.fill(&mut key);
        SystemEntropy.fill(&mut nonce);
        let wrapped = kek.wrap_bucket(bucket, &key, &nonce);
        let standing = world.store.bucket_key(bucket, wrapped, kek.check()).await?;
        keyring.open_bucket(bucket, &standing)?;
        world.lead().await?;
        Ok(Self {
            world,
            sealer: Arc::new(Sealer { keyring, bucket }),
            run,
        })
    }

    /// Appends many at once until the log has this size.
    async fn fill_to(&self, size: u64) -> Result<()> {
        let mut at = self.world.store.log_root().await?.size;
        let began = now();
        let from = at;
        while at < size {
            let sealer = self.sealer.clone();
            let end = (at + TOGETHER).min(size);
            let changes = tokio::task::spawn_blocking(move || {
                (at..end)
                    .map(|n| sealer.append(n))
                    .collect::<Result<Vec<_>>>()
            });
            let (fence, changes) = (None, changes.await??);
            self.world.store.commit(Commit { fence, changes }).await?;
            at = end;
            if at.is_multiple_of(100_000) {
                let rate = (at - from) as f64 / began.elapsed().as_secs_f64();
                eprintln!("{at} of {size} records, {rate:.0} a second");
            }
        }
        Ok(())
    }

    /// Single records by writers that wait for each.
    async fn append(&self, size: u64, writers: usize, records: usize) -> Result<()> {
        let outcome = load::run_spawned(writers, records, || {
            let (store, sealer) = (self.world.store.clone(), self.sealer.clone());
            move |n| append_one(store.clone(), sealer.clone(), n as u64)
        });
        let mut result = outcome.await?.json();
        result["what"] = "append".into();
        result["writers"] = writers.into();
        result["size"] = size.into();
        tell(self.run, result);
        Ok(())
    }

    /// What a checkpoint costs: first over all that was appended, then over one record more.
    async fn sign(&self, size: u64) -> Result<()> {
        self.world.lead().await?;
        let before = self.world.store.latest_checkpoint().await?;
        let began = now();
        let signed = self
            .world
            .engine
            .sign_log()
            .await?
            .context("nothing to sign")?;
        let leaves = signed.size - before.map_or(0, |before| before.size);
        let per_s = leaves as f64 / began.elapsed().as_secs_f64();
        tell(
            self.run,
            json!({"what": "sign", "size": size, "leaves": leaves, "per_s": per_s}),
        );
        let (fence, changes) = (None, vec![self.sealer.append(0)?]);
        self.world.store.commit(Commit { fence, changes }).await?;
        let began = now();
        self.world.engine.sign_log().await?;
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        tell(
            self.run,
            json!({"what": "checkpoint", "size": size, "ms": ms}),
        );
        Ok(())
    }

    async fn prove(&self, size: u64) -> Result<()> {
        let last = self.world.store.latest_checkpoint().await?;
        let last = last.context("nothing is signed")?.size;
        let outcome = load::run(1, PROOFS, async |_| {
            async |n: usize| {
                // Spread over the whole log, never two in one tile in a row.
                let index = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) % last;
                self.world.engine.inclusion_proof(index, last).await?;
                Ok(())
            }
        });
        let mut result = outcome.await?.json();
        result["what"] = "proof".into();
        result["size"] = size.into();
        tell(self.run, result);
        Ok(())
    }

    /// Everything that was appended, as a bundle.
    async fn export(&self, dir: &Path) -> Result<()> {
        let router = verbatim_console::local_api_router(self.world.engine.clone(), "bench");
        let (records, per_s, alone) = export::run(router, dir).await?;
        std::fs::remove_dir_all(dir.join("bundle"))?;
        let result =
            json!({"what": "export", "records": records, "per_s": per_s, "alone_per_s": alone});
        tell(self.run, result);
        Ok(())
    }

    /// A record and its leaf, for those who write rows of the same length.
    async fn sample(&self) -> Result<(SealedRecord, Vec<u8>)> {
        let first = self.world.store.records(0, 1).await?.into_iter().next();
        let first = first.context("no record")?;
        Ok((first.sealed, first.leaf_bytes))
    }

    /// In the first run: later ones have what the allocator kept of the million leaves that an examiner holds.
    fn memory(&self, size: u64) -> Result<()> {
        if self.run > 0 {
            return Ok(());
        }
        let status = std::fs::read_to_string("/proc/self/status")?;
        let kb = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.trim().strip_suffix(" kB"))
            .context("VmRSS")?;
        let mb = kb.trim().parse::<f64>()? / 1024.0;
        tell(
            self.run,
            json!({"what": "memory", "size": size, "rss_mb": mb}),
        );
        Ok(())
    }

    /// Leaves as an examiner has them, and the whole record as an operator has it.
    async fn verify(&self) -> Result<()> {
        let mut leaves = Vec::new();
        loop {
            let page = self.world.store.leaves(leaves.len() as u64, 10_000).await?;
            if page.is_empty() || leaves.len() >= 1_000_000 {
                break;
            }
            leaves.extend(page.into_iter().map(|leaf| leaf.bytes));
        }
        let began = now();
        let mut frontier = Frontier::new();
        for leaf in &leaves {
            verbatim_record::Leaf::decode(leaf)?;
            frontier.push(&leaf_hash(leaf));
        }
        let per_s = leaves.len() as f64 / began.elapsed().as_secs_f64();
        tell(
            self.run,
            json!({"what": "leaves", "leaves": leaves.len(), "per_s": per_s}),
        );
        let began = now();
        let view = self.world.engine.verify_log(|_| ()).await?;
        ensure!(view.ok, "{view:?}");
        let per_s = view.records as f64 / began.elapsed().as_secs_f64();
        tell(
            self.run,
            json!({"what": "records", "leaves": view.records, "per_s": per_s}),
        );
        Ok(())
    }
}

async fn append_one(store: Arc<dyn Store>, sealer: Arc<Sealer>, n: u64) -> Result<()> {
    let (fence, changes) = (None, vec![sealer.append(n)?]);
    Ok(store.commit(Commit { fence, changes }).await?)
}

fn tell(run: usize, mut result: Value) {
    result["bench"] = "record".into();
    result["run"] = run.into();
    println!("{result}");
}
