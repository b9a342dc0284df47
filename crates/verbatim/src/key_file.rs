//! The key-encryption key in its file, and beside it, with the ending `.new`, the one that the next
//! rotation goes to. With a token (`[keys.pkcs11]`) both are written wrapped by it.
//!
//! Either file is whole at every moment: a new one is written under another name, is on the disk, and only
//! then gets its name. Who writes locks the folder, so that two programs do not undo each other's work.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use thiserror::Error;
use verbatim_engine::ports::{KeySafe, KeySafeError};
use verbatim_record::{Hash, Kek, KekFile, KeyError};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::files;
use crate::token::KeyToken;

/// The key file is not there, or not ours to read.
#[derive(Debug, Error)]
#[error("cannot read the key file {}: restore it from its copy", .path.display())]
pub(crate) struct KeyFileUnreadable {
    path: PathBuf,
    source: std::io::Error,
}

/// A key file and its neighbour.
#[derive(Clone)]
pub(crate) struct KeyFile {
    path: PathBuf,
    token: Option<KeyToken>,
}

impl KeyFile {
    /// As the configuration says.
    pub(crate) fn of(config: &Config) -> Result<Self> {
        Ok(Self {
            path: config.path(&config.keys.file),
            token: KeyToken::of(config)?,
        })
    }

    /// The key in use.
    pub(crate) fn read(&self) -> Result<Kek> {
        self.open(&self.path)
    }

    /// The key for the next rotation, if one lies ready.
    pub(crate) fn read_next(&self) -> Result<Option<Kek>> {
        let path = self.beside(".new");
        match path.try_exists() {
            Ok(false) => Ok(None),
            _ => self.open(&path).map(Some),
        }
    }

    /// The token, if there is one.
    pub(crate) fn token(&self) -> Option<&KeyToken> {
        self.token.as_ref()
    }

    /// Whether the file holds the key in clear.
    pub(crate) fn is_clear(&self) -> Result<bool> {
        Ok(matches!(parse(&self.path)?, KekFile::Clear(_)))
    }

    /// Wraps what lies here in clear, or by another key of the token: the file, and its neighbour if there
    /// is one. Which files were changed.
    pub(crate) fn wrap_all(&self) -> Result<Vec<PathBuf>> {
        let _locked = self.lock()?;
        let Some(token) = &self.token else {
            bail!("no token is configured: set [keys.pkcs11]");
        };
        let mut changed = Vec::new();
        for path in [self.path.clone(), self.beside(".new")] {
            if path.try_exists()? && self.wrap_one(token, &path)? {
                changed.push(path);
            }
        }
        Ok(changed)
    }

    fn wrap_one(&self, token: &KeyToken, path: &Path) -> Result<bool> {
        if let KekFile::Wrapped(file) = parse(path)?
            && file.token_key() == token.wrap_key()
        {
            return Ok(false);
        }
        let kek = self.open(path)?;
        let fresh = with_ending(path, ".wrapped");
        files::write_private(&fresh, &token.wrap(&kek)?.to_text())?;
        // Died here, or what follows fails: the file is as it was, and the next call overwrites the fresh one.
        let proved = Self {
            path: fresh.clone(),
            token: Some(token.anew()),
        };
        let opened = proved
            .read()
            .context("what was just wrapped does not open")?;
        if opened.check() != kek.check() {
            bail!("what was just wrapped opens to another key; nothing was changed");
        }
        // Died before it: as above. After: the fresh file, which was seen to open, is in its place.
        files::rename(&fresh, path)?;
        Ok(true)
    }

    fn open(&self, path: &Path) -> Result<Kek> {
        match (parse(path)?, &self.token) {
            (KekFile::Clear(kek), _) => Ok(kek),
            (KekFile::Wrapped(file), Some(token)) => token
                .unwrap(&file)
                .with_context(|| format!("key file {}", path.display())),
            (KekFile::Wrapped(file), None) => {
                let needs = KeyError::NeedsToken(file.token_key().to_owned());
                Err(needs).with_context(|| format!("key file {}", path.display()))
            }
        }
    }

    fn beside(&self, ending: &str) -> PathBuf {
        with_ending(&self.path, ending)
    }

    fn lay_ready(&self, fresh: Kek) -> Result<Kek> {
        let _locked = self.lock()?;
        if let Some(next) = self.read_next()? {
            return Ok(next);
        }
        let text = match &self.token {
            Some(token) => token.wrap(&fresh)?.to_text().into(),
            None => fresh.to_text(),
        };
        // Died before the end of it: nothing lies there. After: the key lies there, whole.
        files::write_private(&self.beside(".new"), &text)?;
        Ok(fresh)
    }

    fn put_in_place(&self, check: &Hash) -> Result<()> {
        let _locked = self.lock()?;
        match self.read_next()? {
            // Died before it: both files are as they were. After: the old key is gone from here.
            Some(next) if next.check() == *check => files::rename(&self.beside(".new"), &self.path),
            _ if self.read()?.check() == *check => Ok(()),
            _ => bail!("the key is in none of the two files"),
        }
    }

    /// Until what it answers is dropped, no other program of ours writes here.
    fn lock(&self) -> Result<File> {
        let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let lock = || {
            let file = File::open(folder)?;
            file.lock().map(|()| file)
        };
        lock().with_context(|| format!("cannot lock {}", folder.display()))
    }

    /// Files block, and so do tokens.
    async fn aside<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<R> + Send + 'static,
    ) -> Result<R, KeySafeError> {
        let file = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&file)).await;
        done.map_err(anyhow::Error::from)
            .flatten()
            .map_err(|error| KeySafeError {
                what: format!("{error:#}"),
                source: None,
            })
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(path);
    path.push(ending);
    path.into()
}

fn parse(path: &Path) -> Result<KekFile> {
    let text = std::fs::read_to_string(path).map_err(|source| KeyFileUnreadable {
        path: path.to_owned(),
        source,
    })?;
    let text = Zeroizing::new(text);
    KekFile::parse(&text).with_context(|| format!("key file {}", path.display()))
}

#[async_trait]
impl KeySafe for KeyFile {
    async fn current(&self) -> Result<Kek, KeySafeError> {
        self.aside(Self::read).await
    }

    async fn next(&self) -> Result<Option<Kek>, KeySafeError> {
        self.aside(Self::read_next).await
    }

    async fn prepare(&self, fresh: Kek) -> Result<Kek, KeySafeError> {
        self.aside(|file| file.lay_ready(fresh)).await
    }

    async fn promote(&self, check: &Hash) -> Result<(), KeySafeError> {
        let check = *check;
        self.aside(move |file| file.put_in_place(&check)).await
    }
}

#[cfg(test)]
mod tests;
