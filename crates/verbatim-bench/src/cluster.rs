//! A private PostgreSQL: made in a folder, reached by a Unix socket, with the server's own settings
//! (so every commit is flushed), stopped and removed at the end.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// A running server.
pub(crate) struct Cluster {
    dir: tempfile::TempDir,
    programs: PathBuf,
}

impl Cluster {
    /// Makes and starts one.
    pub(crate) fn start() -> Result<Self> {
        let cluster = Self {
            dir: tempfile::tempdir()?,
            programs: programs()?,
        };
        if is_root()? {
            run(Command::new("chown")
                .arg("postgres")
                .arg(cluster.dir.path()))?;
        }
        let data = cluster.data();
        let mut initdb = cluster.command("initdb")?;
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        run(initdb.arg("--no-sync").arg("--pgdata").arg(&data))?;
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}'",
            cluster.dir.path().display()
        );
        let mut start = cluster.command("pg_ctl")?;
        start
            .args([
                "start",
                "--wait",
                "--silent",
                "--options",
                &options,
                "--pgdata",
            ])
            .arg(&data);
        run(start.arg("--log").arg(cluster.dir.path().join("log")))?;
        Ok(cluster)
    }

    /// Makes an empty database; its URL.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.arg("--host").arg(self.dir.path());
        psql.args(["--username=postgres", "--quiet", "--command"]);
        run(psql.arg(format!("CREATE DATABASE {name}")))?;
        Ok(format!(
            "postgres:///{name}?host={}&user=postgres",
            self.dir.path().display()
        ))
    }

    /// What it calls itself.
    pub(crate) fn version(&self) -> Result<String> {
        let said = run(Command::new(self.programs.join("postgres")).arg("--version"))?;
        Ok(said.trim_start_matches("postgres (PostgreSQL) ").to_owned())
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A program of the server, which refuses to run as root.
    fn command(&self, program: &str) -> Result<Command> {
        let path = self.programs.join(program);
        if !is_root()? {
            return Ok(Command::new(path));
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(path);
        command.current_dir(self.dir.path());
        Ok(command)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Ok(mut stop) = self.command("pg_ctl") {
            stop.args(["stop", "--wait", "--silent", "--mode=immediate", "--pgdata"]);
            let _ = stop.arg(self.data()).status();
        }
    }
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {errors}");
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn is_root() -> Result<bool> {
    Ok(run(Command::new("id").arg("-u"))? == "0")
}

/// The folder with the server's programs.
fn programs() -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os("VERBATIM_POSTGRES_BIN") {
        return Ok(dir.into());
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<_> = versions.map(|entry| entry.path().join("bin")).collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates = found.into_iter().rev().chain(std::env::split_paths(&path));
    let is_there = |dir: &PathBuf| dir.join("initdb").is_file() && dir.join("pg_ctl").is_file();
    candidates
        .find(is_there)
        .context("PostgreSQL's programs are not here: install it, or leave `--postgres` out")
}
