//! The records: each in the log, in order, with the body and the key that were committed to; and the page
//! that shows them.

use super::belong::Belong;
use super::certificates::Certificates;
use crate::bundle::folder::Folder;
use crate::bundle::head::{Head, Of};
use crate::bundle::line::{Content, Entry, KeyLine, RecordLine};
use crate::bundle::manifest::{Counts, Manifest};
use crate::bundle::part::MOST_BYTES;
use crate::bundle::{MANIFEST, part_paths, transcript};
use crate::chain::{Begin, Chain};
use crate::leaf::Leaf;
use crate::record::Hash;
use crate::report::{Findings, Held, State};
use crate::seal::check_data_key;
use crate::tile_tree::TileTree;

pub(super) fn check(
    folder: &dyn Folder,
    manifest: &Manifest,
    tree: &mut TileTree<'_>,
    certificates: Certificates,
    progress: &mut dyn FnMut(u64, u64),
    found: &mut Findings,
) -> Held<()> {
    let mut walk = Walk {
        manifest,
        chain: Chain::default(),
        counts: Counts::default(),
        belong: Belong::new(&manifest.export.selection.of),
        next: 0,
        certificates,
        audit: None,
    };
    for part in 1..=manifest.parts {
        walk.part(folder, part, tree)?;
        progress(walk.counts.records, manifest.counts.records);
    }
    walk.end(found)
}

/// Where the walk through the records stands.
struct Walk<'m> {
    manifest: &'m Manifest,
    chain: Chain,
    counts: Counts,
    belong: Belong<'m>,
    next: u64,
    certificates: Certificates,
    audit: Option<Head>,
}

impl Walk<'_> {
    fn part(&mut self, folder: &dyn Folder, part: u64, tree: &mut TileTree<'_>) -> Held<()> {
        let [records, keys, page] = part_paths(part);
        let (lines, key_lines) = (text(folder, &records)?, text(folder, &keys)?);
        let mut key_lines = whole_lines(&keys, &key_lines)?.enumerate();
        let mut entries = Vec::new();
        for (line, text) in whole_lines(&records, &lines)?.enumerate() {
            let at = |(check, words)| (check, format!("{records}, line {}: {words}", line + 1));
            let entry = RecordLine::open(text).map_err(|e| at(("bodies", e.to_string())))?;
            self.entry(&entry, tree).map_err(|(check, words)| {
                at((check, format!("record {}: {words}", entry.leaf.global_seq)))
            })?;
            if matches!(entry.content, Content::Disclosed { .. }) {
                let key = key_lines.next();
                check_key(&entry, key.map(|(_, text)| text)).map_err(|(check, words)| {
                    (
                        check,
                        format!("{keys}, record {}: {words}", entry.leaf.global_seq),
                    )
                })?;
            }
            entries.push(entry);
        }
        if let Some((line, _)) = key_lines.next() {
            let words = format!(
                "{keys}, line {}: a key of no record that is disclosed",
                line + 1
            );
            return Err(("keys", words));
        }
        let (head, origin) = (&self.manifest.export, &self.manifest.log.origin);
        if text(folder, &page)? != transcript::render(head, origin, part, &entries) {
            let words = format!("{page} does not say what {records} says");
            return Err(("transcript", words));
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Entry, tree: &mut TileTree<'_>) -> Held<()> {
        let (leaf, hash) = (&entry.leaf, entry.leaf.hash());
        let (export, position) = (&self.manifest.export, leaf.global_seq);
        if position < self.next {
            return Err(("order", "it comes after a later record".to_owned()));
        }
        if position > export.position {
            return Err(("selection", "it is younger than the export".to_owned()));
        }
        stands_in(self.manifest, tree, leaf, &hash)?;
        let is_all = export.selection.of == Of::All;
        let (from, to) = (export.selection.from_ms, export.selection.to_ms);
        if is_all && self.next != position && (self.next != 0 || from.is_none()) {
            // With an end in time, a stretch lies between the last record and the export's own.
            if to.is_none() || position != export.position {
                let missing = format!("the record {} is missing before it", self.next);
                return Err(("order", missing));
            }
        }
        self.next = position + 1;
        let is_audit = position == export.position;
        if is_audit {
            self.audit = entry.body().and_then(|body| Head::of_record(leaf, body));
        }
        // The export's own record stands apart, except where everything up to it is here.
        if !is_audit || (is_all && to.is_none()) {
            let begin = if export.selection.is_from_the_first() && !is_audit {
                Begin::AtFirst
            } else {
                Begin::Anywhere
            };
            let follows = self.chain.follow(leaf, &hash, begin);
            follows.map_err(|problem| ("order", problem.to_string()))?;
        }
        if is_audit {
            return Ok(());
        }
        if !export.selection.may_hold(leaf) {
            return Err(("selection", "it is not of the selection".to_owned()));
        }
        self.belong.learn(entry);
        self.account_for(entry)
    }

    /// A record has its body here, or a certificate that says why not.
    fn account_for(&mut self, entry: &Entry) -> Held<()> {
        self.counts.records += 1;
        match &entry.content {
            Content::Disclosed { .. } => self.counts.disclosed += 1,
            Content::Undisclosed(why) => {
                self.counts.undisclosed += 1;
                let position = entry.leaf.global_seq;
                self.certificates.account_for(position, why)?;
            }
        }
        Ok(())
    }

    fn end(self, found: &mut Findings) -> Held<()> {
        let (export, counts) = (&self.manifest.export, self.counts);
        match &self.audit {
            Some(head) if head == export => {}
            Some(_) => {
                let words =
                    format!("{MANIFEST} tells the export differently than its record in the log");
                return Err(("export", words));
            }
            None => {
                let words = format!("the export's own record, {}, is not here", export.position);
                return Err(("export", words));
            }
        }
        if counts != self.manifest.counts {
            let words = format!("{MANIFEST} counts other records than there are");
            return Err(("counts", words));
        }
        self.certificates.are_all_needed()?;
        self.say(found);
        Ok(())
    }

    fn say(&self, found: &mut Findings) {
        let (export, counts) = (&self.manifest.export, self.counts);
        let mut proved = |check, words: String| found.add(check, State::Proved, words);
        let Counts {
            records, disclosed, ..
        } = counts;
        proved(
            "inclusion",
            format!("All {records} records stand in that log, each at its position, unaltered."),
        );
        proved("order", self.order_words());
        if records == 0 {
            let words = "No record of the selection is here, and that there is none in the log is not shown.";
            found.add("selection", State::NotProved, words);
        }
        self.belong.say(found);
        let mut proved = |check, words: String| found.add(check, State::Proved, words);
        proved(
            "bodies",
            format!("The bodies of {disclosed} records are those that were recorded."),
        );
        proved(
            "keys",
            format!("The keys are those of these {disclosed} records, and no others."),
        );
        let words = "The transcript says what the records say, and nothing else.";
        proved("transcript", words.to_owned());
        let (at, by, purpose) = (export.position, &export.by, &export.purpose);
        let what = export.selection.words();
        proved(
            "export",
            format!(
                "The export is itself record {at} of the log: by {by}, of {what}, purpose \"{purpose}\"."
            ),
        );
        self.certificates.say(found);
    }

    fn order_words(&self) -> String {
        let selection = &self.manifest.export.selection;
        let whole = selection.from_ms.is_none() && selection.to_ms.is_none();
        match (&selection.of, whole) {
            (Of::All, true) => {
                "Every record of the log before the export is here, none is missing.".to_owned()
            }
            (_, _) if selection.is_from_the_first() => format!(
                "The {} conversations have no gaps, from the first record of each on.",
                self.chain.conversations()
            ),
            _ => format!(
                "The {} conversations have no gaps between their first and last record here.",
                self.chain.conversations()
            ),
        }
    }
}

