//! The transcript: records as a page that a lawyer can read and print.
//!
//! It is a function of the export and the records of its part, so whoever checks a bundle makes it again
//! and compares. It holds no script, fetches nothing, and shows every text as text: what looks like markup
//! is escaped, control characters become visible, and each text is isolated in its own direction of writing.

use std::collections::HashMap;
use std::fmt::Write as _;

use verbatim_domain::ConversationId;

use super::head::Head;
use super::line::{Content, Entry};
use super::words::utc;
use crate::body::Body;
use crate::record::Kind;

/// Version of the layout. Whatever changes the page gets a new one.
pub const VERSION: u32 = 1;

const STYLE: &str = include_str!("transcript.css");

/// The page of a part, which counts from 1.
pub fn render(head: &Head, origin: &str, part: u64, entries: &[Entry]) -> String {
    let mut page = Page(String::with_capacity(4096 + entries.len() * 700));
    page.begin(head, origin, part, entries.len());
    let (order, mut sections) = sections(entries);
    for conversation in order {
        let tops = sections.remove(&conversation).unwrap_or_default();
        page.section(conversation, entries, &tops);
    }
    page.0.push_str("</body>\n</html>\n");
    page.0
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
        if matches!(leaf.kind, Kind::MessageIn | Kind::MessageOut) {
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

/// The page as it grows. Writing to a text cannot fail, so results of `write!` are dropped.
struct Page(String);

impl Page {
    fn begin(&mut self, head: &Head, origin: &str, part: u64, records: usize) {
        let _ = write!(
            self.0,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>Transcript {}, part {part}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <h1>Transcript of records</h1>\n<table class=\"head\">\n",
            head.position
        );
        self.row("Log", origin);
        self.row("Export", &format!("record {} of the log", head.position));
        self.row("Exported by", &head.by);
        self.row("Purpose", &head.purpose);
        self.row("Exported at", &utc(head.at_ms));
        self.row("Selection", &head.selection.words());
        self.row("This page", &format!("part {part}, {records} records"));
        self.0.push_str(
            "</table>\n<p class=\"note\">All times are UTC. Numbers with # are positions in the log; the letters \
             behind them are the beginning of the hash that stands there. How to check this page: VERIFY.txt.</p>\n",
        );
    }

    fn row(&mut self, name: &str, value: &str) {
        let _ = write!(self.0, "<tr><th>{name}</th><td><bdi>");
        self.text(value);
        self.0.push_str("</bdi></td></tr>\n");
    }

    fn section(&mut self, conversation: ConversationId, entries: &[Entry], tops: &[Top]) {
        if conversation == ConversationId::NONE {
            self.0.push_str("<h2>About the installation</h2>\n");
        } else {
            let _ = writeln!(self.0, "<h2>Conversation {conversation}</h2>");
        }
        self.parties(entries, tops);
        for top in tops {
            self.entry(&entries[top.at], "entry");
            for below in &top.below {
                self.entry(&entries[*below], "below");
            }
            self.0.push_str("</div>\n");
        }
    }

    fn parties(&mut self, entries: &[Entry], tops: &[Top]) {
        let mut parties: Vec<&str> = Vec::new();
        let bodies = tops.iter().filter_map(|top| entries[top.at].body());
        for party in bodies.flat_map(|body| [body.from.as_str(), body.to.as_str()]) {
            // A handful, nearly always.
            if !party.is_empty() && parties.len() < 100 && !parties.contains(&party) {
                parties.push(party);
            }
        }
        if parties.is_empty() {
            return;
        }
        self.0.push_str("<p class=\"parties\">Parties:");
        for party in parties {
            self.0.push_str(" <bdi>");
            self.text(party);
            self.0.push_str("</bdi>");
        }
        self.0.push_str("</p>\n");
    }

    /// An entry; one of class `entry` stays open for those below it.
    fn entry(&mut self, entry: &Entry, class: &str) {
        let leaf = &entry.leaf;
        let hash = leaf.hash();
        let _ = write!(
            self.0,
            "<div class=\"{class} {}\">\n<p class=\"line\"><span class=\"pos\">#{} {}</span> <time>{}</time> \
             <b>{}</b>",
            leaf.kind.word(),
            leaf.global_seq,
            hex::encode(&hash[..4]),
            utc(leaf.captured_at.as_millis()),
            what(leaf.kind),
        );
        if let Some(about) = leaf.about {
            let _ = write!(self.0, " about #{about}");
        }
        match &entry.content {
            Content::Disclosed { body, .. } => self.body(body),
            Content::Undisclosed(why) => {
                self.0.push_str("</p>\n<p class=\"gone\">Not disclosed: ");
                self.text(&why.why);
                let _ = writeln!(self.0, ", see record #{}</p>", why.certificate);
            }
        }
        if class == "below" {
            self.0.push_str("</div>\n");
        }
    }

    fn body(&mut self, body: &Body) {
        self.party(" by ", &body.actor);
        self.party(" from ", &body.from);
        self.party(" to ", &body.to);
        self.0.push_str("</p>\n");
        self.block("text", "", &body.text);
        self.block("text", "As transmitted: ", &body.transmitted);
        let times = [
            ("At origin: ", body.origin_at),
            ("At provider: ", body.provider_at),
        ];
        for (name, at) in times.into_iter().filter(|(_, at)| *at != 0) {
            let _ = writeln!(self.0, "<p class=\"more\">{name}{}</p>", utc(at));
        }
        if !body.reason.is_empty() || !body.rule.is_empty() {
            let why = format!("{} ({} v{})", body.reason, body.rule, body.rule_version);
            self.block("more", "Why: ", &why);
        }
        for (name, value) in body.details.iter().chain(&body.refs) {
            self.block("more", &format!("{}: ", escaped(name)), value);
        }
        if !body.evidence.is_empty() {
            let (bytes, kind) = (body.evidence.len(), escaped(&body.evidence_kind));
            let _ = writeln!(
                self.0,
                "<p class=\"more\">Evidence: {bytes} bytes, {kind}</p>"
            );
        }
    }

    fn party(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            let _ = write!(self.0, "{name}<bdi>");
            self.text(value);
            self.0.push_str("</bdi>");
        }
    }

    fn block(&mut self, class: &str, name: &str, value: &str) {
        if !value.is_empty() {
            let _ = write!(self.0, "<p class=\"{class}\">{name}<span dir=\"auto\">");
            self.text(value);
            self.0.push_str("</span></p>\n");
        }
    }

    fn text(&mut self, text: &str) {
        escape(text, &mut self.0);
    }
}

/// What a kind is, to a reader who does not know our words.
const fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::MessageIn => "Text from the client",
        Kind::MessageOut => "Text to the client",
        Kind::Status => "Status",
        Kind::Edit => "Edited",
        Kind::Redaction => "Deleted in the chat",
        Kind::Notice => "Notice",
        Kind::Consent => "Disclosure or consent",
        Kind::Refused => "Not passed on",
        other => other.word(),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    escape(text, &mut out);
    out
}

/// Text as HTML shows it. What a page cannot hold (U+0000 and its like) becomes its visible sign.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            // U+2400 and on are the signs of the control characters.
            '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => out.push('\u{2421}'),
            '\u{80}'..='\u{9f}' => out.push('\u{fffd}'),
            // Marks and overrides of direction: they end with the text, and are seen.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                let _ = write!(out, "<i class=\"mark\">[U+{:04X}]</i>", u32::from(c));
            }
            c => out.push(c),
        }
    }
}
