//! What a time authority has said is kept as it was said, and no lie of it.

use verbatim_domain::Duration;
use verbatim_engine::ports::LogTimestamp;
use verbatim_record::{Note, timestamp};

use crate::fakes::FakeAuthority;
use crate::sim::Broken;
use crate::sim::operation::AuthorityMood;
use crate::sim::signing::STAMPED_EVERY;
use crate::sim::world::World;

/// More than there are.
const MOST: u32 = 10_000;

impl World {
    /// Every timestamp is of a checkpoint that was signed, of the time at which the authority saw it. If it
    /// answers in the end, what is signed is stamped as often as it should be.
    pub(super) async fn check_stamped(&self) -> Result<(), Broken> {
        let signed = self.store.checkpoints(0, MOST).await.map_err(Broken::new)?;
        let stamps = self.store.timestamps(0, MOST).await.map_err(Broken::new)?;
        for stamp in &stamps {
            let of = signed.iter().find(|signed| signed.size == stamp.size);
            let of = of.and_then(|signed| Note::parse(&signed.note).ok());
            let is_true = of.is_some_and(|note| self.is_as_stamped(stamp, note.text.as_bytes()));
            if !is_true {
                let what = format!("the timestamp at {} by {}", stamp.size, stamp.authority);
                self.fail("stamped", what);
            }
        }
        let (Some(last), AuthorityMood::Honest) = (signed.last(), self.authority.mood()) else {
            return Ok(());
        };
        let newest = stamps.last();
        let past = newest.map_or(Duration(u64::MAX), |newest| last.at.since(newest.at));
        let is_last = newest.is_some_and(|newest| newest.size == last.size);
        if !is_last && past >= STAMPED_EVERY {
            let what = format!("{} records are signed, and not stamped", last.size);
            self.fail("stamped", what);
        }
        Ok(())
    }

    fn is_as_stamped(&self, stamp: &LogTimestamp, text: &[u8]) -> bool {
        let ca = FakeAuthority::ca_pem();
        let checked = timestamp::check(&stamp.response, text, None, &ca);
        let said = |at| {
            // The request has the hash in it that was asked about.
            let mut all = self.authority.stamped().into_iter();
            all.any(|(hash, then)| then == at && contains(&stamp.request, &hash))
        };
        checked.is_ok_and(|checked| checked.at == stamp.at && said(checked.at))
    }
}

fn contains(request: &[u8], hash: &[u8]) -> bool {
    request.windows(hash.len()).any(|part| part == hash)
}
