//! `verbatim doctor`: every part looked at from where the service stands, each failure with its mend.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};
use verbatim_engine::Engine;
use verbatim_matrix::MatrixPlatform;

use super::api::Out;
use crate::config::Config;
use crate::wiring::{self, Wired};

/// How far our clock may be from others'.
const SKEW_MS: i64 = 30_000;
/// Free space below which an operator should act.
const FREE_BYTES: u64 = 1 << 30;

/// How a check ended.
enum Verdict {
    Ok(String),
    Warn(String, String),
    Fail(String, String),
}

/// All checks so far.
struct Examination {
    out_json: bool,
    lines: Vec<Value>,
    failed: bool,
}

impl Examination {
    fn add(&mut self, area: &str, verdict: Verdict) {
        let (word, found, mend) = match verdict {
            Verdict::Ok(found) => ("ok", found, String::new()),
            Verdict::Warn(found, mend) => ("warning", found, mend),
            Verdict::Fail(found, mend) => {
                self.failed = true;
                ("failure", found, mend)
            }
        };
        if !self.out_json {
            println!("{word:<8} {area:<22} {found}");
            if !mend.is_empty() {
                println!("{:<31} → {mend}", "");
            }
        }
        self.lines
            .push(json!({"area": area, "verdict": word, "found": found, "mend": mend}));
    }
}

