//! The key-encryption key in memory.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use verbatim_engine::ports::{KeySafe, KeySafeError};
use verbatim_record::{Hash, Kek};

use super::lock;

/// What the next change in the safe meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SafeFault {
    /// It works.
    None,
    /// Nothing is changed, and it says so.
    Refuses,
    /// It is done, and reported as failed.
    LosesAnswer,
}

/// A key safe with switches for its failures.
#[derive(Debug)]
pub struct FakeKeySafe(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    current: Kek,
    next: Option<Kek>,
    faults: VecDeque<SafeFault>,
}

impl FakeKeySafe {
    /// With a fixed key.
    pub fn new(key: [u8; 32]) -> Self {
        Self::of(Kek::from_bytes(key))
    }

    /// With a key.
    pub fn of(current: Kek) -> Self {
        Self(Mutex::new(Inner {
            current,
            next: None,
            faults: VecDeque::new(),
        }))
    }

    /// What the next changes meet, in order.
    pub fn plan(&self, faults: &[SafeFault]) {
        lock(&self.0).faults.extend(faults);
    }

    /// The next changes work.
    pub fn heal(&self) {
        lock(&self.0).faults.clear();
    }

    /// As an operator who copies the other's files here.
    pub fn copy(&self, other: &Self) {
        let (current, next) = {
            let other = lock(&other.0);
            (other.current.clone(), other.next.clone())
        };
        let mut inner = lock(&self.0);
        inner.current = current;
        inner.next = next;
    }

    /// Ids of the key in use and of the one that lies ready.
    pub fn ids(&self) -> (String, Option<String>) {
        let inner = lock(&self.0);
        (inner.current.id(), inner.next.as_ref().map(Kek::id))
    }

    fn change<R>(&self, change: impl FnOnce(&mut Inner) -> R) -> Result<R, KeySafeError> {
        let mut inner = lock(&self.0);
        let fault = inner.faults.pop_front().unwrap_or(SafeFault::None);
        if fault == SafeFault::Refuses {
            return Err(failed());
        }
        let result = change(&mut inner);
        if fault == SafeFault::LosesAnswer {
            return Err(failed());
        }
        Ok(result)
    }
}

fn failed() -> KeySafeError {
    KeySafeError {
        what: "the safe does not answer".to_owned(),
        source: None,
    }
}

#[async_trait]
impl KeySafe for FakeKeySafe {
    async fn current(&self) -> Result<Kek, KeySafeError> {
        Ok(lock(&self.0).current.clone())
    }

    async fn next(&self) -> Result<Option<Kek>, KeySafeError> {
        Ok(lock(&self.0).next.clone())
    }

    async fn prepare(&self, fresh: Kek) -> Result<Kek, KeySafeError> {
        self.change(|inner| inner.next.get_or_insert(fresh).clone())
    }

    async fn promote(&self, check: &Hash) -> Result<(), KeySafeError> {
        self.change(|inner| match inner.next.take() {
            Some(next) if next.check() == *check => inner.current = next,
            other => inner.next = other,
        })
    }
}
