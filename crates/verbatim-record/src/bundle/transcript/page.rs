//! The page as it grows. Writing to a text cannot fail, so results of `write!` are dropped.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use verbatim_domain::ConversationId;

use super::Top;
use super::escape::{escape, escaped};
use super::parties::{CLIENT, EMPLOYEE, OUR_NUMBER, Parties, detail};
use super::words::{status, what};
use crate::body::Body;
use crate::bundle::head::Head;
use crate::bundle::line::{Content, Entry};
use crate::bundle::media::media;
use crate::bundle::words::utc;
use crate::leaf::Leaf;
use crate::record::Kind;

const STYLE: &str = include_str!("page.css");

const NOTE: &str = "All times are UTC. Each text stands with what became of it. Numbers with # are positions in \
    the log; the letters behind them are the beginning of the hash that stands there. On a screen “Details” \
    opens what else was recorded; on paper it is left out, and is in the files beside this page. How to check \
    this page: VERIFY.txt.";

pub(super) struct Page(String);

impl Page {
    pub(super) fn begin(head: &Head, origin: &str, part: u64, records: usize) -> Self {
        let mut page = Self(String::with_capacity(4096 + records * 900));
        let _ = write!(
            page.0,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>Transcript {}, part {part}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <h1>Transcript of records</h1>\n<table class=\"head\">\n",
            head.position
        );
        page.row("Log", [origin]);
        page.row("Export", [&*format!("record {} of the log", head.position)]);
        page.row("Exported by", [&*head.by]);
        page.row("Purpose", [&*head.purpose]);
        page.row("Exported at", [&*clock(head.at_ms)]);
        page.row("Selection", [&*head.selection.words()]);
        page.row("This page", [&*format!("part {part}, {records} records")]);
        let _ = write!(page.0, "</table>\n<p class=\"note\">{NOTE}</p>\n");
        page
    }

    pub(super) fn end(mut self) -> String {
        self.0.push_str("</body>\n</html>\n");
        self.0
    }

