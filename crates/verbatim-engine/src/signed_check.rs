//! Part of verifying the whole log: every kept tile against the records, every checkpoint's signature, and what
//! others have said of it.

use verbatim_record::checkpoint::cosignature_fits;
use verbatim_record::note::NoteSignature;
use verbatim_record::policy::Policy;
use verbatim_record::tile::TileBuilder;
use verbatim_record::timestamp;
use verbatim_record::verify::LogVerifier;
use verbatim_record::{Hash, Note};

use crate::core::Engine;
use crate::ports::{Cosignature, LogTimestamp, SignedCheckpoint, StoreError};

/// Checkpoints read at once.
const PAGE: u32 = 500;

/// What was checked of the signed log.
pub(crate) struct SignedReport {
    /// Checkpoints whose signatures fit, and whose roots were handed to the verifier and held.
    pub(crate) checkpoints: u64,
    /// Tiles that are kept as the records lead to them.
    pub(crate) tiles: u64,
    /// The first thing that is wrong.
    pub(crate) fault: Option<String>,
}

/// Checks the signed log beside a [`LogVerifier`], leaf by leaf.
pub(crate) struct SignedCheck<'e> {
    engine: &'e Engine,
    keys: Policy,
    /// Full tiles up to this size must be kept.
    signed: u64,
    tree: TileBuilder,
    /// The size of the last checkpoint that was read.
    after: u64,
    report: SignedReport,
}

impl<'e> SignedCheck<'e> {
    pub(crate) async fn new(engine: &'e Engine) -> Result<Self, StoreError> {
        let last = engine.store.latest_checkpoint().await?;
        Ok(Self {
            engine,
            keys: engine.log_keys().await?,
            signed: last.map_or(0, |last| last.size),
            tree: TileBuilder::new(),
            after: 0,
            report: SignedReport {
                checkpoints: 0,
                tiles: 0,
                fault: None,
            },
        })
    }

    /// Hands the roots of the checkpoints up to a size to the verifier, ahead of the records.
    pub(crate) async fn feed_checkpoints(
        &mut self,
        verifier: &mut LogVerifier<'_>,
        upto: u64,
    ) -> Result<(), StoreError> {
        loop {
            let page = self.engine.store.checkpoints(self.after, PAGE).await?;
            // What is beyond does not move `after`: without this, a page of it would be read for ever.
            let is_last = page.len() < PAGE as usize || page.iter().any(|c| c.size > upto);
            for signed in page.into_iter().filter(|signed| signed.size <= upto) {
                self.after = signed.size;
                if let Err(why) = self.believed(&signed) {
                    self.fault(format!("the checkpoint at {}: {why}", signed.size));
                    return Ok(());
                }
                if let Err(why) = self.cosigned(&signed).await? {
                    self.fault(format!("a cosignature at {}: {why}", signed.size));
                }
                self.report.checkpoints += 1;
                // A fault is remembered by the verifier.
                let _ = verifier.root(signed.size, signed.root);
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Cosignatures that are kept are good; that there are any is for witnesses to see to.
    async fn cosigned(&self, signed: &SignedCheckpoint) -> Result<Result<(), String>, StoreError> {
        let kept = self.engine.store.cosignatures(signed.size).await?;
        let fits = |kept: &Cosignature| {
            let note = Note::parse(&signed.note).ok()?;
            let line = NoteSignature::parse(&kept.line).ok()?;
            let at = cosignature_fits(&note.text, &line, &kept.witness.parse().ok()?)?;
            (i64::try_from(at).ok()?.checked_mul(1000)? == kept.at.as_millis()).then_some(())
        };
        let wrong = kept.iter().find(|kept| fits(kept).is_none());
        Ok(match wrong {
            None => Ok(()),
            Some(kept) => Err(format!("that of {} does not fit", kept.witness)),
        })
    }

    /// Timestamps are of the checkpoint at their size and answer what was asked. Whose they are is for
    /// examiners to check, who say which authorities they trust.
    pub(crate) async fn feed_timestamps(&mut self) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let page = self.engine.store.timestamps(after, PAGE).await?;
            for stamp in &page {
                let size = stamp.size;
                let before = size.saturating_sub(1);
                let at_size = self.engine.store.checkpoints(before, 1).await?;
                let of = at_size.first().filter(|signed| signed.size == size);
                if let Err(why) = stamped(stamp, of) {
                    let by = &stamp.authority;
                    self.fault(format!("a timestamp at {size} by {by}: {why}"));
                    return Ok(());
                }
            }
            // Those of the last size may go on behind a full page; there are few authorities.
            let (Some(first), Some(last)) = (page.first(), page.last()) else {
                return Ok(());
            };
            if page.len() < PAGE as usize {
                return Ok(());
            }
            after = last.size.saturating_sub(1).max(first.size);
        }
    }

    fn believed(&self, signed: &SignedCheckpoint) -> Result<(), String> {
        let note = Note::parse(&signed.note).map_err(|e| e.to_string())?;
        let said = self.keys.open(&note).map_err(|e| e.to_string())?;
        if (said.size, said.root) == (signed.size, signed.root) {
            Ok(())
        } else {
            Err("its columns are not what was signed".into())
        }
    }

    /// The next leaf; each tile that it completes is compared with the one that is kept.
    pub(crate) async fn leaf(&mut self, hash: &Hash) -> Result<(), StoreError> {
        let mut full = Vec::new();
        self.tree.push(hash, &mut full);
        for (id, hashes) in full {
            match self.engine.store.log_tile(id.level, id.index).await? {
                Some(kept) if kept == hashes.as_flattened() => self.report.tiles += 1,
                Some(_) => self.fault(format!("{id} is not what the records lead to")),
                None if self.tree.size() <= self.signed => {
                    self.fault(format!("{id} is not kept, though it was signed"));
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Ends the check of a log of this size.
    pub(crate) fn finish(mut self, size: u64) -> SignedReport {
        if self.signed > size {
            let signed = self.signed;
            self.fault(format!(
                "a checkpoint of {signed} records was signed, and there are {size}"
            ));
        }
        self.report
    }

    fn fault(&mut self, what: String) {
        self.report.fault.get_or_insert(what);
    }
}

fn stamped(stamp: &LogTimestamp, of: Option<&SignedCheckpoint>) -> Result<(), String> {
    let of = of.ok_or("there is no checkpoint of this size")?;
    let note = Note::parse(&of.note).map_err(|e| e.to_string())?;
    let text = note.text.as_bytes();
    let claimed = timestamp::read(&stamp.response, text).map_err(|e| e.to_string())?;
    if claimed.at != stamp.at {
        return Err("it was made at another time".into());
    }
    let request = claimed.nonce.map(|nonce| timestamp::request(text, nonce));
    match request {
        Some(Ok(request)) if request == stamp.request => Ok(()),
        _ => Err("it answers another request".into()),
    }
}
