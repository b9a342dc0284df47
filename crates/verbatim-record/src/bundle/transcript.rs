//! The transcript: records as a page that a lawyer can read and print.
//!
//! It is a function of the export and the records of its part, so whoever checks a bundle makes it again
//! and compares. It holds no script, fetches nothing, and shows every text as text: what looks like markup
//! is escaped, control characters and what is not seen become visible, and each text is isolated in its own
//! direction of writing.

mod escape;
mod page;
mod parties;
mod words;

use std::collections::HashMap;

use verbatim_domain::ConversationId;

use self::page::Page;
use super::head::Head;
use super::line::Entry;
use crate::record::Kind;

/// Version of the layout. Whatever changes the page gets a new one, and so does the format then.
pub const VERSION: u32 = 1;

/// The page of a part, which counts from 1.
pub fn render(head: &Head, origin: &str, part: u64, entries: &[Entry]) -> String {
    let mut page = Page::begin(head, origin, part, entries.len());
    let (order, mut sections) = sections(entries);
    for conversation in order {
        let tops = sections.remove(&conversation).unwrap_or_default();
        page.section(conversation, entries, &tops);
    }
    page.end()
}

/// An entry with those that are about it.
struct Top {
    at: usize,
    below: Vec<usize>,
}

/// Conversations in the order of their first record, and their entries, each with what is about it.
fn sections(entries: &[Entry]) -> (Vec<ConversationId>, HashMap<ConversationId, Vec<Top>>) {
    let mut order = Vec::new();
    let mut sections: HashMap<_, Vec<Top>> = HashMap::new();
    // Where the messages are: conversation and place in it, by position in the log and by id.
    let mut by_position = HashMap::new();
    let mut by_id: HashMap<&str, (ConversationId, usize)> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let (leaf, id) = (&entry.leaf, entry.body().map_or("", |b| b.message.as_str()));
        let about = leaf.about.and_then(|about| by_position.get(&about));
        let above = about.or_else(|| by_id.get(id)).copied();
        let tops = sections.entry(leaf.conversation).or_default();
        match above {
            Some((conversation, place)) if conversation == leaf.conversation => {
                if let Some(top) = tops.get_mut(place) {
                    top.below.push(at);
                }
                continue;
            }
            _ => {}
        }
        if tops.is_empty() {
            order.push(leaf.conversation);
        }
        if matches!(
            leaf.kind,
            Kind::MessageIn | Kind::MessageOut | Kind::Consent
        ) {
            let place = (leaf.conversation, tops.len());
            by_position.insert(leaf.global_seq, place);
            if !id.is_empty() {
                by_id.insert(id, place);
            }
        }
        let below = Vec::new();
        tops.push(Top { at, below });
    }
    (order, sections)
}
