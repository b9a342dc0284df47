//! Group commit: many operations, one transaction, one flush to the disk, then all answers.
//!
//! An operation that fails is undone alone. That is rare, so a batch runs first without marks to go back to,
//! which would cost each operation a statement to a server, or copies of the pages it changes; only if one
//! fails does all of it run again with them. If the transaction fails, nothing of the batch holds, every
//! caller is told so, and what is kept in memory is thrown away.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use verbatim_engine::ports::StoreError;

use crate::ahead::{self, Ahead};
use crate::tx::{Frame, Tx};
use crate::work::{Work, Write};

/// Operations in one transaction, at most.
pub(crate) const MOST: usize = 256;
/// Operations waiting for the writer, at most; callers beyond that wait for a place.
pub(crate) const WAITING: usize = 4096;

/// What a test may let happen at the next commit.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The commit succeeds: the next fault is for a later one.
    Nothing,
    /// The commit fails; nothing was written.
    Refuse,
    /// The commit succeeds, but is reported as failed.
    LoseAnswer,
    /// The writer dies before the commit.
    Die,
}

/// Faults to come, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<VecDeque<Fault>>>);

impl Faults {
    /// Plans one.
    pub(crate) fn plan(&self, fault: Fault) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(fault);
    }

    fn next(&self) -> Option<Fault> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }
}

/// How a batch ended for the writer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Committed; whether there is new work for workers.
    Done {
        /// Jobs were queued, woken or finished.
        woke: bool,
    },
    /// Failed: the connection may be unusable.
    Failed,
    /// A planned death: stop at once, clean nothing up.
    Dead,
}

/// Runs a batch and answers every caller.
pub(crate) async fn run(work: &mut Work, mut batch: Vec<Box<dyn Write>>, faults: &Faults) -> End {
    let result = match attempt(work, &mut batch, false).await {
        Err(Failed::Operation(error)) => again(work, &mut batch, error).await,
        other => other,
    };
    let result = match result {
        Ok(()) => commit(work, faults).await,
        Err(Failed::Batch(error) | Failed::Operation(error)) => Err(error),
    };
    finish(work, batch, result).await
}

/// One operation failed without a mark to go back to: everything is undone, and runs again with marks.
/// An operation that was alone has nothing to save.
async fn again(
    work: &mut Work,
    batch: &mut [Box<dyn Write>],
    error: StoreError,
) -> Result<(), Failed> {
    roll_back(work).await?;
    // Died here: nothing was committed, nobody was answered.
    if let [alone] = batch {
        alone.spoil(error);
        work.tx.frame(Frame::Begin).await?;
        return Ok(());
    }
    attempt(work, batch, true).await
}

async fn finish(
    work: &mut Work,
    batch: Vec<Box<dyn Write>>,
    result: Result<(), StoreError>,
) -> End {
    if result == Err(dead()) {
        return End::Dead;
    }
    let end = match &result {
        // Died here or later: the batch is durable, its callers will ask again and find it.
        Ok(()) => End::Done { woke: work.woke },
        Err(error) => {
            tracing::warn!(%error, operations = batch.len(), "a batch was not committed");
            let _ = roll_back(work).await;
            End::Failed
        }
    };
    for write in batch {
        write.answer(result.clone());
    }
    end
}

enum Failed {
    /// An operation failed by itself, and there is no mark to go back to.
    Operation(StoreError),
    /// The transaction cannot go on.
    Batch(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Batch(error)
    }
}

async fn attempt(work: &mut Work, batch: &mut [Box<dyn Write>], marks: bool) -> Result<(), Failed> {
    work.woke = false;
    work.tx.frame(Frame::Begin).await?;
    work.log.begin(&*work.tx).await?;
    work.ahead = Ahead::default();
    if !marks {
        work.ahead = look_ahead(&*work.tx, batch).await.map_err(unmarked)?;
    }
    for write in batch.iter_mut() {
        work.ahead.next();
        if marks {
            marked(work, write).await?;
        } else {
            write.run(work).await.map_err(unmarked)?;
        }
    }
    let saved = work.log.save(&*work.tx).await;
    // What was sent earlier failed earlier: its error is the cause.
    let settled = work.tx.settle().await.and(saved);
    settled.map_err(|error| match error {
        error if marks => Failed::Batch(error),
        error => unmarked(error),
    })
}

/// Asks everything at once that the operations will look up first.
async fn look_ahead(tx: &dyn Tx, batch: &[Box<dyn Write>]) -> Result<Ahead, StoreError> {
    let mut answers = vec![None; batch.len()];
    for group in ahead::together(batch.iter().map(|write| write.ahead())) {
        let found = tx.query_each(group.stmt, group.sets).await?;
        for (place, answer) in group.places.into_iter().zip(found) {
            answers[place] = answer;
        }
    }
    Ok(Ahead::new(answers.into()))
}

/// What an error means where there are no marks.
fn unmarked(error: StoreError) -> Failed {
    if is_lost(&error) {
        Failed::Batch(error)
    } else {
        Failed::Operation(error)
    }
}

async fn marked(work: &mut Work, write: &mut Box<dyn Write>) -> Result<(), StoreError> {
    let woke = work.woke;
    work.tx.frame(Frame::Mark).await?;
    work.log.mark();
    let mut result = write.run(work).await;
    if let Err(error) = work.tx.settle().await {
        // The cause; what the operation itself met may only have been its consequence.
        write.spoil(error.clone());
        result = Err(error);
    }
    match result {
        Ok(()) => work.tx.frame(Frame::Keep).await,
        Err(error) if is_lost(&error) => Err(error),
        Err(_) => {
            work.log.undo();
            work.woke = woke;
            work.tx.frame(Frame::Undo).await
        }
    }
}

/// Whether an error takes the whole transaction with it.
fn is_lost(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_) | StoreError::Full)
}

fn dead() -> StoreError {
    StoreError::Unavailable("the writer was killed".into())
}

async fn commit(work: &Work, faults: &Faults) -> Result<(), StoreError> {
    match faults.next() {
        None | Some(Fault::Nothing) => work.tx.frame(Frame::Commit).await,
        Some(Fault::Die) => Err(dead()),
        Some(Fault::Refuse) => Err(StoreError::Unavailable("the commit was refused".into())),
        Some(Fault::LoseAnswer) => {
            work.tx.frame(Frame::Commit).await?;
            Err(StoreError::Unavailable(
                "the answer to the commit was lost".into(),
            ))
        }
    }
}

/// Undoes what is open, and forgets what was believed about the log.
async fn roll_back(work: &mut Work) -> Result<(), StoreError> {
    work.log.forget();
    let _ = work.tx.settle().await;
    work.tx.frame(Frame::Rollback).await
}
