//! What can happen, and how a seed becomes a list of it.
//!
//! Operands are small numbers taken modulo what there is, so that every list of operations means
//! something and stays meaningful when operations are taken out of it.

use crate::fakes::entropy::Chance;

/// Something happens. A failing list of these is what a bug report consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A client texts one of our numbers.
    ClientTexts {
        /// Whose phone.
        phone: u8,
        /// Which of our numbers.
        number: u8,
        /// Which text of the corpus.
        text: u8,
        /// What happens to its webhook.
        hook: Delivery,
    },
    /// A webhook that was sent before is sent again.
    RepeatHook(u8),
    /// A webhook that waits is delivered; which one is chance, so that they overtake each other.
    DeliverHook(u8),
    /// Somebody sends a webhook with a wrong signature.
    ForgeHook(u8),
    /// The carrier sends a webhook that is signed but makes no sense.
    MangledHook,
    /// An employee does something in a room.
    Employee {
        /// In which room.
        room: u8,
        /// What.
        act: Act,
        /// Which text of the corpus.
        text: u8,
        /// Whether the bot can read it.
        key: KeyFate,
    },
    /// An employee leaves a room.
    EmployeeLeaves(u8),
    /// An employee logs in, or out of every client.
    LogIn {
        /// Who.
        employee: u8,
        /// In, or out.
        logged_in: bool,
    },
    /// What employees do with invitations from now on; those that stand are accepted by the willing.
    Invitations(Mood),
    /// An employee begins a conversation by asking the bot.
    EmployeeStarts {
        /// Who.
        employee: u8,
        /// With whom.
        phone: u8,
    },
    /// Room keys arrive.
    KeysArrive,
    /// The homeserver pushes what has happened.
    Sync {
        /// Events in the transaction, at most.
        events: u8,
        /// Whether our answer gets lost, so that it is pushed again.
        again: bool,
    },
    /// The homeserver never hands out what it should hand out next.
    HomeserverForgets {
        /// How many events.
        events: u8,
        /// In a crash; else it leaves a numbered transaction behind.
        crash: bool,
    },
    /// The carrier says what became of a text.
    Receipt {
        /// Which text, counted from the latest.
        text: u8,
        /// What became of it.
        end: End,
        /// What happens to its webhook.
        hook: Delivery,
    },
    /// Submissions to come go wrong: after `skip` good ones, this one.
    CarrierFault {
        /// Good ones before.
        skip: u8,
        /// How.
        how: CarrierFault,
    },
    /// The carrier does not answer for some minutes.
    CarrierDown(u8),
    /// Texts show in the carrier's listings only after so many seconds.
    ListingDelay(u8),
    /// The homeserver does not answer for some minutes.
    HomeserverDown(u8),
    /// A call to the homeserver to come goes wrong.
    HomeserverFault(HomeserverFault),
    /// A process writes so many times more to store, homeserver or carrier; the next write fails.
    WriteFails {
        /// Which process.
        node: NodeName,
        /// Writes that still work.
        writes: u8,
        /// Whether the failing write takes effect all the same.
        done: bool,
        /// Whether the process dies of it.
        dies: bool,
    },
    /// The worker is stopped and started.
    Restart,
    /// Another process takes the lease, runs some jobs, and gives it back.
    LeaseLost {
        /// Jobs that the other one runs.
        jobs: u8,
    },
    /// The clock steps forward by so many minutes.
    ClockStep(u8),
    /// So many days pass at once; none of ours was running.
    DaysPass(u8),
    /// The carrier is asked for what it never told.
    Poll,
    /// A number changes hands; `None`: nobody gets it.
    Reassign {
        /// Which number.
        number: u8,
        /// Who gets it.
        employee: Option<u8>,
    },
    /// The worker runs jobs that are due, waiting for the next one where none is.
    Work {
        /// How many.
        jobs: u8,
    },
    /// Something happens while the worker is in the middle of a job.
    During {
        /// Calls to ports before it happens.
        calls: u8,
        /// What.
        what: Box<Operation>,
    },
}

/// What happens to a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Delivered at once, and again if we ask for it.
    Now,
    /// Delivered at once, to an edge that can read nothing.
    ToEdge,
    /// Delivered twice.
    Twice,
    /// Delivered some time later.
    Later,
    /// Never delivered.
    Lost,
}

/// What an employee does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Writes a text.
    Text,
    /// Replies.
    Reply,
    /// Edits an earlier event.
    Edit,
    /// Deletes one.
    Redact,
    /// Reacts to one.
    React,
    /// Sends a picture.
    Media,
}

/// What employees do with invitations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Accept them.
    Willing,
    /// Nothing.
    Shy,
    /// Decline them at once.
    Unwilling,
}

/// Whether an employee's event can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFate {
    /// At once.
    Here,
    /// Some time later.
    Late,
    /// Its key is awaited for ever.
    NeverComes,
    /// It is certain that it will not.
    Hopeless,
    /// It was not encrypted.
    Clear,
}

/// What becomes of a text at the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Passed on.
    Sent,
    /// On the phone.
    Delivered,
    /// Not on the phone.
    Undelivered,
    /// Given up.
    Failed,
    /// Its time ran out.
    Expired,
    /// A status that nobody knows.
    Strange,
}

/// How a submission goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarrierFault {
    /// Refused.
    Refuse,
    /// Too many requests.
    Busy,
    /// No connection.
    NotSent,
    /// No answer, not taken.
    TimeoutBefore,
    /// No answer, but taken.
    TimeoutAfter,
    /// No answer, taken so many seconds later.
    TimeoutSlow(u8),
}

/// How a call to the homeserver goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HomeserverFault {
    /// Nothing happened.
    Unavailable,
    /// It happened, but we hear that it did not.
    LoseAnswer,
    /// A part of it happened.
    Halfway,
    /// It refuses this once.
    Refuse,
}

/// A process of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeName {
    /// Runs jobs.
    Worker,
    /// Takes what reaches us.
    Edge,
}

/// The operations that a seed stands for.
pub fn operations(seed: u64) -> Vec<Operation> {
    let mut dice = Dice {
        chance: Chance::new(seed),
        last_text: 0,
    };
    let count = 15 + dice.chance.below(60);
    let opening = if dice.chance.percent(80) {
        dice.opening()
    } else {
        Vec::new()
    };
    let rest = (0..count).map(|_| dice.operation());
    opening.into_iter().chain(rest).collect()
}

struct Dice {
    chance: Chance,
    last_text: u8,
}

impl Dice {
    fn u8(&mut self, end: usize) -> u8 {
        u8::try_from(self.chance.below(end)).unwrap_or(0)
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.chance.below(of.len())]
    }

    /// The same text twice in a row is likely: it is what confuses reconciliation.
    fn text(&mut self) -> u8 {
        if !self.chance.percent(50) {
            self.last_text = self.u8(super::corpus::TEXTS);
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

    fn delivery(&mut self) -> Delivery {
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

    fn client_texts(&mut self) -> Operation {
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
