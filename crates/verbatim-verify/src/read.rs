//! What is given on the command line.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use verbatim_record::note::{Note, VerifierKey};
use verbatim_record::policy::Policy;

use crate::args::Trust;

/// Bytes of any file named on the command line, at most.
const MOST: u64 = 4 * 1024 * 1024;

/// What was given cannot be used: in words.
#[derive(Debug)]
pub(crate) struct Unreadable(pub(crate) String);

pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let fail = |why: String| Unreadable(format!("{} cannot be read: {why}", path.display()));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| fail(e.to_string()))?;
    file.take(MOST + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| fail(e.to_string()))?;
    if bytes.len() as u64 > MOST {
        return Err(fail("it is too long".to_owned()));
    }
    Ok(bytes)
}

pub(crate) fn text(path: &Path) -> Result<String, Unreadable> {
    let not_text = |_| Unreadable(format!("{} is not UTF-8 text", path.display()));
    String::from_utf8(bytes(path)?).map_err(not_text)
}

pub(crate) fn note(path: Option<&Path>) -> Result<Option<Note>, Unreadable> {
    let Some(path) = path else { return Ok(None) };
    let fail = |e| Unreadable(format!("{}: {e}", path.display()));
    Note::parse(&text(path)?).map(Some).map_err(fail)
}

/// The policy that was given, if any.
pub(crate) fn policy(trust: &Trust) -> Result<Option<Policy>, Unreadable> {
    if let Some(key) = &trust.key {
        let key: VerifierKey = key.parse().map_err(|e| Unreadable(format!("--key: {e}")))?;
        return Ok(Some(Policy::of_log(key)));
    }
    let Some(path) = trust.policy.as_deref() else {
        return Ok(None);
    };
    let policy = text(path)?.parse();
    let fail = |e| Unreadable(format!("{}: {e}", path.display()));
    policy.map(Some).map_err(fail)
}

/// The policy, where there is nothing to believe without one.
pub(crate) fn required_policy(trust: &Trust) -> Result<Policy, Unreadable> {
    let none = || Unreadable("name the log's key: --key VKEY or --policy FILE".to_owned());
    policy(trust)?.ok_or_else(none)
}
