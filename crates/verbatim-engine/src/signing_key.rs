//! Which key signs the log, and how another one follows it.
//!
//! A process is started with the new key and the one before. What it then does is one transaction: the record
//! that introduces the new key, signed by both, and the list of the log's keys. From then on a process that has
//! the old key alone signs nothing and says so, and checkpoints carry both signatures until the old key is taken
//! away. The name of the log, which is its keys' name, stays (control C05).
//!
//! Which key is in use is settled before what is kept and published is held against it: a process that was given
//! a wrong key must say that, and not that the store was rolled back.
//!
//! If the process dies: before that commit the log is the old key's, and the next start does the same; after it
//! the log is the new key's, and every process finds that in the store before it signs. An old key that was
//! replaced never comes back, and a key that nobody introduced signs nothing.

use verbatim_record::key_change::{KeyChange, REASON};
use verbatim_record::note::NoteError;
use verbatim_record::policy::Policy;
use verbatim_record::{Body, Kind, Note, Signer, VerifierKey};

use crate::core::Engine;
use crate::log::LogError;
use crate::ports::{Change, NewRecord, StoreError};

/// Where the list of the log's keys is kept, once there is more than one: a policy (C2SP tlog-policy).
const KEYS: &str = "log-keys";

impl Engine {
    /// Every key that the log has had, the newest first, each with the sizes for which it counts.
    ///
    /// # Errors
    /// When the store fails, or keeps something else there.
    pub async fn log_keys(&self) -> Result<Policy, StoreError> {
        if let Some(kept) = self.store.cursor(KEYS).await? {
            let damaged = |e| StoreError::Damaged(format!("the list of the log's keys: {e}"));
            return kept.parse().map_err(damaged);
        }
        Ok(Policy::of_log(self.only_key().await?))
    }

    /// The key of a log that has never changed it: whichever of ours signed its last checkpoint.
    async fn only_key(&self) -> Result<VerifierKey, StoreError> {
        let ours = self.signer.verifier();
        let Some(before) = &self.signer_before else {
            return Ok(ours.clone());
        };
        let Some(last) = self.store.latest_checkpoint().await? else {
            return Ok(ours.clone());
        };
        let is_by = |key: &VerifierKey| {
            Note::parse(&last.note).is_ok_and(|note| note.check(std::slice::from_ref(key)).is_ok())
        };
        let is_before = !is_by(ours) && is_by(before.verifier());
        Ok(if is_before { before.verifier() } else { ours }.clone())
    }

    /// Makes sure that our key is the one that the log signs with, and introduces it if we may.
    ///
    /// # Errors
    /// [`LogError::OtherKey`] if it is not and we may not; those of the store and of the keys.
    pub(crate) async fn follow_signing_key(&self) -> Result<(), LogError> {
        let _turn = self.changing_signer.lock().await;
        let keys = self.log_keys().await?;
        let Some(before) = self.may_sign(&keys).await? else {
            return Ok(());
        };
        if let Some(why) = self.signing_stopped().await? {
            return Err(LogError::Stopped(why));
        }
        let at = self.now();
        let note = KeyChange::sign(self.installation.log, at, before, &*self.signer)?;
        let body = Body {
            actor: "operator:key-file".to_owned(),
            rule: "record.key".to_owned(),
            rule_version: 1,
            reason: REASON.to_owned(),
            text: note.to_string(),
            ..Body::default()
        };
        let sealed = self.seal_permanently(Kind::Key, body).await?;
        // Under our lease: nobody else signs any more, so the old key has signed no more than this.
        let size = self.store.log_root().await?.size;
        let next = keys.with_next_key(self.signer.verifier().clone(), size);
        let record = NewRecord {
            conversation: None,
            sealed,
            about: None,
        };
        let list = format!("{}quorum none\n", next.log_lines());
        // Died here: nothing has changed.
        let changes = vec![
            Change::Append(record),
            Change::SetCursor(KEYS.to_owned(), list),
        ];
        self.commit(changes).await?;
        // Died here: it has, for everybody.
        Ok(())
    }

    /// Makes sure that our key may sign this log, and changes nothing. Answers the key before it if that must
    /// introduce ours first.
    ///
    /// # Errors
    /// [`LogError::OtherKey`] if it may not; those of the store.
    pub(crate) async fn may_sign(&self, keys: &Policy) -> Result<Option<&dyn Signer>, LogError> {
        let ours = self.signer.verifier();
        let Some(in_use) = keys.logs().next().filter(|in_use| *in_use != ours) else {
            self.knows_the_last(keys).await?;
            return Ok(None);
        };
        if keys.logs().any(|known| known == ours) {
            return Err(LogError::OtherKey(format!(
                "the signing key of this node was replaced: put the key {in_use} in its place and start again"
            )));
        }
        let before = self.signer_before.as_deref();
        match before.filter(|before| before.verifier() == in_use) {
            Some(before) => Ok(Some(before)),
            None => Err(LogError::OtherKey(format!(
                "nobody has introduced the signing key of this node to the log, which signs with {in_use}: use that key, \
                 or keep it beside the new one with the ending .old"
            ))),
        }
    }

    /// A log that has never changed its key says in its last checkpoint alone which one it is.
    async fn knows_the_last(&self, keys: &Policy) -> Result<(), LogError> {
        let known: Vec<_> = keys.logs().cloned().collect();
        let (Some(last), [only]) = (self.store.latest_checkpoint().await?, &*known) else {
            return Ok(());
        };
        let checked = Note::parse(&last.note).and_then(|note| note.check(&known));
        match checked {
            Err(NoteError::NoTrustedSignature) => Err(LogError::OtherKey(format!(
                "the log was signed by another key than the one of this node, {only}: put the file of the key that it \
                 signs with in its place, or beside it with the ending .old, and start again"
            ))),
            // Whether it fits is found when the tree is taken up.
            _ => Ok(()),
        }
    }
}
