//! Every file is there, as the manifest has it, and no other.

use std::collections::BTreeSet;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use crate::bundle::folder::Folder;
use crate::bundle::manifest::{FileEntry, Manifest};
use crate::bundle::{CERTIFICATES, MANIFEST, part_paths};
use crate::report::{Findings, Held, State};

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
    // The parts say what was exported, so they must be those of the manifest, in number and in name.
    let parts: BTreeSet<String> = (1..=manifest.parts.min(manifest.files.len() as u64))
        .flat_map(part_paths)
        .collect();
    let is_part = |path: &&&str| {
        **path != CERTIFICATES && (path.ends_with(".jsonl") || path.ends_with(".html"))
    };
    if named.iter().filter(is_part).count() as u64 != manifest.parts.saturating_mul(3)
        || !parts.iter().all(|path| named.contains(path.as_str()))
    {
        let words = format!(
            "{MANIFEST} names other parts than the {} it has",
            manifest.parts
        );
        return Err((CHECK, words));
    }
    let words = format!(
        "All {} files are those of the manifest.",
        manifest.files.len()
    );
    found.add(CHECK, State::Proved, words);
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
