//! Every file is there, as the manifest has it and the format knows it, and no other: whoever forwards a bundle
//! cannot put a page beside it that looks proved.

use std::collections::BTreeSet;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::log::tile_of;
use super::timestamps::size_of;
use super::{SMALL, text};
use crate::bundle::folder::Folder;
use crate::bundle::manifest::{FileEntry, Manifest};
use crate::bundle::writer::verify_text;
use crate::bundle::{CERTIFICATES, CHECKPOINT, MANIFEST, POLICY, VERIFY, part_paths};
use crate::report::{Findings, Held, State};
use crate::tile_tree::TileTree;

const CHECK: &str = "files";

pub(super) fn check(folder: &dyn Folder, manifest: &Manifest, found: &mut Findings) -> Held<()> {
    let there = folder
        .paths()
        .map_err(|e| (CHECK, format!("the folder cannot be listed: {e}")))?;
    let named: BTreeSet<&str> = manifest.files.iter().map(|f| f.path.as_str()).collect();
    for file in &manifest.files {
        check_file(folder, file)?;
    }
    let mut others = there.iter().map(String::as_str);
    if let Some(other) = others.find(|path| *path != MANIFEST && !named.contains(path)) {
        return Err((
            CHECK,
            format!("{other} is not one of the files of the manifest"),
        ));
    }
    if named.len() != manifest.files.len() {
        return Err((CHECK, format!("{MANIFEST} names a file twice")));
    }
    are_of_the_format(manifest, &named)?;
    if text(folder, VERIFY, SMALL)? != verify_text(&manifest.log.origin) {
        let words = format!("{VERIFY} does not say what every bundle of this version says");
        return Err((CHECK, words));
    }
    let words = format!(
        "All {} files are those of the manifest.",
        manifest.files.len()
    );
    found.add(CHECK, State::Proved, words);
    Ok(())
}

/// The format's files and no others. The parts say what was exported, so they must be those of the manifest, in
/// number and in name.
fn are_of_the_format(manifest: &Manifest, named: &BTreeSet<&str>) -> Held<()> {
    // More parts than files cannot all be there, so no more names than that are made.
    let mut needed: BTreeSet<String> = (1..=manifest.parts.min(manifest.files.len() as u64))
        .flat_map(part_paths)
        .collect();
    needed.extend([VERIFY, POLICY, CHECKPOINT].map(str::to_owned));
    if let Some(missing) = needed.iter().find(|path| !named.contains(path.as_str())) {
        return Err((CHECK, format!("{MANIFEST} does not name {missing}")));
    }
    let is_known = |path: &str| {
        needed.contains(path)
            || path == CERTIFICATES
            || tile_of(path, manifest.log.size).is_some()
            || size_of(path).is_some()
    };
    match named.iter().find(|path| !is_known(path)) {
        None => Ok(()),
        Some(other) => Err((CHECK, format!("{other} is no file of such a bundle"))),
    }
}

/// Every tile is the log's, also those that lead from no record here: they can be for another checkpoint.
pub(super) fn tiles(manifest: &Manifest, tree: &mut TileTree<'_>) -> Held<()> {
    let size = manifest.log.size;
    for id in manifest.files.iter().filter_map(|f| tile_of(&f.path, size)) {
        tree.tile(id.level, id.index)
            .map_err(|fault| ("tiles", format!("below log/: {fault}")))?;
    }
    Ok(())
}

fn check_file(folder: &dyn Folder, file: &FileEntry) -> Held<()> {
    let path = &file.path;
    let (bytes, sha256) = folder
        .open(path)
        .and_then(hash)
        .map_err(|e| (CHECK, format!("{path} cannot be read: {e}")))?;
    if bytes != file.bytes {
        let expected = file.bytes;
        let words = format!("{path} was altered: it has {bytes} bytes instead of {expected}");
        return Err((CHECK, words));
    }
    if sha256 != file.sha256 {
        return Err((
            CHECK,
            format!("{path} was altered: its SHA-256 is {sha256}"),
        ));
    }
    Ok(())
}

fn hash(mut file: Box<dyn Read + '_>) -> io::Result<(u64, String)> {
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, hex::encode(hasher.finalize()))),
            count => {
                hasher.update(&buffer[..count]);
                bytes += count as u64;
            }
        }
    }
}
