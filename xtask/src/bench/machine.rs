//! Where and when something was measured.

use std::fs;
use std::process::Command;

use crate::run;

/// The load averages, as the system words them.
pub(super) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Machine, versions, date, and how busy it was besides.
pub(super) fn describe(before: &str, after: &str) -> String {
    let of = |path: &str, key: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key));
        line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()))
            .unwrap_or_else(|| "?".to_owned())
    };
    let said = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments);
        run::capture(command).map_or_else(|_| "?".to_owned(), |text| text.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "Measured {date} at commit `{commit}`: {cores} × {cpu}, memory {memory}, Linux {kernel}, {rustc}.\n\
         Load of the machine (1, 5, 15 minutes) before: {before}; after, our own included: {after}.\n\n",
        date = said("date", &["--utc", "+%Y-%m-%d %H:%M UTC"]),
        commit = said("git", &["rev-parse", "--short", "HEAD"]),
        cpu = of("/proc/cpuinfo", "model name"),
        memory = of("/proc/meminfo", "MemTotal"),
        kernel = said("uname", &["-r"]),
        rustc = said("rustc", &["--version"]),
    )
}
