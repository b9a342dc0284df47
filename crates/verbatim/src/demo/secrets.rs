//! Passwords and tokens of one demo: random, made once, readable by the owner only.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// The employees every demo has.
pub(crate) const EMPLOYEES: [&str; 2] = ["alice", "bob"];

/// Everything that must stay the same from one start to the next.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Secrets {
    version: u32,
    /// Name and password of each employee.
    pub(crate) employees: Vec<Login>,
    /// For creating accounts on the homeserver.
    pub(crate) registration_shared_secret: String,
    /// The homeserver's own.
    pub(crate) macaroon_secret_key: String,
    /// The homeserver's own.
    pub(crate) form_secret: String,
    /// The service proves itself to the homeserver with this.
    pub(crate) as_token: String,
    /// The homeserver proves itself to the service with this.
    pub(crate) hs_token: String,
    /// Carrier account, as the provider would name it.
    pub(crate) carrier_account: String,
    /// Carrier API secret, which also signs webhooks.
    pub(crate) carrier_token: String,
    /// How many checks this data directory has seen: each needs a phone that nobody knows.
    pub(crate) checks: u32,
}

/// An employee's account.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Login {
    /// Localpart of the Matrix id.
    pub(crate) name: String,
    /// Random, printed for the person who tries the demo.
    pub(crate) password: String,
}

impl Secrets {
    /// Those of this data directory, or new ones.
    pub(crate) fn load_or_create(path: &Path) -> anyhow::Result<Self> {
        if path.exists() {
            let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            return serde_json::from_slice(&text).with_context(|| {
                format!("{} is damaged; --reset starts from nothing", path.display())
            });
        }
        let secrets = Self::generate()?;
        secrets.save(path)?;
        Ok(secrets)
    }

    /// Replaces the file in one step, so that a crash leaves the old or the new one.
    pub(crate) fn save(&self, path: &Path) -> anyhow::Result<()> {
        let partial = path.with_extension("json.new");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial)
            .with_context(|| format!("cannot write {}", partial.display()))?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        fs::rename(&partial, path).with_context(|| format!("cannot write {}", path.display()))
    }

    fn generate() -> anyhow::Result<Self> {
        let employees = EMPLOYEES
            .iter()
            .map(|name| {
                Ok(Login {
                    name: (*name).to_owned(),
                    password: random_hex(8)?,
                })
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Self {
            version: 1,
            employees,
            registration_shared_secret: random_hex(32)?,
            macaroon_secret_key: random_hex(32)?,
            form_secret: random_hex(32)?,
            as_token: random_hex(32)?,
            hs_token: random_hex(32)?,
            carrier_account: format!("AC{}", random_hex(16)?),
            carrier_token: random_hex(16)?,
            checks: 0,
        })
    }
}

fn random_hex(bytes: usize) -> anyhow::Result<String> {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer).context("the system has no randomness")?;
    Ok(hex::encode(buffer))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn made_once_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("demo.json");
        let first = Secrets::load_or_create(&path).unwrap();
        let second = Secrets::load_or_create(&path).unwrap();
        assert_eq!(first.as_token, second.as_token);
        assert_eq!(first.employees[0].password, second.employees[0].password);
        assert_ne!(first.employees[0].password, first.employees[1].password);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn damage_names_the_mend() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("demo.json");
        fs::write(&path, "{").unwrap();
        let error = Secrets::load_or_create(&path).err().unwrap().to_string();
        assert!(error.contains("--reset"), "{error}");
    }
}
