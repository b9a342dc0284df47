//! An export begins with its own record, and is found again by it.

use verbatim_record::Kind;
use verbatim_record::bundle::{Head, Selection};

use super::READ;
use crate::admin::{Actor, AdminError};
use crate::core::Engine;
use crate::ports::{Change, NewRecord, StoreError, StoredRecord};

impl Engine {
    /// Records that an export is made, and answers its head.
    ///
    /// # Errors
    /// When what is selected does not exist, or the store fails; then nothing may be handed out.
    pub async fn begin_export(
        &self,
        actor: &Actor,
        purpose: &str,
        selection: &Selection,
    ) -> Result<Head, AdminError> {
        let selection = self.checked(selection).await?;
        let size = self.store.log_root().await?.size;
        let body = Head::body(&actor.0, purpose, &selection, size);
        let sealed = self.seal(Kind::Export, body).await?;
        let id = sealed.id;
        let append = Change::Append(NewRecord {
            conversation: None,
            sealed,
            about: None,
        });
        self.at_once(vec![append]).await?;
        // Died here: the record says that an export was asked for, and nobody has got anything.
        let mut from = size;
        loop {
            let records = self.store.records(from, READ).await?;
            if let Some(own) = records.iter().find(|r| r.sealed.id == id) {
                return Ok(self.export_head(own)?);
            }
            match records.last() {
                Some(last) => from = last.global_seq + 1,
                None => return Err(StoreError::Damaged("the export's record".into()).into()),
            }
        }
    }

    /// The head of an export that this actor began: who takes records is who the record says takes them (C09).
    ///
    /// # Errors
    /// When there is no export there, or it is somebody else's.
    pub(super) async fn own_export(
        &self,
        actor: &Actor,
        position: u64,
    ) -> Result<Head, AdminError> {
        let head = self.export(position).await?;
        if head.by == actor.0 {
            Ok(head)
        } else {
            Err(AdminError::NotYours("export"))
        }
    }

    /// The head of the export whose record stands at a position.
    ///
    /// # Errors
    /// When there is no export there.
    pub async fn export(&self, position: u64) -> Result<Head, AdminError> {
        let found = self.store.records(position, 1).await?;
        match found.first() {
            Some(own) if own.global_seq == position && own.sealed.kind == Kind::Export => {
                self.recorder.learn(&*self.store).await?;
                match self.export_head(own) {
                    Ok(head) => Ok(head),
                    Err(error) => Err(self.why_closed(position, error).await?),
                }
            }
            _ => Err(AdminError::NotFound {
                what: "export",
                which: position.to_string(),
                mend: "begin one with `verbatim export`",
            }),
        }
    }

    /// An export's own record expires like any other: then nobody can go on with it.
    async fn why_closed(&self, position: u64, error: StoreError) -> Result<AdminError, StoreError> {
        let certificates = self.certificates().await?;
        if !certificates.iter().any(|found| found.covers(position)) {
            return Ok(error.into());
        }
        let text = "the export's own record has been disposed of since: begin another";
        Ok(AdminError::Invalid(text.to_owned()))
    }

    pub(crate) fn export_head(&self, own: &StoredRecord) -> Result<Head, StoreError> {
        let entry = self.disclosed(own)?.entry;
        let head = entry
            .body()
            .and_then(|body| Head::of_record(&entry.leaf, body));
        head.ok_or_else(|| StoreError::Damaged("the record of an export".into()))
    }
}
