//! How each defect spoils what passes through a port.

use verbatim_domain::{Duration, Timestamp};
use verbatim_engine::Settings;
use verbatim_engine::ports::{
    Change, Commit, Content, Conversation, Disposal, Hold, InboundSms, JobKind, Lane, LogRoot,
    NewJob, Page, Prepared, Promise, Sealed, Store, StoredRecord,
};
use verbatim_record::{Checkpoint, Kind, Note};

use super::Sabotage;
use crate::fakes::carrier::Ledger;
use crate::fakes::platform::{What, unprepared};
use crate::fakes::{FakePlatform, test_signer};

/// A checkpoint of another tree, under a good signature.
fn another_tree(change: &mut Change) {
    let Change::AddCheckpoint(signed) = change else {
        return;
    };
    signed.root[0] ^= 1;
    let signer = test_signer();
    let checkpoint = Checkpoint {
        origin: signer.verifier().name().to_owned(),
        size: signed.size,
        root: signed.root,
    };
    if let Ok(note) = checkpoint.sign(&*signer) {
        signed.note = note.to_string();
    }
}

/// The same checkpoint, under the log's first key alone, if that was taken away.
fn by_retired_key(change: &mut Change) {
    let Change::AddCheckpoint(signed) = change else {
        return;
    };
    let first = test_signer();
    let Ok(note) = Note::parse(&signed.note) else {
        return;
    };
    if note.check(&[first.verifier().clone()]).is_err()
        && let Ok(note) = Note::sign(note.text, &*first)
    {
        signed.note = note.to_string();
    }
}

impl Sabotage {
    /// Spoils a commit.
    pub(crate) fn commit(self, mut commit: Commit) -> Commit {
        let changes = &mut commit.changes;
        match self {
            Self::LeavesOutRecords
                if changes
                    .iter()
                    .any(|change| matches!(change, Change::AddMessage(_))) =>
            {
                changes.retain(|change| !matches!(change, Change::Append(_)));
            }
            Self::QueuesNonsense => changes.push(Change::Enqueue(NewJob {
                lane: Lane("nonsense".to_owned()),
                kind: JobKind::RoomEvent,
                due: Timestamp(0),
                payload: Sealed(b"nonsense".to_vec()),
                conversation: None,
                message: None,
                room: None,
                unique: None,
            })),
            // The ladder of invitations is forgotten.
            Self::PestersEmployees => changes.retain(
                |change| !matches!(change, Change::SetCursor(name, _) if name.starts_with("offers:")),
            ),
            Self::LosesBucketKeys => {
                for change in changes {
                    if let Change::RotateKeys(rotation) = change
                        && let Some(last) = rotation.buckets.last_mut()
                    {
                        last.new = last.old.clone();
                    }
                }
            }
            Self::HidesLooks => changes.retain(
                |change| !matches!(change, Change::Append(new) if new.sealed.kind == Kind::View),
            ),
            Self::SignsSomethingElse => changes.iter_mut().for_each(another_tree),
            Self::SignsWithRetiredKey => changes.iter_mut().for_each(by_retired_key),
            Self::ForgetsExtensions => {
                changes.retain(|change| !matches!(change, Change::KeepBucket { .. }));
            }
            Self::AltersTimestamps => {
                for change in changes {
                    if let Change::AddTimestamp(stamp) = change {
                        stamp.at = stamp.at.after(Duration::from_secs(1));
                    }
                }
            }
            Self::ForgetsWithdrawals => {
                changes.retain(|change| !matches!(change, Change::WithdrawDisposal(..)));
            }
            Self::SwallowsAlarms => changes.retain(|change| !matches!(change, Change::Raise(_))),
            _ => {}
        }
        commit
    }

    /// Spoils a client's text on its way into the store.
    pub(crate) fn inbound(self, mut sms: InboundSms, now: Timestamp) -> InboundSms {
        if self == Self::BindsLate && sms.again.is_none() {
            sms.at = now;
        }
        if self == Self::IgnoresStop {
            sms.consent = None;
        }
        sms
    }

