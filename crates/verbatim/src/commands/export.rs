//! `verbatim export`: a bundle of records, made from the API part by part.
//!
//! What holds if the process dies:
//! - before the state is kept: the log says that an export was asked for; the same command asks anew;
//! - sealed, before the end: the same command begins again with the first record, as the export that it was;
//! - while a part is written: the state names the parts before it, and the same command writes it again;
//! - after the last part: the same command asks for the checkpoint and the tiles again;
//! - before the manifest: there is no bundle, and `verbatim-verify` says so;
//! - after the manifest: the bundle is whole; the same command only clears the state away.

mod place;
mod sealed;
mod source;
#[cfg(test)]
mod tests;
mod wish;

use std::io::{IsTerminal, Write, stderr};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use verbatim_record::bundle::{Head, MANIFEST, Writer};
use verbatim_record::{Checkpoint, Note, statement};

use self::place::{Folder, Kept, Place, State};
use self::sealed::Sealed;
use self::source::{Page, page};
use super::api::Out;
use crate::cli::{ExportArgs, WhoseArgs};
use crate::local::Api;

/// How long to wait for a checkpoint over the export's own record: normally a second.
const CHECKPOINT_TRIES: u32 = 60;
const TRY_AGAIN: Duration = Duration::from_millis(500);

pub(crate) async fn run(api: &Api, out: &Out, args: &ExportArgs) -> Result<ExitCode> {
    let view = match &args.age {
        None => make(api, &mut Folder::open(&args.out)?, args).await?,
        Some(recipient) => make(api, &mut Sealed::open(&args.out, recipient)?, args).await?,
    };
    out.one(&view);
    Ok(ExitCode::SUCCESS)
}

/// A bundle of one conversation, in a folder (the demo).
pub(crate) async fn conversation(
    api: &Api,
    id: &str,
    folder: &Path,
    purpose: &str,
) -> Result<Value> {
    let args = ExportArgs {
        whose: WhoseArgs {
            conversation: Some(id.to_owned()),
            person: None,
            number: None,
            contact: None,
            all: false,
        },
        from: None,
        to: None,
        out: folder.to_owned(),
        age: None,
        purpose: purpose.to_owned(),
        since: None,
    };
    make(api, &mut Folder::open(folder)?, &args).await
}

async fn make(api: &Api, place: &mut dyn Place, args: &ExportArgs) -> Result<Value> {
    let wanted = wish::of(args)?;
    let since = args.since.as_deref().map(read_note).transpose()?;
    let state = match place.kept()? {
        Some(kept) => go_on(api, place.path(), kept, wanted).await?,
        None => begin(api, place, wanted, &args.purpose).await?,
    };
    let writer = records(api, place, state).await?;
    finish(api, place, writer, since.as_ref()).await
}

/// Asks for the export, which records it, and keeps what it is.
async fn begin(api: &Api, place: &mut dyn Place, wanted: Value, purpose: &str) -> Result<State> {
    let mut wish = wanted.clone();
    wish["purpose"] = purpose.into();
    let export = api.call("POST", "exports", Some(wish)).await?;
    let origin = export["origin"].as_str().unwrap_or_default();
    let head: Head = serde_json::from_value(export["head"].clone()).context("the API's answer")?;
    let state = State {
        progress: Writer::new(head, origin).progress().clone(),
        wanted,
    };
    place.keep(&state)?;
    Ok(state)
}

/// What was interrupted, if it is what is wanted now.
async fn go_on(api: &Api, path: &Path, kept: Kept, wanted: Value) -> Result<State> {
    let (state, is_it) = match kept {
        Kept::State(state) => {
            let is_it = state.wanted == wanted;
            (*state, is_it)
        }
        Kept::Begun(begun) => {
            let head = source::head(api, begun.export).await?;
            let is_it = wish::is_of(&wanted, &head.selection);
            let progress = Writer::new(head, &begun.origin).progress().clone();
            (State { progress, wanted }, is_it)
        }
    };
    if !is_it {
        bail!(
            "{} holds an export of something else that was interrupted ({}): repeat that, or name another place",
            path.display(),
            state.progress.export.selection.words()
        );
    }
    Ok(state)
}

