//! A bundle as one file that only its recipient can open: a tar archive in `age`.
//!
//! Nothing of it is on the disk in clear, but which record of the log the export is. The cipher's state cannot be
//! kept, so an interrupted one begins again with its first record, as the same export.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use age::stream::StreamWriter;
use anyhow::{Context, Result, bail};

use super::place::{Begun, Kept, Place, State, gone, no_room, read_kept};
use crate::files::replace_private;

/// A sealed file as it is written, beside its place.
pub(super) struct Sealed {
    path: PathBuf,
    part: PathBuf,
    kept: PathBuf,
    tar: Option<tar::Builder<StreamWriter<BufWriter<File>>>>,
}

impl Sealed {
    pub(super) fn open(path: &Path, recipient: &str) -> Result<Self> {
        if path.exists() {
            bail!("{} is there already: name another file", path.display());
        }
        let recipient: age::x25519::Recipient = recipient
            .parse()
            .map_err(|why| anyhow::anyhow!("`{recipient}` is not an age recipient: {why}"))?;
        let beside = |end: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        let (part, kept) = (beside(".part"), beside(".progress"));
        gone(fs::remove_file(&part))?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part);
        let file = file.with_context(|| format!("cannot write {}", part.display()))?;
        let recipients = std::iter::once(&recipient as &dyn age::Recipient);
        let age = age::Encryptor::with_recipients(recipients)?.wrap_output(BufWriter::new(file))?;
        Ok(Self {
            path: path.to_owned(),
            part,
            kept,
            tar: Some(tar::Builder::new(age)),
        })
    }

    fn append(&mut self, path: &str, content: &[u8]) -> Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(0);
        let tar = self.tar.as_mut().context("the file is closed")?;
        tar.append_data(&mut header, path, content)
            .map_err(|error| no_room(error, &self.part))
    }
}

impl Place for Sealed {
    fn path(&self) -> &Path {
        &self.path
    }

    fn kept(&self) -> Result<Option<Kept>> {
        Ok(read_kept(&self.kept)?.map(Kept::Begun))
    }

    fn keep(&mut self, state: &State) -> Result<()> {
        let progress = &state.progress;
        // Only that it was begun: the parts cannot be gone on with.
        if progress.parts > 0 {
            return Ok(());
        }
        let begun = Begun {
            export: progress.export.position,
            origin: progress.origin.clone(),
        };
        let begun = serde_json::to_vec(&begun)?;
        replace_private(&self.kept, &begun).map_err(|error| no_room(error, &self.kept))
    }

    fn put(&mut self, path: &str, content: &[u8]) -> Result<()> {
        self.append(path, content)
    }

    fn clear_log(&mut self) -> Result<()> {
        Ok(())
    }

    fn put_log(&mut self, path: &str, content: &[u8]) -> Result<()> {
        self.append(path, content)
    }

    fn sync(&mut self) -> Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        let tar = self.tar.take().context("the file is closed")?;
        let end = |tar: tar::Builder<StreamWriter<BufWriter<File>>>| {
            let mut out = tar.into_inner()?.finish()?;
            out.flush()?;
            out.get_ref().sync_all()
        };
        end(tar).map_err(|error| no_room(error, &self.part))?;
        // Died here: a whole file under another name; the same command makes it again.
        fs::rename(&self.part, &self.path)?;
        let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        gone(fs::remove_file(&self.kept))
    }
}
