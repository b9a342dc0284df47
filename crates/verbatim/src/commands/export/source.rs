//! Pages of records, as the API hands them out. Each is checked before it is written: what would not verify
//! is not exported.

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use verbatim_record::bundle::{Content, Entry, Head, Undisclosed, timestamp_paths};
use verbatim_record::seal::{check_body, check_data_key};
use verbatim_record::{Checkpoint, Leaf, Note, timestamp};

use crate::local::Api;

/// Some records.
pub(super) struct Page {
    pub(super) records: Vec<Record>,
    /// Where the next page begins; none at the end.
    pub(super) next: Option<u64>,
}

/// A record, with its key if it is disclosed.
pub(super) struct Record {
    pub(super) entry: Entry,
    pub(super) key: Option<[u8; 32]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    leaf: String,
    body: Option<String>,
    key: Option<String>,
    undisclosed: Option<String>,
    certificate: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    next: Option<u64>,
}

pub(super) async fn page(api: &Api, export: u64, from: u64) -> Result<Page> {
    let path = format!("exports/{export}/records?from={from}");
    let bytes = api.bytes(&path).await?;
    let bytes = bytes.context("the records cannot be read now: repeat the command later")?;
    let text = String::from_utf8(bytes).context("the API's answer is not text")?;
    let mut lines: Vec<&str> = text.lines().collect();
    // An answer that was cut off has no such last line.
    let end = lines.pop().unwrap_or_default();
    let End { next } = serde_json::from_str(end).context("the answer was cut off")?;
    let records = lines.into_iter().map(record).collect::<Result<_>>()?;
    Ok(Page { records, next })
}

/// What an export is, as its own record says it.
pub(super) async fn head(api: &Api, export: u64) -> Result<Head> {
    let own = page(api, export, export).await?.records.pop();
    let own = own.filter(|record| record.entry.leaf.global_seq == export);
    let head = own.and_then(|record| {
        let body = record.entry.body()?;
        Head::of_record(&record.entry.leaf, body)
    });
    head.with_context(|| {
        format!("record {export} of the log is no export that can be gone on with")
    })
}

/// The record of a certificate, which is handed out without its key.
pub(super) async fn certificate(api: &Api, export: u64, at: u64) -> Result<Entry> {
    let path = format!("exports/{export}/certificate?at={at}");
    let bytes = api.bytes(&path).await?;
    let bytes = bytes.context("the certificates cannot be read now: repeat the command later")?;
    let line: Line = serde_json::from_slice(&bytes).context("a certificate as the API gave it")?;
    let leaf = Leaf::decode(&STANDARD.decode(&line.leaf)?)?;
    let body = line.body.filter(|_| leaf.global_seq == at);
    let body = body.with_context(|| format!("there is no certificate in record {at}"))?;
    disclosed(leaf, &body)
}

/// The trust policy of the log, with the keys that it has by now.
pub(super) async fn policy(api: &Api, export: u64) -> Result<String> {
    let bytes = api.bytes(&format!("exports/{export}/policy")).await?;
    let bytes = bytes.context("the log's policy cannot be read now: repeat the command later")?;
    String::from_utf8(bytes).context("the log's policy is not text")
}

/// A checkpoint that a time authority has stamped.
pub(super) struct Stamped {
    /// Number of records that it covers.
    pub(super) size: u64,
    note: String,
    response: Vec<u8>,
}

impl Stamped {
    /// As they stand in a bundle.
    pub(super) fn files(self) -> [(String, Vec<u8>); 2] {
        let [note, response] = timestamp_paths(self.size);
        [(note, self.note.into_bytes()), (response, self.response)]
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Newest {
    timestamp: Option<StampLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StampLine {
    size: u64,
    checkpoint: String,
    response: String,
}

/// The newest timestamp of a checkpoint up to this size, if there is any.
pub(super) async fn timestamp(api: &Api, export: u64, size: u64) -> Result<Option<Stamped>> {
    let path = format!("exports/{export}/timestamp?size={size}");
    let bytes = api.bytes(&path).await?;
    let bytes = bytes.context("the timestamps cannot be read now: repeat the command later")?;
    let newest: Newest =
        serde_json::from_slice(&bytes).context("a timestamp as the API gave it")?;
    let Some(line) = newest.timestamp else {
        return Ok(None);
    };
    let text = Note::parse(&line.checkpoint)?.text;
    let response = STANDARD.decode(&line.response)?;
    let what = || format!("the timestamp of the checkpoint of {} records", line.size);
    timestamp::read(&response, text.as_bytes()).with_context(what)?;
    if line.size > size || Checkpoint::parse(&text)?.size != line.size {
        bail!("{} is of another size", what());
    }
    Ok(Some(Stamped {
        size: line.size,
        note: line.checkpoint,
        response,
    }))
}

fn disclosed(leaf: Leaf, body: &str) -> Result<Entry> {
    let plain = STANDARD.decode(body)?;
    let body = check_body(&plain, &leaf.commitment)
        .with_context(|| format!("record {}", leaf.global_seq))?;
    let body = Box::new(body);
    let content = Content::Disclosed { body, plain };
    Ok(Entry { leaf, content })
}

fn record(line: &str) -> Result<Record> {
    let line: Line = serde_json::from_str(line).context("a record as the API gave it")?;
    let leaf = Leaf::decode(&STANDARD.decode(&line.leaf)?)?;
    let position = leaf.global_seq;
    let (body, key) = match (line.body, line.key, line.undisclosed) {
        (Some(body), Some(key), None) => (body, key),
        (None, None, Some(why)) => {
            let certificate = line.certificate.with_context(|| {
                format!("record {position}: no certificate says why it is gone")
            })?;
            let content = Content::Undisclosed(Undisclosed { why, certificate });
            let entry = Entry { leaf, content };
            return Ok(Record { entry, key: None });
        }
        _ => bail!("record {position}: it has neither body and key nor a reason"),
    };
    let key: [u8; 32] = STANDARD
        .decode(key)?
        .try_into()
        .map_err(|_| anyhow::anyhow!("record {position}: its key is not 32 bytes"))?;
    check_data_key(&key, &leaf.key_commitment).with_context(|| format!("record {position}"))?;
    let entry = disclosed(leaf, &body)?;
    let key = Some(key);
    Ok(Record { entry, key })
}
