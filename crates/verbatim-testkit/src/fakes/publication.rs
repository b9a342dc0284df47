//! A place of publication in memory, with its failures.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use verbatim_engine::ports::{Lasting, Publication, PublicationError};

use super::lock;

/// What happens to a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteFate {
    /// It works.
    Works,
    /// It is refused.
    Refused,
    /// It is done, and reported as failed.
    LosesAnswer,
}

/// Files in memory.
#[derive(Debug, Default)]
pub struct FakePublication {
    /// What is there, by path.
    pub files: Mutex<BTreeMap<String, Vec<u8>>>,
    /// What happens to the next writes; then they work.
    pub fates: Mutex<VecDeque<WriteFate>>,
}

impl FakePublication {
    /// The next writes go like this.
    pub fn plan(&self, fates: impl IntoIterator<Item = WriteFate>) {
        lock(&self.fates).extend(fates);
    }

    /// A file, if there is one.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        lock(&self.files).get(path).cloned()
    }
}

#[async_trait]
impl Publication for FakePublication {
    fn place(&self) -> &str {
        "memory"
    }

    async fn put(
        &self,
        path: &str,
        bytes: Vec<u8>,
        lasting: Lasting,
    ) -> Result<(), PublicationError> {
        let fate = lock(&self.fates).pop_front().unwrap_or(WriteFate::Works);
        if fate == WriteFate::Refused {
            return Err(PublicationError::Refused("as planned".into()));
        }
        if lasting == Lasting::Immutable && self.file(path).is_some_and(|there| there != bytes) {
            return Err(PublicationError::Refused(format!("{path} is another")));
        }
        lock(&self.files).insert(path.to_owned(), bytes);
        match fate {
            WriteFate::LosesAnswer => Err(PublicationError::Unavailable("as planned".into())),
            _ => Ok(()),
        }
    }

    async fn replace(
        &self,
        path: &str,
        bytes: Vec<u8>,
        allows: &(dyn for<'b> Fn(Option<&'b [u8]>) -> bool + Send + Sync),
    ) -> Result<bool, PublicationError> {
        if !allows(self.file(path).as_deref()) {
            return Ok(false);
        }
        self.put(path, bytes, Lasting::Replaced).await?;
        Ok(true)
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, PublicationError> {
        Ok(self.file(path))
    }
}
