//! A secret in the configuration: where it is, never what it is.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where a secret comes from.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum SecretRef {
    /// From a file, without the final newline.
    File(InFile),
    /// From an environment variable.
    Env(InEnv),
    /// From the configuration itself.
    Plain(String),
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InFile {
    file: PathBuf,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InEnv {
    env: String,
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(at) => write!(f, "secret in {}", at.file.display()),
            Self::Env(at) => write!(f, "secret in ${}", at.env),
            Self::Plain(_) => f.write_str("secret"),
        }
    }
}

/// The homeserver's tokens are made by us; the others come from elsewhere.
fn unread(path: &Path, error: &std::io::Error) -> String {
    let mend = match error.kind() {
        std::io::ErrorKind::NotFound => {
            "write it there, for this account only (chmod 600); the homeserver's tokens are made by `verbatim init`"
        }
        _ => "give it to the service's account",
    };
    format!("cannot read {}: {error}; {mend}", path.display())
}

impl SecretRef {
    /// Its file, if it is in one; relative files are seen from `dir`.
    pub(crate) fn file(&self, dir: &Path) -> Option<PathBuf> {
        match self {
            Self::File(at) => Some(dir.join(&at.file)),
            Self::Env(_) | Self::Plain(_) => None,
        }
    }

    /// Reads it; relative files are seen from `dir`.
    pub(super) fn value(&self, dir: &Path) -> Result<String, String> {
        let value = match self {
            Self::Plain(value) => value.clone(),
            Self::Env(at) => std::env::var(&at.env)
                .map_err(|_| format!("environment variable {} is not set", at.env))?,
            Self::File(at) => {
                let path = dir.join(&at.file);
                std::fs::read_to_string(&path).map_err(|e| unread(&path, &e))?
            }
        };
        let value = value.trim_end_matches(['\n', '\r']).to_owned();
        if value.is_empty() {
            Err("is empty".to_owned())
        } else {
            Ok(value)
        }
    }
}
