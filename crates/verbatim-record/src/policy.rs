//! Whom to trust: which log, which witnesses, and how many of them must have cosigned (C2SP `tlog-policy`).
//!
//! A policy is a small text file that an examiner gets from a source of their own choice, not from the
//! bundle that they check.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::str::FromStr;

use thiserror::Error;

use crate::checkpoint::{Checkpoint, CheckpointError, cosigned_at, number};
use crate::note::{Algorithm, Note, NoteError, VerifierKey};

/// Begins the line behind a log's that bounds for which sizes its key counts. To other tools it is a comment.
const SIZES: &str = "#sizes";
/// Lines read from a policy, at most.
const MOST_LINES: usize = 4096;

/// A policy file that cannot be used, with the line that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line} of the policy: {why}")]
pub struct PolicyError {
    /// From 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// The cosignatures are not those that the policy asks for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the checkpoint lacks cosignatures: {found} of the witnesses that the policy names have cosigned it, which is not its quorum"
)]
pub struct Unmet {
    /// Witnesses whose cosignatures were found and fit.
    pub found: usize,
}

/// A witness that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// As the policy names it.
    pub name: String,
    /// Its key.
    pub key: VerifierKey,
    /// Where it takes checkpoints, if the policy says.
    pub url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    needed: usize,
    members: Vec<String>,
}

/// A key of a log, and for checkpoints of which sizes it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LogKey {
    key: VerifierKey,
    sizes: RangeInclusive<u64>,
}

impl LogKey {
    const fn always(key: VerifierKey) -> Self {
        let sizes = 0..=u64::MAX;
        Self { key, sizes }
    }
}

/// Logs and witnesses that count. A log that has changed its key has several of them, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    logs: Vec<LogKey>,
    witnesses: Vec<Witness>,
    groups: HashMap<String, Group>,
    quorum: Option<String>,
}

impl Policy {
    /// One log, no witness.
    pub fn of_log(log: VerifierKey) -> Self {
        Self {
            logs: vec![LogKey::always(log)],
            ..Self::default()
        }
    }

    /// The keys of logs that count, of one log the newest first.
    pub fn logs(&self) -> impl Iterator<Item = &VerifierKey> {
        self.logs.iter().map(|log| &log.key)
    }

    /// The keys of a log that count for a checkpoint of this size, or for what stands in the record that is the
    /// last of that many.
    pub fn keys_at(&self, origin: &str, size: u64) -> Vec<VerifierKey> {
        let those = self.logs.iter().filter(|log| log.key.name() == origin);
        those
            .filter(|log| log.sizes.contains(&size))
            .map(|log| log.key.clone())
            .collect()
    }

    /// The same log after a change of its key: the newest one so far counts up to this size, the next one for
    /// larger ones.
    pub fn with_next_key(mut self, next: VerifierKey, size: u64) -> Self {
        if let Some(newest) = self.logs.iter_mut().find(|l| l.key.name() == next.name()) {
            newest.sizes = *newest.sizes.start()..=size;
        }
        let sizes = size.saturating_add(1)..=u64::MAX;
        self.logs.insert(0, LogKey { key: next, sizes });
        self
    }

    /// The lines of its logs.
    pub fn log_lines(&self) -> String {
        let mut lines = String::new();
        for LogKey { key, sizes } in &self.logs {
            // Writing to a text cannot fail.
            let _ = writeln!(lines, "log {key}");
            let _ = match (*sizes.start(), *sizes.end()) {
                (0, u64::MAX) => Ok(()),
                (from, u64::MAX) => writeln!(lines, "{SIZES} {from}"),
                (from, until) => writeln!(lines, "{SIZES} {from} {until}"),
            };
        }
        lines
    }

    /// The witnesses that count.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// Whether cosignatures are asked for at all.
    pub const fn asks_for_witnesses(&self) -> bool {
        self.quorum.is_some()
    }

    /// Reads a checkpoint and checks that it is by one of the logs. Cosignatures: see [`Self::quorum`].
    ///
    /// # Errors
    /// When it is not.
    pub fn open(&self, note: &Note) -> Result<Checkpoint, CheckpointError> {
        let origin = note.text.split('\n').next().unwrap_or_default();
        let known = self.logs.iter().filter(|log| log.key.name() == origin);
        let known: Vec<_> = known.map(|log| log.key.clone()).collect();
        note.check(&known)?;
        let checkpoint = Checkpoint::parse(&note.text)?;
        let size = checkpoint.size;
        match note.check(&self.keys_at(origin, size)) {
            Ok(()) => Ok(checkpoint),
            Err(_) => Err(CheckpointError::OutOfRange { size }),
        }
    }

    /// The witnesses that have cosigned, each with its time in seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`] if a named witness's cosignature does not fit.
    pub fn cosigners(&self, note: &Note) -> Result<Vec<(&Witness, u64)>, NoteError> {
        let mut all = Vec::new();
        for witness in &self.witnesses {
            if let Some(at) = cosigned_at(note, &witness.key)? {
                all.push((witness, at));
            }
        }
        Ok(all)
    }

    /// Whether enough witnesses have cosigned.
    ///
    /// # Errors
    /// [`Unmet`] if not. A cosignature that does not fit counts as none.
    pub fn quorum(&self, note: &Note) -> Result<(), Unmet> {
        let Some(quorum) = &self.quorum else {
            return Ok(());
        };
        let there: HashSet<&str> = self
            .witnesses
            .iter()
            .filter(|w| matches!(cosigned_at(note, &w.key), Ok(Some(_))))
            .map(|w| w.name.as_str())
            .collect();
        if self.holds(quorum, &there) {
            Ok(())
        } else {
            Err(Unmet { found: there.len() })
        }
    }

