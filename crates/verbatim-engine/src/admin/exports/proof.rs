//! The proof of a single record.

use verbatim_record::tlog_proof::TlogProof;
use verbatim_record::{Body, Kind, Note};

use crate::access::Viewer;
use crate::admin::AdminError;
use crate::core::Engine;
use crate::ports::{Change, NewRecord, StoreError};

impl Engine {
    /// Proves that a record is in the signed log, and records who asked for it and what for.
    ///
    /// # Errors
    /// When there is no such record, the log is not signed up to it, or the store fails.
    pub async fn prove_record(
        &self,
        viewer: &Viewer,
        position: u64,
    ) -> Result<TlogProof, AdminError> {
        let found = self.store.records(position, 1).await?;
        let record = found.first().filter(|r| r.global_seq == position);
        let record = record.ok_or_else(|| AdminError::NotFound {
            what: "record",
            which: position.to_string(),
            mend: "the number is the `log` of `verbatim record show`",
        })?;
        let signed = self.checkpoint_over(position).await?.ok_or_else(|| {
            StoreError::Unavailable("the log is not signed up to this record yet".into())
        })?;
        let damaged = |e: String| StoreError::Damaged(format!("the proof of {position}: {e}"));
        let hashes = self.inclusion_proof(position, signed.size).await;
        let proof = TlogProof {
            entry: Some(record.leaf_bytes.clone()),
            index: position,
            hashes: hashes.map_err(|e| damaged(e.to_string()))?,
            checkpoint: Note::parse(&signed.note).map_err(|e| damaged(e.to_string()))?,
        };
        // In the chain of the record's own conversation, where `who_saw` looks.
        let place = record.conversation_seq.to_string();
        let mut details = vec![("first", place.clone()), ("last", place)];
        if !viewer.purpose.is_empty() {
            details.push(("purpose", viewer.purpose.clone()));
        }
        let details = details.into_iter();
        let body = Body {
            actor: viewer.actor.0.clone(),
            rule: "record.proof".to_owned(),
            rule_version: 1,
            reason: "proof".to_owned(),
            details: details
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            ..Body::default()
        };
        let sealed = self.seal(Kind::Proof, body).await?;
        let append = Change::Append(NewRecord {
            conversation: record.conversation,
            sealed,
            about: Some(record.sealed.id),
        });
        self.at_once(vec![append]).await?;
        // Died here: it says that a proof was asked for, and nobody has got it.
        Ok(proof)
    }
}
