//! Whether the conversations here are of the person, number or contact that was asked for. The leaves do not
//! name them; bodies do.

use std::collections::BTreeMap;

use verbatim_domain::ConversationId;

use crate::body::Body;
use crate::bundle::head::Of;
use crate::bundle::line::Entry;
use crate::report::{Findings, State};

const CHECK: &str = "selection";

/// Which conversations have a record that names whom the selection is of.
pub(super) struct Belong<'m> {
    of: &'m Of,
    named: BTreeMap<ConversationId, bool>,
}

impl<'m> Belong<'m> {
    pub(super) fn new(of: &'m Of) -> Self {
        let named = BTreeMap::new();
        Self { of, named }
    }

    pub(super) fn learn(&mut self, entry: &Entry) {
        let Some(whom) = whom(self.of) else { return };
        let named = self.named.entry(entry.leaf.conversation).or_default();
        *named = *named || entry.body().is_some_and(|body| names(body, whom));
    }

    pub(super) fn say(&self, found: &mut Findings) {
        let Some(whom) = whom(self.of) else { return };
        let all = self.named.len();
        let mut unnamed = self.named.iter().filter(|(_, named)| !**named);
        match unnamed.next() {
            None if all == 0 => {}
            None => {
                let words =
                    format!("Each of the {all} conversations has a record here that names {whom}.");
                found.add(CHECK, State::Proved, words);
            }
            Some((first, _)) => {
                let words = format!(
                    "In {} of the {all} conversations, such as {first}, no record here names {whom}: that they are of \
                     the selection was not shown.",
                    unnamed.count() + 1
                );
                found.add(CHECK, State::NotAsked, words);
            }
        }
    }
}

fn whom(of: &Of) -> Option<&str> {
    match of {
        Of::All | Of::Conversation(_) => None,
        Of::Person(whom) | Of::Number(whom) | Of::Contact(whom) => Some(whom),
    }
}

/// Only what the record itself fills in. Other details and references hold what somebody wrote: the purpose of
/// a look stands in the conversation that was looked at.
fn names(body: &Body, whom: &str) -> bool {
    let named = [
        Some(&body.from),
        Some(&body.to),
        body.refs.get("contact"),
        body.details.get("our_number"),
    ];
    named.into_iter().flatten().any(|named| named == whom)
}
