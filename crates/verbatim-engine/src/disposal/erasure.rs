//! Erasure of what is kept about a contact (GDPR article 17): refused with the reason while retention or a
//! hold binds (17(3)(b), (e)), else the disposal of these very records is proposed, a proposal for each bucket
//! that has some. What others have in the bucket waits for the disposal of the bucket.
//!
//! Who looked at a conversation is recorded in it (decision 0016). Such records hold nothing of the contact's,
//! and one is added by every look: they bind nothing, and those whose time is not over are left.

use std::collections::BTreeSet;

use verbatim_domain::retention::Member;
use verbatim_record::{Body, BucketId, Kind, RetentionClass};

use crate::admin::{Actor, AdminError};
use crate::core::Engine;
use crate::ports::{Bucket, Change, Contact, Conversation, NewRecord, PageAt, StoreError};
use crate::retention::{Binding, month_of, month_words};
use crate::views::ErasureView;

const PAGE: u32 = 500;
/// Kinds that say who was shown what of a conversation.
const LOOKS: [Kind; 3] = [Kind::View, Kind::Export, Kind::Proof];

/// What stands in the way, and what is there.
#[derive(Default)]
struct Found {
    binding: BTreeSet<String>,
    buckets: BTreeSet<BucketId>,
    records: u64,
    /// How many of these only say who looked, and must stay for now.
    left: u64,
}

impl Engine {
    /// Answers the wish that everything about a contact be erased, and records wish and answer.
    ///
    /// # Errors
    /// When there is no such contact.
    pub async fn request_erasure(
        &self,
        actor: &Actor,
        number: &str,
    ) -> Result<ErasureView, AdminError> {
        let contact = self.contact_at(number).await?;
        let found = self.found_about(&contact).await?;
        let refused: Vec<_> = found.binding.into_iter().collect();
        let answer = match (refused.is_empty(), found.buckets.is_empty()) {
            (false, _) => "refused",
            (true, true) => "nothing_left",
            (true, false) => "proposed",
        };
        let mut details = vec![("contact", contact.id.to_string())];
        if !refused.is_empty() {
            details.push(("because", refused.join("; ")));
        }
        if found.left > 0 {
            details.push(("left", found.left.to_string()));
        }
        self.record_erasure(actor, answer, details).await?;
        // Died here: the answer is recorded, and asking again proposes the same.
        let mut proposed = Vec::new();
        if answer == "proposed" {
            let buckets: Vec<_> = found.buckets.into_iter().collect();
            proposed = self.propose(actor, Some(contact.id), &buckets).await?;
        }
        Ok(ErasureView {
            contact: contact.id.to_string(),
            answer: answer.to_owned(),
            because: refused,
            records: found.records,
            left: found.left,
            proposed,
        })
    }

    async fn found_about(&self, contact: &Contact) -> Result<Found, AdminError> {
        let buckets = self.store.buckets().await?;
        let binding = self.binding().await?;
        let mut found = Found::default();
        let (mut after, limit) = (None, PAGE);
        loop {
            let page = self.store.conversations(PageAt { after, limit }).await?;
            for conversation in page.items.iter().filter(|c| c.contact.id == contact.id) {
                let members = self.members_of(conversation)?;
                for hold in self.holds_on(conversation).await? {
                    found.binding.insert(format!("the legal hold `{hold}`"));
                }
                let page = (&binding, &members[..]);
                self.look_through(conversation, &buckets, page, &mut found)
                    .await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(found);
            }
        }
    }

    async fn look_through(
        &self,
        conversation: &Conversation,
        buckets: &[Bucket],
        (binding, members): (&Binding, &[Member]),
        found: &mut Found,
    ) -> Result<(), StoreError> {
        let now = month_of(self.now());
        let mut from = 0;
        loop {
            let id = Some(conversation.id);
            let page = self.store.records_of(id, from, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            from = last.conversation_seq + 1;
            for record in page.iter().filter(|r| !r.sealed.wrapped_key.is_empty()) {
                let by = record.sealed.wrapped_by;
                let Some(bucket) = buckets.iter().find(|b| b.id == by) else {
                    continue;
                };
                if bucket.disposal.is_some() {
                    continue;
                }
                found.records += 1;
                let binds = |class: RetentionClass, until: u32| {
                    let (name, until) = (self.class_name(class), month_words(until));
                    format!("retention class {} ({name}) until {until}", class.0)
                };
                let own = (!self.has_expired(bucket)).then(|| binds(by.class, bucket.expires()));
                let longer = binding.until(Some(members), record);
                let longer = longer.filter(|to| to.expiry_month >= now.max(bucket.expires() + 1));
                let longer = longer.map(|to| binds(to.class, to.expiry_month));
                if LOOKS.contains(&record.sealed.kind) && (own.is_some() || longer.is_some()) {
                    found.left += 1;
                    continue;
                }
                found.buckets.insert(by);
                found.binding.extend(own.into_iter().chain(longer));
            }
        }
    }

    async fn record_erasure(
        &self,
        actor: &Actor,
        answer: &str,
        details: Vec<(&str, String)>,
    ) -> Result<(), AdminError> {
        let details = details.into_iter();
        let body = Body {
            actor: actor.0.clone(),
            rule: "record.erasure".to_owned(),
            rule_version: 1,
            reason: answer.to_owned(),
            details: details
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            ..Body::default()
        };
        let record = NewRecord {
            conversation: None,
            sealed: self.seal(Kind::Erasure, body).await?,
            about: None,
        };
        Ok(self.at_once(vec![Change::Append(record)]).await?)
    }
}
