//! Files with secrets, which nobody but the service's account may read. The key files have their own checks.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Verdict;
use crate::commands::init;
use crate::config::{Config, Role, SecretRef};

/// `path`: the configuration file, which may hold secrets itself.
pub(super) fn files(path: &Path, config: &Config) -> Verdict {
    let open: Vec<String> = with_secrets(path, config)
        .into_iter()
        .filter(|path| others_may_read(path))
        .map(|path| path.display().to_string())
        .collect();
    if open.is_empty() {
        return Verdict::Ok("for their owner only".into());
    }
    let open = open.join(" ");
    Verdict::Warn(
        format!("others can read {open}"),
        format!("chmod 600 {open}"),
    )
}

fn with_secrets(path: &Path, config: &Config) -> Vec<PathBuf> {
    let mut files = vec![path.to_owned()];
    files.push(match config.node.role {
        Role::Full => init::registration_path(config),
        Role::Edge => config.path(&config.node.edge_keys),
    });
    files.extend(secrets(config).filter_map(|secret| secret.file(&config.dir)));
    files
}

fn secrets(config: &Config) -> impl Iterator<Item = &SecretRef> {
    let homeserver = &config.homeserver;
    let bucket = config.record.bucket.iter();
    let carriers = config.carrier.iter().flat_map(|carrier| {
        let shared = carrier.shared_keys.iter().map(|key| &key.secret);
        let previous = carrier.auth_token_previous.iter();
        previous.chain(&carrier.auth_token).chain(shared)
    });
    [&homeserver.as_token, &homeserver.hs_token]
        .into_iter()
        .chain(config.keys.pkcs11.iter().map(|token| &token.pin))
        .chain(bucket.flat_map(|bucket| [&bucket.access_key, &bucket.secret_key]))
        .chain(carriers)
}

/// A file that is not there is another check's.
fn others_may_read(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};

    use super::*;
    use crate::local::tests::installation;

    /// Only the key file was looked at.
    #[tokio::test]
    async fn every_file_with_a_secret_is_looked_at() {
        let (dir, config) = installation().await;
        let path = dir.path().join("verbatim.toml");
        assert!(matches!(files(&path, &config), Verdict::Ok(_)));
        for name in [
            "verbatim.toml",
            "registration.yaml",
            "keys/as_token",
            "keys/hs_token",
        ] {
            let file = dir.path().join(name);
            set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
            let Verdict::Warn(found, mend) = files(&path, &config) else {
                panic!("{name} is not looked at");
            };
            assert!(
                found.contains(name) && mend.contains(name),
                "{found} {mend}"
            );
            set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        }
    }

    /// The PIN opens the token that opens the key file.
    #[tokio::test]
    async fn the_pin_is_a_secret() {
        let (dir, mut config) = installation().await;
        let pin = dir.path().join("keys/pin");
        std::fs::write(&pin, "1234").unwrap();
        set_permissions(&pin, Permissions::from_mode(0o644)).unwrap();
        let token = "module = 'm.so'\ntoken = 't'\nwrap_key = 'w'\npin = { file = 'keys/pin' }";
        config.keys.pkcs11 = Some(toml::from_str(token).unwrap());
        let path = dir.path().join("verbatim.toml");
        let Verdict::Warn(found, _) = files(&path, &config) else {
            panic!("the PIN is not looked at");
        };
        assert!(found.contains("keys/pin"), "{found}");
    }
}
