//! Keeping what there is for longer: all of a class, or somebody's of it.

use verbatim_domain::retention::{Extension, Member};
use verbatim_record::{BucketId, RetentionClass};

use super::promise::{PROMISES, named_by};
use crate::admin::{Actor, AdminError};
use crate::core::Engine;
use crate::hold::act;
use crate::ports::{Bucket, Change, StoreError};
use crate::retention::month_words;

const PAGE: u32 = 500;
/// How often a class is looked at anew if others extend it meanwhile.
const TRIES: usize = 10;
/// The detail of a record that names the buckets which it keeps longer.
pub(crate) const BUCKETS: &str = "buckets";

/// How a record names a bucket: `1:2033-11`.
pub(crate) fn bucket_name(bucket: BucketId) -> String {
    format!("{}:{}", bucket.class.0, month_words(bucket.expiry_month))
}

impl Engine {
    /// Keeps what a class has collected for longer, with all that lies in a bucket with some of it: what holds
    /// and rules about somebody have moved away. How many buckets that moved. Of two extensions each adds its
    /// months.
    ///
    /// # Errors
    /// When there is nothing of this class, or the months are not from 1 to 1200.
    pub async fn extend_retention(
        &self,
        actor: &Actor,
        class: u8,
        months: u32,
    ) -> Result<usize, AdminError> {
        for _ in 1..TRIES {
            match self.extend_class(actor, class, months).await {
                // Somebody else was faster: it begins where theirs ends.
                Err(AdminError::Store(StoreError::Stale(_))) => {}
                done => return done,
            }
        }
        self.extend_class(actor, class, months).await
    }

    async fn extend_class(
        &self,
        actor: &Actor,
        class: u8,
        months: u32,
    ) -> Result<usize, AdminError> {
        let mut live = self.live_buckets(class, months).await?;
        live.extend(self.moved_from(class).await?);
        let keep = |b: &Bucket| Change::KeepBucket {
            bucket: b.id,
            from: b.expires(),
            until: b.expires() + months,
        };
        let changes: Vec<_> = live.iter().map(keep).collect();
        let count = changes.len();
        // By name, so that the log says of each bucket how long it is kept.
        let names: Vec<_> = live.iter().map(|b| bucket_name(b.id)).collect();
        let details = [
            ("class", &*class.to_string()),
            ("months", &*months.to_string()),
            (BUCKETS, &*names.join(" ")),
        ];
        self.change(actor, "retention.extend", &details, changes)
            .await?;
        Ok(count)
    }

    /// Buckets of other classes with records that were made for this one.
    async fn moved_from(&self, class: u8) -> Result<Vec<Bucket>, StoreError> {
        let rules = self.settings.retention.iter().filter(|r| r.is_for_all());
        let own: Vec<_> = rules.map(|rule| RetentionClass(rule.class)).collect();
        let mut found = Vec::new();
        for bucket in self.store.buckets().await? {
            let to = bucket.id.class;
            // Nothing moves into what is made for all, or is kept for ever.
            let never = own.contains(&to) || to == RetentionClass::PERMANENT;
            if to == RetentionClass(class) || never || bucket.disposal.is_some() {
                continue;
            }
            if self.has_of(bucket.id, RetentionClass(class)).await? {
                found.push(bucket);
            }
        }
        Ok(found)
    }

    async fn has_of(&self, bucket: BucketId, class: RetentionClass) -> Result<bool, StoreError> {
        let mut after = None;
        loop {
            let page = self.store.records_in(bucket, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(false);
            };
            after = Some(last.global_seq);
            if page.iter().any(|r| r.sealed.bucket.class == class) {
                return Ok(true);
            }
        }
    }

    /// Keeps what a class has collected of somebody for longer. From the moment that this returns, no
    /// disposal takes it before; asked again, the longest counts, not the sum.
    ///
    /// # Errors
    /// When there is no such person or number, nothing of this class, or the months are not from 1 to 1200.
    pub async fn extend_for(
        &self,
        actor: &Actor,
        whose: &Member,
        class: u8,
        months: u32,
    ) -> Result<(), AdminError> {
        self.live_buckets(class, months).await?;
        let member = self.known_member(whose).await?;
        let now = self.now();
        let extension = Extension {
            member,
            class,
            months,
            made: now,
        };
        let promise = self.promise_to_extend(&extension, &act(actor, now));
        let details = [
            ("class", &*class.to_string()),
            ("months", &*months.to_string()),
            ("of", &*extension.member.to_string()),
            (PROMISES, &*named_by(std::slice::from_ref(&promise))),
        ];
        // Died before this commit: nothing is promised. Died after it: it binds.
        let changes = vec![Change::Promise(promise)];
        self.change(actor, "retention.extend", &details, changes)
            .await
    }

    /// Somebody that there is, written in one way.
    pub(super) async fn known_member(&self, member: &Member) -> Result<Member, AdminError> {
        Ok(match member {
            Member::Employee(user) => Member::Employee(self.employee(user.as_str()).await?.user),
            Member::Number(number) => Member::Number(self.known_number(number).await?),
            Member::Conversation(id) => {
                Member::Conversation(self.require_conversation(*id).await?.id)
            }
        })
    }

    async fn live_buckets(&self, class: u8, months: u32) -> Result<Vec<Bucket>, AdminError> {
        if !(1..=1200).contains(&months) {
            let text = "a retention is extended by 1 to 1200 months";
            return Err(AdminError::Invalid(text.to_owned()));
        }
        let mut buckets = self.store.buckets().await?;
        buckets.retain(|b| b.id.class == RetentionClass(class) && b.disposal.is_none());
        if buckets.is_empty() || class == RetentionClass::PERMANENT.0 {
            return Err(AdminError::NotFound {
                what: "retention class",
                which: class.to_string(),
                mend: "`verbatim retention list` shows those that have records",
            });
        }
        Ok(buckets)
    }
}
