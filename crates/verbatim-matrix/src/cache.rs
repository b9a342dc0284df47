//! Things read from elsewhere and kept in memory until told to forget them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// More than any installation's working set; what is dropped is only read again.
const MAX_ENTRIES: usize = 20_000;

/// Values by name (a user, a room).
#[derive(Default)]
pub(crate) struct Cache<T> {
    inner: Mutex<Inner<T>>,
}

struct Inner<T> {
    /// Counts what was forgotten: a value read across that is not kept.
    version: u64,
    by_name: HashMap<String, T>,
}

impl<T> Default for Inner<T> {
    fn default() -> Self {
        Self {
            version: 0,
            by_name: HashMap::new(),
        }
    }
}

impl<T: Clone> Cache<T> {
    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known, or the version to hand back to [`Self::keep`].
    pub(crate) fn get(&self, name: &str) -> Result<T, u64> {
        let inner = self.lock();
        inner.by_name.get(name).cloned().ok_or(inner.version)
    }

    /// Keeps what was read, unless something was forgotten meanwhile.
    pub(crate) fn keep(&self, name: &str, value: T, version: u64) {
        let mut inner = self.lock();
        if inner.version == version {
            if inner.by_name.len() >= MAX_ENTRIES {
                inner.by_name.clear();
            }
            inner.by_name.insert(name.to_owned(), value);
        }
    }

    /// Forgets values. Where we write them ourselves: before and after.
    pub(crate) fn forget<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        let mut inner = self.lock();
        for name in names {
            inner.version += 1;
            inner.by_name.remove(name);
        }
    }

    /// Forgets everything.
    pub(crate) fn forget_all(&self) {
        let mut inner = self.lock();
        inner.version += 1;
        inner.by_name.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_across_a_write_is_not_kept() {
        let cache = Cache::default();
        let Err(version) = cache.get("@a:x") else {
            panic!("empty")
        };
        cache.forget(["@a:x"]);
        cache.keep("@a:x", 1, version);
        let Err(version) = cache.get("@a:x") else {
            panic!("stale value kept")
        };
        cache.keep("@a:x", 2, version);
        assert_eq!(cache.get("@a:x"), Ok(2));
    }
}
