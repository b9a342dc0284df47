//! Exports: records through the API's router, checked, made into the files of a bundle, each flushed; and
//! the same lines written by nothing but the file system.
//!
//! What `verbatim export` does besides, once per export, is to ask for a checkpoint and its tiles.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use verbatim_record::Leaf;
use verbatim_record::bundle::{Content, Entry, Head, Writer};
use verbatim_record::seal::{check_body, check_data_key};

use crate::load::now;

#[derive(Deserialize)]
struct Line {
    leaf: String,
    body: String,
    key: String,
}

#[derive(Deserialize)]
struct End {
    next: Option<u64>,
}

type Page = (Vec<(Entry, [u8; 32])>, Option<u64>);

/// Exports everything into a folder, as the command line does: while a page is written, the next one comes.
/// How many records, and how many a second; then the rate at which the same lines are only written.
pub(crate) async fn run(router: Router, dir: &Path) -> Result<(u64, f64, f64)> {
    let out = dir.join("bundle");
    fs::create_dir(&out)?;
    let began = now();
    let wish = json!({"of": "all", "purpose": "bench"});
    let begun: Value = serde_json::from_slice(&ask(&router, "POST", "exports", Some(wish)).await?)?;
    let head: Head = serde_json::from_value(begun["head"].clone()).context("head")?;
    let export = head.position;
    let mut writer = Writer::new(head, "bench");
    let mut lines = Vec::new();
    let mut coming = Some(fetch(&router, export, 0));
    while let Some(page) = coming.take() {
        let (records, next) = page.await??;
        coming = next.map(|from| fetch(&router, export, from));
        for (entry, key) in records {
            let Some(part) = writer.push(entry, Some(&key)) else {
                continue;
            };
            for (path, content) in &part.files {
                let path = out.join(path);
                put(&path, content)?;
                if path.extension().is_some_and(|end| end == "jsonl") {
                    lines.push(path);
                }
            }
        }
    }
    ensure!(writer.progress().ended, "the export has not ended");
    let records = writer.progress().counts.records;
    let per_s = records as f64 / began.elapsed().as_secs_f64();
    Ok((records, per_s, alone(&lines, records)?))
}

/// The lines again, read from memory and written in the same way.
fn alone(lines: &[PathBuf], records: u64) -> Result<f64> {
    let mut took = 0.0;
    for path in lines {
        let content = fs::read(path)?;
        let began = now();
        put(&path.with_extension("again"), &content)?;
        took += began.elapsed().as_secs_f64();
    }
    Ok(records as f64 / took)
}

fn put(path: &Path, content: &[u8]) -> Result<()> {
    fs::create_dir_all(path.parent().context("folder")?)?;
    let mut file = File::create(path)?;
    file.write_all(content)?;
    Ok(file.sync_all()?)
}

fn fetch(router: &Router, export: u64, from: u64) -> tokio::task::JoinHandle<Result<Page>> {
    let router = router.clone();
    tokio::spawn(async move {
        let path = format!("exports/{export}/records?from={from}");
        let text = String::from_utf8(ask(&router, "GET", &path, None).await?)?;
        let mut lines: Vec<&str> = text.lines().collect();
        let End { next } = serde_json::from_str(lines.pop().unwrap_or_default())?;
        let records = lines.into_iter().map(record).collect::<Result<_>>()?;
        Ok((records, next))
    })
}

fn record(line: &str) -> Result<(Entry, [u8; 32])> {
    let line: Line = serde_json::from_str(line)?;
    let leaf = Leaf::decode(&STANDARD.decode(line.leaf)?)?;
    let key = STANDARD.decode(line.key)?;
    let key: [u8; 32] = key.try_into().ok().context("a key")?;
    check_data_key(&key, &leaf.key_commitment)?;
    let plain = STANDARD.decode(line.body)?;
    let body = Box::new(check_body(&plain, &leaf.commitment)?);
    let content = Content::Disclosed { body, plain };
    Ok((Entry { leaf, content }, key))
}

async fn ask(router: &Router, method: &str, path: &str, body: Option<Value>) -> Result<Vec<u8>> {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1/{path}"))
        .header("content-type", "application/json")
        .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))?;
    let response = router.clone().oneshot(request).await?;
    let (status, bytes) = (response.status(), response.into_body());
    let bytes = to_bytes(bytes, usize::MAX).await?.to_vec();
    ensure!(
        status.is_success(),
        "{path}: {status} {}",
        String::from_utf8_lossy(&bytes)
    );
    Ok(bytes)
}
