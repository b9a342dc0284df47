//! The product under faults and kills; the programs are those of `cargo xtask simulate` and
//! `cargo xtask chaos`.

use std::time::Duration;

use super::suites::surroundings;
use crate::{delegate, run};

pub(crate) fn simulate(limit: Duration) -> anyhow::Result<()> {
    run::run(delegate::SIMULATE.command(&["--seeds", "2000"]), limit)
}

pub(crate) fn chaos(limit: Duration) -> anyhow::Result<()> {
    let mut chaos = delegate::CHAOS.command(&["--rounds", "10"]);
    surroundings(&mut chaos, limit)?;
    run::run(chaos, limit)
}
