//! A witness, as its client sees it.

use std::fmt::Write as _;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use sha2::{Digest, Sha256};
use url::Url;
use verbatim_engine::ports::{Witness, WitnessError};
use verbatim_record::note::{Note, NoteSignature};
use verbatim_record::{Hash, VerifierKey};

use crate::client::{Answer, ConfigError, below, client, exchange};

/// What a 409 carries (C2SP `tlog-witness`).
const SIZE: &str = "text/x.tlog.size";

/// A witness reached over HTTP. Its submission prefix and its monitoring prefix are the same.
pub struct HttpWitness {
    name: String,
    key: VerifierKey,
    prefix: Url,
    client: Client,
}

impl HttpWitness {
    /// A witness of the configuration.
    ///
    /// # Errors
    /// When its address cannot be used.
    pub fn new(name: &str, key: VerifierKey, prefix: Url) -> Result<Self, ConfigError> {
        Ok(Self {
            name: name.to_owned(),
            key,
            client: client(&prefix)?,
            prefix,
        })
    }

    fn cosignature(&self, body: &[u8]) -> Option<NoteSignature> {
        let lines = std::str::from_utf8(body).ok()?.strip_suffix('\n')?;
        let mut signatures = lines.split('\n').map(NoteSignature::parse);
        signatures.find_map(|s| s.ok().filter(|s| s.is_by(&self.key)))
    }
}

#[async_trait]
impl Witness for HttpWitness {
    fn name(&self) -> &str {
        &self.name
    }

    fn key(&self) -> &VerifierKey {
        &self.key
    }

    async fn submit(
        &self,
        old: u64,
        proof: &[Hash],
        checkpoint: &Note,
    ) -> Result<NoteSignature, WitnessError> {
        let mut body = format!("old {old}\n");
        for hash in proof {
            // Writing to a string does not fail.
            let _ = writeln!(body, "{}", STANDARD.encode(hash));
        }
        let _ = write!(body, "\n{checkpoint}");
        let url = below(&self.prefix, "add-checkpoint");
        let answer = exchange(self.client.post(url).body(body))
            .await
            .map_err(WitnessError::Unavailable)?;
        match answer.status {
            200 => self
                .cosignature(&answer.body)
                .ok_or_else(|| WitnessError::Lying("it answers without its cosignature".into())),
            409 => Err(held(&answer)),
            422 => Err(WitnessError::Inconsistent),
            _ => Err(no(&answer)),
        }
    }

    async fn latest(&self, origin: &str) -> Result<Option<Note>, WitnessError> {
        let id = hex::encode(Sha256::digest(origin));
        let url = below(&self.prefix, &format!("{id}/checkpoint"));
        let answer = exchange(self.client.get(url))
            .await
            .map_err(WitnessError::Unavailable)?;
        match answer.status {
            200 => {
                let note = std::str::from_utf8(&answer.body).ok();
                let note = note.and_then(|text| Note::parse(text).ok());
                let bad =
                    || WitnessError::Lying("it shows something else than a checkpoint".into());
                note.map(Some).ok_or_else(bad)
            }
            404 => Ok(None),
            _ => Err(no(&answer)),
        }
    }
}

/// The size that it holds.
fn held(answer: &Answer) -> WitnessError {
    let size = std::str::from_utf8(&answer.body)
        .ok()
        .and_then(|text| text.strip_suffix('\n')?.parse().ok());
    match size {
        Some(size) if answer.content_type == SIZE => WitnessError::Holds(size),
        _ => WitnessError::Lying("its 409 does not say which size it holds".into()),
    }
}

/// Whose fault it is: what is in trouble itself, or busy, may be well again later.
fn no(answer: &Answer) -> WitnessError {
    match answer.status {
        408 | 429 | 500.. => WitnessError::Unavailable(answer.said()),
        404 => WitnessError::Refused(format!(
            "{} (does the address lead to the witness, and does it know our log's key?)",
            answer.said()
        )),
        _ => WitnessError::Refused(answer.said()),
    }
}