pub(crate) async fn run(path: &Path, out: &Out) -> Result<ExitCode> {
    let mut exam = Examination {
        out_json: out.json,
        lines: Vec::new(),
        failed: false,
    };
    match Config::read(path) {
        Ok(config) => {
            exam.add("configuration", Verdict::Ok(path.display().to_string()));
            examine(&mut exam, &config).await;
        }
        Err(error) => exam.add(
            "configuration",
            Verdict::Fail(
                error.to_string(),
                "`verbatim init` writes one; then edit it".into(),
            ),
        ),
    }
    if out.json {
        println!("{}", json!({"ok": !exam.failed, "checks": exam.lines}));
    } else {
        println!(
            "{}",
            if exam.failed {
                "something must be mended"
            } else {
                "all is well"
            }
        );
    }
    Ok(if exam.failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn examine(exam: &mut Examination, config: &Config) {
    exam.add("key file", key_file(config));
    exam.add("disk", disk(config));
    exam.add("core dumps", core_dumps());
    exam.add("registration file", registration(config));
    let served = reqwest::get(format!("http://{}/health/ready", config.listen.ops)).await;
    let running = served.is_ok();
    exam.add("service", service(served).await);
    if running {
        // The running process owns the store; a second one would be refused.
        exam.add(
            "store",
            Verdict::Ok("in use by the running service (see above)".into()),
        );
        match wiring::platform_alone(config) {
            Ok(platform) => homeserver(exam, &platform, running).await,
            Err(error) => exam.add(
                "homeserver",
                Verdict::Fail(format!("{error:#}"), "correct [homeserver]".into()),
            ),
        }
        return carriers(exam, config).await;
    }
    match wiring::wire(config).await {
        Ok(Wired {
            engine, platform, ..
        }) => {
            exam.add("store", store(&engine).await);
            homeserver(exam, &platform, running).await;
            carriers(exam, config).await;
        }
        Err(error) => exam.add(
            "store",
            Verdict::Fail(
                format!("{error:#}"),
                "correct what is named, then try again".into(),
            ),
        ),
    }
}

fn key_file(config: &Config) -> Verdict {
    use std::os::unix::fs::PermissionsExt;
    let path = config.path(&config.keys.file);
    match wiring::read_kek(&path) {
        Err(error) => Verdict::Fail(
            format!("{error:#}"),
            "restore it from its copy; without it the store cannot be read".into(),
        ),
        Ok(kek) => match std::fs::metadata(&path).map(|m| m.permissions().mode() & 0o077) {
            Ok(0) => Verdict::Ok(format!("key {}", kek.id())),
            _ => Verdict::Warn(
                "others can read it".into(),
                format!("chmod 600 {}", path.display()),
            ),
        },
    }
}

fn disk(config: &Config) -> Verdict {
    match rustix::fs::statvfs(&config.dir) {
        Err(error) => Verdict::Fail(error.to_string(), "make the folder accessible".into()),
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let found = format!("{} MiB free", free >> 20);
            if free < FREE_BYTES {
                Verdict::Warn(
                    found,
                    "make room: intake stops when the disk is full".into(),
                )
            } else {
                Verdict::Ok(found)
            }
        }
    }
}

fn core_dumps() -> Verdict {
    match rustix::process::getrlimit(rustix::process::Resource::Core).current {
        Some(0) => Verdict::Ok("off".into()),
        _ => Verdict::Warn(
            "could not be switched off".into(),
            "set LimitCORE=0 for the service".into(),
        ),
    }
}

fn registration(config: &Config) -> Verdict {
    let path = config.dir.join("registration.yaml");
    if path.exists() {
        Verdict::Ok(path.display().to_string())
    } else {
        Verdict::Fail(
            "missing".into(),
            "`verbatim init` writes it; give it to the homeserver and restart that".into(),
        )
    }
}

async fn service(response: reqwest::Result<reqwest::Response>) -> Verdict {
    match response {
        Err(_) => Verdict::Warn(
            "not running".into(),
            "`verbatim serve`; some checks need it".into(),
        ),
        Ok(response) if response.status().is_success() => Verdict::Ok("running and ready".into()),
        Ok(response) => {
            let parts = response.text().await.unwrap_or_default();
            Verdict::Fail(
                format!("running, not ready: {parts}"),
                "see the parts named".into(),
            )
        }
    }
}

async fn store(engine: &Engine) -> Verdict {
    let bad: Vec<String> = engine
        .readiness()
        .await
        .into_iter()
        .filter(|r| !r.ok)
        .map(|r| format!("{}: {}", r.part, r.note))
        .collect();
    if bad.is_empty() {
        Verdict::Ok("opens with this key file, writable, schema current".into())
    } else {
        Verdict::Fail(bad.join("; "), "see the parts named".into())
    }
}

async fn homeserver(exam: &mut Examination, platform: &MatrixPlatform, running: bool) {
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

async fn carriers(exam: &mut Examination, config: &Config) {
    if config.carrier.is_empty() {
        exam.add(
            "carrier",
            Verdict::Warn("none configured".into(), "add a [[carrier]] block".into()),
        );
    }
    for block in &config.carrier {
        let area = format!("carrier {}", block.name);
        match wiring::carrier(config, block) {
            Err(error) => exam.add(
                &area,
                Verdict::Fail(format!("{error:#}"), "correct the [[carrier]] block".into()),
            ),
            Ok(carrier) => exam.add(
                &area,
                match carrier.check().await {
                    Ok(found) => Verdict::Ok(found),
                    Err(error) => Verdict::Fail(
                        error.to_string(),
                        "check account_sid, auth_token and the network".into(),
                    ),
                },
            ),
        }
        exam.add(
            &format!("{area} webhooks"),
            webhook(&block.public_url, &block.name).await,
        );
    }
}

/// An unsigned request must be refused with 403 by us: anything else means that the address leads elsewhere.
async fn webhook(public_url: &str, name: &str) -> Verdict {
    let address = format!("{}/hooks/{name}/sms", public_url.trim_end_matches('/'));
    match reqwest::Client::new().post(&address).body("").send().await {
        Ok(response) if response.status().as_u16() == 403 => {
            Verdict::Ok(format!("{address} reaches us"))
        }
        Ok(response) => Verdict::Fail(
            format!("{address} answers {}", response.status()),
            "let your proxy pass /hooks/ to [listen] public, and run `verbatim serve`".into(),
        ),
        Err(_) => Verdict::Warn(
            format!("{address} is not reachable from here"),
            "run `verbatim serve`; if it runs, check DNS, proxy and firewall".into(),
        ),
    }
}