    fn row<'a>(&mut self, name: &str, values: impl IntoIterator<Item = &'a str>) {
        let _ = write!(self.0, "<tr><th>{name}</th><td>");
        for (at, value) in values.into_iter().enumerate() {
            self.0.push_str(if at == 0 { "<bdi>" } else { ", <bdi>" });
            self.text(value);
            self.0.push_str("</bdi>");
        }
        self.0.push_str("</td></tr>\n");
    }

    pub(super) fn section(
        &mut self,
        conversation: ConversationId,
        entries: &[Entry],
        tops: &[Top],
    ) {
        if conversation == ConversationId::NONE {
            self.0.push_str("<h2>About the installation</h2>\n");
        } else {
            let _ = writeln!(self.0, "<h2>Conversation {conversation}</h2>");
            self.parties(&Parties::of(tops.iter().map(|top| &entries[top.at])));
        }
        for top in tops {
            self.entry(&entries[top.at], "entry");
            for below in &top.below {
                self.entry(&entries[*below], "below");
            }
            self.0.push_str("</div>\n");
        }
    }

    fn parties(&mut self, parties: &Parties<'_>) {
        self.0.push_str("<table class=\"head\">\n");
        let mut row = |name, side: &BTreeSet<&str>| {
            if !side.is_empty() {
                self.row(name, side.iter().copied());
            }
        };
        row("Client", &parties.client);
        row("Employee", &parties.employee);
        row("The firm’s number", &parties.number);
        self.0.push_str("</table>\n");
    }

    /// An entry; one of class `entry` stays open for those below it.
    fn entry(&mut self, entry: &Entry, class: &str) {
        let leaf = &entry.leaf;
        let (kind, at) = (leaf.kind.word(), clock(leaf.captured_at.as_millis()));
        let _ = write!(
            self.0,
            "<div class=\"{class} {kind}\">\n<p class=\"line\"><time>{at}</time> "
        );
        match &entry.content {
            Content::Disclosed { body, .. } => {
                self.who(leaf.kind, body);
                self.position(leaf, class);
                self.body(leaf.kind, body);
            }
            Content::Undisclosed(why) => {
                let _ = write!(self.0, "<b>{}</b>", what(leaf.kind));
                self.position(leaf, class);
                self.0.push_str("<p class=\"gone\">Not disclosed: ");
                self.text(&why.why);
                let _ = writeln!(self.0, ", see record #{}</p>", why.certificate);
            }
        }
        if class == "below" {
            self.0.push_str("</div>\n");
        }
    }

    /// What it is, by whom and to whom.
    fn who(&mut self, kind: Kind, body: &Body) {
        let employee = detail(body, EMPLOYEE);
        let what = match kind {
            Kind::MessageOut if !employee.is_empty() => employee,
            Kind::Status => status(body),
            kind => what(kind),
        };
        self.0.push_str("<b><bdi>");
        self.text(what);
        self.0.push_str("</bdi></b>");
        match kind {
            Kind::MessageIn => {
                self.party(" ", &body.from);
                self.party(" to ", &body.to);
            }
            Kind::MessageOut | Kind::Consent => {
                self.party(" to ", detail(body, CLIENT));
                self.party(" to ", &body.to);
                self.party(" from ", detail(body, OUR_NUMBER));
            }
            Kind::Membership => {
                self.party(": ", detail(body, "member"));
                self.party(" ", detail(body, "membership"));
            }
            _ => self.party(" by ", &body.actor),
        }
    }

    /// Its place in the log, and that of what it is about unless it stands below it.
    fn position(&mut self, leaf: &Leaf, class: &str) {
        let (at, hash) = (leaf.global_seq, leaf.hash());
        let hash = hex::encode(&hash[..4]);
        if let Some(about) = leaf.about.filter(|_| class != "below") {
            let _ = write!(self.0, " <span class=\"pos\">about #{about}</span>");
        }
        let _ = writeln!(self.0, " <span class=\"pos\">#{at} {hash}</span></p>");
    }

    fn body(&mut self, kind: Kind, body: &Body) {
        self.block("text", "", &body.text);
        self.block("text", "As transmitted: ", &body.transmitted);
        for medium in media(body) {
            self.block("more", "Attachment, not kept: ", &medium.r#type);
        }
        if kind == Kind::Status {
            self.block("gone", "Carrier’s code: ", detail(body, "code"));
        }
        self.block("more", "Purpose: ", detail(body, "purpose"));
        self.details(body);
    }

    /// All else that the body says; folded, and not on paper.
    fn details(&mut self, body: &Body) {
        self.0
            .push_str("<details class=\"more\"><summary>Details</summary>\n");
        for (name, at) in [
            ("At origin: ", body.origin_at),
            ("At provider: ", body.provider_at),
        ] {
            if at != 0 {
                let _ = writeln!(self.0, "<p>{name}{}</p>", clock(at));
            }
        }
        for (name, value) in [
            ("By: ", &body.actor),
            ("From: ", &body.from),
            ("To: ", &body.to),
            ("Message: ", &body.message),
        ] {
            self.block("", name, value);
        }
        if !body.reason.is_empty() || !body.rule.is_empty() {
            let why = format!("{} ({} v{})", body.reason, body.rule, body.rule_version);
            self.block("", "Why: ", &why);
        }
        for (name, value) in body.details.iter().chain(&body.refs) {
            self.block("", &format!("{}: ", escaped(name)), value);
        }
        if !body.evidence.is_empty() {
            let (bytes, kind) = (body.evidence.len(), escaped(&body.evidence_kind));
            let _ = writeln!(self.0, "<p>Evidence: {bytes} bytes, {kind}</p>");
        }
        self.0.push_str("</details>\n");
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
            let class = if class.is_empty() {
                String::new()
            } else {
                format!(" class=\"{class}\"")
            };
            let _ = write!(self.0, "<p{class}>{name}<span dir=\"auto\">");
            self.text(value);
            self.0.push_str("</span></p>\n");
        }
    }

    fn text(&mut self, text: &str) {
        escape(text, &mut self.0);
    }
}

/// A time as people read it, in UTC: RFC 3339 with a space, as its section 5.6 allows, and no zone.
fn clock(ms: i64) -> String {
    utc(ms).replace('T', " ").replace('Z', "")
}
