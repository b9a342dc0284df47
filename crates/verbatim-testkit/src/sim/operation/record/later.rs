//! What can be asked of the record since rules about somebody (decision 0024) and changes of the signing key
//! (decision 0025): drawn apart from the rest, so that what else a seed means stays as it was.

use super::super::Operation;
use super::super::dice::Dice;
use super::{AuthorityMood, RecordOp};
use crate::fakes::entropy::Chance;

/// Puts more among the operations of most seeds that are about the record.
pub(super) fn weave(seed: u64, mut operations: Vec<Operation>) -> Vec<Operation> {
    let mut dice = Dice::new(Chance::new(seed ^ 0x1A7E_0024_0025));
    dice.knows_later = true;
    if !dice.chance.percent(70) {
        return operations;
    }
    for _ in 0..dice.chance.below(6) {
        let at = dice.chance.below(operations.len() + 1);
        let what = Operation::Record(dice.later());
        operations.insert(at, what);
    }
    for _ in 0..1 + dice.chance.below(2) {
        let at = dice.late(operations.len());
        let story = dice.later_story();
        operations.splice(at..at, story);
    }
    operations
}

impl Dice {
    /// One of these, by itself.
    pub(super) fn later(&mut self) -> RecordOp {
        let who = self.u8(3);
        match self.chance.below(12) {
            0..3 => self.erase(who),
            3..5 => RecordOp::Withdraw {
                who,
                disposal: self.u8(6),
            },
            5..8 => self.extend(who),
            8 | 9 => RecordOp::ChangeSigner,
            10 => RecordOp::RetireSigner,
            _ => {
                use AuthorityMood::{Away, Honest, Lies};
                RecordOp::Authority(self.pick(&[Honest, Honest, Away, Lies]))
            }
        }
    }

    fn erase(&mut self, who: u8) -> RecordOp {
        let contact = self.u8(3);
        RecordOp::Erase { who, contact }
    }

    fn extend(&mut self, who: u8) -> RecordOp {
        RecordOp::Extend {
            who,
            months: 1 + self.u8(4),
            on: self.hold_on(),
        }
    }

    fn later_story(&mut self) -> Vec<Operation> {
        match self.chance.below(10) {
            0..3 => self.erasure(),
            3..5 => self.extension(),
            5..7 => self.withdrawal(),
            7..9 => self.change_of_signer(),
            _ => self.stamping(),
        }
    }

    /// Months pass, which something may keep longer; then somebody wants clients erased, and somebody else too.
    fn erasure(&mut self) -> Vec<Operation> {
        let (ann, bob) = self.two();
        let mut story = Vec::new();
        if self.chance.percent(25) {
            let on = self.hold_on();
            story.push(Operation::Record(RecordOp::SetHold { who: ann, on }));
        }
        if self.chance.percent(25) {
            story.push(Operation::Record(self.extend(bob)));
        }
        story.push(self.months());
        self.perhaps(&mut story);
        for _ in 0..2 {
            story.push(Operation::Record(self.erase(ann)));
        }
        self.perhaps(&mut story);
        self.approved(&mut story, bob);
        self.perhaps(&mut story);
        self.carried_out(&mut story);
        story
    }

    /// What was proposed is kept longer before it is approved, or before it is carried out; later it is disposed of.
    fn extension(&mut self) -> Vec<Operation> {
        let (ann, bob) = self.two();
        let mut story = Vec::new();
        if self.chance.percent(30) {
            // Of a month in which nothing else was recorded yet.
            story.extend([self.months(), self.client_texts()]);
            story.push(Operation::Record(self.extend(ann)));
        }
        story.push(self.months());
        story.push(Operation::Record(RecordOp::Propose { who: ann }));
        self.perhaps(&mut story);
        let (extend, during) = (self.extend(ann), self.chance.percent(30));
        if !during {
            story.push(Operation::Record(extend.clone()));
        }
        self.perhaps(&mut story);
        self.approved(&mut story, bob);
        if during {
            let calls = self.u8(40);
            let what = Box::new(Operation::Record(extend));
            story.push(Operation::During { calls, what });
        }
        self.carried_out(&mut story);
        for _ in 0..self.chance.below(3) {
            let months = 1 + self.u8(3);
            story.push(Operation::Record(RecordOp::MonthsPass(months)));
            story.push(Operation::Record(RecordOp::Propose { who: bob }));
            self.perhaps(&mut story);
            self.approved(&mut story, ann);
            self.carried_out(&mut story);
        }
        story
    }

