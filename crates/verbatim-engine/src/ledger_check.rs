//! Part of verifying the whole log: what disposals, holds and rotations are carried out by lies in rows that
//! change, and the log says how they came to be as they are. Both must say the same.
//!
//! What the log said may itself have been disposed of: then a row stands alone, and nothing is wrong.

use std::collections::HashMap;

use verbatim_domain::Timestamp;
use verbatim_record::{Body, Kind};

use crate::core::Engine;
use crate::disposal::Certified;
use crate::hold::KEPT;
use crate::ports::{Act, Bucket, Disposal, DisposalState, Hold, KeyRotation, StoreError};
use crate::retention::{BUCKETS, bucket_name};

const PAGE: u32 = 500;
/// How often rows and records are read again because somebody has changed them meanwhile.
const LOOKS: u32 = 5;
/// A row and its record are made one after the other.
const MOMENT_MS: u64 = 60_000;

/// What the log says, as far as it can still be read.
#[derive(Default)]
struct Said {
    /// Per hold, the records of its steps.
    holds: HashMap<String, Vec<Body>>,
    /// Per disposal, likewise.
    disposals: HashMap<String, Vec<Body>>,
    /// Records of rotations.
    rotations: Vec<Body>,
    /// Records that name promises.
    promises: Vec<Body>,
    /// By the name of each bucket, how many months longer it is kept.
    extensions: HashMap<String, u64>,
    /// Kinds and times of those that were disposed of.
    gone: Vec<(Kind, Timestamp)>,
    /// Positions of certificates.
    certificates: Vec<u64>,
}

impl Engine {
    /// The first row of holds, disposals, buckets and rotations that is not as the log says. Rows and records
    /// are read one after the other while the service goes on: a fault counts if the log has not grown.
    pub(crate) async fn ledger_fault(&self) -> Result<Option<String>, StoreError> {
        let mut looks = 0;
        loop {
            looks += 1;
            let before = self.store.length_of(None).await?;
            let fault = self.ledger_fault_now().await?;
            if fault.is_none() || looks == LOOKS || self.store.length_of(None).await? == before {
                return Ok(fault);
            }
        }
    }

    async fn ledger_fault_now(&self) -> Result<Option<String>, StoreError> {
        // One that does not open was told of where its records are.
        let Ok(certified) = self.certificates().await else {
            return Ok(None);
        };
        let said = self.said(&certified).await?;
        let (_, holds) = self.store.holds().await?;
        let disposals = self.store.disposals().await?;
        for hold in &holds {
            if let Some(why) = self.hold_fault(hold, &said) {
                return Ok(Some(format!("hold {}: {why}", hold.id)));
            }
        }
        if let Some(missing) = said
            .holds
            .keys()
            .find(|id| !holds.iter().any(|hold| hold.id.to_string() == **id))
        {
            let why = "the log says that it was set, and it is not there";
            return Ok(Some(format!("hold {missing}: {why}")));
        }
        for disposal in &disposals {
            if let Some(why) = disposal_fault(disposal, &said, &certified) {
                return Ok(Some(format!("disposal {}: {why}", disposal.id)));
            }
        }
        let is_known = |at: &&u64| !certified.iter().any(|c| c.log_index == **at);
        if let Some(at) = said.certificates.iter().find(is_known) {
            let why = "it is no disposal's";
            return Ok(Some(format!("the certificate at {at}: {why}")));
        }
        for bucket in self.store.buckets().await? {
            let first = self.store.records_in(bucket.id, None, 1).await?;
            let began = first.first().map(|record| record.sealed.captured_at);
            if kept_otherwise(&bucket, &said, began) {
                let (class, month) = (bucket.id.class.0, bucket.id.expiry_month);
                return Ok(Some(format!(
                    "bucket {class} {month}: the log says otherwise how much longer it is kept"
                )));
            }
            let by = disposals.iter().find(|d| Some(d.id) == bucket.disposal);
            if bucket.disposal.is_some() && by.is_none_or(|d| d.bucket != bucket.id) {
                let (class, month) = (bucket.id.class.0, bucket.id.expiry_month);
                return Ok(Some(format!(
                    "bucket {class} {month}: no disposal is the one that it names"
                )));
            }
        }
        let promises = self
            .promise_fault(&said.promises, |at| said.may_be_gone(Kind::Config, at))
            .await?;
        if let Some(why) = promises {
            return Ok(Some(format!("a promise of retention: {why}")));
        }
        let rotations = self.store.key_rotations().await?;
        Ok(rotation_fault(&rotations, &said))
    }

