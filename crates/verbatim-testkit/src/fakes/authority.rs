//! A time authority in memory, which is away, lies, or answers by the clock of the test.

mod der;
mod stamp;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use verbatim_domain::Timestamp;
use verbatim_engine::ports::{AuthorityError, Clock, TimeAuthority};
use verbatim_record::Hash;

use super::{VirtualClock, lock};
use crate::sim::operation::AuthorityMood;

/// An authority.
#[derive(Debug)]
pub struct FakeAuthority {
    clock: Arc<VirtualClock>,
    mood: Mutex<AuthorityMood>,
    stamped: Mutex<Vec<(Hash, Timestamp)>>,
}

impl FakeAuthority {
    /// One that answers like this, by a clock that stands still.
    pub fn new(mood: AuthorityMood) -> Self {
        Self::by(Arc::default(), mood)
    }

    /// One that answers like this, by this clock.
    pub fn by(clock: Arc<VirtualClock>, mood: AuthorityMood) -> Self {
        Self {
            clock,
            mood: Mutex::new(mood),
            stamped: Mutex::default(),
        }
    }

    /// The certificates that vouch for it, PEM: that of its lies too, so that they are found out by what they say.
    pub fn ca_pem() -> String {
        format!("{}{}", stamp::ca_pem(), CA_OF_LIES)
    }

    /// From now on it answers like this.
    pub fn set_mood(&self, mood: AuthorityMood) {
        *lock(&self.mood) = mood;
    }

    /// How it answers now.
    pub fn mood(&self) -> AuthorityMood {
        *lock(&self.mood)
    }

    /// The hash of what it has truly stamped, and when, in order.
    pub fn stamped(&self) -> Vec<(Hash, Timestamp)> {
        lock(&self.stamped).clone()
    }

    fn truth(&self, request: &[u8]) -> Option<Vec<u8>> {
        let asked = stamp::Asked::parse(request)?;
        // It states whole seconds.
        let at = Timestamp(self.clock.now().as_millis().div_euclid(1000) * 1000);
        let stamped = &mut *lock(&self.stamped);
        stamped.push((asked.hash()?, at));
        stamp::answer(&asked, stamped.len(), at)
    }
}

#[async_trait]
impl TimeAuthority for FakeAuthority {
    fn name(&self) -> &str {
        "test"
    }

    async fn stamp(&self, request: &[u8]) -> Result<Vec<u8>, AuthorityError> {
        match self.mood() {
            AuthorityMood::Away => Err(AuthorityError("no connection".to_owned())),
            // A good timestamp of something else.
            AuthorityMood::Lies => Ok(OF_SOMETHING_ELSE.to_vec()),
            AuthorityMood::Honest => {
                let answer = self.truth(request);
                answer.ok_or_else(|| AuthorityError("this is not a request".to_owned()))
            }
        }
    }
}

const OF_SOMETHING_ELSE: &[u8] =
    include_bytes!("../../../verbatim-record/testdata/timestamp/p256.tsr");
const CA_OF_LIES: &str = include_str!("../../../verbatim-record/testdata/timestamp/p256.pem");

#[cfg(test)]
mod tests {
    use verbatim_record::timestamp::{self, TimestampError};

    use super::*;

    #[tokio::test]
    async fn what_it_answers_is_a_timestamp_of_what_was_asked() {
        let authority = FakeAuthority::new(AuthorityMood::Honest);
        for nonce in [0, 1, 127, 128, u64::MAX] {
            let request = timestamp::request(b"some text", nonce).unwrap();
            let response = authority.stamp(&request).await.unwrap();
            let ca = FakeAuthority::ca_pem();
            let stamped = timestamp::check(&response, b"some text", Some(nonce), &ca).unwrap();
            assert_eq!(stamped.at, VirtualClock::START);
            assert_eq!(stamped.authority, "CN=time authority of the simulation");
            let other = timestamp::check(&response, b"other text", None, &ca);
            assert_eq!(other, Err(TimestampError::OtherBytes));
            let nobody = timestamp::check(&response, b"some text", None, CA_OF_LIES);
            assert!(matches!(nobody, Err(TimestampError::Untrusted(_))));
        }
        assert!(authority.stamp(b"hello").await.is_err());
        assert_eq!(authority.stamped().len(), 5);
    }
}