    /// Spoils a disposal: one record more is gone.
    pub(crate) async fn shred(self, store: &dyn Store, mut commit: Commit) -> Commit {
        let ends = |change: &Change| matches!(change, Change::EndDisposal(_));
        if self == Self::ShredsMore && commit.changes.iter().any(ends) {
            let records = store.records(0, 1000).await.unwrap_or_default();
            let victim = records.iter().find(|r| !r.sealed.wrapped_key.is_empty());
            commit
                .changes
                .extend(victim.map(|record| Change::WrapAgain {
                    position: record.global_seq,
                    from: record.sealed.wrapped_by,
                    to: record.sealed.wrapped_by,
                    wrapped: Vec::new(),
                }));
        }
        commit
    }

    /// Spoils what binds.
    pub(crate) fn holds(self, (changes, mut holds): (u64, Vec<Hold>)) -> (u64, Vec<Hold>) {
        if self == Self::ForgetsHolds {
            holds.clear();
        }
        (changes, holds)
    }

    /// Spoils what was promised.
    pub(crate) fn promises(self, mut promises: Vec<Promise>) -> Vec<Promise> {
        if self == Self::ForgetsExtensions {
            promises.clear();
        }
        promises
    }

    /// Spoils whom conversations are with.
    pub(crate) fn conversations(self, mut page: Page<Conversation>) -> Page<Conversation> {
        let first = page.items.first().map(|one| one.contact.id);
        if let (Self::ConfusesContacts, Some(first)) = (self, first) {
            for conversation in &mut page.items {
                conversation.contact.id = first;
            }
        }
        page
    }

    /// Spoils who wanted what.
    pub(crate) fn disposals(self, mut disposals: Vec<Disposal>) -> Vec<Disposal> {
        if self == Self::ForgetsWhoProposed {
            for disposal in &mut disposals {
                disposal.proposed.by = "operator:nobody".to_owned();
            }
        }
        disposals
    }

    /// Spoils the rules of a process.
    pub(crate) fn settings(self, settings: &mut Settings) {
        if self == Self::KeepsTooShort {
            for rule in &mut settings.retention {
                rule.period.months -= 1;
            }
        }
    }

    /// Spoils the chain of a conversation as `who-saw` reads it.
    pub(crate) fn records_of(self, mut records: Vec<StoredRecord>) -> Vec<StoredRecord> {
        if self == Self::FindsNobody {
            records.retain(|record| !matches!(record.sealed.kind, Kind::View | Kind::Proof));
        }
        records
    }

    /// Spoils the stored roots.
    pub(crate) fn roots(self, mut roots: Vec<LogRoot>) -> Vec<LogRoot> {
        if self == Self::AltersRoots
            && let Some(root) = roots.first_mut()
        {
            root.root[0] ^= 1;
        }
        roots
    }

    /// Spoils what a room shows, after something was said.
    pub(crate) fn said(self, platform: &FakePlatform) {
        if self != Self::SwapsInRoom {
            return;
        }
        for room in platform.server().rooms.values_mut() {
            let text =
                |at: usize| matches!(room.timeline[at].what, What::Said(Content::Text { .. }));
            let last = room.timeline.len();
            if last >= 2 && text(last - 1) && text(last - 2) {
                room.timeline.swap(last - 1, last - 2);
            }
        }
    }

    /// Spoils the carrier's ledger, after something was submitted.
    pub(crate) fn submitted(self, ledger: &mut Ledger) {
        let last = ledger.taken.len();
        if self == Self::SwapsAtCarrier && last >= 2 {
            let (a, b) = (ledger.taken[last - 2].at, ledger.taken[last - 1].at);
            ledger.taken[last - 2].at = b;
            ledger.taken[last - 1].at = a;
        }
    }

    /// Whether what is about to be said is spoiled in this way.
    pub(crate) fn hits(self, which: Self, prepared: &Prepared) -> bool {
        let content = unprepared(prepared).map(|(content, _)| content);
        let meant = match which {
            Self::DoublesNotices => matches!(content, Some(Content::Notice { .. })),
            _ => matches!(content, Some(Content::Text { .. })),
        };
        self == which && meant
    }
}
