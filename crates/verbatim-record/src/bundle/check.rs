//! Checks a bundle, in an order in which each step builds on what was proved before. It stops at the first
//! thing that is wrong.

mod belong;
mod certificates;
mod files;
mod log;
mod records;
mod timestamps;

use self::certificates::Certificates;
use super::folder::Folder;
use super::head::Of;
use super::manifest::Manifest;
use super::{MANIFEST, POLICY};
use crate::note::Note;
use crate::policy::Policy;
use crate::report::{Findings, Held, State};
use crate::tile_tree::TileTree;

/// Bytes of a small file, at most: policy, checkpoint.
const SMALL: u64 = 1024 * 1024;
/// Bytes of a manifest, at most.
const MOST_MANIFEST: u64 = 256 * 1024 * 1024;

/// What the examiner brings along.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given<'a> {
    /// Whom to believe. Without it, the bundle's own policy is taken, which proves less.
    pub policy: Option<&'a Policy>,
    /// An older or newer checkpoint of the same log.
    pub since: Option<&'a Note>,
    /// Certificates (PEM) of the time authorities to believe. Without them, who stamped is not proved.
    pub tsa_ca: Option<&'a str>,
}

/// Checks everything in a bundle. `progress` hears how many records are done, of how many.
pub fn check(
    folder: &dyn Folder,
    given: Given<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Findings {
    let mut found = Findings::default();
    if let Err((check, words)) = run(folder, given, progress, &mut found) {
        found.add(check, State::Wrong, words);
    }
    found
}

fn run(
    folder: &dyn Folder,
    given: Given<'_>,
    progress: &mut dyn FnMut(u64, u64),
    found: &mut Findings,
) -> Held<()> {
    let manifest = read_manifest(folder)?;
    let own;
    let policy = match given.policy {
        Some(policy) => policy,
        None => {
            own = own_policy(folder)?;
            let words = "The policy is the bundle's own: that these keys are the log's and its witnesses' was not \
                         proved. Give yours with --policy.";
            found.add("policy", State::NotProved, words);
            &own
        }
    };
    let checkpoint = log::checkpoint(folder, &manifest, policy, found)?;
    files::check(folder, &manifest, found)?;
    let tiles = log::FolderTiles(folder);
    let mut tree = TileTree::open(checkpoint.size, &checkpoint.root, &tiles)
        .map_err(|fault| ("tiles", format!("below log/: {fault}")))?;
    files::tiles(&manifest, &mut tree)?;
    let certificates = Certificates::read(folder, &manifest, &mut tree, policy)?;
    records::check(folder, &manifest, &mut tree, certificates, progress, found)?;
    timestamps::check(folder, &manifest, &checkpoint, policy, given.tsa_ca, found)?;
    if let Some(since) = given.since {
        log::since(folder, &checkpoint, since, policy, found)?;
    }
    left_open(&manifest, found);
    Ok(())
}

fn read_manifest(folder: &dyn Folder) -> Held<Manifest> {
    let manifest = text(folder, MANIFEST, MOST_MANIFEST).map_err(|(check, words)| {
        let words = format!("{words}. A bundle without a manifest was never finished.");
        (check, words)
    })?;
    Manifest::parse(&manifest).map_err(|e| ("manifest", format!("{MANIFEST}: {e}")))
}

fn own_policy(folder: &dyn Folder) -> Held<Policy> {
    let policy = text(folder, POLICY, SMALL)?;
    policy
        .parse()
        .map_err(|e| ("policy", format!("{POLICY}: {e}")))
}

/// What no bundle of its kind can show.
fn left_open(manifest: &Manifest, found: &mut Findings) {
    let selection = &manifest.export.selection;
    let words = match (&selection.of, selection.from_ms.or(selection.to_ms)) {
        // Proved by the positions: see `records`.
        (Of::All, None) => return,
        (Of::All, Some(_)) => {
            "That there are no more records at the edges of this time was not asked for: \
                              `verbatim-verify log` on the log itself shows them."
        }
        (Of::Conversation(_), _) => {
            "That the conversation has no further records was not asked for: \
                                    `verbatim-verify log` on the log itself shows them."
        }
        _ => {
            "That these are all conversations of the selection, and that they have no further records, was not asked \
             for: the leaves of the log do not name persons or numbers."
        }
    };
    found.add("complete", State::NotAsked, words);
}

/// A small file as text.
fn text(folder: &dyn Folder, path: &'static str, most: u64) -> Held<String> {
    let bytes = folder
        .read(path, most)
        .map_err(|e| (path, format!("{path} cannot be read: {e}")))?;
    String::from_utf8(bytes).map_err(|_| (path, format!("{path} is not UTF-8 text")))
}