    /// What two people wanted is taken back, perhaps while it is carried out, and perhaps wanted again.
    fn withdrawal(&mut self) -> Vec<Operation> {
        let (ann, bob) = self.two();
        let mut story = vec![self.months()];
        if self.chance.percent(30) {
            story.push(Operation::Record(self.erase(ann)));
        }
        story.push(Operation::Record(RecordOp::Propose { who: ann }));
        self.perhaps(&mut story);
        self.approved(&mut story, bob);
        self.perhaps(&mut story);
        for disposal in 0..6 {
            if self.chance.percent(25) {
                continue;
            }
            let who = self.u8(3);
            let withdraw = Operation::Record(RecordOp::Withdraw { who, disposal });
            if self.chance.percent(60) {
                story.push(withdraw);
            } else {
                let (calls, what) = (self.u8(40), Box::new(withdraw));
                story.push(Operation::During { calls, what });
            }
        }
        self.carried_out(&mut story);
        if self.chance.percent(50) {
            story.push(Operation::Record(RecordOp::Propose { who: bob }));
            self.approved(&mut story, ann);
            self.carried_out(&mut story);
        }
        story
    }

    /// The signing key is changed, the processes die, and the old key is taken away; perhaps more than once.
    fn change_of_signer(&mut self) -> Vec<Operation> {
        let mut story = Vec::new();
        for _ in 0..1 + self.chance.below(2) {
            self.perhaps(&mut story);
            story.push(Operation::Record(RecordOp::ChangeSigner));
            self.perhaps(&mut story);
            if self.chance.percent(40) {
                let ann = self.u8(3);
                story.push(Operation::Record(self.export(ann)));
            }
            story.push(Operation::Work { jobs: 2 });
            if self.chance.percent(50) {
                story.push(Operation::Restart);
            }
            self.perhaps(&mut story);
            story.push(Operation::Record(RecordOp::RetireSigner));
            story.extend([self.client_texts(), Operation::Work { jobs: 4 }]);
        }
        if self.chance.percent(40) {
            story.extend(self.erasure());
        }
        story
    }

    /// The time authority answers, and the log grows for hours.
    fn stamping(&mut self) -> Vec<Operation> {
        let mood = RecordOp::Authority(AuthorityMood::Honest);
        let mut story = vec![Operation::Record(mood)];
        for _ in 0..3 {
            story.extend([self.client_texts(), Operation::Work { jobs: 3 }]);
            self.perhaps(&mut story);
            story.push(Operation::ClockStep(self.pick(&[12, 70, 200])));
        }
        story
    }

    /// Two people, who are sometimes the same.
    fn two(&mut self) -> (u8, u8) {
        let (ann, on) = (self.u8(3), self.pick(&[0, 1, 1, 1, 2, 2, 2]));
        (ann, (ann + on) % 3)
    }

    fn months(&mut self) -> Operation {
        Operation::Record(RecordOp::MonthsPass(2 + self.u8(4)))
    }

    fn approved(&mut self, story: &mut Vec<Operation>, who: u8) {
        let approve = |disposal| Operation::Record(RecordOp::Approve { who, disposal });
        story.extend((0..6).map(approve));
    }

    fn carried_out(&mut self, story: &mut Vec<Operation>) {
        story.push(Operation::Work {
            jobs: 1 + self.u8(6),
        });
        self.perhaps(story);
        story.push(Operation::Record(RecordOp::RunDisposals));
        story.push(Operation::Work { jobs: 3 });
    }
}
