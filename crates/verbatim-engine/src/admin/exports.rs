//! Records are handed out, with what proves them (C09).
//!
//! That somebody takes them is a record itself, committed before the first of them leaves (DESIGN invariant 7).
//! Nothing else is kept about an export: its record says what was asked for, by whom and why, and whoever
//! asks for a page names it. So an export can be gone on with after any interruption, by the same caller on any
//! node, and gives the same records: those older than its own.

use std::collections::HashSet;

use verbatim_domain::{ContactId, ConversationId};
use verbatim_record::bundle::{Content, Entry, Head, Of, Selection, Undisclosed};
use verbatim_record::tlog_proof::TlogProof;
use verbatim_record::{Body, Kind, Leaf, Note};
use zeroize::Zeroizing;

use super::{Actor, AdminError};
use crate::core::Engine;
use crate::disposal::Certified;
use crate::ports::{
    Change, Conversation, NewRecord, PageAt, SignedCheckpoint, StoreError, StoredRecord,
};

/// Records read at once.
const READ: u32 = 500;
/// Records in a page, at most.
const MOST_RECORDS: usize = 2_000;
/// Bytes of bodies after which a page ends.
const ENOUGH_BYTES: usize = 4 * 1024 * 1024;
/// Checkpoints behind a record that are looked at for one that all witnesses have cosigned.
const LATER_CHECKPOINTS: u32 = 300;
/// Records looked at for a page, at most.
const MOST_LOOKED_AT: u64 = 50_000;

/// A record that is handed out.
pub struct Exported {
    /// Its leaf and body.
    pub entry: Entry,
    /// The key of its sealed copy, if its body is disclosed.
    pub key: Option<Zeroizing<[u8; 32]>>,
}

/// Some records of an export.
pub struct ExportPage {
    /// In the order of the log.
    pub records: Vec<Exported>,
    /// Where the next page begins; none behind the export's own record, which is the last.
    pub next: Option<u64>,
}

/// A checkpoint that covers what it was asked for.
pub struct Covering {
    /// Its size.
    pub size: u64,
    /// With the cosignatures that it has.
    pub note: String,
    /// Whether all witnesses have cosigned it, if there are any.
    pub is_cosigned: bool,
}

