//! Deliberate defects: proof that the list of failures can fail.
//!
//! Each breaks one port in a way that a defect of ours could, and must be caught by the rule named.

use verbatim_domain::Timestamp;
use verbatim_engine::ports::{
    Change, Commit, Content, InboundSms, JobKind, Lane, LogRoot, NewJob, Prepared, Sealed,
};

use crate::fakes::FakePlatform;
use crate::fakes::carrier::Ledger;
use crate::fakes::platform::{What, unprepared};

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
}

impl Sabotage {
    /// Every defect, with the rule that must catch it.
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
