//! What people have asked of the record, as the simulation remembers it.

use verbatim_domain::{ConversationId, DisposalId};
use verbatim_engine::access::Viewer;
use verbatim_engine::admin::Actor;
use verbatim_record::bundle::Of;

use super::exporter::Exporter;
use super::operation::HoldOn;
use super::world::World;

/// Who asks.
const PEOPLE: [&str; 3] = ["ann", "bob", "cay"];

/// What people have done.
#[derive(Default)]
pub(crate) struct Office {
    /// What each hold that somebody wished for is on. Its name is `hold` and its place here.
    pub(crate) wishes: Vec<Wish>,
    /// Records that somebody was shown.
    pub(crate) shown: Vec<Shown>,
    /// Who asked to be shown something of what, in vain or not.
    pub(crate) asked: Vec<(String, Option<ConversationId>)>,
    /// Who asked for an export of what, in vain or not.
    pub(crate) wanted: Vec<(String, Of)>,
    pub(crate) exports: Vec<Exporter>,
    /// Disposals of which somebody was told that they are taken back, and the size of the log then.
    pub(crate) withdrawn: Vec<(DisposalId, u64)>,
}

/// What a hold was wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    On(HoldOn),
    OnConversation(ConversationId),
}

/// Some records of a conversation that somebody was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) actor: String,
    pub(crate) conversation: Option<ConversationId>,
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Where the log says so.
    pub(crate) said_at: u64,
}

impl Office {
    /// Whether somebody ever asked for something of a conversation.
    pub(crate) fn has_asked(&self, actor: &str, of: Option<ConversationId>) -> bool {
        let asked = self
            .asked
            .iter()
            .any(|(who, what)| who == actor && *what == of);
        let wanted = |(who, what): &(String, Of)| {
            who == actor && (*what == Of::All || of.is_some_and(|id| *what == Of::Conversation(id)))
        };
        asked || self.wanted.iter().any(wanted)
    }
}

impl Shown {
    pub(crate) fn covers(&self, conversation: Option<ConversationId>, position: u64) -> bool {
        self.conversation == conversation && (self.first..=self.last).contains(&position)
    }
}

/// One of the people.
pub(crate) fn person(who: u8) -> Actor {
    Actor::operator(PEOPLE[who as usize % PEOPLE.len()])
}

pub(crate) fn viewer(who: u8) -> Viewer {
    Viewer {
        actor: person(who),
        purpose: "simulation".to_owned(),
    }
}

impl World {
    /// Remembers a wish; the name that its hold gets.
    pub(crate) fn wish(&self, wish: Wish) -> String {
        let wishes = &mut self.state().office.wishes;
        wishes.push(wish);
        format!("hold {}", wishes.len() - 1)
    }
}
