//! Files with secrets: readable by their owner only, and durable once written.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};

/// Writes a file that only its owner can read, whatever was there before. A file of that name is whole at
/// every moment: the old one until the new one is on the disk.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    replace_private(path, text.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The same, with the error as it is.
pub(crate) fn replace_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut fresh = OsString::from(path);
    fresh.push(".part");
    // Left by a process that died here; its mode need not be ours.
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let fresh = Path::new(&fresh);
    let written = write_new(fresh, content).and_then(|()| move_to(fresh, path));
    if written.is_err() {
        // Half of it would take the room that is missing. If it stays, the next time removes it.
        let _ = fs::remove_file(fresh);
    }
    written
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Gives a file another name, whatever had it before.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<()> {
    move_to(from, to)
        .with_context(|| format!("cannot rename {} to {}", from.display(), to.display()))
}

fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    // The name is durable with its folder.
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_others_could_read_they_cannot_any_more() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(dir.path().join("secret.part"), "left over").unwrap();
        write_private(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_could_not_be_put_in_place_does_not_stay() {
        let dir = tempfile::tempdir().unwrap();
        let taken = dir.path().join("folder");
        fs::create_dir(&taken).unwrap();
        replace_private(&taken, b"x").unwrap_err();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