/// A leaf is what the log has at its position, and it is of this log.
pub(super) fn stands_in(
    manifest: &Manifest,
    tree: &mut TileTree<'_>,
    leaf: &Leaf,
    hash: &Hash,
) -> Held<()> {
    let there = tree
        .leaf(leaf.global_seq)
        .map_err(|e| ("inclusion", e.to_string()))?;
    if there != *hash {
        let words = "it is not what stands in the log at this position".to_owned();
        return Err(("inclusion", words));
    }
    if hex::encode(leaf.log) != manifest.log.id {
        return Err(("order", "it belongs to another log".to_owned()));
    }
    Ok(())
}

fn check_key(entry: &Entry, line: Option<&str>) -> Held<()> {
    let line = line.ok_or(("keys", "its key is missing".to_owned()))?;
    let (position, key) = KeyLine::open(line).map_err(|e| ("keys", e.to_string()))?;
    if position != entry.leaf.global_seq {
        let words = format!("the next key is that of record {position}");
        return Err(("keys", words));
    }
    check_data_key(&key, &entry.leaf.key_commitment).map_err(|e| ("keys", e.to_string()))
}

pub(super) fn text(folder: &dyn Folder, path: &str) -> Held<String> {
    let bytes = folder
        .read(path, MOST_BYTES)
        .map_err(|e| ("files", format!("{path} cannot be read: {e}")))?;
    String::from_utf8(bytes).map_err(|_| ("files", format!("{path} is not UTF-8 text")))
}

pub(super) fn whole_lines<'t>(
    path: &str,
    text: &'t str,
) -> Held<impl Iterator<Item = &'t str> + use<'t>> {
    if text.is_empty() || text.ends_with('\n') {
        Ok(text.split_terminator('\n'))
    } else {
        Err(("files", format!("{path}: its last line is cut off")))
    }
}
