//! A local Synapse for the demo: installed from the Python package index, configured,
//! started as a child process, stopped with the demo.

mod config;
mod process;
mod users;

use std::net::SocketAddr;
use std::path::PathBuf;

pub(crate) use process::Synapse;

/// The version every fact about Synapse in this repository was checked with.
pub(crate) const PACKAGE: &str = "matrix-synapse==1.163.2";

/// What the homeserver of a demo looks like.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// Its folder, absolute.
    pub(crate) dir: PathBuf,
    /// Where logs go, absolute.
    pub(crate) logs: PathBuf,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Its name in Matrix ids.
    pub(crate) server_name: String,
    /// The registration of the application service.
    pub(crate) registration: PathBuf,
}

impl Layout {
    /// Where clients reach it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    fn config_file(&self) -> PathBuf {
        self.dir.join("homeserver.yaml")
    }

    fn log_config_file(&self) -> PathBuf {
        self.dir.join("log.yaml")
    }

    fn signing_key_file(&self) -> PathBuf {
        self.dir.join("signing.key")
    }

    /// What Synapse prints before its own logging works.
    fn output_file(&self) -> PathBuf {
        self.logs.join("synapse.out")
    }
}
