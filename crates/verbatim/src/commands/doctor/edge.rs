//! An edge: what it needs, and that it has nothing else.

use anyhow::Result;

use super::{Examination, Verdict, carrier, machine, service};
use crate::config::Config;
use crate::wiring;

pub(super) async fn examine(exam: &mut Examination, config: &Config) -> Result<()> {
    exam.add(
        "role",
        Verdict::Ok("edge: takes webhooks, reads nothing".into()),
    );
    exam.add("edge keys", keys(config));
    exam.add("keys of full nodes", others(config));
    exam.add("core dumps", machine::core_dumps());
    let (_, verdict) = service::service(config).await?;
    exam.add("service", verdict);
    exam.add("store", store(config).await);
    carrier::of_edge(exam, config).await
}

fn keys(config: &Config) -> Verdict {
    match wiring::read_edge_keys(config) {
        Ok((_, keys)) => Verdict::Ok(format!("archive key {}", keys.archive.id())),
        Err(error) => Verdict::Fail(
            format!("{error:#}"),
            "`verbatim key edge` writes them on a full node".into(),
        ),
    }
}

/// Who breaks in here must not find them.
fn others(config: &Config) -> Verdict {
    let found: Vec<_> = [&config.keys.file, &config.record.signing_key]
        .into_iter()
        .map(|path| config.path(path))
        .filter(|path| path.exists())
        .map(|path| path.display().to_string())
        .collect();
    if found.is_empty() {
        return Verdict::Ok("not on this machine, as it should be".into());
    }
    Verdict::Warn(
        format!("lie here: {}", found.join(" ")),
        "remove them from the edge: it needs none of them".into(),
    )
}

/// Joins it and writes nothing.
async fn store(config: &Config) -> Verdict {
    match wiring::wire_edge(config).await {
        Ok(_) => Verdict::Ok("of the installation of these keys, schema current".into()),
        Err(error) => Verdict::Fail(
            format!("{error:#}"),
            "correct [store] url or the database's grants (docs/operating.md, \"Edges\"), or bring the right keys"
                .into(),
        ),
    }
}