    /// Reads the records about the installation itself that concern any of this.
    async fn said(&self, certified: &[Certified]) -> Result<Said, StoreError> {
        let (mut said, mut from) = (Said::default(), 0);
        loop {
            let page = self.store.records_of(None, from, PAGE).await?;
            for stored in &page {
                from = stored.conversation_seq + 1;
                let kind = stored.sealed.kind;
                let concerns = matches!(
                    kind,
                    Kind::HoldSet | Kind::HoldReleased | Kind::Disposal | Kind::Key | Kind::Config
                );
                if !concerns {
                    continue;
                }
                if certified.iter().any(|c| c.covers(stored.global_seq)) {
                    said.gone.push((kind, stored.sealed.captured_at));
                    continue;
                }
                // One that does not open is named as a record.
                let Ok(body) = self.recorder.open(&stored.sealed) else {
                    continue;
                };
                match (kind, body.reason.as_str()) {
                    (Kind::HoldSet | Kind::HoldReleased, _) => {
                        let id = body.details.get("hold").cloned().unwrap_or_default();
                        said.holds.entry(id).or_default().push(body);
                    }
                    (Kind::Disposal, "certificate") => said.certificates.push(stored.global_seq),
                    (Kind::Disposal, _) => {
                        let id = body.details.get("disposal").cloned().unwrap_or_default();
                        said.disposals.entry(id).or_default().push(body);
                    }
                    (Kind::Config, "retention.extend" | "retention.rules") => {
                        said.extend(&body);
                        said.promises.push(body);
                    }
                    (Kind::Key, "key.rotate") => said.rotations.push(body),
                    _ => {}
                }
            }
            if page.len() < PAGE as usize {
                return Ok(said);
            }
        }
    }

    fn hold_fault(&self, hold: &Hold, said: &Said) -> Option<String> {
        let steps = said.holds.get(&hold.id.to_string());
        let steps = steps.map_or(&[][..], Vec::as_slice);
        let is_gone = |kind: Kind| move |at| said.may_be_gone(kind, at);
        let set = [(&["set"][..], Some(&hold.set))];
        // A request that was taken back is as if there had been none.
        let kept = steps.iter().rposition(|body| body.reason == KEPT);
        let since = steps.get(kept.map_or(0, |at| at + 1)..).unwrap_or_default();
        let release = [
            (&["asked"][..], hold.asked.as_ref()),
            (&["released"], hold.released.as_ref()),
        ];
        let fault = step_fault(steps, &set, is_gone(Kind::HoldSet))
            .or_else(|| step_fault(since, &release, is_gone(Kind::HoldReleased)));
        if fault.is_some() {
            return fault;
        }
        let set = steps.iter().rfind(|body| body.reason == "set")?;
        let words = match self.hold_words(hold) {
            Ok(words) => words,
            Err(error) => return Some(error.to_string()),
        };
        ["name", "reason", "covers"]
            .into_iter()
            .zip(words)
            .find(|(name, word)| set.details.get(*name) != Some(word))
            .map(|(name, _)| format!("the log gives it another {name}"))
    }
}

/// Whether a record is of what a row tells of.
pub(crate) fn is_of(act: &Act, body: &Body) -> bool {
    act.by == body.actor && act.at.as_millis().abs_diff(body.captured_at) <= MOMENT_MS
}

impl Said {
    /// Whether the record of an act of this time was disposed of, by what certificates cover.
    fn may_be_gone(&self, kind: Kind, at: Timestamp) -> bool {
        let near = |gone: &Timestamp| gone.as_millis().abs_diff(at.as_millis()) <= MOMENT_MS;
        self.gone.iter().any(|(k, gone)| *k == kind && near(gone))
    }

    /// Buckets that were kept for longer. What is kept longer for somebody alone is no bucket's.
    fn extend(&mut self, body: &Body) {
        let detail = |name| body.details.get(name);
        let months = detail("months").and_then(|months| months.parse::<u64>().ok());
        for name in detail(BUCKETS).map_or("", |names| names).split_whitespace() {
            *self.extensions.entry(name.to_owned()).or_default() += months.unwrap_or(0);
        }
    }
}

/// Who did what and when, by a row, against the records of the steps: each step has the words that say it.
fn step_fault(
    steps: &[Body],
    acts: &[(&[&str], Option<&Act>)],
    may_be_gone: impl Fn(Timestamp) -> bool,
) -> Option<String> {
    acts.iter().find_map(|(words, act)| {
        let said = steps
            .iter()
            .rfind(|body| words.contains(&body.reason.as_str()));
        let step = words[0];
        match (act, said) {
            (Some(act), Some(body)) if !is_of(act, body) => {
                Some(format!("the log says otherwise who and when: {step}"))
            }
            (None, Some(_)) => Some(format!("the log says that it was {step}")),
            (Some(act), None) if !may_be_gone(act.at) => {
                Some(format!("the log does not say that it was {step}"))
            }
            _ => None,
        }
    })
}

