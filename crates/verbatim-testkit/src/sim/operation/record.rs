//! What people ask of the record, and what befalls those who keep it honest.

use super::dice::Dice;
use super::{NodeName, Operation};
use crate::fakes::WitnessFault;
use crate::fakes::entropy::Chance;
use crate::fakes::key_safe::SafeFault;

/// Something that concerns the record itself. People are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordOp {
    /// Somebody reads a conversation.
    Look {
        /// Who.
        who: u8,
        /// Which conversation.
        of: u8,
        /// From which position on.
        from: u8,
        /// So many records, at most.
        limit: u8,
    },
    /// Somebody asks who has seen a record.
    WhoSaw {
        /// Who asks.
        who: u8,
        /// Which record: an even number stands for one that somebody was shown, if there is one, an odd one
        /// counts from the latest.
        record: u8,
    },
    /// Somebody asks for the proof of a record.
    Prove {
        /// Who.
        who: u8,
        /// Which record, counted from the latest.
        record: u8,
    },
    /// Somebody sets a hold.
    SetHold {
        /// Who.
        who: u8,
        /// On what.
        on: HoldOn,
    },
    /// Somebody asks for the release of a hold.
    AskRelease {
        /// Who.
        who: u8,
        /// Which.
        hold: u8,
    },
    /// Somebody agrees to the release of a hold.
    Release {
        /// Who.
        who: u8,
        /// Which.
        hold: u8,
    },
    /// Somebody proposes to dispose of what is due.
    Propose {
        /// Who.
        who: u8,
    },
    /// Somebody approves a disposal.
    Approve {
        /// Who.
        who: u8,
        /// Which.
        disposal: u8,
    },
    /// Approved disposals are looked at again.
    RunDisposals,
    /// All comes to rest, and months pass.
    MonthsPass(u8),
    /// Somebody rotates the key-encryption key.
    Rotate {
        /// Who.
        who: u8,
    },
    /// What the next change in the key safe meets.
    Safe(SafeFault),
    /// What is wrong with the witness from now on.
    Witness(Option<WitnessFault>),
    /// The witness forgets what it saw, or remembers something older that we signed.
    WitnessForgets(Option<u8>),
    /// What is wrong with the time authority from now on.
    Authority(AuthorityMood),
    /// Somebody begins an export.
    Export {
        /// Who.
        who: u8,
        /// One of the conversations; all records without it.
        of: Option<u8>,
    },
    /// Exports go on by so many steps; whoever makes them forgets all that is not on its disk afterwards.
    ExportsGoOn {
        /// Steps of each.
        steps: u8,
    },
}

impl Operation {
    /// Whether it concerns the record, now or in the middle of something.
    pub(crate) fn is_on_record(&self) -> bool {
        match self {
            Self::Record(_) => true,
            Self::During { what, .. } => what.is_on_record(),
            _ => false,
        }
    }
}

/// What a hold is on. Each is a small number, taken modulo what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldOn {
    /// All records.
    Everyone,
    /// An employee.
    Employee(u8),
    /// A client's phone.
    Contact(u8),
    /// A number of ours.
    Number(u8),
    /// A conversation.
    Conversation(u8),
}

/// How the time authority answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorityMood {
    /// It does not answer.
    Away,
    /// It stamps something else.
    Lies,
}

/// Puts operations on the record among others, for one seed in four: they take their time.
pub(super) fn weave(seed: u64, mut operations: Vec<Operation>) -> Vec<Operation> {
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
        // There is something to dispose of, to export, or to look at.
        let half = operations.len() / 2;
        let at = half + dice.chance.below(operations.len() - half + 1);
        let story = dice.story();
        operations.splice(at..at, story);
    }
    operations
}

impl Dice {
    /// Something that concerns the record, by itself.
    pub(super) fn record(&mut self) -> RecordOp {
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

    fn hold_on(&mut self) -> HoldOn {
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

    fn export(&mut self, who: u8) -> RecordOp {
        let of = self.u8(6);
        let of = self.chance.percent(50).then_some(of);
        RecordOp::Export { who, of }
    }

    /// Things that mean something only one after the other.
    fn story(&mut self) -> Vec<Operation> {
        match self.chance.below(6) {
            0..3 => self.disposal(),
            3 => self.rotation(),
            _ => self.handing_out(),
        }
    }

    /// A disposal from its proposal to its end, with anything in between.
    fn disposal(&mut self) -> Vec<Operation> {
        // Sometimes the same person.
        let (ann, bob) = (self.u8(3), self.pick(&[0, 1, 1, 2, 2]));
        let mut story = Vec::new();
        let hold = RecordOp::SetHold {
            who: ann,
            on: self.hold_on(),
        };
        if self.chance.percent(40) {
            story.push(Operation::Record(hold));
        }
        if self.chance.percent(30) {
            story.push(Operation::Record(self.export(ann)));
        }
        let months = 2 + self.u8(4);
        story.push(Operation::Record(RecordOp::MonthsPass(months)));
        self.perhaps(&mut story);
        story.push(Operation::Record(RecordOp::Propose { who: ann }));
        self.perhaps(&mut story);
        for disposal in 0..4 {
            let who = (ann + bob) % 3;
            story.push(Operation::Record(RecordOp::Approve { who, disposal }));
        }
        self.perhaps(&mut story);
        story.push(Operation::Work {
            jobs: 1 + self.u8(6),
        });
        self.perhaps(&mut story);
        if self.chance.percent(50) {
            story.extend([
                Operation::Record(RecordOp::RunDisposals),
                Operation::Work { jobs: 3 },
            ]);
        }
        story
    }

    fn rotation(&mut self) -> Vec<Operation> {
        let mut story = Vec::new();
        for _ in 0..1 + self.chance.below(3) {
            self.perhaps(&mut story);
            story.push(Operation::Record(RecordOp::Rotate { who: 0 }));
        }
        story
    }

    fn handing_out(&mut self) -> Vec<Operation> {
        let who = self.u8(3);
        let mut story = vec![Operation::Record(self.export(who))];
        for _ in 0..2 {
            self.perhaps(&mut story);
            story.push(Operation::Record(RecordOp::ExportsGoOn {
                steps: 1 + self.u8(3),
            }));
        }
        story
    }

    /// Often nothing; else a death, something in the middle of the next job, or anything else.
    fn perhaps(&mut self, story: &mut Vec<Operation>) {
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
