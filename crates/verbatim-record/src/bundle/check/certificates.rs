//! Records that are not disclosed: each was disposed of, as the log itself certifies (control C14).
//!
//! A certificate is believed if its record stands in the log, its body is the one committed to, the log's
//! key has signed it, and what it says was allowed. Memory: the certificates, and a few positions for each.

use std::collections::BTreeMap;

use verbatim_domain::ConversationId;

use super::records::{self, stands_in};
use crate::bundle::folder::Folder;
use crate::bundle::line::{DISPOSED, Entry, RecordLine, Undisclosed};
use crate::bundle::manifest::Manifest;
use crate::bundle::{CERTIFICATES, utc};
use crate::certificate::Certificate;
use crate::note::{Note, VerifierKey};
use crate::policy::Policy;
use crate::record::Kind;
use crate::report::{Findings, Held, State};
use crate::tile_tree::TileTree;

const CHECK: &str = "certificates";
/// Runs of positions named for a certificate, at most.
const NAMED: usize = 10;

/// The certificates of a bundle, and what they account for.
#[derive(Default)]
pub(super) struct Certificates(BTreeMap<u64, Known>);

struct Known {
    certificate: Certificate,
    records: u64,
    /// The first runs of them.
    runs: Vec<(u64, u64)>,
    has_more_runs: bool,
}

impl Certificates {
    /// Reads and checks them all; none where the manifest has no such file.
    pub(super) fn read(
        folder: &dyn Folder,
        manifest: &Manifest,
        tree: &mut TileTree<'_>,
        policy: &Policy,
    ) -> Held<Self> {
        let mut all = Self::default();
        if !manifest.files.iter().any(|file| file.path == CERTIFICATES) {
            return Ok(all);
        }
        let lines = records::text(folder, CERTIFICATES)?;
        for (line, text) in records::whole_lines(CERTIFICATES, &lines)?.enumerate() {
            let at =
                |(check, words)| (check, format!("{CERTIFICATES}, line {}: {words}", line + 1));
            let entry = RecordLine::open(text).map_err(|e| at(("bodies", e.to_string())))?;
            let position = entry.leaf.global_seq;
            let named = |(check, words)| at((check, format!("record {position}: {words}")));
            if all
                .0
                .last_key_value()
                .is_some_and(|(last, _)| *last >= position)
            {
                return Err(named((CHECK, "it comes after a later record".to_owned())));
            }
            stands_in(manifest, tree, &entry.leaf, &entry.leaf.hash()).map_err(named)?;
            // As the last record of that many: its key is the one that counted then.
            let keys = policy.keys_at(&manifest.log.origin, position + 1);
            let certificate = open(&entry, &keys).map_err(|words| named((CHECK, words)))?;
            all.0.insert(position, Known::of(certificate));
        }
        Ok(all)
    }

    /// The record at a position has no body: the certificate that it names must say so.
    pub(super) fn account_for(&mut self, position: u64, why: &Undisclosed) -> Held<()> {
        let not = |words: String| {
            let words = format!("it is not disclosed, and {words}");
            Err(("undisclosed", words))
        };
        if why.why != DISPOSED {
            return not(format!("`{}` is no reason for that", why.why));
        }
        let at = why.certificate;
        let Some(known) = self.0.get_mut(&at) else {
            return not(format!(
                "its certificate, record {at}, is not in {CERTIFICATES}"
            ));
        };
        if at <= position || !known.certificate.covers(position) {
            return not(format!("the certificate in record {at} is not about it"));
        }
        known.take(position);
        Ok(())
    }

    /// Nothing is handed out as a certificate of nothing.
    pub(super) fn are_all_needed(&self) -> Held<()> {
        match self.0.iter().find(|(_, known)| known.records == 0) {
            None => Ok(()),
            Some((at, _)) => {
                let words = format!("{CERTIFICATES} has record {at}, which no record here names");
                Err((CHECK, words))
            }
        }
    }

    pub(super) fn say(&self, found: &mut Findings) {
        for (at, known) in &self.0 {
            found.add("undisclosed", State::Proved, known.words(*at));
        }
    }
}

/// The certificate in a record, if it is one and the log's key has signed it.
fn open(entry: &Entry, keys: &[VerifierKey]) -> Result<Certificate, String> {
    let (leaf, body) = (&entry.leaf, entry.body());
    let body = body
        .filter(|body| body.reason == "certificate")
        .filter(|_| leaf.kind == Kind::Disposal && leaf.conversation == ConversationId::NONE)
        .ok_or("it is not the record of a certificate")?;
    let note = Note::parse(&body.text).map_err(|e| e.to_string())?;
    note.check(keys)
        .map_err(|e| format!("its certificate: {e}"))?;
    let certificate = Certificate::parse(&note.text).map_err(|e| e.to_string())?;
    if certificate.log != leaf.log {
        return Err("its certificate is about another log".to_owned());
    }
    let lawful = certificate.check(leaf.captured_at);
    lawful.map_err(|e| format!("its certificate: {e}"))?;
    Ok(certificate)
}

impl Known {
    const fn of(certificate: Certificate) -> Self {
        Self {
            certificate,
            records: 0,
            runs: Vec::new(),
            has_more_runs: false,
        }
    }

    /// Positions come ascending.
    fn take(&mut self, position: u64) {
        self.records += 1;
        let runs = self.runs.len();
        match self.runs.last_mut() {
            Some((_, last)) if *last + 1 == position => *last = position,
            _ if runs == NAMED => self.has_more_runs = true,
            _ => self.runs.push((position, position)),
        }
    }

    fn words(&self, at: u64) -> String {
        let Certificate {
            rule,
            proposed,
            approved,
            destroyed_at,
            only_data_keys,
            ..
        } = &self.certificate;
        let destroyed = match only_data_keys {
            true => "the keys of these records alone were destroyed",
            false => "their key was destroyed",
        };
        let run = |(first, last): &(u64, u64)| match first == last {
            true => first.to_string(),
            false => format!("{first} to {last}"),
        };
        let mut runs: Vec<_> = self.runs.iter().map(run).collect();
        if self.has_more_runs {
            runs.push("…".to_owned());
        }
        format!(
            "{} records are not disclosed: {}. The log certifies that {destroyed} at {} by the \
             rule \"{rule}\"; {} proposed it, {} approved it. The certificate is record {at} of the log.",
            self.records,
            runs.join(", "),
            utc(destroyed_at.as_millis()),
            proposed.actor,
            approved.actor,
        )
    }
}
