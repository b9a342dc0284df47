//! `verbatim-verify log`: a log that is published over HTTP or in a folder.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;
use std::time::Duration;

use verbatim_record::log_check::{Given, LogSource, check, full_of};
use verbatim_record::report::Findings;
use verbatim_record::tile::{TileId, WIDTH, entries_path, read_entries};
use verbatim_record::tile_tree::Tiles;

use crate::args::LogArgs;
use crate::progress::Progress;
use crate::read::{self, Unreadable};

/// Bytes of one answer, at most: entries have 16-bit lengths, and there are 256 of them in a file.
const MOST: u64 = 256 * 65_538;
/// For one answer.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn run(args: &LogArgs) -> Result<Findings, Unreadable> {
    let policy = read::required_policy(&args.trust)?;
    let since = read::note(args.since.as_deref())?;
    let given = Given {
        policy: &policy,
        since: since.as_ref(),
        full: args.full,
    };
    let mut progress = Progress::new();
    let log = Published(place(&args.log));
    Ok(check(&log, given, &mut |done, of| progress.at(done, of)))
}

fn place(log: &str) -> Place {
    if log.starts_with("https://") || log.starts_with("http://") {
        let base = log.trim_end_matches('/').to_owned();
        let agent = agent();
        return Place::Http { base, agent };
    }
    Place::Dir(log.into())
}

/// A client that believes whom this machine believes.
fn agent() -> ureq::Agent {
    // An error means that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let tls = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier);
    let config = ureq::Agent::config_builder()
        .tls_config(tls.build())
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false);
    config.build().into()
}

/// Where the files of a log are.
enum Place {
    Dir(PathBuf),
    Http { base: String, agent: ureq::Agent },
}

impl Place {
    /// A file; none if there is none.
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        match self {
            Self::Dir(dir) => from_dir(dir.join(path)),
            Self::Http { base, agent } => from_http(agent, &format!("{base}/{path}")),
        }
    }
}

fn from_dir(path: PathBuf) -> Result<Option<Vec<u8>>, String> {
    let mut bytes = Vec::new();
    match File::open(&path).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes)) {
        Ok(_) if bytes.len() as u64 > MOST => Err(format!("{} is too long", path.display())),
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

fn from_http(agent: &ureq::Agent, url: &str) -> Result<Option<Vec<u8>>, String> {
    let fail = |e: ureq::Error| format!("{url}: {e}");
    let mut answer = agent.get(url).call().map_err(fail)?;
    match answer.status().as_u16() {
        200 => {
            let body = answer.body_mut().with_config().limit(MOST);
            body.read_to_vec().map(Some).map_err(fail)
        }
        404 | 410 => Ok(None),
        status => Err(format!("{url} answered {status}")),
    }
}

/// A published log. Partial files may be gone once there is a full one, which begins alike.
struct Published(Place);

impl Published {
    fn required(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0
            .get(path)?
            .ok_or_else(|| format!("there is no {path}"))
    }
}

impl Tiles for Published {
    fn tile(&self, id: &TileId) -> Result<Vec<u8>, String> {
        if let Some(tile) = self.0.get(&id.to_string())? {
            return Ok(tile);
        }
        let mut tile = self.required(&full_of(id).to_string())?;
        tile.truncate(usize::from(id.width) * 32);
        Ok(tile)
    }
}

impl LogSource for Published {
    fn checkpoint(&self) -> Result<String, String> {
        String::from_utf8(self.required("checkpoint")?)
            .map_err(|_| "the checkpoint is not text".to_owned())
    }

    fn entries(&self, index: u64, width: u16) -> Result<Vec<u8>, String> {
        if let Some(entries) = self.0.get(&entries_path(index, width))? {
            return Ok(entries);
        }
        let full = self.required(&entries_path(index, WIDTH as u16))?;
        let all = read_entries(&full, WIDTH as u16).map_err(|e| e.to_string())?;
        let wanted = all.into_iter().take(usize::from(width));
        Ok(verbatim_record::tile::bundle_entries(wanted))
    }
}
