//! A token in software, for tests: SoftHSM, with a folder of its own.
//!
//! SoftHSM learns its folder from the environment when it is loaded, and a test must not change its own
//! environment. So a test that needs one runs itself again, in a process that has it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Says where the tokens are.
const CONF: &str = "SOFTHSM2_CONF";
/// The user's PIN of every token.
pub const PIN: &str = "2580-user";
const SO_PIN: &str = "1470-officer";

/// The environment of a process with tokens of its own.
pub struct SoftHsm {
    module: PathBuf,
}

/// Runs a test with tokens of its own, if `cargo xtask ci` asks for it. `name` is the test's full name.
///
/// # Panics
/// If the test fails, or SoftHSM is wanted and not there.
pub fn with_tokens(name: &str, test: impl FnOnce(&SoftHsm)) {
    if std::env::var_os("VERBATIM_TEST_SOFTHSM").is_none_or(|value| value != "1") {
        println!("NOT RUN: set VERBATIM_TEST_SOFTHSM=1 to test tokens with SoftHSM");
        return;
    }
    let module = std::env::var_os("VERBATIM_SOFTHSM_MODULE").map(PathBuf::from);
    let module = module.expect("VERBATIM_SOFTHSM_MODULE names the module");
    if std::env::var_os(CONF).is_some() {
        return test(&SoftHsm { module });
    }
    let dir = tempfile::tempdir().expect("a folder");
    let conf = configuration(dir.path()).expect("a configuration");
    let again = std::env::current_exe().map(|program| {
        Command::new(program)
            .args([name, "--exact", "--nocapture"])
            .env(CONF, conf)
            .status()
    });
    let status = again.flatten().expect("the test runs again");
    assert!(status.success(), "{name} failed in its own process");
}

fn configuration(dir: &Path) -> io::Result<PathBuf> {
    let tokens = dir.join("tokens");
    std::fs::create_dir(&tokens)?;
    let conf = dir.join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    std::fs::write(&conf, text)?;
    Ok(conf)
}

impl SoftHsm {
    /// The module.
    pub fn module(&self) -> &Path {
        &self.module
    }

    /// Makes a token.
    ///
    /// # Panics
    /// If SoftHSM refuses.
    pub fn token(&self, label: &str) {
        let pins = ["--pin", PIN, "--so-pin", SO_PIN];
        run(Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", label])
            .args(pins));
    }

    /// Gives a token an AES key that is known outside.
    ///
    /// # Panics
    /// If SoftHSM refuses.
    pub fn import_aes(&self, token: &str, label: &str, key: &[u8; 32]) {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("key");
        std::fs::write(&file, key).expect("a file");
        run(Command::new("softhsm2-util")
            .arg("--import")
            .arg(&file)
            .args(["--aes", "--token", token, "--label", label, "--id", "01"])
            .args(["--pin", PIN]));
    }
}

fn run(command: &mut Command) {
    let done = command.output().expect("softhsm2-util runs");
    assert!(
        done.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}
