//! Things that mean something only one after the other.

use super::super::Operation;
use super::super::dice::Dice;
use super::RecordOp;

impl Dice {
    /// One of them.
    pub(super) fn story(&mut self) -> Vec<Operation> {
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
}
