//! A private PostgreSQL for the tests: made in a temporary folder, reached by a Unix socket, stopped
//! and removed at the end.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Whether PostgreSQL is to be tested; `cargo xtask ci` says so.
pub(crate) fn is_wanted() -> bool {
    let wanted = std::env::var_os("VERBATIM_TEST_POSTGRES").is_some_and(|value| value == "1");
    if !wanted {
        println!("NOT RUN: set VERBATIM_TEST_POSTGRES=1 to test PostgreSQL");
    }
    wanted
}

/// A running server.
pub(crate) struct Cluster {
    dir: tempfile::TempDir,
    programs: PathBuf,
    databases: AtomicU32,
}

impl Cluster {
    /// Makes and starts one. `settings` are the server's, such as `-c fsync=off`.
    pub(crate) fn start(settings: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let databases = AtomicU32::new(0);
        let cluster = Self {
            dir,
            programs: programs(),
            databases,
        };
        if is_root() {
            run(Command::new("chown")
                .arg("postgres")
                .arg(cluster.dir.path()));
        }
        let data = cluster.data();
        let mut initdb = cluster.command("initdb");
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        run(initdb.arg("--no-sync").arg("--pgdata").arg(&data));
        let options = format!(
            "{settings} -c listen_addresses='' -c unix_socket_directories='{}'",
            cluster.dir.path().display(),
        );
        let mut start = cluster.command("pg_ctl");
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
        run(start.arg("--log").arg(cluster.dir.path().join("log")));
        cluster
    }

    /// Makes an empty database; its URL.
    pub(crate) fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        format!(
            "postgres:///{name}?host={}&user=postgres",
            self.dir.path().display()
        )
    }

    /// Runs statements in the database of a URL, as an operator would.
    pub(crate) fn sql_in(&self, url: &str, sql: &str) -> String {
        let name = url
            .trim_start_matches("postgres:///")
            .split('?')
            .next()
            .expect("a name");
        self.sql(name, sql)
    }

    fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.arg("--host")
            .arg(self.dir.path())
            .args(["--username=postgres", "--dbname", database]);
        run(psql.args([
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            "--quiet",
            "--command",
            sql,
        ]))
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A program of the server, which refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let path = self.programs.join(program);
        if !is_root() {
            return Command::new(path);
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(path);
        command.current_dir(self.dir.path());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "--wait", "--silent", "--mode=immediate", "--pgdata"])
            .arg(self.data());
        let _ = stop.status();
    }
}

fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn is_root() -> bool {
    run(Command::new("id").arg("-u")) == "0"
}

/// The folder with the server's programs.
fn programs() -> PathBuf {
    if let Some(dir) = std::env::var_os("VERBATIM_POSTGRES_BIN") {
        return dir.into();
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
        .expect("PostgreSQL is to be tested, but its programs are not here")
}
