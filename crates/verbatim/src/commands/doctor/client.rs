//! The employee's client: its listener, its files, and whether the homeserver says who signs in.

use std::time::Duration;

use anyhow::Result;
use verbatim_engine::ports::{Platform, PlatformError};

use super::{Examination, Verdict};
use crate::config::Config;
use crate::{http, wiring};

const LIMIT: Duration = Duration::from_secs(10);
/// A token that no homeserver has given: that it is not known is the right answer.
const NO_TOKEN: &str = "verbatim-doctor";

pub(super) async fn client(exam: &mut Examination, config: &Config, running: bool) -> Result<()> {
    if !config.client.enabled {
        let off = "switched off ([client] enabled): other Matrix clients work without";
        exam.add("client", Verdict::Ok(off.into()));
        return Ok(());
    }
    exam.add("client", built(config));
    if running {
        exam.add("client listener", listener(config).await?);
    }
    if let Ok(platform) = wiring::platform_alone(config) {
        let answer = platform.who_has_openid(NO_TOKEN).await.map(drop);
        exam.add("sign-in of clients", openid(answer));
    }
    Ok(())
}

/// Whether there is a client to serve. The service does without.
fn built(config: &Config) -> Verdict {
    let folder = config.client_assets();
    if folder.join("index.html").exists() {
        return Verdict::Ok(folder.display().to_string());
    }
    Verdict::Warn(
        format!("not built: {} has no index.html", folder.display()),
        "`npm ci && npm run build` in web/client, then [client] assets_dir = its folder `dist`; other Matrix \
         clients work without"
            .into(),
    )
}

async fn listener(config: &Config) -> Result<Verdict> {
    let listen = config.listen.client;
    let address = format!("http://{listen}/config.json");
    let answer = http::local(LIMIT)?.get(&address).send().await;
    Ok(match answer {
        Ok(answer) if http::is_from(&answer, "client") => Verdict::Ok(listen.to_string()),
        Ok(_) => Verdict::Fail(
            format!("{listen} is answered by another program"),
            "change [listen] client, or stop what uses it".into(),
        ),
        Err(error) => Verdict::Fail(
            format!("{listen} does not answer: {}", error.without_url()),
            "see the log of the service".into(),
        ),
    })
}

fn openid(answer: Result<(), PlatformError>) -> Verdict {
    match answer {
        Ok(()) => Verdict::Ok("the homeserver says who an OpenID token is of".into()),
        Err(PlatformError::Refused(why)) => Verdict::Warn(
            why,
            "add the resource `openid` to the homeserver's listener; only our own client needs it"
                .into(),
        ),
        // Said under `homeserver` already.
        Err(error) => Verdict::Warn(format!("not asked: {error}"), "see `homeserver`".into()),
    }
}
