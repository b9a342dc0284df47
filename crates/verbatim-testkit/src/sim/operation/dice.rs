//! How a seed becomes a list of operations.

use super::{
    Act, CarrierFault, Delivery, End, HomeserverFault, KeyFate, Mood, NodeName, Operation,
};
use crate::fakes::entropy::Chance;
use crate::sim::corpus::TEXTS;

/// The operations that a seed stands for.
pub fn operations(seed: u64) -> Vec<Operation> {
    let mut dice = Dice::new(Chance::new(seed));
    let count = 15 + dice.chance.below(60);
    let opening = if dice.chance.percent(80) {
        dice.opening()
    } else {
        Vec::new()
    };
    let rest = (0..count).map(|_| dice.operation());
    let all = opening.into_iter().chain(rest).collect();
    super::consent::weave(seed, super::record::weave(seed, all))
}

/// Draws operations.
pub(super) struct Dice {
    pub(super) chance: Chance,
    last_text: u8,
    /// Whether it draws the operations too that there were not from the beginning: what the others of a seed
    /// mean stays as it was.
    pub(super) knows_later: bool,
}

impl Dice {
    pub(super) fn new(chance: Chance) -> Self {
        Self {
            chance,
            last_text: 0,
            knows_later: false,
        }
    }

    pub(super) fn u8(&mut self, end: usize) -> u8 {
        u8::try_from(self.chance.below(end)).unwrap_or(0)
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.chance.below(of.len())]
    }

    /// The same text twice in a row is likely: it is what confuses reconciliation.
    pub(super) fn text(&mut self) -> u8 {
        if !self.chance.percent(50) {
            self.last_text = self.u8(TEXTS);
        }
        self.last_text
    }

    /// Most runs begin with two conversations, since little can happen without rooms.
    fn opening(&mut self) -> Vec<Operation> {
        let texts = [0, 1].map(|number| Operation::ClientTexts {
            phone: self.u8(3),
            number,
            text: self.text(),
            hook: Delivery::Now,
        });
        let rest = [
            Operation::Work { jobs: 4 },
            Operation::Sync {
                events: 9,
                again: false,
            },
        ];
        texts.into_iter().chain(rest).collect()
    }

    fn operation(&mut self) -> Operation {
        match self.chance.below(100) {
            0..16 => self.client_texts(),
            16..36 => self.employee(),
            36..58 => Operation::Work {
                jobs: 1 + self.u8(12),
            },
            58..66 => Operation::Sync {
                events: 1 + self.u8(6),
                again: self.chance.percent(15),
            },
            66..73 => self.receipt(),
            73..79 => {
                let what = Box::new(self.interruption());
                Operation::During {
                    calls: self.u8(24),
                    what,
                }
            }
            79..86 => self.fault(),
            86..90 => Operation::WriteFails {
                node: self.pick(&[NodeName::Worker, NodeName::Worker, NodeName::Edge]),
                writes: self.u8(8),
                done: self.chance.percent(50),
                dies: self.chance.percent(70),
            },
            _ => self.seldom(),
        }
    }

    pub(super) fn delivery(&mut self) -> Delivery {
        let now = Delivery::Now;
        self.pick(&[
            now,
            now,
            Delivery::ToEdge,
            Delivery::ToEdge,
            Delivery::Twice,
            Delivery::Later,
            Delivery::Lost,
        ])
    }

    pub(super) fn client_texts(&mut self) -> Operation {
        Operation::ClientTexts {
            phone: self.u8(3),
            number: self.u8(3),
            text: self.text(),
            hook: self.delivery(),
        }
    }

    fn employee(&mut self) -> Operation {
        use Act::{Edit, Media, React, Redact, Reply, Text};
        let (room, text) = (self.u8(4), self.text());
        let act = self.pick(&[
            Text, Text, Text, Text, Text, Text, Text, Text, Reply, Edit, Redact, React, Media,
        ]);
        let key = match self.chance.below(20) {
            0 | 1 => KeyFate::Late,
            2 => KeyFate::NeverComes,
            3 => KeyFate::Hopeless,
            4 => KeyFate::Clear,
            _ => KeyFate::Here,
        };
        Operation::Employee {
            room,
            act,
            text,
            key,
        }
    }

    fn receipt(&mut self) -> Operation {
        use End::{Delivered, Expired, Failed, Sent, Strange, Undelivered};
        let end = self.pick(&[
            Delivered,
            Delivered,
            Delivered,
            Sent,
            Sent,
            Undelivered,
            Failed,
            Expired,
            Strange,
        ]);
        Operation::Receipt {
            text: self.u8(3),
            end,
            hook: self.delivery(),
        }
    }

    fn fault(&mut self) -> Operation {
        use CarrierFault::{Busy, NotSent, Refuse, TimeoutAfter, TimeoutBefore, TimeoutSlow};
        use HomeserverFault::{Halfway, LoseAnswer, Unavailable};
        if self.chance.percent(60) {
            let slow = TimeoutSlow(self.u8(120));
            let after = TimeoutAfter;
            let how = self.pick(&[
                Refuse,
                Busy,
                NotSent,
                TimeoutBefore,
                TimeoutBefore,
                after,
                after,
                slow,
            ]);
            return Operation::CarrierFault {
                skip: self.u8(3),
                how,
            };
        }
        let refuse = HomeserverFault::Refuse;
        Operation::HomeserverFault(self.pick(&[Unavailable, LoseAnswer, Halfway, refuse]))
    }

    fn seldom(&mut self) -> Operation {
        match self.chance.below(24) {
            22 | 23 => Operation::HomeserverForgets {
                events: 1 + self.u8(3),
                crash: self.chance.percent(50),
            },
            0 => Operation::RepeatHook(self.u8(8)),
            1 | 2 => Operation::DeliverHook(self.u8(8)),
            3 => Operation::ForgeHook(self.u8(8)),
            4 => Operation::MangledHook,
            5 => Operation::EmployeeLeaves(self.u8(4)),
            6 => Operation::EmployeeStarts {
                employee: self.u8(3),
                phone: self.u8(3),
            },
            7 | 8 => Operation::KeysArrive,
            9 => Operation::CarrierDown(self.pick(&[1, 5, 60])),
            10 => Operation::HomeserverDown(self.pick(&[1, 5, 60])),
            11 => Operation::Restart,
            12 => Operation::ClockStep(self.pick(&[1, 3, 12, 70, 200])),
            13 => Operation::Poll,
            14 => Operation::ListingDelay(self.u8(200)),
            15 | 16 => Operation::LogIn {
                employee: self.u8(3),
                logged_in: self.chance.percent(50),
            },
            17 | 18 => {
                Operation::Invitations(self.pick(&[Mood::Willing, Mood::Shy, Mood::Unwilling]))
            }
            19 => Operation::EmployeeLeaves(self.u8(4)),
            20 => Operation::DaysPass(self.pick(&[1, 3])),
            _ => self.reassign(),
        }
    }

    fn reassign(&mut self) -> Operation {
        let employee = if self.chance.percent(70) {
            Some(self.u8(3))
        } else {
            None
        };
        Operation::Reassign {
            number: self.u8(3),
            employee,
        }
    }

    /// What may come between two steps of a job.
    fn interruption(&mut self) -> Operation {
        match self.chance.below(17) {
            0..3 => self.receipt(),
            3..5 => self.client_texts(),
            5 => Operation::DeliverHook(self.u8(8)),
            6 => Operation::Sync {
                events: 1 + self.u8(6),
                again: false,
            },
            7..10 => Operation::Work {
                jobs: 1 + self.u8(3),
            },
            10 => Operation::Restart,
            11 => Operation::Poll,
            12 => self.reassign(),
            14 => Operation::EmployeeLeaves(self.u8(4)),
            15 => Operation::LogIn {
                employee: self.u8(3),
                logged_in: self.chance.percent(50),
            },
            _ => Operation::LeaseLost {
                jobs: 1 + self.u8(5),
            },
        }
    }
}
