//! What is kept how long: for the firm, and for somebody.

use std::collections::{BTreeMap, HashMap};

use verbatim_domain::retention::{Aged, Extension, Member, Rule, Starts, bound, longest};
use verbatim_record::{BucketId, Leaf, RetentionClass};

use super::promise::Promised;
use super::{month_of, month_words, months_of};
use crate::access::Viewer;
use crate::admin::AdminError;
use crate::core::Engine;
use crate::disposal::is_of_bucket;
use crate::ports::{Act, Bucket, Conversation, DisposalState, PageAt, StoreError, StoredRecord};
use crate::views::{BucketView, ExtensionView, RetentionView, RuleView};

const PAGE: u32 = 1000;

/// How many records, by bucket and month to whose end they are kept.
type Counts = BTreeMap<(BucketId, u32), u64>;

impl Engine {
    /// The same as [`Self::retention`], or of somebody as [`Self::retention_of`], shown to somebody: recorded
    /// if it names anybody.
    ///
    /// # Errors
    /// When there is no such person or number, or the store fails.
    pub async fn show_retention(
        &self,
        viewer: &Viewer,
        whose: Option<&Member>,
    ) -> Result<RetentionView, AdminError> {
        let view = match whose {
            None => self.retention().await?,
            Some(member) => self.retention_of(member).await?,
        };
        let named = view.rules.iter().filter(|rule| !rule.of.is_empty());
        let named = named.count() + view.extensions.len();
        if named > 0 || whose.is_some() {
            self.listed(viewer, "retention", named).await?;
        }
        Ok(view)
    }

