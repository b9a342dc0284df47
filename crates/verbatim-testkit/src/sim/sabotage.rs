//! Deliberate defects: proof that the list of failures can fail.
//!
//! Each breaks one port in a way that a defect of ours could, and must be caught by the rule named.

mod spoil;

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
    /// What clients say about being texted is not heard.
    IgnoresStop,
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
    /// That a disposal was taken back is recorded, and forgotten.
    ForgetsWithdrawals,
    /// Nothing that was extended is kept longer.
    ForgetsExtensions,
    /// Everybody is the same contact.
    ConfusesContacts,
    /// A timestamp is kept as of another time.
    AltersTimestamps,
    /// The log's first key goes on signing when it was taken away.
    SignsWithRetiredKey,
}

impl Sabotage {
    /// Every defect that shows by itself within some seeds, with the rule that must catch it.
    pub const ALL: [(Self, &'static str); 17] = [
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
        (Self::IgnoresStop, "consent"),
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

    /// More of the record: of erasures and what was promised, of timestamps and signing keys.
    pub const FURTHER_OF_THE_RECORD: [(Self, &'static str); 5] = [
        (Self::ForgetsWithdrawals, "withdrawn"),
        (Self::ForgetsExtensions, "early"),
        (Self::ConfusesContacts, "erased"),
        (Self::AltersTimestamps, "stamped"),
        (Self::SignsWithRetiredKey, "signing"),
    ];
}
