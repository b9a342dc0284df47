//! Room events as delivered: kept raw, each once, with a job to open it.

use verbatim_domain::Timestamp;
use verbatim_engine::ports::{JobKind, Lane, NewJob, RoomEventIn, StoreError};

use super::jobs;
use crate::sql::intake as sql;
use crate::value::params;
use crate::work::Work;

/// Keeps the events of a transaction, in order. How many were new.
pub(crate) async fn record(
    work: &mut Work,
    (events, at): &(Vec<RoomEventIn>, Timestamp),
) -> Result<usize, StoreError> {
    let seen = events
        .iter()
        .map(|event| params![&event.event, *at])
        .collect();
    let added = work.tx.execute_many(&sql::ROOM_EVENT_ADD, seen).await?;
    let mut count = 0;
    for (event, _) in events.iter().zip(added).filter(|(_, added)| *added > 0) {
        let job = NewJob {
            payload: event.raw.clone(),
            room: Some(event.room.clone()),
            ..jobs::new_job(Lane::inbox(&event.room), JobKind::RoomEvent, *at)
        };
        jobs::enqueue(work, &job).await?;
        count += 1;
    }
    Ok(count)
}
