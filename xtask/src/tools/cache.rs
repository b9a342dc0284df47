//! Things that are made once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::workspace;

const STAMP: &str = "xtask.stamp";

/// The folder of this name, made by `make` unless it is there with the wanted contents.
pub(super) fn cached(
    name: &str,
    wanted: &str,
    make: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<PathBuf> {
    cached_in(&workspace::target().join("tools"), name, wanted, make)
}

fn cached_in(
    tools: &Path,
    name: &str,
    wanted: &str,
    make: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<PathBuf> {
    let dir = tools.join(name);
    let stamp = dir.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(dir);
    }
    if dir.exists() {
        fs::remove_dir_all(&dir).with_context(|| format!("cannot remove {}", dir.display()))?;
    }
    fs::create_dir_all(tools)?;
    make(&dir).with_context(|| format!("{name} ({wanted}) could not be made"))?;
    fs::write(stamp, wanted)?;
    Ok(dir)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn made_once_unless_it_failed_or_changed() {
        let tools = std::env::temp_dir().join(format!("xtask-cache-{}", std::process::id()));
        let made = Cell::new(0);
        let make = |dir: &Path| {
            assert!(!dir.exists(), "the remains of a failure are still there");
            made.set(made.get() + 1);
            fs::create_dir_all(dir)?;
            anyhow::ensure!(made.get() > 1, "the first time fails");
            Ok(())
        };
        assert!(cached_in(&tools, "t", "1", make).is_err());
        cached_in(&tools, "t", "1", make).unwrap();
        cached_in(&tools, "t", "1", make).unwrap();
        assert_eq!(made.get(), 2);
        cached_in(&tools, "t", "2", make).unwrap();
        assert_eq!(made.get(), 3);
        fs::remove_dir_all(&tools).unwrap();
    }
}
