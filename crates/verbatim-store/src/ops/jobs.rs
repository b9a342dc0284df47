//! Jobs: lanes keep their order because only the head of a lane ever runs.

use verbatim_domain::{JobId, MessageId, RoomId, Timestamp, UserId};
use verbatim_engine::ports::{JobKind, Lane, NewJob, Sealed, StoreError};

use crate::sql::jobs as sql;
use crate::value::params;
use crate::work::Work;

/// A job that says no more than where it belongs.
pub(super) fn new_job(lane: Lane, kind: JobKind, due: Timestamp) -> NewJob {
    let payload = Sealed(Vec::new());
    NewJob {
        lane,
        kind,
        due,
        payload,
        conversation: None,
        message: None,
        room: None,
        unique: None,
    }
}

/// Queues a job behind those of its lane. `created` is its first due moment: the store has no clock.
pub(super) async fn enqueue(work: &mut Work, job: &NewJob) -> Result<(), StoreError> {
    work.woke = true;
    let params = params![
        &job.lane,
        i64::from(job.kind as i16),
        job.due,
        job.due,
        &job.payload,
        job.conversation,
        job.message,
        job.room.as_ref(),
        job.unique.as_deref(),
    ];
    work.tx.send(&sql::JOB_ADD, params).await
}

/// Removes a job and lets the next of its lane go. The message it was about.
pub(super) async fn finish(work: &mut Work, job: JobId) -> Result<Option<MessageId>, StoreError> {
    let row = work.tx.query_opt(&sql::JOB_REMOVE, params![job]).await?;
    let row = row.ok_or(StoreError::Stale("the job is gone"))?;
    if row.get(1)? {
        promote(work, row.get(0)?).await?;
    }
    row.get(2)
}

/// Puts a job back until later.
pub(super) async fn retry(
    work: &mut Work,
    job: JobId,
    due: Timestamp,
    payload: Option<&Sealed>,
    counts: bool,
) -> Result<(), StoreError> {
    work.woke = true;
    let touched = work
        .tx
        .execute(
            &sql::JOB_RETRY,
            params![job, due, payload, i64::from(counts)],
        )
        .await?;
    if touched == 0 {
        Err(StoreError::Stale("the job is gone"))
    } else {
        Ok(())
    }
}

/// Takes a job out of its lane and puts it into another.
pub(super) async fn relocate(work: &mut Work, job: JobId, to: &Lane) -> Result<(), StoreError> {
    let row = work.tx.query_opt(&sql::JOB_LANE, params![job]).await?;
    let row = row.ok_or(StoreError::Stale("the job is gone"))?;
    let (from, head): (Lane, bool) = (row.get(0)?, row.get(1)?);
    if from == *to {
        return Ok(());
    }
    work.tx.send(&sql::JOB_MOVE, params![job, to]).await?;
    if head {
        promote(work, from).await?;
    }
    work.woke = true;
    Ok(())
}

async fn promote(work: &mut Work, lane: Lane) -> Result<(), StoreError> {
    work.woke = true;
    work.tx.send(&sql::JOB_PROMOTE, params![&lane]).await
}

/// Everything that waits for this room becomes due.
pub(super) async fn wake_room(
    work: &mut Work,
    room: &RoomId,
    at: Timestamp,
) -> Result<(), StoreError> {
    work.woke = true;
    work.tx.send(&sql::WAKE_ROOM, params![room, at]).await
}

/// What waits to be said to this employee becomes due.
pub(super) async fn wake_reader(
    work: &mut Work,
    user: &UserId,
    at: Timestamp,
) -> Result<(), StoreError> {
    work.woke = true;
    work.tx.send(&sql::WAKE_READER, params![user, at]).await
}

/// The head of this lane becomes due.
pub(super) async fn wake_lane(
    work: &mut Work,
    lane: &Lane,
    at: Timestamp,
) -> Result<(), StoreError> {
    work.woke = true;
    work.tx.send(&sql::WAKE_LANE, params![lane, at]).await
}
