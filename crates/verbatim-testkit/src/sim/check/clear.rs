//! Words of messages in the store's files (DESIGN invariant 6).

use crate::sim::corpus::CANARIES;
use crate::sim::run::Files;
use crate::sim::{Broken, Failure};

/// Canaries found in the files of a directory.
pub(crate) fn readable(directory: Files<'_>) -> Result<Vec<Failure>, Broken> {
    let mut failures = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(Broken::new)? {
        let path = entry.map_err(Broken::new)?.path();
        let bytes = std::fs::read(&path).map_err(Broken::new)?;
        for canary in found(&bytes) {
            let what = format!("`{canary}` is readable in {}", path.display());
            failures.push(Failure {
                rule: "clear",
                what,
            });
        }
    }
    Ok(failures)
}

/// Canaries in some bytes.
fn found(bytes: &[u8]) -> impl Iterator<Item = &'static str> + '_ {
    let holds = |canary: &&str| bytes.windows(canary.len()).any(|w| w == canary.as_bytes());
    CANARIES.into_iter().filter(holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_found_among_other_bytes() {
        assert_eq!(
            found(b"\0\xffxpeony-umbrella\0").collect::<Vec<_>>(),
            ["peony-umbrella"]
        );
        assert_eq!(found(b"peony umbrella").count(), 0);
    }
}