    /// Names are defined before they are used, so that this ends.
    fn holds(&self, name: &str, there: &HashSet<&str>) -> bool {
        match self.groups.get(name) {
            None => there.contains(name),
            Some(group) => {
                let held = group.members.iter().filter(|m| self.holds(m, there));
                held.count() >= group.needed
            }
        }
    }

    fn line(&mut self, words: &[&str], grouped: &mut HashSet<String>) -> Result<bool, String> {
        match words {
            ["log", key] | ["log", key, _] => {
                let key = parse_key(key, Algorithm::signs_notes)?;
                if self.logs().any(|known| *known == key) {
                    return Err("this key is there already".into());
                }
                self.logs.push(LogKey::always(key));
            }
            [SIZES, from, until @ ..] if until.len() < 2 => self.sizes(from, until.first())?,
            ["witness", name, key] => self.witness(name, key, None)?,
            ["witness", name, key, url] => self.witness(name, key, Some((*url).to_owned()))?,
            ["group", name, needed, members @ ..] if !members.is_empty() => {
                self.group(name, needed, members, grouped)?;
            }
            ["quorum", "none"] => return Ok(true),
            ["quorum", name] => {
                self.known(name)?;
                self.quorum = Some((*name).to_owned());
                return Ok(true);
            }
            _ => return Err("it is not one of log, witness, group, quorum".into()),
        }
        Ok(false)
    }

    /// Of the log on the line before.
    fn sizes(&mut self, from: &str, until: Option<&&str>) -> Result<(), String> {
        let from = number(from).ok_or("the first size is not a number")?;
        let until = until.map_or(Some(u64::MAX), |until| number(until));
        let until = until.filter(|until| *until >= from);
        let until = until.ok_or("the last size is not a number from the first on")?;
        let log = self.logs.last_mut();
        let log = log.ok_or("the line before it is no log's")?;
        log.sizes = from..=until;
        Ok(())
    }

    fn witness(&mut self, name: &str, key: &str, url: Option<String>) -> Result<(), String> {
        self.unused(name)?;
        let key = parse_key(key, |a| a == Algorithm::CosignatureEd25519)?;
        if self.witnesses.iter().any(|w| w.key == key) {
            return Err("this key is there already".into());
        }
        let name = name.to_owned();
        self.witnesses.push(Witness { name, key, url });
        Ok(())
    }

    fn group(
        &mut self,
        name: &str,
        needed: &str,
        members: &[&str],
        grouped: &mut HashSet<String>,
    ) -> Result<(), String> {
        self.unused(name)?;
        for member in members {
            self.known(member)?;
            if !grouped.insert((*member).to_owned()) {
                return Err(format!("{member} is in a group already"));
            }
        }
        let needed = match needed {
            "all" => members.len(),
            "any" => 1,
            number => number
                .parse()
                .ok()
                .filter(|k| (1..=members.len()).contains(k))
                .ok_or("the number of members needed is not possible")?,
        };
        let members = members.iter().map(|m| (*m).to_owned()).collect();
        self.groups
            .insert(name.to_owned(), Group { needed, members });
        Ok(())
    }

    fn is_known(&self, name: &str) -> bool {
        self.groups.contains_key(name) || self.witnesses.iter().any(|w| w.name == name)
    }

    fn known(&self, name: &str) -> Result<(), String> {
        if self.is_known(name) {
            Ok(())
        } else {
            Err(format!("{name} was not defined before"))
        }
    }

    fn unused(&self, name: &str) -> Result<(), String> {
        if name == "none" || self.is_known(name) {
            Err(format!("the name {name} is taken"))
        } else {
            Ok(())
        }
    }
}

fn parse_key(text: &str, suits: impl Fn(Algorithm) -> bool) -> Result<VerifierKey, String> {
    let key: VerifierKey = text.parse().map_err(|e: NoteError| e.to_string())?;
    if suits(key.algorithm()) {
        Ok(key)
    } else {
        Err("the key is of another kind than is needed here".into())
    }
}

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let mut policy = Self::default();
        let mut grouped = HashSet::new();
        let mut has_quorum = false;
        // Sizes bound the key on the line before, and no other.
        let mut takes_sizes = false;
        let at = |line, why: String| PolicyError { line, why };
        for (line, text) in (1..).zip(text.lines()) {
            if line > MOST_LINES {
                return Err(at(line, "the policy is too long".into()));
            }
            let words: Vec<_> = text.split_whitespace().collect();
            let is_comment = |word: &&str| word.starts_with('#') && *word != SIZES;
            if words.first().is_none_or(is_comment) {
                continue;
            }
            if words[0] == SIZES && !takes_sizes {
                return Err(at(line, "the line before it is no log's".into()));
            }
            takes_sizes = words[0] == "log";
            match policy.line(&words, &mut grouped) {
                Ok(true) if has_quorum => return Err(at(line, "there is a quorum already".into())),
                Ok(quorum) => has_quorum |= quorum,
                Err(why) => return Err(at(line, why)),
            }
        }
        if has_quorum {
            Ok(policy)
        } else {
            let why = "the policy has no quorum line (`quorum none` asks for no witness)";
            Err(at(text.lines().count(), why.into()))
        }
    }
}
