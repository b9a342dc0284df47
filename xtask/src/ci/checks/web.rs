//! The employee's client: by itself, and in a browser on the whole product.

use std::time::Duration;

use crate::{run, tools, web};

pub(crate) fn client(limit: Duration) -> anyhow::Result<()> {
    let client = web::client(limit)?;
    run::run(web::npm(&client, &["test"]), limit)?;
    // The types are checked and the bundle is weighed by the build itself.
    web::build(&client, limit)
}

pub(crate) fn browser(limit: Duration) -> anyhow::Result<()> {
    let mut scenarios = web::on_stage("scenarios.mjs", limit)?;
    // Lent to the demo's homeserver, whose own packages stay what they are.
    let packages = tools::venv("oidc", &[tools::AUTHLIB], limit)?;
    scenarios.env("VERBATIM_OIDC_PYTHON", packages);
    run::run(scenarios, limit)
}
