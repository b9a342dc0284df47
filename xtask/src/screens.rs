//! `cargo xtask screens`: pictures of the client and of the phone page, as they are now.

use std::process::ExitCode;
use std::time::Duration;

use crate::{run, web, workspace};

/// For what is installed, built and pictured.
const LIMIT: Duration = Duration::from_secs(60 * 60);
const SCREENS: &str = "docs/screens";

/// Pictures the main states into docs/screens.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let mut pictures = web::on_stage("screens.mjs", LIMIT)?;
    pictures.arg(workspace::root().join(SCREENS));
    run::run(pictures, LIMIT)?;
    println!("the pictures are in {SCREENS}");
    Ok(ExitCode::SUCCESS)
}
