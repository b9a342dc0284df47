//! What the machine gives: files, room, protection of memory.

use std::path::{Path, PathBuf};

use anyhow::Result;
use verbatim_record::Kek;

use super::Verdict;
use crate::config::Config;

/// Free space below which an operator should act.
const FREE_BYTES: u64 = 1 << 30;

pub(super) fn key_file(config: &Config, key: &Result<Kek>) -> Verdict {
    use std::os::unix::fs::PermissionsExt;
    let path = config.path(&config.keys.file);
    match key {
        Err(error) => Verdict::Fail(
            format!("{error:#}"),
            "restore it from its copy; without it the store cannot be read".into(),
        ),
        Ok(key) => match std::fs::metadata(&path).map(|m| m.permissions().mode() & 0o077) {
            Ok(0) => Verdict::Ok(format!("key {}", key.id())),
            _ => Verdict::Warn(
                "others can read it".into(),
                format!("chmod 600 {}", path.display()),
            ),
        },
    }
}

/// Where the store's file is, which need not be where the configuration is.
pub(super) fn disk(config: &Config) -> Verdict {
    let Some(dir) = folder_of_store(config) else {
        return Verdict::Ok("the store is on a database server: watch its disk".into());
    };
    match rustix::fs::statvfs(&dir) {
        Err(error) => Verdict::Fail(
            format!("{}: {error}", dir.display()),
            "make the folder of the store, and make it accessible".into(),
        ),
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let found = format!("{} MiB free at {}", free >> 20, dir.display());
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

/// None for a store that is not a file.
pub(super) fn folder_of_store(config: &Config) -> Option<PathBuf> {
    let url = config.store_url();
    let path = Path::new(url.strip_prefix("sqlite:")?);
    let dir = path.parent().filter(|p| !p.as_os_str().is_empty());
    Some(dir.unwrap_or(Path::new(".")).to_owned())
}

pub(super) fn core_dumps() -> Verdict {
    match rustix::process::getrlimit(rustix::process::Resource::Core).current {
        Some(0) => Verdict::Ok("off".into()),
        _ => Verdict::Warn(
            "could not be switched off".into(),
            "set LimitCORE=0 for the service".into(),
        ),
    }
}