/// Writes all parts that are not there yet.
async fn records(api: &Api, place: &mut dyn Place, state: State) -> Result<Writer> {
    let State { progress, wanted } = state;
    let export = progress.export.position;
    let mut writer = Writer::resume(progress);
    let mut shown = Shown::new();
    let mut coming = (!writer.progress().ended).then(|| fetch(api, export, writer.progress().next));
    while let Some(page) = coming.take() {
        let Page { records, next } = page.await.context("the fetching of records ended")??;
        // While these are written, the next ones come.
        coming = next.map(|from| fetch(api, export, from));
        for record in records {
            let Some(part) = writer.push(record.entry, record.key.as_ref()) else {
                continue;
            };
            for (path, content) in &part.files {
                place.put(path, content)?;
            }
            // Died here: the part is written again, with the same content.
            place.keep(&State {
                progress: writer.progress().clone(),
                wanted: wanted.clone(),
            })?;
        }
        shown.at(writer.progress().counts.records);
    }
    if !writer.progress().ended {
        bail!("the records ended before the export's own: repeat the command");
    }
    Ok(writer)
}

fn fetch(api: &Api, export: u64, from: u64) -> tokio::task::JoinHandle<Result<Page>> {
    let api = api.clone();
    tokio::spawn(async move { page(&api, export, from).await })
}

/// Adds what proves the records, and last the manifest.
async fn finish(
    api: &Api,
    place: &mut dyn Place,
    mut writer: Writer,
    since: Option<&Note>,
) -> Result<Value> {
    let export = writer.progress().export.position;
    let mut certificates = Vec::new();
    for at in &writer.progress().certificates {
        certificates.push(source::certificate(api, export, *at).await?);
    }
    if let Some((path, content)) = writer.certify(&certificates) {
        place.put(path, &content)?;
    }
    let note = checkpoint(api, export, writer.least_size()).await?;
    let checkpoint = Checkpoint::parse(&Note::parse(&note)?.text)?;
    // Tiles of an earlier try may be of another size, and a newer checkpoint stamped since.
    place.clear_log()?;
    let mut tiles = writer.tiles(checkpoint.size);
    if let Some(since) = since {
        let since = Checkpoint::parse(&since.text)?;
        tiles.extend(statement::consistency_tiles(since.size, checkpoint.size));
    }
    if let Some(stamped) = source::timestamp(api, export, checkpoint.size).await? {
        // The examiner needs no other checkpoint to see that the stamped log is the beginning of this one.
        tiles.extend(statement::consistency_tiles(stamped.size, checkpoint.size));
        for (path, content) in stamped.files() {
            place.put_log(&path, &content)?;
            writer.note(&path, &content);
        }
    }
    for id in tiles {
        let asked = format!("exports/{export}/tile?path={id}");
        let tile = api.bytes(&asked).await?;
        let tile =
            tile.with_context(|| format!("the log does not give {id}: repeat the command"))?;
        let path = format!("log/{id}");
        place.put_log(&path, &tile)?;
        writer.note(&path, &tile);
    }
    let counts = writer.progress().counts;
    // Asked for behind the checkpoint: if the log's key was changed since the export was begun, it has both.
    let policy = source::policy(api, export).await?;
    let last = writer.finish(&checkpoint, &note, &policy);
    for (path, content) in &last.files {
        if path == MANIFEST {
            // All else is on the disk before there is a bundle.
            place.sync()?;
        }
        place.put(path, content)?;
    }
    place.finish()?;
    Ok(json!({
        "bundle": place.path(),
        "export": export,
        "records": counts.records,
        "disclosed": counts.disclosed,
        "undisclosed": counts.undisclosed,
        "log_size": checkpoint.size,
    }))
}

/// One with the cosignatures of all witnesses, if they give them in time.
async fn checkpoint(api: &Api, export: u64, least_size: u64) -> Result<String> {
    let path = format!("exports/{export}/checkpoint?over={}", least_size - 1);
    let mut note = None;
    for _ in 0..CHECKPOINT_TRIES {
        note = api.bytes(&path).await?;
        if note.is_some() {
            break;
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
    if note.is_none() {
        note = api.bytes(&format!("{path}&alone=true")).await?;
        if note.is_some() {
            eprintln!(
                "not all witnesses have cosigned in time: the bundle has the cosignatures that there are"
            );
        }
    }
    let note = note.context(
        "the log is not signed up to this export: see that `verbatim serve` runs and raises no alarm, then repeat \
         the command; it goes on here",
    )?;
    String::from_utf8(note).context("the checkpoint is not text")
}

fn read_note(path: &Path) -> Result<Note> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Note::parse(&text).with_context(|| path.display().to_string())
}

/// How far it has come, on a terminal.
struct Shown {
    shows: bool,
}

impl Shown {
    fn new() -> Self {
        let shows = stderr().is_terminal();
        Self { shows }
    }

    fn at(&mut self, records: u64) {
        if self.shows {
            eprint!("\r{records} records");
            // What cannot be shown is not needed.
            let _ = stderr().flush();
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if self.shows {
            eprintln!();
        }
    }
}
