//! Clients who do not want to be texted, or want to be again: drawn apart from the rest, so that what else a
//! seed means stays as it was.

use super::dice::Dice;
use super::{Act, CarrierFault, Delivery, KeyFate, Operation};
use crate::fakes::entropy::Chance;
use crate::sim::corpus::{START, STOP};

/// Puts some of them among the operations of one seed in three.
pub(super) fn weave(seed: u64, mut operations: Vec<Operation>) -> Vec<Operation> {
    if seed % 3 != 2 {
        return operations;
    }
    let mut dice = Dice::new(Chance::new(seed ^ 0x0570_0510));
    for _ in 0..1 + dice.chance.below(5) {
        let at = dice.chance.below(operations.len() + 1);
        operations.insert(at, dice.says());
    }
    if dice.chance.percent(50) {
        let at = dice.late(operations.len());
        operations.splice(at..at, dice.crossing());
    }
    operations
}

impl Dice {
    /// An employee's text and the client's STOP cross, anywhere between two steps of what the text sets off.
    fn crossing(&mut self) -> Vec<Operation> {
        let (phone, number, room) = (self.u8(3), self.u8(2), self.u8(4));
        let says = |text| Operation::ClientTexts {
            phone,
            number,
            text,
            hook: Delivery::Now,
        };
        let sync = Operation::Sync {
            events: 9,
            again: false,
        };
        vec![
            says(START),
            sync.clone(),
            Operation::Work { jobs: 30 },
            Operation::Employee {
                room,
                act: Act::Text,
                text: self.u8(3),
                key: KeyFate::Here,
            },
            sync,
            Operation::During {
                calls: self.u8(16),
                what: Box::new(says(STOP)),
            },
            Operation::Work { jobs: 9 },
        ]
    }

    fn says(&mut self) -> Operation {
        let text = self.pick(&[STOP, STOP, STOP, START]);
        let said = Operation::ClientTexts {
            phone: self.u8(3),
            number: self.u8(3),
            text,
            hook: self.delivery(),
        };
        match self.chance.below(8) {
            0 => Operation::CarrierFault {
                skip: self.u8(2),
                how: CarrierFault::OptedOut,
            },
            1..4 => Operation::During {
                calls: self.u8(24),
                what: Box::new(said),
            },
            _ => said,
        }
    }
}
