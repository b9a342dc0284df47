//! Defects that the simulation found, each as the shortest list of operations that showed it.

use verbatim_testkit::sim::operation::{
    Act, Delivery, End, HomeserverFault, KeyFate, Mood, NodeName, Operation as O, RecordOp,
};
use verbatim_testkit::sim::{StoreKind, run_operations};

/// What is left to chance (which job runs first) is tried in several ways.
#[track_caller]
fn check(operations: &[O]) {
    for seed in 0..20 {
        let run = run_operations(seed, operations, &StoreKind::SqliteMemory);
        assert_eq!(run.failures, [], "seed {seed}");
    }
}

fn client(number: u8, hook: Delivery) -> O {
    O::ClientTexts {
        phone: 0,
        number,
        text: 1,
        hook,
    }
}

/// A webhook that came late, or never, was bound to who held the number by then.
#[test]
fn a_text_goes_to_who_held_the_number_when_the_carrier_took_it() {
    for hook in [Delivery::Later, Delivery::Lost] {
        for employee in [Some(2), Some(0), None] {
            check(&[
                client(1, hook),
                O::Reassign {
                    number: 1,
                    employee,
                },
            ]);
        }
    }
}

/// The edge died between record and alarm; the repeated webhook was a duplicate, and raised none.
#[test]
fn a_number_without_holder_is_told_of_whatever_dies() {
    for (writes, done) in [(0, true), (1, false), (1, true), (2, false)] {
        let dies = true;
        let fails = O::WriteFails {
            node: NodeName::Edge,
            writes,
            done,
            dies,
        };
        check(&[fails.clone(), client(2, Delivery::Now)]);
        check(&[fails, client(2, Delivery::Lost)]);
        // Found by a poll, whose process died before the alarm: the next poll knows the text already.
        let node = NodeName::Worker;
        for writes in 0..6 {
            let fails = O::WriteFails {
                node,
                writes,
                done,
                dies,
            };
            check(&[client(2, Delivery::Lost), fails, O::Poll]);
        }
    }
}

/// A text to a number that had just got a holder overtook those that had waited for one.
#[test]
fn nothing_overtakes_texts_that_wait_for_a_holder() {
    check(&[
        client(2, Delivery::Now),
        O::Reassign {
            number: 2,
            employee: Some(0),
        },
        client(2, Delivery::Now),
    ]);
    check(&[
        client(0, Delivery::Now),
        O::Reassign {
            number: 0,
            employee: None,
        },
        client(0, Delivery::Now),
        O::Reassign {
            number: 0,
            employee: Some(2),
        },
        client(0, Delivery::Now),
        O::Reassign {
            number: 0,
            employee: Some(1),
        },
        client(0, Delivery::Now),
    ]);
}

/// The room was made, its making not yet committed: what could not be read was given up in silence.
#[test]
fn who_writes_into_a_room_in_the_making_is_answered() {
    for writes in 0..5 {
        for key in [
            KeyFate::Hopeless,
            KeyFate::NeverComes,
            KeyFate::Late,
            KeyFate::Here,
        ] {
            check(&[
                client(0, Delivery::Now),
                O::WriteFails {
                    node: NodeName::Worker,
                    writes,
                    done: false,
                    dies: true,
                },
                O::Work { jobs: 1 },
                O::Employee {
                    room: 0,
                    act: Act::Text,
                    text: 6,
                    key,
                },
                O::Sync {
                    events: 9,
                    again: false,
                },
                O::Work { jobs: 3 },
            ]);
        }
    }
}

/// A process that was up when another made the key of a new month could not read its records.
#[test]
fn records_of_a_new_month_are_read_by_every_process() {
    check(&[
        client(0, Delivery::Now),
        O::ClockStep(12),
        client(0, Delivery::Now),
    ]);
}

/// What the homeserver never handed out was overtaken by what it handed out next.
#[test]
fn nothing_overtakes_what_the_homeserver_forgot() {
    let writes = |text, key| O::Employee {
        room: 0,
        act: Act::Text,
        text,
        key,
    };
    let sync = || O::Sync {
        events: 4,
        again: false,
    };
    for crash in [false, true] {
        let forgets = || O::HomeserverForgets { events: 3, crash };
        let opening = [client(0, Delivery::Now), O::Work { jobs: 1 }];
        let first = [writes(1, KeyFate::Here), forgets()];
        let second = [writes(0, KeyFate::Late), sync()];
        // The first transaction of all, and a later one.
        check(&[&opening[..], &first, &second].concat());
        check(&[&opening[..], &[sync()], &first, &second].concat());
    }
}

/// What the homeserver tries again is what it sent before: left behind, it takes nothing younger with it.
#[test]
fn a_transaction_stays_as_it_was_first_sent() {
    let writes = |text, key| O::Employee {
        room: 0,
        act: Act::Text,
        text,
        key,
    };
    let sync = |again| O::Sync { events: 1, again };
    for crash in [false, true] {
        for events in 1..4 {
            check(&[
                client(0, Delivery::Now),
                O::Work { jobs: 9 },
                SYNC,
                writes(0, KeyFate::Hopeless),
                // Taken, and our answer is lost.
                sync(true),
                writes(2, KeyFate::Here),
                writes(1, KeyFate::Here),
                O::HomeserverForgets { events, crash },
                writes(3, KeyFate::Here),
                sync(false),
                sync(false),
                O::Work { jobs: 9 },
            ]);
        }
    }
}

