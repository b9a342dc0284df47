//! The running service, if one runs.

use std::time::Duration;

use anyhow::Result;

use super::Verdict;
use crate::config::Config;
use crate::http;
use crate::local::Api;

const LIMIT: Duration = Duration::from_secs(10);

/// Whether the service runs, and how it is. Only an answer of our own counts.
pub(super) async fn service(config: &Config) -> Result<(bool, Verdict)> {
    let address = format!("http://{}/health/ready", config.listen.ops);
    let Ok(response) = http::local(LIMIT)?.get(&address).send().await else {
        let verdict = Verdict::Warn(
            "not running".into(),
            "`verbatim serve`; some checks need it".into(),
        );
        return Ok((false, verdict));
    };
    if !http::is_from(&response, "ops") {
        let verdict = Verdict::Fail(
            format!("{} is answered by another program", config.listen.ops),
            "change [listen] ops, or stop what uses it".into(),
        );
        return Ok((false, verdict));
    }
    let verdict = if response.status().is_success() {
        Verdict::Ok("running and ready".into())
    } else {
        let parts = response.text().await.unwrap_or_default();
        Verdict::Fail(
            format!("running, not ready: {parts}"),
            "see the parts named".into(),
        )
    };
    Ok((true, verdict))
}

/// The account that gets what nobody holds must be an employee's.
pub(super) async fn catch_all(config: &Config, api: &Api) -> Verdict {
    let user = &config.firm.catch_all;
    match api.list("employees").await {
        Err(error) => Verdict::Warn(format!("not asked: {error:#}"), "see `service`".into()),
        Ok(all)
            if all
                .iter()
                .any(|e| e["user"] == **user && e["active"] == true) =>
        {
            Verdict::Ok(format!("{user} is an employee"))
        }
        Ok(_) => Verdict::Fail(
            format!("{user} is no employee, so texts to numbers that nobody holds wait"),
            format!("`verbatim employee add {user} NAME`, or change [firm] catch_all"),
        ),
    }
}
