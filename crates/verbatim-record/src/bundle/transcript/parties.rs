//! Who is on either side of a conversation, as its records name them.

use std::collections::BTreeSet;

use super::super::line::Entry;
use crate::body::Body;
use crate::record::Kind;

/// Nobody reads more, and a page must not grow with the square of its records.
const MOST: usize = 100;

/// Names and numbers, each once.
#[derive(Default)]
pub(super) struct Parties<'a> {
    /// The client: numbers and names.
    pub client: BTreeSet<&'a str>,
    /// Employees: names and accounts.
    pub employee: BTreeSet<&'a str>,
    /// The firm's numbers.
    pub number: BTreeSet<&'a str>,
}

impl<'a> Parties<'a> {
    /// Of these records.
    pub(super) fn of(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut parties = Self::default();
        for entry in entries {
            if let Some(body) = entry.body() {
                parties.learn(entry.leaf.kind, body);
            }
        }
        parties
    }

    fn learn(&mut self, kind: Kind, body: &'a Body) {
        match kind {
            Kind::MessageIn => {
                add(&mut self.client, &body.from);
                add(&mut self.number, &body.to);
            }
            Kind::MessageOut => {
                add(&mut self.client, &body.to);
                add(&mut self.employee, &body.from);
            }
            Kind::Consent => add(&mut self.client, &body.to),
            _ => {}
        }
        for (name, side) in [
            (CLIENT, &mut self.client),
            (EMPLOYEE, &mut self.employee),
            (OUR_NUMBER, &mut self.number),
        ] {
            add(side, detail(body, name));
        }
    }
}

/// Details under which the record of an outgoing text names its parties.
pub(super) const CLIENT: &str = "client";
pub(super) const EMPLOYEE: &str = "employee";
pub(super) const OUR_NUMBER: &str = "our_number";

/// A detail, or nothing.
pub(super) fn detail<'a>(body: &'a Body, name: &str) -> &'a str {
    body.details.get(name).map_or("", String::as_str)
}

fn add<'a>(side: &mut BTreeSet<&'a str>, party: &'a str) {
    if !party.is_empty() && side.len() < MOST {
        side.insert(party);
    }
}
