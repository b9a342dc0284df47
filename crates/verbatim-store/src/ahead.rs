//! Looking ahead: what the operations of a batch will look up first is asked for all at once, before
//! the first of them runs, so that they do not wait for the database one after the other.
//!
//! An answer holds until an operation of the same batch changes what it rests on; from then on the
//! operations concerned look for themselves.

use std::collections::{HashSet, VecDeque};

use verbatim_engine::ports::BlindIndex;

use crate::stmt::Stmt;
use crate::value::{Row, Value};

/// What an operation will look up first.
pub(crate) type Question = (&'static Stmt, Vec<Value>);

/// Questions of one kind, and which operations ask them.
pub(crate) struct Group {
    /// What is asked.
    pub(crate) stmt: &'static Stmt,
    /// About what, in the order of the operations.
    pub(crate) sets: Vec<Vec<Value>>,
    /// The operations' places in the batch.
    pub(crate) places: Vec<usize>,
}

/// Puts the questions of one kind together.
pub(crate) fn together(questions: impl Iterator<Item = Option<Question>>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (place, question) in questions.enumerate() {
        let Some((stmt, params)) = question else {
            continue;
        };
        match groups.iter_mut().find(|group| group.stmt.name == stmt.name) {
            Some(group) => {
                group.sets.push(params);
                group.places.push(place);
            }
            None => groups.push(Group {
                stmt,
                sets: vec![params],
                places: vec![place],
            }),
        }
    }
    groups
}

/// The answers for a batch.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    answers: VecDeque<Option<Row>>,
    answer: Option<Row>,
    people_moved: bool,
    clients_moved: HashSet<BlindIndex>,
}

impl Ahead {
    /// The answers, in the order of the operations.
    pub(crate) fn new(answers: VecDeque<Option<Row>>) -> Self {
        Self {
            answers,
            ..Self::default()
        }
    }

    /// The next operation begins.
    pub(crate) fn next(&mut self) {
        self.answer = self.answers.pop_front().flatten();
    }

    /// The answer for a text from this client, if it still holds.
    pub(crate) fn take(&mut self, client: &BlindIndex) -> Option<Row> {
        let answer = self.answer.take()?;
        let holds = !self.people_moved && !self.clients_moved.contains(client);
        holds.then_some(answer)
    }

    /// Employees, numbers, contacts, conversations or what waits for a holder have changed.
    pub(crate) fn people_moved(&mut self) {
        self.people_moved = true;
    }

    /// A contact or conversation was made for this client.
    pub(crate) fn client_moved(&mut self, client: BlindIndex) {
        self.clients_moved.insert(client);
    }
}
