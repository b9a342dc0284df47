//! A time authority in memory, which is away or lies.

use std::sync::Mutex;

use async_trait::async_trait;
use verbatim_engine::ports::{AuthorityError, TimeAuthority};

use super::lock;
use crate::sim::operation::AuthorityMood;

/// An authority.
#[derive(Debug)]
pub struct FakeAuthority(Mutex<AuthorityMood>);

impl FakeAuthority {
    /// The certificate that vouches for it, PEM.
    pub const CA: &str = include_str!("../../../verbatim-record/testdata/timestamp/p256.pem");

    /// One that answers like this.
    pub fn new(mood: AuthorityMood) -> Self {
        Self(Mutex::new(mood))
    }

    /// From now on it answers like this.
    pub fn set_mood(&self, mood: AuthorityMood) {
        *lock(&self.0) = mood;
    }
}

#[async_trait]
impl TimeAuthority for FakeAuthority {
    fn name(&self) -> &str {
        "test"
    }

    async fn stamp(&self, _request: &[u8]) -> Result<Vec<u8>, AuthorityError> {
        match *lock(&self.0) {
            AuthorityMood::Away => Err(AuthorityError("no connection".to_owned())),
            // A good timestamp of something else.
            AuthorityMood::Lies => Ok(OF_SOMETHING_ELSE.to_vec()),
        }
    }
}

const OF_SOMETHING_ELSE: &[u8] =
    include_bytes!("../../../verbatim-record/testdata/timestamp/p256.tsr");
