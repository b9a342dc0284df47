//! `openssl ts` as a time authority: what it answers is a real timestamp.
#![allow(
    clippy::unwrap_used,
    reason = "for tests: one that cannot go on has failed"
)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;
use verbatim_domain::Duration;
use verbatim_engine::Authority;
use verbatim_engine::ports::{AuthorityError, Clock, TimeAuthority};

use super::VirtualClock;

/// An authority with certificates of its own, by the system's clock.
#[derive(Debug)]
pub struct OpensslAuthority(tempfile::TempDir);

/// Runs `openssl` in a folder.
///
/// # Panics
/// When it does not run or does not succeed.
pub fn openssl(dir: &Path, arguments: &[&str]) {
    let ran = Command::new("openssl")
        .args(arguments)
        .current_dir(dir)
        .output();
    let ran = ran.expect("openssl runs");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

impl OpensslAuthority {
    /// One where `VERBATIM_TEST_OPENSSL` is set (`cargo xtask ci --only timestamps`).
    pub fn if_asked_for() -> Option<Self> {
        let asked = std::env::var_os("VERBATIM_TEST_OPENSSL").is_some();
        if !asked {
            eprintln!("skipped: VERBATIM_TEST_OPENSSL is not set");
        }
        asked.then(Self::new)
    }

    /// Where its files are: `ca.pem` vouches for it.
    pub fn dir(&self) -> &Path {
        self.0.path()
    }

    /// The certificate that vouches for it, PEM.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn ca_pem(&self) -> String {
        std::fs::read_to_string(self.dir().join("ca.pem")).unwrap()
    }

    /// As it is configured.
    pub fn every(self: &Arc<Self>, every: Duration) -> Authority {
        Authority {
            port: self.clone(),
            every,
            ca_pem: self.ca_pem(),
        }
    }

    /// How far its clock is ahead of this one.
    ///
    /// # Panics
    /// When it is behind.
    pub fn ahead_of(&self, clock: &VirtualClock) -> Duration {
        let real = Command::new("date").arg("+%s").output().unwrap().stdout;
        let real: i64 = String::from_utf8(real).unwrap().trim().parse().unwrap();
        let ahead = real * 1000 - clock.now().as_millis();
        Duration::from_millis(u64::try_from(ahead).unwrap())
    }

    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path();
        let key = [
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
        ];
        openssl(at, &[&["genpkey"][..], &key, &["key"]].concat());
        // Its own authority: one certificate that vouches for the other.
        openssl(
            at,
            &[
                "req", "-x509", "-new", "-key", "key", "-subj", "/CN=root", "-out", "ca.pem",
                "-days", "9",
            ],
        );
        openssl(
            at,
            &[
                "req", "-new", "-key", "key", "-subj", "/CN=tsa", "-out", "csr",
            ],
        );
        std::fs::write(
            at.join("ext"),
            "extendedKeyUsage=critical,timeStamping\nbasicConstraints=CA:FALSE\n",
        )
        .unwrap();
        openssl(
            at,
            &[
                "x509",
                "-req",
                "-in",
                "csr",
                "-CA",
                "ca.pem",
                "-CAkey",
                "key",
                "-set_serial",
                "5",
                "-days",
                "9",
                "-extfile",
                "ext",
                "-out",
                "tsa.pem",
            ],
        );
        std::fs::write(at.join("serial"), "01").unwrap();
        let config = "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=key\n\
                      signer_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\n";
        std::fs::write(at.join("ts.cnf"), config).unwrap();
        Self(dir)
    }
}

#[async_trait]
impl TimeAuthority for OpensslAuthority {
    fn name(&self) -> &str {
        "openssl"
    }

    async fn stamp(&self, request: &[u8]) -> Result<Vec<u8>, AuthorityError> {
        let at = self.0.path();
        std::fs::write(at.join("query"), request).unwrap();
        openssl(
            at,
            &[
                "ts",
                "-reply",
                "-config",
                "ts.cnf",
                "-queryfile",
                "query",
                "-out",
                "reply",
            ],
        );
        Ok(std::fs::read(at.join("reply")).unwrap())
    }
}
