//! A record with what proves it: its leaf, its opened body, and the key of its sealed copy.

use verbatim_record::Leaf;
use verbatim_record::bundle::{Content, Entry};
use zeroize::Zeroizing;

use crate::admin::{Actor, AdminError};
use crate::core::Engine;
use crate::ports::{StoreError, StoredRecord};

/// A record that is handed out.
pub struct Exported {
    /// Its leaf and body.
    pub entry: Entry,
    /// The key of its sealed copy, if its body is disclosed.
    pub key: Option<Zeroizing<[u8; 32]>>,
}

impl Engine {
    /// The record of a certificate, which says why other records are not disclosed. It may be younger than
    /// the export that needs it.
    ///
    /// # Errors
    /// When there is no such export of this actor, or no certificate at this position of the log.
    pub async fn export_certificate(
        &self,
        actor: &Actor,
        export: u64,
        at: u64,
    ) -> Result<Entry, AdminError> {
        self.own_export(actor, export).await?;
        let all = self.certificates().await?;
        let found = match all.iter().any(|found| found.log_index == at) {
            true => self.store.records(at, 1).await?,
            false => Vec::new(),
        };
        let stored = found.first().ok_or_else(|| AdminError::NotFound {
            what: "certificate",
            which: at.to_string(),
            mend: "`verbatim disposal list` lists disposals",
        })?;
        Ok(self.disclosed(stored)?.entry)
    }

    /// A record with what proves it.
    pub(super) fn disclosed(&self, stored: &StoredRecord) -> Result<Exported, StoreError> {
        let damaged =
            |why: String| StoreError::Damaged(format!("record {}: {why}", stored.global_seq));
        let leaf = leaf_of(stored)?;
        let opened = self.recorder.keyring().disclose(&stored.sealed);
        let opened = opened.map_err(|e| damaged(e.to_string()))?;
        let content = Content::Disclosed {
            body: Box::new(opened.body),
            plain: opened.plain.to_vec(),
        };
        let entry = Entry { leaf, content };
        let key = Some(opened.data_key);
        Ok(Exported { entry, key })
    }
}

pub(super) fn leaf_of(stored: &StoredRecord) -> Result<Leaf, StoreError> {
    Leaf::decode(&stored.leaf_bytes)
        .map_err(|e| StoreError::Damaged(format!("record {}: {e}", stored.global_seq)))
}