const SYNC: O = O::Sync {
    events: 9,
    again: false,
};

fn alice_logs(logged_in: bool) -> O {
    O::LogIn {
        employee: 0,
        logged_in,
    }
}

/// A text counted as said although the employee was logged in nowhere: no later login could read it.
#[test]
fn a_text_waits_for_a_device() {
    let work = O::Work { jobs: 9 };
    let (out, back) = (alice_logs(false), alice_logs(true));
    // Before the room is made, before a later text, for ever, and until some time later.
    check(&[out.clone(), client(0, Delivery::Now), work.clone()]);
    check(&[
        client(0, Delivery::Now),
        work.clone(),
        out.clone(),
        client(0, Delivery::Now),
        work.clone(),
        O::ClockStep(70),
        back,
        work.clone(),
    ]);
    // Somebody else holds the number by then: what was hers waits for her all the same.
    check(&[
        out,
        client(0, Delivery::Now),
        O::Reassign {
            number: 0,
            employee: Some(1),
        },
        work,
    ]);
}

/// Texts were said into a room that its employee had left or declined; their invitation waited behind.
#[test]
fn a_text_waits_for_who_has_left() {
    for sync in [false, true] {
        let mut operations = vec![
            client(0, Delivery::Now),
            O::Work { jobs: 9 },
            SYNC,
            O::EmployeeLeaves(0),
        ];
        operations.extend(sync.then_some(SYNC));
        operations.extend([client(0, Delivery::Now), O::Work { jobs: 9 }]);
        check(&operations);
    }
    for mood in [Mood::Shy, Mood::Unwilling] {
        check(&[
            O::Invitations(mood),
            client(0, Delivery::Now),
            O::Work { jobs: 9 },
            SYNC,
            client(0, Delivery::Now),
            O::Work { jobs: 9 },
        ]);
    }
}

/// A client that declines by itself was invited as fast as the homeserver could.
#[test]
fn who_declines_by_itself_is_not_pestered() {
    let hour = [SYNC, O::Work { jobs: 20 }, O::ClockStep(60)];
    let day = std::iter::repeat_n(hour, 24).flatten();
    let first = [O::Invitations(Mood::Unwilling), client(0, Delivery::Now)];
    check(&first.into_iter().chain(day).collect::<Vec<_>>());
}

/// A process died between the room and its own commit, and came back when the homeserver had forgotten
/// the transaction.
#[test]
fn a_text_from_before_the_weekend_is_said_once() {
    let dies = |writes| O::WriteFails {
        node: NodeName::Worker,
        writes,
        done: true,
        dies: true,
    };
    let weekend = [
        O::Work { jobs: 1 },
        O::DaysPass(3),
        O::Work { jobs: 9 },
        SYNC,
        O::Work { jobs: 9 },
    ];
    for writes in 0..6 {
        // The first word in a room, and a later one.
        let mut operations = vec![client(0, Delivery::Now), dies(writes)];
        operations.extend(weekend.clone());
        operations.extend([client(0, Delivery::Now), dies(writes)]);
        operations.extend(weekend.clone());
        check(&operations);
    }
}

/// Opened again weeks later, a room introduced itself again.
#[test]
fn a_room_introduces_itself_once() {
    let start = O::EmployeeStarts {
        employee: 0,
        phone: 0,
    };
    check(&[
        start.clone(),
        O::Work { jobs: 9 },
        O::DaysPass(3),
        start,
        O::Work { jobs: 9 },
    ]);
}

/// Texts waited for a holder until they were disposed of. What an edge had sealed could not be compared with its
/// record any more, and was tried for ever; what a full node had, was said and recorded once more.
#[test]
fn what_was_disposed_of_while_it_waited_is_not_said() {
    for hook in [Delivery::ToEdge, Delivery::Now] {
        let approve = |disposal| RecordOp::Approve { who: 1, disposal };
        let mut operations = vec![client(2, hook), client(2, hook)];
        let months = [RecordOp::MonthsPass(5), RecordOp::Propose { who: 0 }];
        let agreed = months.into_iter().chain((0..3).map(approve));
        operations.extend(agreed.map(O::Record));
        operations.push(O::Work { jobs: 9 });
        let employee = Some(1);
        operations.push(O::Reassign {
            number: 2,
            employee,
        });
        check(&operations);
    }
}

/// The tries during an outage counted as refusals: after one more, the mark that a text is delivered was left out
/// for ever.
#[test]
fn an_outage_and_a_refusal_leave_a_delivered_text_marked() {
    check(&[
        client(0, Delivery::Now),
        O::Work { jobs: 9 },
        O::Sync {
            events: 9,
            again: false,
        },
        O::Employee {
            room: 0,
            act: Act::Text,
            text: 2,
            key: KeyFate::Here,
        },
        O::Sync {
            events: 9,
            again: false,
        },
        O::Work { jobs: 9 },
        O::HomeserverDown(5),
        O::Receipt {
            text: 0,
            end: End::Delivered,
            hook: Delivery::Now,
        },
        O::Work { jobs: 1 },
        O::Work { jobs: 1 },
        O::HomeserverFault(HomeserverFault::Refuse),
        O::ClockStep(6),
        O::Work { jobs: 1 },
    ]);
}
