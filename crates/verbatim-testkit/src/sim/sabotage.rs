//! Deliberate defects: proof that the list of failures can fail.
//!
//! Each breaks one port in a way that a defect of ours could, and must be caught by the rule named.

use verbatim_domain::Timestamp;
use verbatim_engine::Settings;
use verbatim_engine::ports::{
    Change, Commit, Content, Disposal, Hold, InboundSms, JobKind, Lane, LogRoot, NewJob, Prepared,
    Sealed, Store, StoredRecord,
};
use verbatim_record::{Checkpoint, Kind};

use crate::fakes::carrier::Ledger;
use crate::fakes::platform::{What, unprepared};
use crate::fakes::{FakePlatform, test_signer};

/// A defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sabotage {
    /// None.
    #[default]
    Nothing,
    /// Clients' texts do not get into rooms, and nobody notices.
    LosesInRoom,
    /// Clients' texts get into rooms twice.
    DoublesInRoom,
    /// Clients' texts get into rooms in another order.
    SwapsInRoom,
    /// The carrier says that it took a text, and did not.
    LosesAtCarrier,
    /// Texts are submitted twice.
    DoublesAtCarrier,
    /// Texts reach the carrier in another order.
    SwapsAtCarrier,
    /// Texts are submitted whose record is not committed.
    LeavesOutRecords,
    /// Notices are said twice.
    DoublesNotices,
    /// Work is queued that never ends.
    QueuesNonsense,
    /// Alarms are swallowed.
    SwallowsAlarms,
    /// Receipts move nothing.
    IgnoresReceipts,
    /// Texts are bound to who holds the number when we hear of them.
    BindsLate,
    /// Signatures of webhooks do not matter.
    BelievesAnybody,
    /// A stored root is another one.
    AltersRoots,
    /// Nobody looks at the rooms a second time.
    NeverLooks,
    /// What is said is encrypted for nobody, where nobody could read it.
    SpeaksToNobody,
    /// What was sent long ago is not looked for in the room.
    TrustsTransactions,
    /// Whoever leaves a room is asked back at once, however often.
    PestersEmployees,
    /// Holds bind nobody.
    ForgetsHolds,
    /// Records are kept for a month less than the firm wants.
    KeepsTooShort,
    /// Nobody knows who proposed a disposal.
    ForgetsWhoProposed,
    /// A disposal takes one record more than it certifies.
    ShredsMore,
    /// A bucket key does not survive a rotation.
    LosesBucketKeys,
    /// That somebody looked is not recorded.
    HidesLooks,
    /// `who-saw` finds nobody.
    FindsNobody,
    /// The witness is careless, and shown a second history.
    ForksForTheWitness,
    /// Something else is signed than what there is.
    SignsSomethingElse,
    /// Bundles are made without the first record.
    LeavesOutOfBundles,
}

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

impl Sabotage {
    /// Every defect that shows by itself within some seeds, with the rule that must catch it.
    pub const ALL: [(Self, &'static str); 16] = [
        (Self::LosesInRoom, "lost"),
        (Self::DoublesInRoom, "doubled"),
        (Self::SwapsInRoom, "order"),
        (Self::LosesAtCarrier, "lost"),
        (Self::DoublesAtCarrier, "doubled"),
        (Self::SwapsAtCarrier, "order"),
        (Self::LeavesOutRecords, "record before relay"),
        (Self::DoublesNotices, "doubled"),
        (Self::QueuesNonsense, "left over"),
        (Self::SwallowsAlarms, "alarm"),
        (Self::IgnoresReceipts, "state"),
        (Self::BindsLate, "holder"),
        (Self::BelievesAnybody, "forged"),
        (Self::AltersRoots, "record"),
        (Self::NeverLooks, "lost"),
        (Self::SpeaksToNobody, "unreadable"),
    ];

    /// Defects of the record, which show when somebody asks for what they spoil.
    pub const OF_THE_RECORD: [(Self, &'static str); 10] = [
        (Self::ForgetsHolds, "held"),
        (Self::KeepsTooShort, "early"),
        (Self::ForgetsWhoProposed, "four eyes"),
        (Self::ShredsMore, "certified"),
        (Self::LosesBucketKeys, "kept"),
        (Self::HidesLooks, "looked"),
        (Self::FindsNobody, "looked"),
        (Self::ForksForTheWitness, "witness"),
        (Self::SignsSomethingElse, "signing"),
        (Self::LeavesOutOfBundles, "bundle"),
    ];

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