/// The conversations of a selection.
enum Which {
    All,
    One(ConversationId),
    These(HashSet<ConversationId>),
}

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
                return self.export_head(own);
            }
            match records.last() {
                Some(last) => from = last.global_seq + 1,
                None => return Err(StoreError::Damaged("the export's record".into()).into()),
            }
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
                self.export_head(own)
            }
            _ => Err(AdminError::NotFound {
                what: "export",
                which: position.to_string(),
                mend: "begin one with `verbatim export`",
            }),
        }
    }

    fn export_head(&self, own: &StoredRecord) -> Result<Head, AdminError> {
        let entry = self.disclosed(own)?.entry;
        let head = entry
            .body()
            .and_then(|body| Head::of_record(&entry.leaf, body));
        Ok(head.ok_or_else(|| StoreError::Damaged("the record of an export".into()))?)
    }

    /// Records of an export, from a log position on, each opened and checked.
    ///
    /// # Errors
    /// When there is no such export, or a record does not open.
    pub async fn export_page(&self, position: u64, from: u64) -> Result<ExportPage, AdminError> {
        let head = self.export(position).await?;
        let which = self.which(&head.selection.of).await?;
        let mut page = Pages {
            engine: self,
            head: &head,
            certificates: self.certificates().await?,
            records: Vec::new(),
            bytes: 0,
        };
        let next = match &which {
            Which::One(id) => page.of_conversation(*id, from).await?,
            which => page.of_log(which, from).await?,
        };
        let mut records = page.records;
        if next.is_none() {
            let own = self.store.records(position, 1).await?;
            let own = own.first().ok_or(StoreError::Stale("export"))?;
            records.push(self.disclosed(own)?);
        }
        Ok(ExportPage { records, next })
    }

    /// The record of a certificate, which says why other records are not disclosed. It may be younger than
    /// the export that needs it.
    ///
    /// # Errors
    /// When there is no such export, or no certificate at this position of the log.
    pub async fn export_certificate(&self, export: u64, at: u64) -> Result<Entry, AdminError> {
        self.export(export).await?;
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

    /// Proves that a record is in the signed log, and records that somebody asked for it.
    ///
    /// # Errors
    /// When there is no such record, the log is not signed up to it, or the store fails.
    pub async fn prove_record(
        &self,
        actor: &Actor,
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
        let details = [("first", place.clone()), ("last", place)];
        let body = Body {
            actor: actor.0.clone(),
            rule: "record.proof".to_owned(),
            rule_version: 1,
            reason: "proof".to_owned(),
            details: details.map(|(name, value)| (name.to_owned(), value)).into(),
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

    /// A checkpoint over a position: the first that every witness has cosigned, else the newest with what
    /// cosignatures it has; none if nothing was signed behind the position yet.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn checkpoint_over(&self, position: u64) -> Result<Option<Covering>, AdminError> {
        let witnesses = &self.anchoring.witnesses;
        if !witnesses.is_empty() {
            let keys: Vec<_> = witnesses.iter().map(|w| w.key().to_string()).collect();
            // A checkpoint a second at most, and witnesses answer within some.
            for signed in self.store.checkpoints(position, LATER_CHECKPOINTS).await? {
                let there = self.store.cosignatures(signed.size).await?;
                if keys
                    .iter()
                    .all(|key| there.iter().any(|c| c.witness == *key))
                {
                    return Ok(Some(self.covering(&signed, true).await?));
                }
            }
        }
        match self.latest_checkpoint().await? {
            Some(last) if last.size > position => {
                Ok(Some(self.covering(&last, witnesses.is_empty()).await?))
            }
            _ => Ok(None),
        }
    }

    async fn covering(
        &self,
        signed: &SignedCheckpoint,
        is_cosigned: bool,
    ) -> Result<Covering, StoreError> {
        Ok(Covering {
            size: signed.size,
            note: self.cosigned(signed).await?,
            is_cosigned,
        })
    }

    /// The trust policy of this log, as an examiner may begin with: its key, and its witnesses. How many
    /// of them must have cosigned is theirs to say.
    pub fn log_policy(&self) -> String {
        let mut policy = format!("log {}\n", self.signer.verifier());
        for witness in &self.anchoring.witnesses {
            let key = witness.key();
            policy.push_str(&format!("witness {} {key}\n", key.name()));
        }
        policy.push_str("quorum none\n");
        policy
    }

    /// The log's name.
    pub fn log_origin(&self) -> &str {
        self.signer.verifier().name()
    }

    /// The selection as it goes into the record: what it names exists and is written in one way.
    async fn checked(&self, selection: &Selection) -> Result<Selection, AdminError> {
        let of = match &selection.of {
            Of::All => Of::All,
            Of::Conversation(id) => Of::Conversation(self.require_conversation(*id).await?.id),
            Of::Person(user) => Of::Person(self.employee(user).await?.user.0),
            Of::Number(number) => {
                let phone = self.phone(number)?;
                let known = self.store.number(&self.index(phone.as_str())).await?;
                known.ok_or_else(|| AdminError::NotFound {
                    what: "number",
                    which: number.clone(),
                    mend: "list them with `verbatim number list`",
                })?;
                Of::Number(phone.as_str().to_owned())
            }
            Of::Contact(id) => {
                let known: ContactId = id.parse().map_err(|_| {
                    AdminError::Invalid(format!("`{id}` is not the id of a contact"))
                })?;
                Of::Contact(known.to_string())
            }
        };
        let (from_ms, to_ms) = (selection.from_ms, selection.to_ms);
        if let (Some(from), Some(to)) = (from_ms, to_ms)
            && from >= to
        {
            let what = "the selection ends before it begins".to_owned();
            return Err(AdminError::Invalid(what));
        }
        Ok(Selection { of, from_ms, to_ms })
    }

    async fn which(&self, of: &Of) -> Result<Which, AdminError> {
        let index = match of {
            Of::Number(number) => Some(self.index(number)),
            _ => None,
        };
        let is_of = |c: &Conversation| match of {
            Of::Person(user) => c.employee.user.0 == *user,
            Of::Number(_) => Some(c.number.index) == index,
            Of::Contact(id) => c.contact.id.to_string() == *id,
            Of::All | Of::Conversation(_) => false,
        };
        match of {
            Of::All => return Ok(Which::All),
            Of::Conversation(id) => return Ok(Which::One(*id)),
            Of::Person(_) | Of::Number(_) | Of::Contact(_) => {}
        }
        let (mut these, mut after) = (HashSet::new(), None);
        loop {
            let limit = 1000;
            let page = self.store.conversations(PageAt { after, limit }).await?;
            these.extend(page.items.iter().filter(|c| is_of(c)).map(|c| c.id));
            after = page.next;
            if after.is_none() {
                return Ok(Which::These(these));
            }
        }
    }

    /// A record with what proves it.
    fn disclosed(&self, stored: &StoredRecord) -> Result<Exported, StoreError> {
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

fn leaf_of(stored: &StoredRecord) -> Result<Leaf, StoreError> {
    Leaf::decode(&stored.leaf_bytes)
        .map_err(|e| StoreError::Damaged(format!("record {}: {e}", stored.global_seq)))
}

/// A page as it is collected.
struct Pages<'e> {
    engine: &'e Engine,
    head: &'e Head,
    certificates: Vec<Certified>,
    records: Vec<Exported>,
    bytes: usize,
}

impl Pages<'_> {
    fn is_full(&self) -> bool {
        self.records.len() >= MOST_RECORDS || self.bytes >= ENOUGH_BYTES
    }

    async fn take(&mut self, stored: &StoredRecord) -> Result<(), StoreError> {
        let exported = self.exported(stored).await?;
        if self.head.selection.may_hold(&exported.entry.leaf) {
            self.bytes += stored.sealed.ciphertext.len();
            self.records.push(exported);
        }
        Ok(())
    }

    /// What was disposed of has no body any more. Certificates decide that: when a key is destroyed, what it
    /// had wrapped is still there for a while.
    async fn exported(&mut self, stored: &StoredRecord) -> Result<Exported, StoreError> {
        if let Some(gone) = self.disposed(stored)? {
            return Ok(gone);
        }
        match self.engine.disclosed(stored) {
            Ok(disclosed) => Ok(disclosed),
            // Its key may have been destroyed since the certificates were read.
            Err(error) => {
                self.certificates = self.engine.certificates().await?;
                self.disposed(stored)?.ok_or(error)
            }
        }
    }

    fn disposed(&self, stored: &StoredRecord) -> Result<Option<Exported>, StoreError> {
        let position = stored.global_seq;
        let Some(by) = self.certificates.iter().find(|c| c.covers(position)) else {
            return Ok(None);
        };
        let leaf = leaf_of(stored)?;
        let content = Content::Undisclosed(Undisclosed::disposed(by.log_index));
        let entry = Entry { leaf, content };
        Ok(Some(Exported { entry, key: None }))
    }

    /// Whether this and all later records are beyond the export or its time.
    fn is_beyond(&self, stored: &StoredRecord) -> Result<bool, StoreError> {
        let leaf = leaf_of(stored)?;
        let to = self.head.selection.to_ms;
        Ok(stored.global_seq >= self.head.position
            || to.is_some_and(|to| leaf.captured_at.as_millis() >= to))
    }

    async fn of_conversation(
        &mut self,
        id: ConversationId,
        from: u64,
    ) -> Result<Option<u64>, StoreError> {
        let store = &self.engine.store;
        let mut seq = self.seq_at(id, from).await?;
        loop {
            let records = store.records_of(Some(id), seq, READ).await?;
            for stored in &records {
                if self.is_beyond(stored)? {
                    return Ok(None);
                }
                if self.is_full() {
                    return Ok(Some(stored.global_seq));
                }
                self.take(stored).await?;
                seq = stored.conversation_seq + 1;
            }
            if records.is_empty() {
                return Ok(None);
            }
        }
    }

    /// The first position in the conversation that stands at a log position or behind it: the conversation is
    /// in the order of the log, so halving finds it.
    async fn seq_at(&self, id: ConversationId, from: u64) -> Result<u64, StoreError> {
        let is_before = async |seq: u64| {
            let there = self.engine.store.records_of(Some(id), seq, 1).await?;
            Ok::<_, StoreError>(there.first().is_some_and(|r| r.global_seq < from))
        };
        let (mut low, mut high) = (0, 1);
        if from == 0 {
            return Ok(0);
        }
        while is_before(high).await? {
            low = high;
            high *= 2;
        }
        // The one at `low` may be before, the one at `high` is not.
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(middle).await? {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    async fn of_log(&mut self, which: &Which, from: u64) -> Result<Option<u64>, StoreError> {
        let begin = from.max(self.begin().await?);
        let mut next = begin;
        while next < self.head.position {
            if self.is_full() || next - begin >= MOST_LOOKED_AT {
                return Ok(Some(next));
            }
            let records = self.engine.store.records(next, READ).await?;
            for stored in &records {
                if self.is_beyond(stored)? {
                    return Ok(None);
                }
                if self.is_full() {
                    return Ok(Some(stored.global_seq));
                }
                let of = stored.conversation.unwrap_or(ConversationId::NONE);
                if matches!(which, Which::All)
                    || matches!(which, Which::These(ids) if ids.contains(&of))
                {
                    self.take(stored).await?;
                }
                next = stored.global_seq + 1;
            }
            if records.is_empty() {
                return Err(StoreError::Damaged(format!("record {next} is not there")));
            }
        }
        Ok(None)
    }

    /// The first position of the selection's time: time does not run backwards in the log.
    async fn begin(&self) -> Result<u64, StoreError> {
        let Some(from) = self.head.selection.from_ms else {
            return Ok(0);
        };
        let (mut low, mut high) = (0, self.head.position);
        while low < high {
            let middle = low + (high - low) / 2;
            let there = self.engine.store.records(middle, 1).await?;
            let leaf = there.first().map(|r| Leaf::decode(&r.leaf_bytes));
            match leaf {
                Some(Ok(leaf)) if leaf.captured_at.as_millis() < from => low = middle + 1,
                Some(Ok(_)) => high = middle,
                _ => return Err(StoreError::Damaged(format!("record {middle}"))),
            }
        }
        Ok(low)
    }
}
