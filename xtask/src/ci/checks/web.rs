//! The employee's client: by itself, and in a browser on the whole product.

use std::time::Duration;

use crate::{run, web};

pub(crate) fn client(limit: Duration) -> anyhow::Result<()> {
    let client = web::client(limit)?;
    run::run(web::npm(&client, &["test"]), limit)?;
    // The types are checked and the bundle is weighed by the build itself.
    web::build(&client, limit)
}

pub(crate) fn browser(limit: Duration) -> anyhow::Result<()> {
    run::run(web::on_stage("scenarios.mjs", limit)?, limit)
}
