//! The homeserver, asked without the store: this needs no keys.

use super::{Examination, Verdict};
use crate::commands::init;
use crate::config::Config;
use crate::wiring;

/// How far our clock may be from others'.
const SKEW_MS: i64 = 30_000;

/// The file, and whether it is that of this configuration.
pub(super) fn registration(config: &Config) -> Verdict {
    let path = init::registration_path(config);
    let wanted = match init::registration(config) {
        Ok(wanted) => wanted,
        Err(error) => {
            return Verdict::Fail(format!("{error:#}"), "correct [homeserver]".into());
        }
    };
    match std::fs::read_to_string(&path) {
        Err(_) => Verdict::Warn(
            format!("{} cannot be read", path.display()),
            "`verbatim init` writes it; give it to the homeserver and restart that".into(),
        ),
        Ok(text) if text == wanted => Verdict::Ok(path.display().to_string()),
        Ok(_) => Verdict::Warn(
            format!("{} is not that of this configuration", path.display()),
            "remove it, run `verbatim init`, give the new one to the homeserver and restart that"
                .into(),
        ),
    }
}

pub(super) async fn homeserver(exam: &mut Examination, config: &Config, running: bool) {
    let platform = match wiring::platform_alone(config) {
        Ok(platform) => platform,
        Err(error) => {
            let verdict = Verdict::Fail(format!("{error:#}"), "correct [homeserver]".into());
            return exam.add("homeserver", verdict);
        }
    };
    for check in platform.examine(running).await {
        let verdict = match check.fault {
            None => Verdict::Ok(check.found),
            Some(mend) => Verdict::Fail(check.found, mend),
        };
        exam.add(check.area, verdict);
    }
    if let Some(skew) = platform.clock_skew_ms(now_ms()).await {
        exam.add("clock", clock(skew));
    }
}

fn clock(skew: i64) -> Verdict {
    if skew.abs() > SKEW_MS {
        Verdict::Fail(
            format!("{} s from the homeserver's", skew / 1000),
            "synchronise this machine's clock (NTP)".into(),
        )
    } else {
        Verdict::Ok("agrees with the homeserver's".into())
    }
}

fn now_ms() -> i64 {
    use verbatim_engine::ports::Clock;
    crate::system::SystemClock.now().as_millis()
}