    /// The rules, and the buckets with the months after which they may be disposed of.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn retention(&self) -> Result<RetentionView, AdminError> {
        let states = self.disposal_states().await?;
        let buckets = self.store.buckets().await?;
        let view = |bucket: &Bucket| BucketView {
            class: bucket.id.class.0,
            name: self.class_name(bucket.id.class),
            expires: expiry(bucket.id, bucket.expires()),
            records: bucket.records,
            disposal: states.get(&bucket.id).map(|s| s.word().to_owned()),
        };
        Ok(RetentionView {
            rules: self.settings.retention.iter().map(rule_view).collect(),
            extensions: self.extension_views(None).await?,
            buckets: buckets.iter().map(view).collect(),
        })
    }

    /// The same for somebody: the rules and extensions about them, and their records by class and month of
    /// expiry, everything that binds considered but holds.
    ///
    /// # Errors
    /// When there is no such person or number, or the store fails.
    pub async fn retention_of(&self, whose: &Member) -> Result<RetentionView, AdminError> {
        let member = self.known_member(whose).await?;
        let states = self.disposal_states().await?;
        let about = |rule: &&Rule| rule.is_for_all() || rule.of.contains(&member);
        let rules = self.settings.retention.iter().filter(about);
        let counts = self.counted(&member).await?;
        let view = |((bucket, until), records): (&(BucketId, u32), &u64)| BucketView {
            class: bucket.class.0,
            name: self.class_name(bucket.class),
            expires: expiry(*bucket, *until),
            records: *records,
            disposal: states.get(bucket).map(|s| s.word().to_owned()),
        };
        Ok(RetentionView {
            rules: rules.map(rule_view).collect(),
            extensions: self.extension_views(Some(&member)).await?,
            buckets: counts.iter().map(view).collect(),
        })
    }

    async fn disposal_states(&self) -> Result<HashMap<BucketId, DisposalState>, StoreError> {
        let disposals = self.store.disposals().await?;
        let own = disposals.iter().filter(|d| is_of_bucket(d));
        Ok(own.map(|d| (d.bucket, d.state)).collect())
    }

    async fn extension_views(&self, of: Option<&Member>) -> Result<Vec<ExtensionView>, StoreError> {
        let all = self.promised().await?.into_iter();
        let extensions = all.filter_map(|(promised, made)| match promised {
            Promised::Extension(extension) => Some((extension, made)),
            Promised::Rule(_) => None,
        });
        let of = extensions.filter(|(e, _)| of.is_none_or(|of| e.member == *of));
        let view = |(extension, made): (_, Act)| {
            let Extension {
                member,
                class,
                months,
                ..
            } = extension;
            ExtensionView {
                of: member.to_string(),
                class,
                months,
                by: made.by,
                at_ms: made.at.as_millis(),
            }
        };
        Ok(of.map(view).collect())
    }

    /// Readable records of a member, by the bucket that has them now and the month that they are kept to.
    async fn counted(&self, member: &Member) -> Result<Counts, AdminError> {
        let buckets = self.store.buckets().await?;
        let buckets: HashMap<_, _> = buckets.iter().map(|b| (b.id, *b)).collect();
        let binding = self.binding().await?;
        let (mut counts, mut after) = (Counts::new(), None);
        loop {
            let limit = PAGE;
            let page = self.store.conversations(PageAt { after, limit }).await?;
            for conversation in &page.items {
                let members = self.members_of(conversation)?;
                if members.contains(member) {
                    self.count(conversation, &members, &binding, &buckets, &mut counts)
                        .await?;
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(counts);
            }
        }
    }

    async fn count(
        &self,
        of: &Conversation,
        members: &[Member],
        binding: &Binding,
        buckets: &HashMap<BucketId, Bucket>,
        counts: &mut Counts,
    ) -> Result<(), StoreError> {
        let mut from = 0;
        loop {
            let page = self.store.records_of(Some(of.id), from, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            from = last.conversation_seq + 1;
            for record in page.iter().filter(|r| !r.sealed.wrapped_key.is_empty()) {
                let by = record.sealed.wrapped_by;
                let Some(bucket) = buckets.get(&by).filter(|b| b.disposal.is_none()) else {
                    continue;
                };
                let until = binding.until(Some(members), record);
                let until = until.map_or(0, |to| to.expiry_month);
                *counts.entry((by, until.max(bucket.expires()))).or_default() += 1;
            }
        }
    }

    /// Of whom a conversation's records are.
    pub(crate) fn members_of(&self, of: &Conversation) -> Result<[Member; 4], StoreError> {
        let [ours, theirs] = self.numbers_of(of)?;
        Ok([
            Member::Employee(of.employee.user.clone()),
            Member::Number(ours),
            Member::Number(theirs),
            Member::Conversation(of.id),
        ])
    }

    /// What binds somebody's records now: the rules of this process, and everything that was promised,
    /// which another node with newer rules may have done since this one started.
    pub(crate) async fn binding(&self) -> Result<Binding, StoreError> {
        let buckets = self.store.buckets().await?.into_iter();
        let mut binding = Binding {
            rules: self.settings.retention.clone(),
            extensions: Vec::new(),
            kept: buckets.map(|b| (b.id, b.expires())).collect(),
        };
        for (promised, _) in self.promised().await? {
            match promised {
                Promised::Rule(rule) => binding.rules.push(rule),
                Promised::Extension(extension) => binding.extensions.push(extension),
            }
        }
        Ok(binding)
    }
}

/// Rules and extensions about somebody, and extensions of classes.
pub(crate) struct Binding {
    rules: Vec<Rule>,
    extensions: Vec<Extension>,
    /// Until when each bucket is kept.
    kept: HashMap<BucketId, u32>,
}

impl Binding {
    /// The bucket that a record belongs to by them; none if none is about it, and it is in its own.
    ///
    /// A clock that was behind gave it a bucket that expires too early. The log's time cannot be: where it is
    /// of a later month, the rules for all count from there.
    ///
    /// What moved away from the bucket that it was made for is kept as long as that: its extension may have been
    /// made at the moment of the move, and not have seen where it went.
    pub(crate) fn until(&self, of: Option<&[Member]>, record: &StoredRecord) -> Option<BucketId> {
        let sealed = &record.sealed;
        // What is kept for ever is under no rule.
        if sealed.bucket.class == RetentionClass::PERMANENT {
            return None;
        }
        let captured = sealed.captured_at;
        // A leaf that cannot be read is named by whoever verifies.
        let leaf = Leaf::decode(&record.leaf_bytes).map_or(captured, |leaf| leaf.captured_at);
        let months = months_of(captured.max(leaf));
        let own = sealed.bucket;
        let for_all = self.rules.iter().filter(|rule| rule.is_for_all());
        let late = longest(for_all, months).filter(|_| month_of(leaf) > month_of(captured));
        let late = late.map(|(_, month)| month.max(own.expiry_month));
        let aged = Aged {
            of,
            captured,
            months,
            class: own.class.0,
            expiry_month: late.unwrap_or(own.expiry_month),
        };
        let late = late.map(|month| (own.class.0, month));
        let made_for = self.kept.get(&own).filter(|m| **m > own.expiry_month);
        let made_for = made_for.map(|month| (own.class.0, *month));
        let bound = bound(&self.rules, &self.extensions, &aged);
        let all = late.into_iter().chain(made_for).chain(bound);
        let (class, expiry_month) = all.max_by_key(|(_, m)| *m)?;
        Some(BucketId {
            class: RetentionClass(class),
            expiry_month,
        })
    }
}

fn expiry(bucket: BucketId, month: u32) -> Option<String> {
    (bucket.class != RetentionClass::PERMANENT).then(|| month_words(month))
}

fn rule_view(rule: &Rule) -> RuleView {
    RuleView {
        class: rule.class,
        name: rule.name.clone(),
        months: rule.period.months,
        starts: match rule.period.starts {
            Starts::Creation => "creation".to_owned(),
            Starts::FiscalYearEnd(_) => "fiscal_year_end".to_owned(),
        },
        of: rule.of.iter().map(ToString::to_string).collect(),
    }
}