/// The words by which the log says that a disposal was taken back.
const TAKEN_BACK: &[&str] = &["withdrawn", "lapsed", "nothing_left"];

/// A disposal against the records of its steps and, once it is carried out, against its certificate.
fn disposal_fault(disposal: &Disposal, said: &Said, certified: &[Certified]) -> Option<String> {
    let steps = said.disposals.get(&disposal.id.to_string());
    let steps = steps.map_or(&[][..], Vec::as_slice);
    let acts = [
        (&["proposed"][..], Some(&disposal.proposed)),
        (&["approved"], disposal.approved.as_ref()),
        (TAKEN_BACK, disposal.withdrawn.as_ref()),
    ];
    let of = disposal.contact.map(|contact| contact.to_string());
    let of_another = |body: &Body| body.details.get("contact") != of.as_ref();
    let of_another = || {
        let why = "the log says that it is about somebody else";
        steps.iter().any(of_another).then(|| why.to_owned())
    };
    step_fault(steps, &acts, |at| said.may_be_gone(Kind::Disposal, at))
        .or_else(|| state_fault(disposal).map(str::to_owned))
        .or_else(of_another)
        .or_else(|| certificate_fault(disposal, certified))
}

/// Where a disposal stands follows from what was done with it.
fn state_fault(disposal: &Disposal) -> Option<&'static str> {
    use DisposalState::{Approved, Destroyed, Done, Proposed, Withdrawn};
    let is_destroyed = disposal.destroyed_at.is_some();
    let right = match disposal.state {
        Withdrawn => disposal.withdrawn.is_some() && !is_destroyed,
        Proposed => disposal.withdrawn.is_none() && disposal.approved.is_none() && !is_destroyed,
        Approved => disposal.withdrawn.is_none() && disposal.approved.is_some() && !is_destroyed,
        Destroyed | Done => disposal.withdrawn.is_none() && is_destroyed,
    };
    (!right).then_some("it does not stand where its steps have led")
}

fn certificate_fault(disposal: &Disposal, certified: &[Certified]) -> Option<String> {
    let Some(mine) = certified.iter().find(|c| c.disposal == disposal.id) else {
        let why = "it is carried out, and nothing certifies it";
        return disposal.destroyed_at.map(|_| why.to_owned());
    };
    let certificate = &mine.certificate;
    let is_act = |act: &Act, certified: &verbatim_record::certificate::Act| {
        act.at == certified.at && act.by == certified.actor
    };
    let approved = disposal.approved.as_ref();
    let right = is_act(&disposal.proposed, &certificate.proposed)
        && approved.is_some_and(|act| is_act(act, &certificate.approved))
        && disposal.destroyed_at == Some(certificate.destroyed_at)
        && disposal.held == certificate.held
        && disposal.disposed == certificate.records();
    (!right).then(|| "its certificate says otherwise".to_owned())
}

/// A bucket is kept longer by exactly the extensions that name it, as far as the log still says which.
fn kept_otherwise(bucket: &Bucket, said: &Said, began: Option<Timestamp>) -> bool {
    let own = bucket.id.expiry_month;
    let longer = u64::from(bucket.expires().saturating_sub(own));
    let named = said.extensions.get(&bucket_name(bucket.id)).copied();
    let named = named.unwrap_or(0);
    let mut gone = said.gone.iter();
    let some_gone = gone.any(|(kind, at)| *kind == Kind::Config && Some(*at) >= began);
    longer != named && !(some_gone && longer > named)
}

fn rotation_fault(rotations: &[KeyRotation], said: &Said) -> Option<String> {
    let is_said = |rotation: &KeyRotation, body: &Body| {
        let detail = |name: &str, is: &str| body.details.get(name).is_some_and(|s| s == is);
        detail("from", &rotation.old_key)
            && detail("to", &rotation.new_key)
            && detail("buckets", &rotation.buckets.to_string())
            && rotation.at.as_millis().abs_diff(body.captured_at) <= MOMENT_MS
    };
    let unkept = said
        .rotations
        .iter()
        .any(|body| !rotations.iter().any(|rotation| is_said(rotation, body)));
    let unsaid = rotations.iter().any(|rotation| {
        let is_there = said.rotations.iter().any(|body| is_said(rotation, body));
        !is_there && !said.may_be_gone(Kind::Key, rotation.at)
    });
    (unkept || unsaid).then(|| "the log says otherwise how the key was rotated".to_owned())
}
