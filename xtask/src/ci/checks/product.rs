//! The product under faults and kills; the programs are those of `cargo xtask simulate` and
//! `cargo xtask chaos`.

use std::time::Duration;

use crate::delegate;
use crate::{run, tools};

pub(crate) fn simulate(limit: Duration) -> anyhow::Result<()> {
    run::run(delegate::SIMULATE.command(&["--seeds", "2000"]), limit)
}

pub(crate) fn chaos(limit: Duration) -> anyhow::Result<()> {
    let synapse = tools::venv("synapse", &[tools::SYNAPSE, tools::PSYCOPG], limit)?;
    let nio = tools::venv("nio", &[tools::NIO], limit)?;
    let mut chaos = delegate::CHAOS.command(&["--rounds", "10"]);
    chaos.env("VERBATIM_SYNAPSE_PYTHON", synapse);
    chaos.env("VERBATIM_NIO_PYTHON", nio);
    run::run(chaos, limit)
}
