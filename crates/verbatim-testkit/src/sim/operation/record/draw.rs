//! How operations on the record are drawn and put among the others.

use super::super::dice::Dice;
use super::super::{NodeName, Operation};
use super::{AuthorityMood, HoldOn, RecordOp};
use crate::fakes::WitnessFault;
use crate::fakes::entropy::Chance;
use crate::fakes::key_safe::SafeFault;

/// Puts operations on the record among others, for one seed in four: they take their time.
pub(crate) fn weave(seed: u64, mut operations: Vec<Operation>) -> Vec<Operation> {
    if seed % 4 != 1 {
        return operations;
    }
    let mut dice = Dice::new(Chance::new(seed ^ 0x07EC_07D5));
    for _ in 0..dice.chance.below(16) {
        let at = dice.chance.below(operations.len() + 1);
        let what = Operation::Record(dice.record());
        operations.insert(at, what);
    }
    for _ in 0..1 + dice.chance.below(3) {
        let at = dice.late(operations.len());
        let story = dice.story();
        operations.splice(at..at, story);
    }
    super::later::weave(seed, operations)
}

impl Dice {
    /// Something that concerns the record, by itself.
    pub(super) fn record(&mut self) -> RecordOp {
        if self.knows_later && self.chance.percent(40) {
            return self.later();
        }
        let who = self.u8(3);
        match self.chance.below(24) {
            0..5 => RecordOp::Look {
                who,
                of: self.u8(6),
                from: self.u8(12),
                limit: 1 + self.u8(20),
            },
            5..7 => RecordOp::WhoSaw {
                who,
                record: self.u8(30),
            },
            7 => RecordOp::Prove {
                who,
                record: self.u8(30),
            },
            8..10 => RecordOp::SetHold {
                who,
                on: self.hold_on(),
            },
            10 => RecordOp::AskRelease {
                who,
                hold: self.u8(4),
            },
            11 => RecordOp::Release {
                who,
                hold: self.u8(4),
            },
            12 => RecordOp::Propose { who },
            13 => RecordOp::Approve {
                who,
                disposal: self.u8(4),
            },
            14 => RecordOp::RunDisposals,
            15..17 => RecordOp::Rotate { who },
            17 => RecordOp::Safe(self.pick(&[SafeFault::Refuses, SafeFault::LosesAnswer])),
            18..20 => RecordOp::Witness(self.witness()),
            20 => {
                let to = self.u8(20);
                let back = self.chance.percent(60).then_some(to);
                RecordOp::WitnessForgets(back)
            }
            21 => {
                use AuthorityMood::{Away, Lies};
                RecordOp::Authority(self.pick(&[Away, Lies]))
            }
            22 => self.export(who),
            _ => RecordOp::ExportsGoOn {
                steps: 1 + self.u8(4),
            },
        }
    }

    pub(super) fn hold_on(&mut self) -> HoldOn {
        let which = self.u8(6);
        self.pick(&[
            HoldOn::Everyone,
            HoldOn::Employee(which),
            HoldOn::Contact(which),
            HoldOn::Contact(which),
            HoldOn::Number(which),
            HoldOn::Conversation(which),
        ])
    }

    fn witness(&mut self) -> Option<WitnessFault> {
        use WitnessFault::{Away, Claims, Denies, Forges, LosesAnswer, Refuses};
        match self.chance.below(8) {
            0 => Some(Away),
            1 => Some(LosesAnswer),
            2 => Some(Forges),
            3 => Some(Claims(self.u8(200).into())),
            4 => Some(Denies),
            5 => Some(Refuses),
            _ => None,
        }
    }

    pub(super) fn export(&mut self, who: u8) -> RecordOp {
        let of = self.u8(6);
        let of = self.chance.percent(50).then_some(of);
        RecordOp::Export { who, of }
    }

    /// A place in the second half: there is something to dispose of, to export, or to look at.
    pub(in crate::sim::operation) fn late(&mut self, count: usize) -> usize {
        let half = count / 2;
        half + self.chance.below(count - half + 1)
    }

    /// Often nothing; else a death, something in the middle of the next job, or anything else.
    pub(super) fn perhaps(&mut self, story: &mut Vec<Operation>) {
        match self.chance.below(5) {
            0 => story.push(Operation::WriteFails {
                node: self.pick(&[NodeName::Worker, NodeName::Worker, NodeName::Edge]),
                writes: self.u8(8),
                done: self.chance.percent(50),
                dies: self.chance.percent(70),
            }),
            1 => {
                let calls = self.u8(30);
                let what = Box::new(Operation::Record(self.record()));
                story.push(Operation::During { calls, what });
            }
            2 => story.push(Operation::Record(self.record())),
            _ => {}
        }
    }
}
